import type { PublicKey } from '@countersign/codec';
import type { Person } from '@countersign/messages';
import type { Identity } from '../stages/intake.ts';

/** Who calls, verified. */
export interface Caller {
  readonly person: Person;
  /** Key of the person in the roster: the one that signed the call, or the one that this home holds for a token's subject. */
  readonly key: PublicKey;
  readonly by: 'signature' | 'token';
  /** Signs submissions for whoever came with a token; undefined for those who hold their key themselves. */
  readonly identity: Identity | undefined;
  /** SHA-256 of the token, in hex; what stands in the ledger under it says which. */
  readonly tokenHash: string | undefined;
}

/** Returns whether the caller is a person and no program: programs see and move only what is their own. */
export function isHuman({ person }: Caller): boolean {
  return person.kind === 'human';
}
