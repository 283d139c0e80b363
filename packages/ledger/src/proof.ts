import { consistencyProof, inclusionProof, root, type Hash } from '@countersign/merkle';
import type { LedgerStore } from './store.ts';

/** Returns the proof that entry `index` is in the tree of the first `size` entries, by default of all. */
export function proveInclusion(
  store: LedgerStore,
  index: number,
  size: number = store.size,
): readonly Hash[] {
  return inclusionProof(store, index, size);
}

/** Returns the proof that the tree of `newSize` entries, by default of all, extends that of `oldSize`. */
export function proveConsistency(
  store: LedgerStore,
  oldSize: number,
  newSize: number = store.size,
): readonly Hash[] {
  return consistencyProof(store, oldSize, newSize);
}

/** Returns the root of the first `size` entries; undefined when there are not so many. */
export function rootAt(store: LedgerStore, size: number): Hash | undefined {
  return size > store.size ? undefined : root(store, size);
}
