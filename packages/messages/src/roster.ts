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
