import type { NamedTolerance } from '@countersign/sql';
import type { Obligation } from './policy.ts';
import type { Verdict } from './verdict.ts';

type Pairs = Verdict['obligations'];

/** Obligations that loosen: what only some of the rules say does not hold. */
export const TOLERANCE_NAMES: ReadonlySet<string> = new Set<string>([
  'may_drift',
  'fewer_rows',
] satisfies Obligation['type'][]);

export const NO_TOLERANCE: NamedTolerance = { columns: [], fewerRows: false };

/** What the obligations of one rule let differ. */
export function toleranceOf(obligations: readonly Obligation[]): NamedTolerance {
  return {
    columns: obligations.flatMap((one) => (one.type === 'may_drift' ? one.columns : [])),
    fewerRows: obligations.some(({ type }) => type === 'fewer_rows'),
  };
}

/** A tolerance as obligations; no pair for what it does not let differ. */
export function tolerancePairs({ columns, fewerRows }: NamedTolerance): Pairs {
  return [
    ...(fewerRows ? [['fewer_rows', 'true'] as const] : []),
    ...(columns.length === 0 ? [] : [['may_drift', columns.join(', ')] as const]),
  ];
}

/** What both let differ: a side that says nothing drops it. Commutative, associative, idempotent. */
export function bothTolerate(a: NamedTolerance, b: NamedTolerance): NamedTolerance {
  return {
    columns: a.columns.filter((column) => b.columns.includes(column)).sort(),
    fewerRows: a.fewerRows && b.fewerRows,
  };
}
