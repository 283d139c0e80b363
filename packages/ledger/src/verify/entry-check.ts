import { CodecError, equalBytes, sha256 } from '@countersign/codec';
import { decodeEntry, type LedgerEntry } from '@countersign/messages';
import type { BundleItem } from '../bundle-file.ts';
import { LedgerError } from '../ledger-error.ts';

/** An entry whose form, index and body hash were checked. */
export interface ReadEntry {
  readonly entry: LedgerEntry;
  readonly bytes: Uint8Array;
  readonly body: Uint8Array | null;
}

/**
 * Returns the entry of an item that claims to stand at `index`.
 * @throws LedgerError `ledger/entry-malformed`, `ledger/index-mismatch`, `ledger/body-mismatch`
 */
export function readEntry(item: BundleItem, index: number): ReadEntry {
  const entry = readEntryForm(item.entry, index);
  if (entry.index !== index) {
    throw new LedgerError('ledger/index-mismatch', `the entry says it is number ${entry.index}`, { index });
  }
  if (item.body !== null && !equalBytes(sha256(item.body), entry.bodyHash)) {
    throw new LedgerError('ledger/body-mismatch', 'a body of another hash than the entry names', { index });
  }
  return { entry, bytes: item.entry, body: item.body };
}

/** @throws LedgerError `ledger/chain-broken` unless `read` names the hash of the leaf `previous` (none before index 0) */
export function requireChain(read: ReadEntry, previous: Uint8Array | undefined): void {
  const expected = previous === undefined ? new Uint8Array(32) : sha256(previous);
  if (equalBytes(read.entry.previous, expected)) return;
  throw new LedgerError('ledger/chain-broken', 'the entry does not follow the one before it', {
    index: read.entry.index,
  });
}

/** Returns what leaf bytes say, @throws LedgerError `ledger/entry-malformed`, blaming `index`. */
export function readEntryForm(bytes: Uint8Array, index?: number): LedgerEntry {
  try {
    return decodeEntry(bytes);
  } catch (cause) {
    if (!(cause instanceof CodecError)) throw cause;
    const facts = index === undefined ? { cause } : { index, cause };
    throw new LedgerError('ledger/entry-malformed', 'an entry of another form than expected', facts);
  }
}
