import { MemoryTree, type Hash } from '@countersign/merkle';
import { LedgerError } from './ledger-error.ts';
import type { LedgerAppend, LedgerStore } from './store.ts';

/** A ledger held in memory: for tests and small tools. */
export class MemoryLedger implements LedgerStore {
  readonly #tree = new MemoryTree();
  readonly #entries: Uint8Array[] = [];
  readonly #bodies: (Uint8Array | null)[] = [];
  #checkpoint: string | undefined;

  get size(): number {
    return this.#entries.length;
  }

  get checkpoint(): string | undefined {
    return this.#checkpoint;
  }

  entry(index: number): Uint8Array {
    return this.#at(this.#entries, index);
  }

  body(index: number): Uint8Array | null {
    return this.#at(this.#bodies, index);
  }

  hash(level: number, index: number): Hash {
    return this.#tree.hash(level, index);
  }

  append(change: LedgerAppend): void {
    if (change.index !== this.size) {
      throw new LedgerError('ledger/append-malformed', `appended out of order, expected ${this.size}`, {
        index: change.index,
      });
    }
    this.#tree.append(change.entry);
    this.#entries.push(change.entry);
    this.#bodies.push(change.body);
    this.#checkpoint = change.checkpoint;
  }

  putHead(checkpoint: string): void {
    this.#checkpoint = checkpoint;
  }

  /** Forgets the body of an entry; the tree stays as it is. */
  erase(index: number): void {
    this.#at(this.#bodies, index);
    this.#bodies[index] = null;
  }

  #at<T>(list: readonly T[], index: number): T {
    const item = list[index];
    if (item === undefined) {
      throw new LedgerError('ledger/entry-absent', `no such entry in a ledger of ${this.size}`, { index });
    }
    return item;
  }
}
