// Workload tokens of a story: JWTs by an issuer with a published seed.
import { sha256, toHex, utf8 } from '@countersign/codec';
import type { AppendedEntry } from '@countersign/ledger';
import { signerOf, type Actor } from './story-cast.ts';
import type { Case, Story } from './story.ts';

/** The public key that the tokens of an actor verify with, as a JSON Web Key. */
export function jwkOf(by: Actor = 'issuer'): string {
  const x = Buffer.from(signerOf(by).publicKey).toString('base64url');
  return JSON.stringify({ kty: 'OKP', crv: 'Ed25519', x, kid: 'key-1' });
}

/** Returns a token that is good for five minutes of the story. */
export function tokenOf(
  story: Story,
  claims: Readonly<Record<string, unknown>> = {},
  { by = 'issuer', alg = 'EdDSA' }: { readonly by?: Actor; readonly alg?: string } = {},
): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const own = { iss: 'https://issuer.example', sub: 'repo:acme/shop', iat: story.now, exp: story.now + 300 };
  const input = `${part({ alg, kid: 'key-1', typ: 'JWT' })}.${part({ ...own, ...claims })}`;
  return `${input}.${Buffer.from(signerOf(by).sign(utf8(input))).toString('base64url')}`;
}

/** Writes down the key that tokens verify with. */
export function logKey(story: Story, key: string = jwkOf()): AppendedEntry {
  return story.note('operator', { person: 'pipeline', verb: 'token-key', text: key });
}

/** Writes down a token. */
export function logToken(story: Story, token: string, person: string = 'pipeline'): AppendedEntry {
  return story.note('operator', { person, verb: 'token', text: token });
}

/** A submission that names a token. */
export function submitBy(story: Story, token: string, by: Actor = 'pipeline'): Case {
  return story.submit({ context: [['token_sha256', toHex(sha256(utf8(token)))]] }, by);
}
