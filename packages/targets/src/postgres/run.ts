import { dryRunOn, runOn } from '../road.ts';
import type { ServerAccount } from '../server-address.ts';
import type { DryRun, DryRunLimits, MarkerState, RunJob, RunOutcome, Statement } from '../target.ts';
import { TargetError } from '../target-error.ts';
import { sqlState } from './engine-error.ts';
import { Rehearsal } from './rehearsal.ts';

/** Runs the statements and rolls them back, whatever happens. */
export function dryRun(
  account: ServerAccount,
  statements: readonly Statement[],
  limits: DryRunLimits,
): Promise<DryRun> {
  const open = (bounded: DryRunLimits): Promise<Rehearsal> => Rehearsal.open(account, statements, bounded);
  return dryRunOn(open, limits, statements.length, metAnother);
}

function metAnother(cause: unknown): boolean {
  return cause instanceof TargetError && ['40001', '40P01'].includes(sqlState(cause.cause) ?? '');
}

/** Runs a job at most once and tells its outcome. A run keeps its locks as long as it must. */
export function runJob(
  account: ServerAccount,
  job: RunJob,
  limits: DryRunLimits,
  marker: () => Promise<MarkerState>,
): Promise<RunOutcome> {
  return runOn(() => Rehearsal.open(account, job.statements, { ...limits, lockedMs: Infinity }), job, marker);
}
