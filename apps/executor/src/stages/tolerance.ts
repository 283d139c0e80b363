import { changedRows, isCarriedWithin, isComparable, type Diff, type Tolerance } from '@countersign/diff';
import type { Effect, Engine, Request } from '@countersign/messages';
import {
  bothTolerate,
  driftingColumns,
  toleranceIn,
  TOLERANCE_NAMES,
  tolerancePairs,
  type NamedTolerance,
  type Verdict,
} from '@countersign/policy';
import type { RunJob } from '@countersign/targets';
import { ExecutorError } from '../executor-error.ts';
import type { RequestRow } from '../store/request-row.ts';
import type { Relations } from './judge.ts';
import { signedDiff } from './stored-diff.ts';

type Obligations = Verdict['obligations'];

/**
 * Refuses columns that may drift and cannot: what is misspelt would not be what somebody meant, and a key says which row it is.
 * @throws `configuration/may-drift`
 */
export function requireTolerable({ obligations }: Pick<Verdict, 'obligations'>, tables: Relations): void {
  for (const column of toleranceIn(obligations).columns) {
    const table = [...tables.values()].find(({ columns }) => columns.has(column));
    if (table?.kind !== 'table')
      throw unsound(`policy lets ${column} drift, which is no column of a table of the target`);
    if (table.keys.has(column)) throw unsound(`policy lets ${column} drift, which is part of a key`);
  }
}

function unsound(message: string): ExecutorError {
  return new ExecutorError('configuration/may-drift', message, {
    hint: 'mend the name in the policy, or ask `target.name` in its rule; `countersign target check` shows the tables',
  });
}

/**
 * Returns the obligations that a request is sealed with: of what policy lets differ only what has a meaning for its diff, so that
 * approvers read of nothing else. docs/spec/policy.md#what-may-drift
 */
export function sealedObligations(obligations: Obligations, engine: Engine, diff: Diff): Obligations {
  const tolerance = meaningful(toleranceIn(obligations), engine, diff);
  const others = obligations.filter(([name]) => !TOLERANCE_NAMES.has(name));
  return [...others, ...tolerancePairs(tolerance)].sort(([a], [b]) => (a < b ? -1 : 1));
}

function meaningful({ columns, fewerRows }: NamedTolerance, engine: Engine, diff: Diff): NamedTolerance {
  return {
    columns: columns.filter((column) => {
      const drifting = driftingColumns({ columns: [column] }, engine, diff.tables);
      return drifting.size > 0 && isComparable(diff, { columns: drifting, fewerRows: false });
    }),
    // Of one row none would be left.
    fewerRows: fewerRows && changedRows(diff) > 1 && isComparable(diff, { columns: new Map(), fewerRows }),
  };
}

/** Returns what a signed request lets its run do otherwise. */
export function signedTolerance({ policy }: Pick<Request, 'policy'>): NamedTolerance {
  return toleranceIn(policy.obligations ?? []);
}

/** Whether a request lets its run do anything otherwise than its diff says. */
export function isTolerant(request: Pick<Request, 'policy'>): boolean {
  return tolerancePairs(signedTolerance(request)).length > 0;
}

/** Returns what both the signed request and a verdict of the policies in force let differ. */
export function stillTolerated(request: Request, now: Pick<Verdict, 'obligations'>): NamedTolerance {
  return bothTolerate(signedTolerance(request), toleranceIn(now.obligations));
}

/** Returns what a run is held to beside the signed digest; undefined when nothing may differ. */
export function toleratedBy(
  row: RequestRow,
  request: Request,
  tolerance: NamedTolerance,
): RunJob['tolerated'] | undefined {
  if (tolerancePairs(tolerance).length === 0) return undefined;
  const signed = signedDiff(row, request);
  return { signed, tolerance: toleranceOn(request, tolerance, signed) };
}

/** Returns a request without what it lets its run do otherwise: of what was done no more may differ. */
export function withoutTolerance(request: Request): Request {
  const obligations = request.policy.obligations?.filter(([name]) => !TOLERANCE_NAMES.has(name)) ?? [];
  return { ...request, policy: { ...request.policy, obligations } };
}

/** Whether the rows that a receipt carries are those it counts, and within the tolerance of the request that carries the signed ones. */
export function isWithinSigned(request: Request, ran: Effect): boolean {
  const named = signedTolerance(request);
  return isCarriedWithin(request.effect, ran, (signed) => toleranceOn(request, named, signed));
}

/** Returns a tolerance by the columns of a signed diff. */
function toleranceOn({ target }: Request, named: NamedTolerance, { tables }: Diff): Tolerance {
  return { columns: driftingColumns(named, target.engine, tables), fewerRows: named.fewerRows };
}
