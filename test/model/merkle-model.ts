// The definitions of RFC 9162 section 2.1 written down as they stand: slow, recursive, over plain lists of leaves.
import { createHash } from 'node:crypto';

type Bytes = Uint8Array;

function sha256(...parts: readonly Bytes[]): Bytes {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
}

/** MTH(D_n). */
export function modelRoot(leaves: readonly Bytes[]): Bytes {
  const [first] = leaves;
  if (first === undefined) return sha256();
  if (leaves.length === 1) return sha256(Uint8Array.of(0), first);
  const k = split(leaves.length);
  return sha256(Uint8Array.of(1), modelRoot(leaves.slice(0, k)), modelRoot(leaves.slice(k)));
}

/** PATH(m, D_n). */
export function modelInclusion(m: number, leaves: readonly Bytes[]): Bytes[] {
  if (leaves.length <= 1) return [];
  const k = split(leaves.length);
  return m < k
    ? [...modelInclusion(m, leaves.slice(0, k)), modelRoot(leaves.slice(k))]
    : [...modelInclusion(m - k, leaves.slice(k)), modelRoot(leaves.slice(0, k))];
}

/** PROOF(m, D_n); empty for m = 0, which the RFC leaves undefined. */
export function modelConsistency(m: number, leaves: readonly Bytes[]): Bytes[] {
  return m === 0 ? [] : subproof(m, leaves, true);
}

function subproof(m: number, leaves: readonly Bytes[], whole: boolean): Bytes[] {
  if (m === leaves.length) return whole ? [] : [modelRoot(leaves)];
  const k = split(leaves.length);
  return m <= k
    ? [...subproof(m, leaves.slice(0, k), whole), modelRoot(leaves.slice(k))]
    : [...subproof(m - k, leaves.slice(k), false), modelRoot(leaves.slice(0, k))];
}

function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}
