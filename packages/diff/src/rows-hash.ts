import type { Hash, HashFunction } from './diff.ts';

const rowsPrefix = 1;

/**
 * Hash over a multiset of leaf hashes, whatever their order:
 * `SHA-256(0x01 || leaf || leaf || …)`, the leaves ascending in bytes, equal ones repeated.
 * Holds 32 bytes for each row; the caller bounds how many it adds.
 */
export class RowsHash {
  readonly #hash: HashFunction;
  #leaves: Uint8Array = new Uint8Array(32 * 64);
  #count = 0;

  constructor(hash: HashFunction) {
    this.#hash = hash;
  }

  get count(): number {
    return this.#count;
  }

  add(leaf: Hash): void {
    if ((this.#count + 1) * 32 > this.#leaves.length) {
      const larger = new Uint8Array(this.#leaves.length * 2);
      larger.set(this.#leaves);
      this.#leaves = larger;
    }
    this.#leaves.set(leaf, this.#count * 32);
    this.#count += 1;
  }

  finish(): Hash {
    const sorted = sortLeaves(this.#leaves, this.#count);
    const input = new Uint8Array(1 + this.#count * 32);
    input[0] = rowsPrefix;
    for (const [place, leaf] of sorted.entries()) {
      input.set(this.#leaves.subarray(leaf * 32, leaf * 32 + 32), 1 + place * 32);
    }
    return this.#hash(input);
  }
}

/** Indexes of `count` leaves in ascending order of their bytes. */
function sortLeaves(leaves: Uint8Array, count: number): Uint32Array {
  const heads = new Float64Array(count);
  for (let index = 0; index < count; index += 1) heads[index] = head(leaves, index * 32);
  const order = Uint32Array.from(heads, (_, index) => index);
  return order.sort((a, b) => {
    const difference = (heads[a] ?? 0) - (heads[b] ?? 0);
    return difference !== 0 ? difference : compareLeaves(leaves, a * 32, b * 32);
  });
}

/** The first six bytes as a number: enough to order nearly all pairs of hashes. */
function head(leaves: Uint8Array, offset: number): number {
  let value = 0;
  for (let index = offset; index < offset + 6; index += 1) value = value * 256 + (leaves[index] ?? 0);
  return value;
}

function compareLeaves(leaves: Uint8Array, a: number, b: number): number {
  for (let index = 0; index < 32; index += 1) {
    const difference = (leaves[a + index] ?? 0) - (leaves[b + index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
