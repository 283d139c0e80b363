import type { Hash, HashFunction } from './diff.ts';

const rowsPrefix = 1;

/**
 * Hash over a multiset of leaf hashes, whatever their order:
 * `SHA-256(0x01 || leaf || leaf || …)`, the leaves ascending in bytes, equal ones repeated.
 * Holds 32 bytes for each row; the caller bounds how many it adds.
 */
export class RowsHash {
  readonly #hash: HashFunction;
  #leaves: Uint8Array<ArrayBuffer> = new Uint8Array(32 * 64);
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
    const [leaves, to] = [this.#leaves, this.#count * 32];
    for (let index = 0; index < 32; index += 1) leaves[to + index] = leaf[index] ?? 0;
    this.#count += 1;
  }

  finish(): Hash {
    const sorted = sortLeaves(this.#leaves, this.#count);
    const leaves = new Uint32Array(this.#leaves.buffer);
    // The prefix ends the first word, so that leaves are copied by words: by bytes takes eight times as long.
    const words = new Uint32Array(1 + this.#count * 8);
    for (let place = 0; place < this.#count; place += 1) {
      const [from, to] = [(sorted[place] ?? 0) * 8, 1 + place * 8];
      for (let index = 0; index < 8; index += 1) words[to + index] = leaves[from + index] ?? 0;
    }
    const input = new Uint8Array(words.buffer, 3);
    input[0] = rowsPrefix;
    return this.#hash(input);
  }
}

/** Indexes of `count` leaves in ascending order of their bytes. */
function sortLeaves(leaves: Uint8Array, count: number): Uint32Array {
  if (count > indexesMax)
    return Uint32Array.from({ length: count }, (_, index) => index).sort(byLeaf(leaves));
  // Head and index in one number: plain numbers are sorted without being compared by a function of ours.
  const keys = new Float64Array(count);
  for (let index = 0; index < count; index += 1) keys[index] = head(leaves, index * 32) * indexesMax + index;
  keys.sort();
  const order = new Uint32Array(count);
  // Not by `from`, which takes ten times as long.
  for (let index = 0; index < count; index += 1) order[index] = (keys[index] ?? 0) % indexesMax;
  for (let start = 0; start < count; start += 1) {
    const end = sameHeads(keys, start);
    if (end > start + 1) order.subarray(start, end).sort(byLeaf(leaves));
    start = end - 1;
  }
  return order;
}

/** Where the run of keys with the head of the one at `start` ends. */
function sameHeads(keys: Float64Array, start: number): number {
  const first = Math.floor((keys[start] ?? 0) / indexesMax);
  let end = start + 1;
  while (end < keys.length && Math.floor((keys[end] ?? 0) / indexesMax) === first) end += 1;
  return end;
}

/** Indexes that fit beside a head of 32 bits in the 53 of a number. */
const indexesMax = 2 ** 21;

/** The first four bytes as a number: enough to order nearly all pairs of hashes. */
function head(leaves: Uint8Array, offset: number): number {
  let value = 0;
  for (let index = offset; index < offset + 4; index += 1) value = value * 256 + (leaves[index] ?? 0);
  return value;
}

function byLeaf(leaves: Uint8Array): (a: number, b: number) => number {
  return (a, b) => compareLeaves(leaves, a * 32, b * 32);
}

function compareLeaves(leaves: Uint8Array, a: number, b: number): number {
  for (let index = 0; index < 32; index += 1) {
    const difference = (leaves[a + index] ?? 0) - (leaves[b + index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
