import { equalBytes } from '@countersign/codec';
import { emptyRoot, nodeHash, requireHash, type Hash } from './hash.ts';
import { MerkleError } from './merkle-error.ts';
import { requireIndex, requireSize, requireSizes } from './tree.ts';

/** The claim that `leaf` (a leaf hash) stands at `index` in the tree of `size` leaves with `root`. */
export interface InclusionClaim {
  readonly leaf: Hash;
  readonly index: number;
  readonly size: number;
  readonly proof: readonly Hash[];
  readonly root: Hash;
}

/** The claim that the tree of `oldSize` leaves is a prefix of the tree of `newSize` leaves. */
export interface ConsistencyClaim {
  readonly oldSize: number;
  readonly oldRoot: Hash;
  readonly newSize: number;
  readonly newRoot: Hash;
  readonly proof: readonly Hash[];
}

/**
 * Returns when the claim holds, RFC 9162 section 2.1.3.2.
 * @throws MerkleError `merkle/bad-size`, `merkle/bad-index`, `merkle/bad-hash`, `merkle/proof-too-short`,
 * `merkle/proof-too-long`, `merkle/root-mismatch`
 */
export function checkInclusion(claim: InclusionClaim): void {
  requireSize(claim.size, 'tree size');
  requireIndex(claim.index, claim.size);
  requireHash(claim.leaf, 'leaf hash');
  requireHash(claim.root, 'root');
  let node = claim.index;
  let last = claim.size - 1;
  let hash = claim.leaf;
  for (const sibling of claim.proof) {
    if (last === 0) throw tooLong(claim.proof.length);
    requireHash(sibling, 'proof hash');
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sibling, hash);
      while (node % 2 === 0 && node !== 0) {
        node = half(node);
        last = half(last);
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    node = half(node);
    last = half(last);
  }
  if (last !== 0) throw tooShort(claim.proof.length);
  if (!equalBytes(hash, claim.root)) {
    throw new MerkleError(
      'merkle/root-mismatch',
      `the proof of leaf ${claim.index} leads to another root than that of size ${claim.size}`,
    );
  }
}

/**
 * Returns when the claim holds, RFC 9162 section 2.1.4.2. Everything extends the empty tree, whose root is fixed; trees of
 * equal size are the same tree. Both need an empty proof.
 * @throws MerkleError `merkle/bad-size`, `merkle/bad-hash`, `merkle/proof-too-short`, `merkle/proof-too-long`,
 * `merkle/old-root-mismatch`, `merkle/root-mismatch`
 */
export function checkConsistency(claim: ConsistencyClaim): void {
  requireSizes(claim.oldSize, claim.newSize);
  requireHash(claim.oldRoot, 'old root');
  requireHash(claim.newRoot, 'new root');
  if (claim.oldSize === 0) {
    requireEmpty(claim.proof);
    if (!equalBytes(claim.oldRoot, emptyRoot())) throw oldMismatch(0);
    if (claim.newSize === 0 && !equalBytes(claim.newRoot, emptyRoot())) throw newMismatch(0);
    return;
  }
  if (claim.oldSize === claim.newSize) {
    requireEmpty(claim.proof);
    if (!equalBytes(claim.oldRoot, claim.newRoot)) throw oldMismatch(claim.oldSize);
    return;
  }
  foldConsistency(claim);
}

function foldConsistency(claim: ConsistencyClaim): void {
  // A complete old tree is itself the first node of the path; its root is not repeated in the proof.
  const path = isPowerOfTwo(claim.oldSize) ? [claim.oldRoot, ...claim.proof] : claim.proof;
  const [first, ...rest] = path;
  if (first === undefined) throw tooShort(0);
  requireHash(first, 'proof hash');
  let node = claim.oldSize - 1;
  let last = claim.newSize - 1;
  while (node % 2 === 1) {
    node = half(node);
    last = half(last);
  }
  let oldHash = first;
  let newHash = first;
  for (const sibling of rest) {
    if (last === 0) throw tooLong(claim.proof.length);
    requireHash(sibling, 'proof hash');
    if (node % 2 === 1 || node === last) {
      oldHash = nodeHash(sibling, oldHash);
      newHash = nodeHash(sibling, newHash);
      while (node % 2 === 0 && node !== 0) {
        node = half(node);
        last = half(last);
      }
    } else {
      newHash = nodeHash(newHash, sibling);
    }
    node = half(node);
    last = half(last);
  }
  if (last !== 0) throw tooShort(claim.proof.length);
  if (!equalBytes(oldHash, claim.oldRoot)) throw oldMismatch(claim.oldSize);
  if (!equalBytes(newHash, claim.newRoot)) throw newMismatch(claim.newSize);
}

function half(n: number): number {
  return Math.floor(n / 2);
}

function isPowerOfTwo(n: number): boolean {
  let rest = n;
  while (rest % 2 === 0) rest /= 2;
  return rest === 1;
}

function requireEmpty(proof: readonly Hash[]): void {
  if (proof.length !== 0) throw tooLong(proof.length);
}

function tooShort(count: number): MerkleError {
  return new MerkleError(
    'merkle/proof-too-short',
    `the proof has ${count} hashes, expected more for these sizes`,
  );
}

function tooLong(count: number): MerkleError {
  return new MerkleError(
    'merkle/proof-too-long',
    `the proof has ${count} hashes, expected fewer for these sizes`,
  );
}

function oldMismatch(size: number): MerkleError {
  return new MerkleError(
    'merkle/old-root-mismatch',
    `the proof does not lead to the old root of size ${size}`,
  );
}

function newMismatch(size: number): MerkleError {
  return new MerkleError('merkle/root-mismatch', `the proof does not lead to the new root of size ${size}`);
}
