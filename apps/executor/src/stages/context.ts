import type { Pair } from '@countersign/messages';

/** The name in a submission's context that says which token stood for its submitter. docs/spec/ledger.md#tokens */
export const tokenContext = 'token_sha256';

/** The name in a submission's context that tells approvers of an undo how many rows have changed since. docs/spec/diff.md#undo */
export const conflictsContext = 'undo_conflicts';

/** Returns the first of the names that the executor alone puts into a context, so that what stands under them can be believed. */
export function reservedOf(names: Iterable<string>): string | undefined {
  return [...names].find((name) => name === tokenContext || name === conflictsContext);
}

/** Returns a context that names the token with this hash. */
export function withToken(context: readonly Pair[], hash: string): readonly Pair[] {
  return sortedPairs([...context, [tokenContext, hash]]);
}

/** Returns a context that names no token: what was submitted with one is submitted again without. */
export function withoutToken(context: readonly Pair[]): readonly Pair[] {
  return context.filter(([name]) => name !== tokenContext);
}

/** Returns pairs in the order of a context. */
export function sortedPairs(pairs: Iterable<Pair>): readonly Pair[] {
  return [...pairs].toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
