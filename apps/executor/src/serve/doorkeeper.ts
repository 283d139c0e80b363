import { CodecError, fromHex, parseEnvelope } from '@countersign/codec';
import type { IncomingMessage } from 'node:http';
import type { World } from '../world.ts';
import type { Caller } from './caller.ts';
import { claimOfToken, type Attempt, type FailedCalls } from './failed-calls.ts';
import { verifyCall, type SignatureGround } from './http-signature.ts';
import type { Rates } from './rates.ts';
import { ServeRefused } from './refusal.ts';

/**
 * Returns who calls: whoever's key signed the call, or whoever a workload token speaks for. One of both, never both.
 * @throws ServeRefused `serve/credentials`, `http-signature/…`, `token/…`, `serve/failures`, `serve/rate`; ExecutorError `identity/…`
 */
export async function identifyCaller(
  ground: SignatureGround & {
    readonly rates: Rates;
    readonly failedCalls: FailedCalls;
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
  const attempt = attemptOf(ground.world, request);
  ground.failedCalls.require(attempt);
  const verified = async (): Promise<Caller> => {
    try {
      return authorization === undefined
        ? signedCaller(ground, request, hasBody)
        : await bearer(ground, authorization);
    } catch (thrown) {
      ground.failedCalls.failed(attempt, thrown);
      throw thrown;
    }
  };
  const caller = await verified();
  ground.failedCalls.succeeded(attempt, caller.by === 'token' ? claimOfToken : caller.person.id);
  ground.rates.take(caller.person.id);
  return caller;
}

function attemptOf(world: World, { headers, socket }: IncomingMessage): Attempt {
  const claim = (): string | undefined => {
    if (headers.authorization !== undefined) return claimOfToken;
    const input = headers['signature-input'];
    const [, kid] = (typeof input === 'string' ? /;keyid="([0-9a-f]{64})"/.exec(input) : null) ?? [];
    return kid === undefined ? undefined : world.chain().holder(fromHex(kid))?.person.id;
  };
  return { address: socket.remoteAddress ?? '', socket, claim };
}

/** Returns in whose name a signed submission is; undefined for nobody's in the roster, and for what is no envelope. */
export function claimOfBody(world: World, bytes: Uint8Array): string | undefined {
  try {
    return world.chain().holder(parseEnvelope(bytes).kid)?.person.id;
  } catch (thrown) {
    if (thrown instanceof CodecError) return undefined;
    throw thrown;
  }
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
