import { sha256 } from '@countersign/codec';
import { MerkleError } from './merkle-error.ts';

/** 32 bytes of SHA-256. */
export type Hash = Uint8Array;

/** Length of every hash, in bytes. */
export const hashBytes = 32;

const leafPrefix = 0x00;
const nodePrefix = 0x01;

/** SHA-256(0x00 || leaf), RFC 9162 section 2.1.1. */
export function leafHash(leaf: Uint8Array): Hash {
  const input = new Uint8Array(1 + leaf.length);
  input[0] = leafPrefix;
  input.set(leaf, 1);
  return sha256(input);
}

/**
 * SHA-256(0x01 || left || right), RFC 9162 section 2.1.1.
 * @throws MerkleError `merkle/bad-hash` unless both are 32 bytes
 */
export function nodeHash(left: Hash, right: Hash): Hash {
  requireHash(left, 'left child');
  requireHash(right, 'right child');
  const input = new Uint8Array(1 + 2 * hashBytes);
  input[0] = nodePrefix;
  input.set(left, 1);
  input.set(right, 1 + hashBytes);
  return sha256(input);
}

/** The root of the tree of no leaves: SHA-256 of nothing. A fresh copy each time, so that no caller can spoil another's. */
export function emptyRoot(): Hash {
  return sha256(new Uint8Array(0));
}

/** @throws MerkleError `merkle/bad-hash` unless `hash` is 32 bytes */
export function requireHash(hash: Uint8Array, what: string): void {
  if (hash.length !== hashBytes) {
    throw new MerkleError('merkle/bad-hash', `${what} has ${hash.length} bytes, expected ${hashBytes}`);
  }
}
