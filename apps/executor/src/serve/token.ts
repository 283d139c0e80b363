import { sha256, toHex, utf8 } from '@countersign/codec';
import { readFileCarefully } from '@countersign/program';
import { createLocalJWKSet, decodeJwt, errors, jwtVerify, type JSONWebKeySet, type JWTPayload } from 'jose';
import { resolve } from 'node:path';
import type { TokenSetting, TokenSubject } from '../home/serve-setting.ts';
import type { World } from '../world.ts';
import { ServeRefused } from './refusal.ts';

/** A token that was verified, and whose it is. */
export interface VerifiedToken {
  readonly text: string;
  /** SHA-256 of the text, in hex. */
  readonly hash: string;
  readonly setting: TokenSetting;
  readonly subject: TokenSubject;
  readonly claims: JWTPayload;
  /** The public key that it verifies with, as a JSON Web Key. */
  readonly key: object;
}

const tokenBytesMax = 3_072;
const jwksBytesMax = 262_144;
/** How far the issuer's clock may be from this one. */
export const skewSeconds = 5;

/**
 * Verifies a workload token (JWT) by the pinned keys of the issuer that it names; nothing is fetched.
 * @throws ServeRefused `token/…`; `configuration/…`, `file/…` for keys that cannot be read
 */
export async function verifyToken(world: World, text: string): Promise<VerifiedToken> {
  if (text.length > tokenBytesMax)
    throw new ServeRefused(
      'token/too-large',
      `a token of ${text.length} characters, at most ${tokenBytesMax} are taken`,
    );
  const setting = settingOf(world, text);
  const keys = readKeys(world, setting);
  const { payload, key } = await verified(text, setting, keys, world.clock());
  const { sub = '', exp = 0, iat = Number.NaN } = payload;
  if (!(exp - iat <= setting.lifetimeSeconds))
    throw new ServeRefused(
      'token/lifetime',
      `a token good for ${exp - iat} seconds, at most ${setting.lifetimeSeconds} are taken`,
    );
  const subject = setting.subjects.find(({ pattern }) => matches(pattern, sub));
  if (subject === undefined)
    throw new ServeRefused('token/subject', 'the subject of this token is nobody here', {
      hint: 'subjects stand in countersign.yaml under serve.tokens',
    });
  const hash = toHex(sha256(utf8(text)));
  return { text, hash, setting, subject, claims: payload, key: publicPart(key) };
}

/** Members of a public key. An operator may have pinned a file that says more, or even the private key. */
const publicMembers: readonly string[] = ['kty', 'crv', 'x', 'y', 'n', 'e', 'kid', 'alg'];

function publicPart(key: object): object {
  return Object.fromEntries(Object.entries(key).filter(([name]) => publicMembers.includes(name)));
}

/** The setting of the issuer that a token says it comes from; that it does is verified by that issuer's keys. */
function settingOf({ configuration }: World, text: string): TokenSetting {
  let issuer: string | undefined;
  try {
    issuer = decodeJwt(text).iss;
  } catch (cause) {
    throw new ServeRefused('token/form', 'a bearer token that is no JWT', { cause });
  }
  const setting = configuration.serve.tokens.find((one) => one.issuer === issuer);
  if (setting === undefined)
    throw new ServeRefused('token/issuer', 'a token of an issuer that this home does not know', {
      hint: 'issuers stand in countersign.yaml under serve.tokens',
    });
  return setting;
}

function readKeys({ paths }: World, { jwks }: TokenSetting): JSONWebKeySet {
  const path = resolve(paths.directory, jwks.slice('file:'.length));
  const bytes = readFileCarefully(path, { bytesMax: jwksBytesMax });
  return JSON.parse(Buffer.from(bytes).toString('utf8')) as JSONWebKeySet;
}

async function verified(
  text: string,
  { issuer, audience, algorithms, lifetimeSeconds }: TokenSetting,
  keys: JSONWebKeySet,
  now: number,
): Promise<{ readonly payload: JWTPayload; readonly key: JSONWebKeySet['keys'][number] }> {
  try {
    const { payload, protectedHeader } = await jwtVerify(text, createLocalJWKSet(keys), {
      audience,
      algorithms: [...algorithms],
      clockTolerance: skewSeconds,
      // This alone makes a beginning in the future a fault.
      maxTokenAge: lifetimeSeconds,
      currentDate: new Date(now * 1000),
      requiredClaims: ['sub', 'exp', 'iat'],
      ...(issuer === undefined ? {} : { issuer }),
    });
    const named = keys.keys.filter(
      ({ kid }) => protectedHeader.kid === undefined || kid === protectedHeader.kid,
    );
    const [key, other] = named;
    if (key === undefined || other !== undefined) throw new errors.JWKSMultipleMatchingKeys();
    return { payload, key };
  } catch (cause) {
    const reason = cause instanceof errors.JOSEError ? cause.code : 'unknown';
    throw new ServeRefused('token/invalid', `the token is not good here: ${reason}`, { cause });
  }
}

/** Whether a subject is of the pattern; `*` stands for one or more characters other than `/` and `:`. */
function matches(pattern: string, subject: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[^A-Za-z0-9]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('[^/:]+')}$`, 's').test(subject);
}
