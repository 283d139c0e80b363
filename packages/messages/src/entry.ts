import { decodeWith, encodeWith, optional, record, required, uint, type Schema } from '@countersign/codec';
import { hashField, idField, numbered, timeField, versionField } from './fields.ts';

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

export const entrySchema: Schema<LedgerEntry> = record<LedgerEntry>({
  version: required(1, versionField),
  type: required(2, numbered(entryTypes)),
  index: required(3, uint()),
  madeAt: required(4, timeField),
  previous: required(5, hashField),
  bodyHash: required(6, hashField),
  requestId: optional(7, idField),
});

/** Returns the leaf bytes of `entry`. */
export function encodeEntry(entry: LedgerEntry): Uint8Array {
  return encodeWith(entrySchema, entry);
}

/** Returns the entry that leaf bytes hold. */
export function decodeEntry(bytes: Uint8Array): LedgerEntry {
  return decodeWith(entrySchema, bytes);
}
