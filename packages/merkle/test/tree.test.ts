import { expect, test } from 'vitest';
import {
  append,
  checkConsistency,
  checkInclusion,
  consistencyProof,
  emptyRoot,
  inclusionProof,
  leafHash,
  MemoryTree,
  MerkleError,
  nodeHash,
  root,
  type Hash,
  type InclusionClaim,
  type MerkleErrorCode,
} from '../src/index.ts';
import { modelConsistency, modelInclusion, modelRoot } from '../../../test/model/merkle-model.ts';
import vectors from '../../../test/vectors/merkle/rfc6962-roots.json' with { type: 'json' };

const sizeMax = 64;
const leaves = Array.from({ length: sizeMax }, (_, i) => Uint8Array.of(i, i ^ 0xa5));
const tree = treeOf(leaves);
const hex = (hash: Hash): string => Buffer.from(hash).toString('hex');

function treeOf(items: readonly Uint8Array[]): MemoryTree {
  const made = new MemoryTree();
  for (const item of items) made.append(item);
  return made;
}

function codeOf(act: () => void): MerkleErrorCode | undefined {
  try {
    act();
  } catch (error) {
    if (error instanceof MerkleError) return error.code;
    throw error;
  }
  return undefined;
}

/** Every proof that differs from `proof` in one hash: a bit flipped, one removed, doubled, added, or two exchanged. */
function* spoiled(proof: readonly Hash[]): Generator<Hash[]> {
  for (const [i, hash] of proof.entries()) {
    const spot = (7 * i + proof.length) % hash.length;
    yield proof.with(
      i,
      Uint8Array.from(hash, (byte, at) => (at === spot ? byte ^ (1 << (spot % 8)) : byte)),
    );
    yield proof.toSpliced(i, 1);
    yield proof.toSpliced(i, 0, hash);
    yield proof.with(i, hash.slice(1));
    for (let j = i + 1; j < proof.length; j += 1) {
      const other = proof[j];
      if (other !== undefined) yield proof.with(i, other).with(j, hash);
    }
  }
  for (let at = 0; at <= proof.length; at += 1) yield proof.toSpliced(at, 0, leafHash(Uint8Array.of(at)));
}

test('the published roots of the first leaves', () => {
  expect(vectors.roots).toHaveLength(9);
  const published = treeOf(vectors.leaves.map((leaf) => Uint8Array.from(Buffer.from(leaf, 'hex'))));
  expect(vectors.roots.map((_, size) => hex(published.root(size)))).toEqual(vectors.roots);
});

test('roots, inclusion and consistency proofs are those of the definition for every size to 64', () => {
  for (let size = 0; size <= sizeMax; size += 1) {
    const some = leaves.slice(0, size);
    expect(root(tree, size)).toEqual(modelRoot(some));
    for (let index = 0; index < size; index += 1) {
      expect(inclusionProof(tree, index, size)).toEqual(modelInclusion(index, some));
    }
    for (let old = 0; old <= size; old += 1) {
      expect(consistencyProof(tree, old, size)).toEqual(modelConsistency(old, some));
    }
  }
});

test('each leaf of each size to 64 is proved, and no spoiled proof of it is believed', () => {
  for (let size = 1; size <= sizeMax; size += 1) {
    for (const [index, leaf] of leaves.slice(0, size).entries()) {
      const claim: InclusionClaim = {
        leaf: leafHash(leaf),
        index,
        size,
        proof: inclusionProof(tree, index, size),
        root: root(tree, size),
      };
      checkInclusion(claim);
      for (const proof of spoiled(claim.proof)) {
        expect(codeOf(() => checkInclusion({ ...claim, proof }))).toBeDefined();
      }
      for (let other = 0; other < size; other += 1) {
        if (other !== index) expect(codeOf(() => checkInclusion({ ...claim, index: other }))).toBeDefined();
      }
      expect(codeOf(() => checkInclusion({ ...claim, leaf: emptyRoot() }))).toBe('merkle/root-mismatch');
      expect(codeOf(() => checkInclusion({ ...claim, root: emptyRoot() }))).toBe('merkle/root-mismatch');
    }
  }
});

