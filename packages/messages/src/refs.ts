/** Names one roster of the chain: its number and the SHA-256 of its payload. */
export interface RosterRef {
  readonly number: number;
  readonly hash: Uint8Array;
}

/** A tree head without its origin. */
export interface Head {
  readonly size: number;
  readonly root: Uint8Array;
}

/** A name and its value; lists of pairs are sorted by name, strictly ascending in bytes. */
export type Pair = readonly [name: string, value: string];
