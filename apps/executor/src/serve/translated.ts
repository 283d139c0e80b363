import type { Socket } from 'node:net';
import { problemOf, problemType } from './problem.ts';
import { phraseOf, ServeRefused, serveStatuses, type ServeErrorCode } from './refusal.ts';

/** What Fastify refuses by itself, in our words. */
const translations: Readonly<Record<string, { readonly code: ServeErrorCode; readonly message: string }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    code: 'serve/large-body',
    message: 'the body is longer than this route takes',
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'serve/media-type',
    message: 'a media type that this route does not take',
  },
  FST_ERR_CTP_EMPTY_JSON_BODY: { code: 'serve/json', message: 'the body is empty, expected JSON' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: 'serve/malformed',
    message: 'the body is not as long as its header says',
  },
  FST_ERR_BAD_URL: { code: 'serve/target-form', message: 'a path that cannot be read' },
  FST_ERR_MAX_PARAM_LENGTH: { code: 'serve/path', message: 'a part of the path is too long' },
};

interface Validation extends Error {
  readonly validation: readonly { readonly instancePath: string; readonly message?: string }[];
  readonly validationContext?: string;
}

/** Returns an error of Fastify's own in our words, and any other as it is. */
export function translated(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return thrown;
  if ('validation' in thrown) return invalid(thrown as Validation);
  const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
  const known = translations[code];
  return known === undefined ? thrown : new ServeRefused(known.code, known.message, { cause: thrown });
}

function invalid({ validation: [first], validationContext }: Validation): ServeRefused {
  const where = `${validationContext ?? 'body'}${first?.instancePath ?? ''}`.slice(0, 200);
  const code = validationContext === 'body' ? 'serve/body' : 'serve/parameters';
  return new ServeRefused(code, `${where} ${first?.message ?? 'is not of the form expected'}`, {
    hint: 'GET /openapi.json gives the form',
  });
}

/** A connection that broke before there was a call: too slow, too long, or not HTTP. A client that left is told nothing. */
export function answerBroken(error: Error & { readonly code: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const codes: Readonly<Record<string, ServeErrorCode>> = {
    ERR_HTTP_REQUEST_TIMEOUT: 'serve/slow-request',
    HPE_HEADER_OVERFLOW: 'serve/large-headers',
  };
  const code = codes[error.code] ?? 'serve/malformed';
  const status = serveStatuses[code];
  const { document } = problemOf(new ServeRefused(code, 'the request could not be read to its end'));
  const body = JSON.stringify(document);
  if (socket.writable && socket.bytesWritten === 0) {
    const lines = [
      `HTTP/1.1 ${status} ${phraseOf(status)}`,
      `content-type: ${problemType}`,
      `content-length: ${Buffer.byteLength(body)}`,
    ];
    socket.write(`${[...lines, 'cache-control: no-store', 'connection: close'].join('\r\n')}\r\n\r\n${body}`);
  }
  socket.destroySoon();
}
