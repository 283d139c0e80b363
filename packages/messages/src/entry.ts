/** Types of ledger entries in the order of their numbers. */
export const entryTypes = [
  'genesis',
  'submission',
  'verdict',
  'request',
  'export',
  'decision',
  'refused-decision',
  'intent',
  'receipt',
  'roster',
  'policy',
  'closed',
  'witness',
  'read',
  'operator',
] as const;

export type EntryType = (typeof entryTypes)[number];

/** A leaf of the ledger; its body lies beside it. */
export interface LedgerEntry {
  readonly version: 1;
  readonly type: EntryType;
  readonly index: number;
  readonly madeAt: number;
  /** SHA-256 of the entry before; 32 zero bytes for index 0. */
  readonly previous: Uint8Array;
  readonly bodyHash: Uint8Array;
  readonly requestId?: Uint8Array;
}
