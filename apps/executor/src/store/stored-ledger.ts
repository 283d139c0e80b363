import type { LedgerAppend, LedgerStore } from '@countersign/ledger';
import type { Hash } from '@countersign/merkle';
import { entryTypes, type EntryType } from '@countersign/messages';
import { ExecutorError } from '../executor-error.ts';
import type { Store } from './store.ts';

/** The ledger, in the same file as the requests, so that one transaction holds both. */
export class StoredLedger implements LedgerStore {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  get size(): number {
    return this.#store.prepare<[], number>('SELECT size FROM checkpoint').pluck().get() ?? 0;
  }

  get checkpoint(): string | undefined {
    return this.#store.prepare<[], string>('SELECT note FROM checkpoint').pluck().get();
  }

  entry(index: number): Uint8Array {
    const bytes = this.#store
      .prepare<[number], Uint8Array>('SELECT bytes FROM entry WHERE position = ?')
      .pluck()
      .get(index);
    if (bytes === undefined) throw this.#damaged(`entry ${index}`);
    return bytes;
  }

  body(index: number): Uint8Array | null {
    const body = this.#store
      .prepare<[number], Uint8Array | null>('SELECT body FROM entry WHERE position = ?')
      .pluck()
      .get(index);
    if (body === undefined) throw this.#damaged(`entry ${index}`);
    return body;
  }

  hash(level: number, index: number): Hash {
    const hash = this.#store
      .prepare<[number, number], Uint8Array>('SELECT hash FROM node WHERE level = ? AND position = ?')
      .pluck()
      .get(level, index);
    if (hash === undefined) throw this.#damaged(`tree node ${level}/${index}`);
    return hash;
  }

  append(change: LedgerAppend): void {
    this.#store
      .prepare('INSERT INTO entry (position, type, request_id, bytes, body) VALUES (?, ?, ?, ?, ?)')
      .run(
        change.index,
        entryTypes.indexOf(change.type),
        change.requestId ?? null,
        change.entry,
        change.body,
      );
    const insertNode = this.#store.prepare('INSERT INTO node (level, position, hash) VALUES (?, ?, ?)');
    for (const { level, index, hash } of change.nodes) insertNode.run(level, index, hash);
    // A note that no reader takes stands where the head is still to be put.
    this.#putHead(change.index + 1, change.checkpoint ?? '');
  }

  putHead(checkpoint: string): void {
    this.#putHead(this.size, checkpoint);
  }

  #putHead(size: number, note: string): void {
    this.#store
      .prepare(
        'INSERT INTO checkpoint (one, size, note) VALUES (1, ?, ?) ON CONFLICT (one) DO UPDATE SET size = excluded.size, note = excluded.note',
      )
      .run(size, note);
  }

  /** Returns the bodies of all entries of a type, in order; erased ones are left out. */
  bodiesOf(type: EntryType): readonly Uint8Array[] {
    return this.#store
      .prepare<[number], Uint8Array>(
        'SELECT body FROM entry WHERE type = ? AND body IS NOT NULL ORDER BY position',
      )
      .pluck()
      .all(entryTypes.indexOf(type));
  }

  /** Returns the indexes of all entries of a type, in order. */
  positionsOf(type: EntryType): readonly number[] {
    return this.#store
      .prepare<[number], number>('SELECT position FROM entry WHERE type = ? ORDER BY position')
      .pluck()
      .all(entryTypes.indexOf(type));
  }

  /** Returns how many entries of a type there are. */
  countOf(type: EntryType): number {
    return (
      this.#store
        .prepare<[number], number>('SELECT count(*) FROM entry WHERE type = ?')
        .pluck()
        .get(entryTypes.indexOf(type)) ?? 0
    );
  }

  /** Returns the body of the last entry of a type, or undefined. */
  lastBodyOf(type: EntryType): Uint8Array | undefined {
    return this.#store
      .prepare<[number], Uint8Array>('SELECT body FROM entry WHERE type = ? ORDER BY position DESC LIMIT 1')
      .pluck()
      .get(entryTypes.indexOf(type));
  }

  /** Returns the indexes of the entries about one request, in order. */
  indexesOf(requestId: Uint8Array): readonly number[] {
    return this.#store
      .prepare<[Uint8Array], number>('SELECT position FROM entry WHERE request_id = ? ORDER BY position')
      .pluck()
      .all(requestId);
  }

  #damaged(what: string): ExecutorError {
    return new ExecutorError('home/store-damaged', `the store has no ${what} although it should`, {
      hint: 'stop using this home and compare it with a backup; `countersign ledger verify` shows how far it is sound',
    });
  }
}
