import { emptyRoot, nodeHash, requireHash, type Hash } from './hash.ts';
import { MerkleError } from './merkle-error.ts';

/** Where the hashes of complete subtrees are read from. */
export interface HashReader {
  /**
   * The hash of the `index`-th complete subtree of 2^`level` leaves, counted from 0.
   * @throws when that subtree is not stored
   */
  hash(level: number, index: number): Hash;
}

/** A complete subtree's hash and its place. */
export interface TreeNode {
  readonly level: number;
  readonly index: number;
  readonly hash: Hash;
}

/**
 * The nodes that appending `leaf` (a leaf hash) to a tree of `size` leaves makes complete, the leaf itself first.
 * Storing them all keeps every root and proof of every size computable. At most 54 nodes; on average two.
 * @throws MerkleError `merkle/bad-size`, `merkle/bad-hash`
 */
export function append(reader: HashReader, size: number, leaf: Hash): TreeNode[] {
  requireSize(size, 'tree size');
  requireSize(size + 1, 'tree size');
  requireHash(leaf, 'leaf hash');
  const nodes: TreeNode[] = [{ level: 0, index: size, hash: leaf }];
  let hash = leaf;
  let index = size;
  for (let level = 0; index % 2 === 1; level += 1) {
    hash = nodeHash(reader.hash(level, index - 1), hash);
    index = (index - 1) / 2;
    nodes.push({ level: level + 1, index, hash });
  }
  return nodes;
}

/**
 * The root of the tree of the first `size` leaves, RFC 9162 section 2.1.1.
 * @throws MerkleError `merkle/bad-size`
 */
export function root(reader: HashReader, size: number): Hash {
  requireSize(size, 'tree size');
  return size === 0 ? emptyRoot() : rangeHash(reader, 0, size);
}

/**
 * The audit path of leaf `index` in the tree of the first `size` leaves, lowest sibling first, RFC 9162 section 2.1.3.1.
 * @throws MerkleError `merkle/bad-size`, `merkle/bad-index`
 */
export function inclusionProof(reader: HashReader, index: number, size: number): Hash[] {
  requireSize(size, 'tree size');
  requireIndex(index, size);
  const path: Hash[] = [];
  let start = 0;
  let count = size;
  while (count > 1) {
    const left = leftCount(count);
    if (index < start + left) {
      path.push(rangeHash(reader, start + left, count - left));
      count = left;
    } else {
      path.push(rangeHash(reader, start, left));
      start += left;
      count -= left;
    }
  }
  return path.reverse();
}

/**
 * The proof that the tree of `oldSize` leaves is a prefix of that of `newSize`, RFC 9162 section 2.1.4.1.
 * It is empty when the sizes are equal and when the old tree is empty.
 * @throws MerkleError `merkle/bad-size`
 */
export function consistencyProof(reader: HashReader, oldSize: number, newSize: number): Hash[] {
  requireSizes(oldSize, newSize);
  if (oldSize === 0 || oldSize === newSize) return [];
  const proof: Hash[] = [];
  let start = 0;
  let count = newSize;
  // Descend to the smallest subtree that ends where the old tree ends, noting each sibling on the way.
  while (oldSize - start !== count) {
    const left = leftCount(count);
    if (oldSize - start <= left) {
      proof.push(rangeHash(reader, start + left, count - left));
      count = left;
    } else {
      proof.push(rangeHash(reader, start, left));
      start += left;
      count -= left;
    }
  }
  // A subtree that starts at leaf 0 is the old tree itself, whose root the verifier has.
  if (start !== 0) proof.push(rangeHash(reader, start, count));
  return proof.reverse();
}

/** @throws MerkleError `merkle/bad-size` unless a whole number from 0 to 2^53 - 1 */
export function requireSize(size: number, what: string): void {
  if (!Number.isSafeInteger(size) || size < 0) {
    throw new MerkleError('merkle/bad-size', `${what} is ${size}, expected a whole number of leaves`);
  }
}

/** @throws MerkleError `merkle/bad-size` unless both are sizes and the old one is not above the new one */
export function requireSizes(oldSize: number, newSize: number): void {
  requireSize(oldSize, 'old size');
  requireSize(newSize, 'new size');
  if (oldSize > newSize) {
    throw new MerkleError(
      'merkle/bad-size',
      `old size ${oldSize} is above new size ${newSize}, expected at most that`,
    );
  }
}

/** @throws MerkleError `merkle/bad-index` unless `index` is a leaf of a tree of `size` leaves */
export function requireIndex(index: number, size: number): void {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) {
    throw new MerkleError('merkle/bad-index', `leaf index is ${index}, expected one below the size ${size}`);
  }
}

/** The hash of `count` leaves from `start` on; `start` is a multiple of the least power of two that is at least `count`. */
function rangeHash(reader: HashReader, start: number, count: number): Hash {
  const left = leftCount(count);
  if (count === 1 || left * 2 === count) {
    const hash = reader.hash(Math.log2(count), start / count);
    requireHash(hash, 'stored hash');
    return hash;
  }
  return nodeHash(rangeHash(reader, start, left), rangeHash(reader, start + left, count - left));
}

/** The largest power of two below `count`: how many leaves the left subtree holds (0 for one leaf). */
function leftCount(count: number): number {
  if (count === 1) return 0;
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}
