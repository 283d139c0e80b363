import type { IncomingMessage } from 'node:http';
import type { Caller } from './caller.ts';
import { verifyCall, type SignatureGround } from './http-signature.ts';
import type { Rates } from './rates.ts';
import { ServeRefused } from './refusal.ts';

/**
 * Returns who calls: whoever's key signed the call, or whoever a workload token speaks for. One of both, never both.
 * @throws ServeRefused `serve/credentials`, `http-signature/…`, `token/…`, `serve/rate`; ExecutorError `identity/…`
 */
export async function identifyCaller(
  ground: SignatureGround & {
    readonly rates: Rates;
    readonly tokenCaller: (token: string) => Promise<Caller>;
  },
  request: IncomingMessage,
  hasBody: boolean,
): Promise<Caller> {
  const { authorization, signature, 'signature-input': input } = request.headers;
  const signed = signature !== undefined || input !== undefined;
  if (signed === (authorization !== undefined)) {
    throw new ServeRefused(
      'serve/credentials',
      signed ? 'a signature and a token, expected one of them' : 'nobody is named',
      {
        hint: 'sign the call (docs/serving.md#signatures) or send a workload token (docs/serving.md#tokens)',
      },
    );
  }
  const caller =
    authorization === undefined
      ? signedCaller(ground, request, hasBody)
      : await bearer(ground, authorization);
  ground.rates.take(caller.person.id);
  return caller;
}

function signedCaller(ground: SignatureGround, request: IncomingMessage, hasBody: boolean): Caller {
  const { person, key } = verifyCall(ground, request, hasBody);
  return { person, key, by: 'signature', identity: undefined, token: undefined };
}

function bearer(
  { tokenCaller }: { readonly tokenCaller: (token: string) => Promise<Caller> },
  header: string,
): Promise<Caller> {
  const match = /^Bearer ([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/.exec(header);
  if (match === null) throw new ServeRefused('token/form', 'Authorization is no bearer token of three parts');
  return tokenCaller(match[1] ?? '');
}
