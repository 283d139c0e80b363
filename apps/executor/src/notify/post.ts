import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { ExecutorError } from '../executor-error.ts';
import { endpointOf } from './address.ts';

/** One POST of JSON, and under which conditions. */
export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly networks: readonly string[];
  /** Authorities in PEM; undefined: those that Node trusts. */
  readonly ca: string | undefined;
  /** Ends it, whatever it waits for. */
  readonly signal: AbortSignal;
}

/** What an endpoint answered with that is no success. */
export class NotTaken extends ExecutorError {
  readonly status: number;
  /** Whole seconds; undefined when it did not say. */
  readonly retryAfter: number | undefined;

  constructor(status: number, retryAfter: number | undefined) {
    super('notify/answer', `the endpoint answered ${status}, expected 200 to 299`);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/**
 * Sends one message. Connects to the address that was looked at and holds the certificate against the URL's own name; follows no
 * redirect and reads nothing of the answer but its status.
 * @throws `notify/url`, `notify/address`, `notify/unreachable`, NotTaken
 */
export async function post({ url, headers, body, networks, ca, signal }: Post): Promise<void> {
  const target = requireUrl(url);
  const { address, loopback } = await endpointOf(target.hostname, networks, signal);
  const tls = target.protocol === 'https:';
  if (!tls && !loopback) {
    throw new ExecutorError('notify/url', 'an endpoint without TLS, expected https:', {
      hint: 'http: is for a relay on this machine, named under networks:',
    });
  }
  const bytes = Buffer.from(body);
  const options: RequestOptions = {
    host: address,
    port: target.port === '' ? (tls ? 443 : 80) : Number(target.port),
    method: 'POST',
    path: `${target.pathname}${target.search}`,
    headers: {
      host: target.host,
      'content-type': 'application/json',
      'content-length': String(bytes.length),
      'user-agent': 'countersign',
      ...headers,
    },
    signal,
  };
  const bare = target.hostname.replace(/^\[|\]$/g, '');
  // Said outright: an environment variable would else switch it off.
  const agent = new Agent({
    keepAlive: false,
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    ...(ca === undefined ? {} : { ca }),
  });
  const start = (answered: (response: IncomingMessage) => void): ReturnType<typeof httpRequest> =>
    tls
      ? httpsRequest({ ...options, agent, servername: isIP(bare) === 0 ? bare : '' }, answered)
      : httpRequest({ ...options, agent: false }, answered);
  const { statusCode = 0, headers: answer } = await exchange(start, bytes);
  if (statusCode < 200 || statusCode > 299) throw new NotTaken(statusCode, secondsOf(answer['retry-after']));
}

/** The URL itself is a secret of many channels: no message quotes it. */
function requireUrl(url: string): URL {
  const parsed = URL.parse(url);
  const usable = parsed !== null && ['https:', 'http:'].includes(parsed.protocol) && parsed.username === '';
  if (usable && parsed.password === '') return parsed;
  throw new ExecutorError('notify/url', 'the channel has no URL of the form https://HOST/PATH');
}

function exchange(
  start: (answered: (response: IncomingMessage) => void) => ReturnType<typeof httpRequest>,
  body: Uint8Array,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = start((response) => {
      // Status and headers are all that is wanted; a body without end would only keep the line.
      response.destroy();
      resolve(response);
    });
    sent.on('error', (cause: NodeJS.ErrnoException) => {
      const what =
        cause.name === 'TimeoutError' || cause.name === 'AbortError' ? 'timeout' : (cause.code ?? 'failed');
      reject(new ExecutorError('notify/unreachable', `the endpoint cannot be reached (${what})`, { cause }));
    });
    sent.end(body);
  });
}

function secondsOf(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,6}$/.test(header) ? Number(header) : undefined;
}
