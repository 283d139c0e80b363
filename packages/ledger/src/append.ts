import { sha256, type Signer } from '@countersign/codec';
import { append, leafHash, root, signCheckpoint, type HashReader, type TreeNode } from '@countersign/merkle';
import { encodeEntry, type EntryType, type LedgerEntry } from '@countersign/messages';
import { bodyBytesMax } from './body.ts';
import { LedgerError } from './ledger-error.ts';
import type { LedgerStore } from './store.ts';

/** What is to be recorded. */
export interface NewEntry {
  readonly type: EntryType;
  /** Given exactly for the types that belong to a request's life. */
  readonly requestId?: Uint8Array | undefined;
  readonly body: Uint8Array;
  /** Whole seconds since 1970, by the executor's clock; the same value that judged the body. */
  readonly madeAt: number;
}

/** Who signs the heads of a ledger. */
export interface LedgerSigner {
  readonly origin: string;
  readonly signer: Signer;
}

/** An entry that was kept. */
export interface AppendedEntry {
  readonly index: number;
  readonly entry: LedgerEntry;
  /** The leaf. */
  readonly bytes: Uint8Array;
  /** Note of the head after this entry. */
  readonly checkpoint: string;
}

const requestTypes: readonly EntryType[] = [
  'submission',
  'verdict',
  'request',
  'export',
  'decision',
  'refused-decision',
  'intent',
  'receipt',
  'closed',
  'read',
];

/** Returns whether entries of this type belong to a request's life and name it. */
export function belongsToRequest(type: EntryType): boolean {
  return requestTypes.includes(type);
}

/**
 * Appends to `store`, in one call of its `append`, the entry, the tree nodes it completes and the signed head after it.
 * The caller opens the transaction around it.
 * @throws LedgerError `ledger/append-malformed` when the request id is missing or misplaced or the body too long
 */
export function appendEntry(store: LedgerStore, add: NewEntry, by: LedgerSigner): AppendedEntry {
  const made = makeEntry(store, add);
  const { index, entry, bytes, nodes } = made;
  const checkpoint = signedHead(withNodes(store, nodes), index + 1, by);
  store.append({ ...add, requestId: add.requestId, index, entry: bytes, nodes, checkpoint });
  return { index, entry, bytes, checkpoint };
}

/**
 * Appends like {@link appendEntry} without a head. INVARIANT: {@link signHead} follows before the caller's transaction ends.
 * @throws LedgerError `ledger/append-malformed`
 */
export function appendUnsigned(store: LedgerStore, add: NewEntry): Omit<AppendedEntry, 'checkpoint'> {
  const { index, entry, bytes, nodes } = makeEntry(store, add);
  store.append({ ...add, requestId: add.requestId, index, entry: bytes, nodes, checkpoint: undefined });
  return { index, entry, bytes };
}

/** Signs and keeps the head over all that was appended; returns its note. */
export function signHead(store: LedgerStore, by: LedgerSigner): string {
  const checkpoint = signedHead(store, store.size, by);
  store.putHead(checkpoint);
  return checkpoint;
}

function signedHead(reader: HashReader, size: number, { origin, signer }: LedgerSigner): string {
  return signCheckpoint({ origin, size, root: root(reader, size) }, signer);
}

interface MadeEntry extends Omit<AppendedEntry, 'checkpoint'> {
  readonly nodes: readonly TreeNode[];
}

function makeEntry(store: LedgerStore, add: NewEntry): MadeEntry {
  const index = store.size;
  requireWellFormed(add, index);
  const previous = index === 0 ? new Uint8Array(32) : sha256(store.entry(index - 1));
  const entry: LedgerEntry = {
    version: 1,
    type: add.type,
    index,
    madeAt: add.madeAt,
    previous,
    bodyHash: sha256(add.body),
    ...(add.requestId === undefined ? {} : { requestId: add.requestId }),
  };
  const bytes = encodeEntry(entry);
  return { index, entry, bytes, nodes: append(store, index, leafHash(bytes)) };
}

function requireWellFormed(add: NewEntry, index: number): void {
  if ((add.requestId !== undefined) !== belongsToRequest(add.type)) {
    const expected = belongsToRequest(add.type) ? 'a request id' : 'no request id';
    throw new LedgerError('ledger/append-malformed', `an entry of type ${add.type}, expected ${expected}`, {
      index,
    });
  }
  if (add.body.length > bodyBytesMax) {
    throw new LedgerError(
      'ledger/append-malformed',
      `a body of ${add.body.length} bytes, expected at most ${bodyBytesMax}`,
      { index },
    );
  }
}

/** The reader as it will be once `nodes` are stored. */
function withNodes(reader: HashReader, nodes: readonly TreeNode[]): HashReader {
  return {
    hash: (level, index) =>
      nodes.find((node) => node.level === level && node.index === index)?.hash ?? reader.hash(level, index),
  };
}
