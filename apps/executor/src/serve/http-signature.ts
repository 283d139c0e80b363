import { fromHex, utf8, verifySignature, type PublicKey } from '@countersign/codec';
import type { Person } from '@countersign/messages';
import type { IncomingMessage } from 'node:http';
import { requireSubmitter } from '../stages/submitter.ts';
import type { World } from '../world.ts';
import type { ServeStore } from './serve-store.ts';
import { ServeRefused } from './refusal.ts';
import { parseSignatureInput, type SignatureInput } from './signature-input.ts';

/** Where and when a signature is judged. */
export interface SignatureGround {
  readonly world: World;
  readonly nonces: ServeStore;
  readonly scheme: 'http' | 'https';
  /** Whole seconds since 1970: when this machine began to run. What it saw before may be forgotten. */
  readonly bootedAt: number;
}

/** What of a call is signed. */
export type SignedParts = Pick<IncomingMessage, 'method' | 'url' | 'headers'>;

export interface SignedCall {
  readonly person: Person;
  readonly key: PublicKey;
}

/** How far ahead a client's clock may be, and how long a signature may be good, in seconds. */
const aheadMax = 30;
const lifetimeMax = 300;
const tag = 'countersign';

/**
 * Returns whose key signed this call. The body is not read yet: its digest is a covered header, and is held against it later.
 *
 * In this order: form, algorithm, covered components, times, key, signature, and only then the nonce, so that nobody without
 * a key can fill the store.
 * @throws ServeRefused `http-signature/…`, ExecutorError `identity/…`
 */
export function verifyCall(ground: SignatureGround, request: SignedParts, hasBody: boolean): SignedCall {
  const { headers } = request;
  const input = parseSignatureInput(single(headers['signature-input']), single(headers['signature']));
  if (input.alg !== undefined && input.alg !== 'ed25519')
    throw new ServeRefused('http-signature/algorithm', 'an algorithm other than ed25519');
  requireComponents(input, request, hasBody);
  requireTimes(input, ground);
  const kid = kidOf(input);
  const holder = ground.world.chain().holder(kid);
  if (holder === undefined)
    throw new ServeRefused('http-signature/key', "signed by a key that is nobody's in the roster");
  verifyBase(ground, holder.key, baseOf(input, request, ground.scheme), input.signature);
  const person = requireSubmitter(ground.world, kid);
  ground.nonces.spend(input.keyid, input.nonce, input.expires);
  return { person, key: holder.key };
}

function single(value: string | readonly string[] | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** What a signature does not cover, another could change. */
function requireComponents(
  { components, tag: given }: SignatureInput,
  { headers }: SignedParts,
  hasBody: boolean,
): void {
  const needed = ['@method', '@target-uri', ...(hasBody ? ['content-digest', 'content-type'] : [])];
  if (headers['idempotency-key'] !== undefined) needed.push('idempotency-key');
  const missing = needed.find((name) => !components.includes(name));
  if (missing !== undefined)
    throw new ServeRefused('http-signature/components', `the signature does not cover ${missing}`);
  if (new Set(components).size !== components.length)
    throw new ServeRefused('http-signature/components', 'a component is covered twice');
  const other = components.find((name) => !needed.includes(name));
  if (other !== undefined)
    throw new ServeRefused(
      'http-signature/components',
      `the signature covers ${other}, expected ${needed.join(', ')}`,
    );
  if (given !== tag) throw new ServeRefused('http-signature/components', `the tag is not ${tag}`);
}

function requireTimes({ created, expires }: SignatureInput, { world, bootedAt }: SignatureGround): void {
  const now = world.clock();
  const fault =
    created > now + aheadMax || expires <= now || expires <= created || expires - created > lifetimeMax;
  if (fault) {
    throw new ServeRefused('http-signature/time', `the signature is not good at ${now}`, {
      hint: `created now, expires at most ${lifetimeMax} seconds later; compare the clocks`,
    });
  }
  if (created < bootedAt)
    throw new ServeRefused('http-signature/before-start', 'signed before this machine was started', {
      hint: 'sign it anew',
    });
}

function kidOf({ keyid, nonce }: SignatureInput): Uint8Array {
  if (!/^[0-9a-f]{64}$/.test(keyid))
    throw new ServeRefused('http-signature/key', 'keyid is no key id, expected 64 hexadecimal digits');
  if (!/^[A-Za-z0-9_-]{16,64}$/.test(nonce))
    throw new ServeRefused('http-signature/form', 'a nonce other than 16 to 64 letters, digits, _ and -');
  return fromHex(keyid);
}

/** The signature base, RFC 9421 section 2.5. */
function baseOf(input: SignatureInput, request: SignedParts, scheme: string): Uint8Array {
  const { method = '', url = '', headers } = request;
  const valueOf = (name: string): string => {
    if (name === '@method') return method;
    if (name === '@target-uri') return `${scheme}://${headers.host ?? ''}${url}`;
    return single(headers[name]);
  };
  const lines = input.components.map((name) => `"${name}": ${valueOf(name)}`);
  return utf8([...lines, `"@signature-params": ${input.parameters}`].join('\n'));
}

function verifyBase(
  { world }: SignatureGround,
  key: PublicKey,
  base: Uint8Array,
  signature: Uint8Array,
): void {
  try {
    verifySignature(world.verifier, key, base, signature);
  } catch (cause) {
    throw new ServeRefused('http-signature/invalid', 'the signature is not one of this call by this key', {
      cause,
      hint: 'the target URI is scheme, Host header and path with query, as sent',
    });
  }
}
