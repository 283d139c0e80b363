import { afterLoss, failed } from '../after-loss.ts';
import type { DryRunLimits, MarkerState, RunJob, RunOutcome } from '../target.ts';
import { TargetError } from '../target-error.ts';
import type { Compared, RunResult } from './session-jobs.ts';
import type { SessionPool } from './session-pool.ts';

/**
 * Runs a job in a session's process and tells its outcome, also when that process dies: before it had
 * leave to commit nothing is written; after that the marker knows.
 */
export async function superviseRun(
  pool: SessionPool,
  path: string,
  job: RunJob,
  limits: DryRunLimits,
  marker: () => Promise<MarkerState>,
): Promise<RunOutcome> {
  const { requestId, requestDigest, statements, expectedDigest, expectedIdentity, startedAt, tolerated } =
    job;
  const plain = {
    ...{ requestId, requestDigest, statements, expectedDigest, expectedIdentity, startedAt },
    ...(tolerated === undefined ? {} : { tolerated }),
  };
  const started = performance.now();
  let compared: Compared | undefined;
  const leave = { given: false };
  const elapsedMs = (): number => performance.now() - started;
  try {
    const result = await pool.perform(
      { kind: 'run', path, job: plain, limits },
      {
        timeoutMs: limits.timeoutMs,
        mayKill: () => !leave.given,
        onStep: async (step, found) => {
          compared = found ?? compared;
          if (step === 'committing' && compared !== undefined) await job.beforeCommit?.(compared);
          await job.onStep?.(step);
          if (step === 'committing') leave.given = true;
        },
      },
    );
    if (result.kind !== 'run') throw new TargetError('target/session-lost', 'session answered another task');
    return outcomeOf(result.output, compared, elapsedMs());
  } catch (cause) {
    if (!(cause instanceof TargetError)) throw cause;
    if (!leave.given || cause.code !== 'target/session-lost') return failed(cause);
    return afterLoss(job, cause, compared, elapsedMs(), marker);
  }
}

function outcomeOf(result: RunResult, compared: Compared | undefined, elapsedMs: number): RunOutcome {
  if (result.kind === 'already-ran') return result;
  if (compared === undefined) throw new TargetError('target/session-lost', 'session told no diff');
  switch (result.kind) {
    case 'executed':
      return { kind: 'executed', effect: compared.diff, digest: compared.digest, elapsedMs };
    case 'drifted':
      return { kind: 'drifted', diff: compared.diff, digest: compared.digest };
  }
}
