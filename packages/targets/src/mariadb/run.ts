import { afterLoss } from '../after-loss.ts';
import { dryRunOn, runOn } from '../road.ts';
import type { Progress } from '../road.ts';
import type { ServerAccount } from '../server-address.ts';
import type { DryRun, DryRunLimits, MarkerState, RunJob, RunOutcome, Statement } from '../target.ts';
import { TargetError } from '../target-error.ts';
import { metAnother } from './engine-error.ts';
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
    const rehearsal = await Rehearsal.open(account, job.statements, limits);
    try {
      return await runOn(rehearsal, job, progress, started);
    } finally {
      await rehearsal.close();
    }
  } catch (cause) {
    if (!(cause instanceof TargetError)) throw cause;
    if (!progress.told) return { kind: 'failed', code: cause.code, reason: cause.message };
    // Whatever the server answered instead: it was told to commit.
    return afterLoss(job, progress.compared, performance.now() - started, marker);
  }
}
