import { keyId, type PublicKey } from '@countersign/codec';
import type { Person } from '@countersign/messages';
import type { Identity } from '../stages/intake.ts';
import { requireSubmitter } from '../stages/submitter.ts';
import type { World } from '../world.ts';
import { ServeRefused } from './refusal.ts';
import { skewSeconds, type VerifiedToken } from './token.ts';

/** Who calls, verified. */
export interface Caller {
  readonly person: Person;
  /** Key of the person in the roster: the one that signed the call, or the one that this home holds for a token's subject. */
  readonly key: PublicKey;
  readonly by: 'signature' | 'token';
  /** Signs submissions for whoever came with a token; undefined for those who hold their key themselves. */
  readonly identity: Identity | undefined;
  /** The token that spoke for the caller. */
  readonly token: VerifiedToken | undefined;
}

/**
 * Returns the person that a caller is while key and token are good: a call that takes long asks again.
 * @throws ServeRefused `token/invalid`, ExecutorError `identity/…`
 */
export function requireGood(world: World, { key, token }: Caller): Person {
  const person = requireSubmitter(world, keyId(key));
  if (token !== undefined && world.clock() >= (token.claims.exp ?? 0) + skewSeconds)
    throw new ServeRefused('token/invalid', 'the token is no longer good');
  return person;
}

/** Returns whether the caller is a person and no program: programs see and move only what is their own. */
export function isHuman({ person }: Caller): boolean {
  return person.kind === 'human';
}
