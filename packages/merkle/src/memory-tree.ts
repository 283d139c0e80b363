import { leafHash, type Hash } from './hash.ts';
import { MerkleError } from './merkle-error.ts';
import { append, root, type HashReader } from './tree.ts';

/** A tree held in memory: two hashes a leaf, for the auditor and for tests. */
export class MemoryTree implements HashReader {
  readonly #levels: Hash[][] = [];

  /** Number of leaves. */
  get size(): number {
    return this.#levels[0]?.length ?? 0;
  }

  /** Appends the leaf of these bytes and returns its index. */
  append(leaf: Uint8Array): number {
    return this.appendHash(leafHash(leaf));
  }

  /** Appends a leaf by its leaf hash and returns its index. */
  appendHash(leaf: Hash): number {
    const index = this.size;
    for (const node of append(this, index, leaf)) {
      const level = (this.#levels[node.level] ??= []);
      level.push(node.hash);
    }
    return index;
  }

  /** @throws MerkleError `merkle/absent-node` when that subtree is not complete */
  hash(level: number, index: number): Hash {
    const hash = this.#levels[level]?.[index];
    if (hash === undefined) {
      throw new MerkleError(
        'merkle/absent-node',
        `no complete subtree ${index} at level ${level} in a tree of ${this.size} leaves`,
      );
    }
    return hash;
  }

  /** The root of the first `size` leaves (of all of them without an argument). */
  root(size: number = this.size): Hash {
    return root(this, size);
  }
}