test('each pair of sizes to 64 is proved consistent, and no spoiled proof of it is believed', () => {
  for (let newSize = 0; newSize <= sizeMax; newSize += 1) {
    for (let oldSize = 0; oldSize <= newSize; oldSize += 1) {
      const claim = {
        oldSize,
        oldRoot: root(tree, oldSize),
        newSize,
        newRoot: root(tree, newSize),
        proof: consistencyProof(tree, oldSize, newSize),
      };
      checkConsistency(claim);
      for (const proof of spoiled(claim.proof)) {
        expect(codeOf(() => checkConsistency({ ...claim, proof }))).toBeDefined();
      }
      const stranger = leafHash(Uint8Array.of(0xff));
      expect(codeOf(() => checkConsistency({ ...claim, oldRoot: stranger }))).toBeDefined();
      // Nothing binds the new tree to an empty old one: that claim says nothing, and may.
      if (oldSize > 0 || newSize === 0) {
        expect(codeOf(() => checkConsistency({ ...claim, newRoot: stranger }))).toBeDefined();
      }
    }
  }
});

test('appending stores each complete subtree once and nothing else', () => {
  const stored = new Set<string>();
  for (const [size, leaf] of leaves.entries()) {
    for (const node of append(tree, size, leafHash(leaf))) {
      const place = `${node.level}/${node.index}`;
      expect(stored.has(place)).toBe(false);
      stored.add(place);
      expect(node.hash).toEqual(tree.hash(node.level, node.index));
    }
  }
  expect(stored.size).toBe(2 * sizeMax - 1);
});

test('sizes far above 2^32 are proved without rounding', () => {
  const size = 2 ** 52 + 2 ** 33 + 5;
  // The tree whose leaves are all the same: each level holds one hash.
  const same: Hash[] = [leafHash(Uint8Array.of(1))];
  const levelHash = (level: number): Hash =>
    (same[level] ??= nodeHash(levelHash(level - 1), levelHash(level - 1)));
  const flat = { hash: (level: number): Hash => levelHash(level) };
  const index = size - 2;
  const claim = {
    leaf: flat.hash(0),
    index,
    size,
    proof: inclusionProof(flat, index, size),
    root: root(flat, size),
  };
  checkInclusion(claim);
  expect(codeOf(() => checkInclusion({ ...claim, leaf: emptyRoot() }))).toBeDefined();
  checkConsistency({
    oldSize: 2 ** 52,
    oldRoot: root(flat, 2 ** 52),
    newSize: size,
    newRoot: claim.root,
    proof: consistencyProof(flat, 2 ** 52, size),
  });
});

const anyRoot = leafHash(Uint8Array.of(1));
const refusals: readonly [MerkleErrorCode, () => void][] = [
  ['merkle/bad-size', () => root(tree, -1)],
  ['merkle/bad-size', () => root(tree, 0.5)],
  ['merkle/bad-size', () => append(tree, Number.MAX_SAFE_INTEGER, anyRoot)],
  ['merkle/bad-size', () => consistencyProof(tree, 5, 4)],
  ['merkle/bad-index', () => inclusionProof(tree, 4, 4)],
  ['merkle/bad-index', () => inclusionProof(tree, 0, 0)],
  ['merkle/bad-index', () => inclusionProof(tree, -1, 4)],
  ['merkle/bad-hash', () => append(tree, 0, Uint8Array.of(1))],
  ['merkle/bad-hash', () => nodeHash(anyRoot, new Uint8Array(31))],
  ['merkle/bad-hash', () => root({ hash: () => new Uint8Array(33) }, 3)],
  ['merkle/absent-node', () => new MemoryTree().root(1)],
  [
    'merkle/proof-too-short',
    () => checkInclusion({ leaf: anyRoot, index: 0, size: 2, proof: [], root: anyRoot }),
  ],
  [
    'merkle/proof-too-long',
    () => checkInclusion({ leaf: anyRoot, index: 0, size: 1, proof: [anyRoot], root: anyRoot }),
  ],
  [
    'merkle/root-mismatch',
    () => checkInclusion({ leaf: anyRoot, index: 0, size: 1, proof: [], root: emptyRoot() }),
  ],
  [
    'merkle/proof-too-short',
    () => checkConsistency({ oldSize: 3, oldRoot: anyRoot, newSize: 4, newRoot: anyRoot, proof: [] }),
  ],
  [
    'merkle/proof-too-long',
    () =>
      checkConsistency({ oldSize: 0, oldRoot: emptyRoot(), newSize: 4, newRoot: anyRoot, proof: [anyRoot] }),
  ],
  [
    'merkle/old-root-mismatch',
    () => checkConsistency({ oldSize: 4, oldRoot: anyRoot, newSize: 4, newRoot: root(tree, 4), proof: [] }),
  ],
  [
    'merkle/root-mismatch',
    () => checkConsistency({ oldSize: 0, oldRoot: emptyRoot(), newSize: 0, newRoot: anyRoot, proof: [] }),
  ],
];

test.each(refusals)('%s', (code, act) => {
  expect(codeOf(act)).toBe(code);
});
