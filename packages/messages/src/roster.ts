import {
  array,
  decodeWith,
  encodeWith,
  fixedBytes,
  nullable,
  oneOf,
  optional,
  record,
  required,
  uint,
  type Schema,
} from '@countersign/codec';
import { hashField, idField, nameField, timeField, versionField } from './fields.ts';
export type May = 'submit' | 'approve' | 'audit';
export type PersonKind = 'human' | 'service' | 'agent';

/** The keys that may sign the next roster, and how many of them must. */
export interface RootKeys {
  readonly threshold: number;
  /** Raw Ed25519 public keys, strictly ascending in bytes. */
  readonly keys: readonly Uint8Array[];
}

export interface Role {
  readonly name: string;
  readonly may: readonly May[];
  /** Fewest human persons who must hold it. */
  readonly peopleMin: number;
}

export interface PersonKey {
  readonly publicKey: Uint8Array;
  /** First second at which the key is valid. */
  readonly validFrom?: number;
  /** First second at which the key is no longer valid. */
  readonly validUntil?: number;
}

export interface Person {
  readonly id: string;
  readonly name: string;
  readonly kind: PersonKind;
  readonly roles: readonly string[];
  readonly keys: readonly PersonKey[];
}

export interface ExecutorKey {
  /** Origin of the log that this key signs. */
  readonly origin: string;
  readonly publicKey: Uint8Array;
}

/** Nothing by this key counts from this ledger index on. */
export interface Revocation {
  readonly kid: Uint8Array;
  readonly fromIndex: number;
}

/** Who may do what. Signed by a threshold of root keys. */
export interface Roster {
  readonly version: 1;
  readonly domain: Uint8Array;
  /** 1, 2, 3 … without a gap. */
  readonly number: number;
  /** SHA-256 of the payload before; null exactly for number 1. */
  readonly previous: Uint8Array | null;
  readonly madeAt: number;
  readonly root: RootKeys;
  readonly roles: readonly Role[];
  readonly persons: readonly Person[];
  readonly executors: readonly ExecutorKey[];
  readonly revocations: readonly Revocation[];
}

const keyField = fixedBytes(32);

const rootSchema: Schema<RootKeys> = record<RootKeys>({
  threshold: required(1, uint()),
  keys: required(2, array(keyField, { min: 1, max: 32 })),
});

const roleSchema: Schema<Role> = record<Role>({
  name: required(1, nameField),
  may: required(2, array(oneOf('submit', 'approve', 'audit'), { max: 3 })),
  peopleMin: required(3, uint()),
});

const personKeySchema: Schema<PersonKey> = record<PersonKey>({
  publicKey: required(1, keyField),
  validFrom: optional(2, timeField),
  validUntil: optional(3, timeField),
});

const personSchema: Schema<Person> = record<Person>({
  id: required(1, nameField),
  name: required(2, nameField),
  kind: required(3, oneOf('human', 'service', 'agent')),
  roles: required(4, array(nameField, { max: 64 })),
  keys: required(5, array(personKeySchema, { min: 1, max: 16 })),
});

const executorSchema: Schema<ExecutorKey> = record<ExecutorKey>({
  origin: required(1, nameField),
  publicKey: required(2, keyField),
});

const revocationSchema: Schema<Revocation> = record<Revocation>({
  kid: required(1, hashField),
  fromIndex: required(2, uint()),
});

export const rosterSchema: Schema<Roster> = record<Roster>({
  version: required(1, versionField),
  domain: required(2, idField),
  number: required(3, uint()),
  previous: required(4, nullable(hashField)),
  madeAt: required(5, timeField),
  root: required(6, rootSchema),
  roles: required(7, array(roleSchema, { min: 1, max: 256 })),
  persons: required(8, array(personSchema, { min: 1, max: 1024 })),
  executors: required(9, array(executorSchema, { min: 1, max: 32 })),
  revocations: required(10, array(revocationSchema, { max: 4096 })),
});

/** Returns the payload bytes of `roster`; its rules are not checked. */
export function encodeRoster(roster: Roster): Uint8Array {
  return encodeWith(rosterSchema, roster);
}

/** Returns the roster that payload bytes hold; neither rules nor signatures are checked. */
export function decodeRoster(bytes: Uint8Array): Roster {
  return decodeWith(rosterSchema, bytes);
}
