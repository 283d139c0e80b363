import { afterLoss } from '../after-loss.ts';
import { dryRunOn, runOn } from '../road.ts';
import type { Progress } from '../road.ts';
import type { ServerAccount } from '../server-address.ts';
import type { DryRun, DryRunLimits, MarkerState, RunJob, RunOutcome, Statement } from '../target.ts';
import { TargetError } from '../target-error.ts';
import { engineError, sqlState } from './engine-error.ts';
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

/**
 * Runs a job at most once and tells its outcome. Marker and statements are in one transaction; before it was told to commit
 * nothing is written, after that the marker knows.
 */
export async function runJob(
  account: ServerAccount,
  job: RunJob,
  limits: DryRunLimits,
  marker: () => Promise<MarkerState>,
): Promise<RunOutcome> {
  const started = performance.now();
  const progress: Progress = { compared: undefined, told: false };
  try {
    const rehearsal = await Rehearsal.open(account, job.statements, { ...limits, lockedMs: Infinity });
    try {
      return await runOn(rehearsal, job, progress, started);
    } finally {
      await rehearsal.close();
    }
  } catch (thrown) {
    const cause =
      thrown instanceof TargetError || isEngines(thrown) ? engineError(thrown, undefined) : undefined;
    if (cause === undefined) throw thrown;
    if (!progress.told || cause.code !== 'target/session-lost') {
      return { kind: 'failed', code: cause.code, reason: cause.message };
    }
    return afterLoss(job, progress.compared, performance.now() - started, marker);
  }
}

/** Errors of the driver and the engine; others are faults of whoever asked to be told of steps. */
function isEngines(thrown: unknown): boolean {
  return (
    sqlState(thrown) !== undefined ||
    (thrown instanceof Error && /^Connection terminated|ECONNRESET|EPIPE/.test(thrown.message))
  );
}
