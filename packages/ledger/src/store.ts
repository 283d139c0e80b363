import type { HashReader, TreeNode } from '@countersign/merkle';
import type { EntryType } from '@countersign/messages';

/** All that one append writes; a store writes all of it or nothing. */
export interface LedgerAppend {
  readonly index: number;
  readonly type: EntryType;
  readonly madeAt: number;
  readonly requestId: Uint8Array | undefined;
  /** The leaf. */
  readonly entry: Uint8Array;
  readonly body: Uint8Array;
  /** The subtrees that this leaf completes. */
  readonly nodes: readonly TreeNode[];
  /** Note of the head after this entry; undefined when `putHead` follows in the same transaction, after this entry or a later one. */
  readonly checkpoint: string | undefined;
}

/**
 * Where a ledger is kept. Synchronous, so that an append can stand in one transaction with the change of state it records.
 * `hash` reads the nodes that `append` was given.
 */
export interface LedgerStore extends HashReader {
  /** Number of entries. */
  readonly size: number;
  /** The leaf bytes of an entry, @throws when there is none. */
  entry(index: number): Uint8Array;
  /** The body of an entry, null when it was erased, @throws when there is no such entry. */
  body(index: number): Uint8Array | null;
  /** The note of the newest head, undefined while the ledger is empty. */
  readonly checkpoint: string | undefined;
  /** Keeps an entry whose index is `size`, @throws when it cannot, with nothing kept. */
  append(change: LedgerAppend): void;
  /** Keeps the note of the head over all entries, after appends that came without. */
  putHead(checkpoint: string): void;
}
