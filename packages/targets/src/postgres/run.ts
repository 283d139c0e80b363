import { equalBytes } from '@countersign/codec';
import { afterLoss } from '../after-loss.ts';
import type { ServerAccount } from '../server-address.ts';
import type { DryRun, DryRunLimits, MarkerState, RunJob, RunOutcome, Statement } from '../target.ts';
import { TargetError } from '../target-error.ts';
import { engineError, sqlState } from './engine-error.ts';
import { insertMarker, readIdentity, readMarker } from './marker.ts';
import { Rehearsal } from './rehearsal.ts';
import type { Rehearsed } from './rehearsal.ts';

/** Tries of a dry run that met another session's change; nothing stays of any of them. */
const triesMax = 3;

/** Runs the statements and rolls them back, whatever happens. */
export async function dryRun(
  account: ServerAccount,
  statements: readonly Statement[],
  limits: DryRunLimits,
): Promise<DryRun> {
  const started = performance.now();
  for (let tries = 1; ; tries += 1) {
    const leftMs = Math.floor(limits.timeoutMs - (performance.now() - started));
    try {
      const found = await rehearse(account, statements, { ...limits, timeoutMs: Math.max(1, leftMs) });
      return { ...found, elapsedMs: performance.now() - started };
    } catch (cause) {
      if (tries >= triesMax || !metAnother(cause)) throw cause;
    }
  }
}

function metAnother(cause: unknown): boolean {
  return cause instanceof TargetError && ['40001', '40P01'].includes(sqlState(cause.cause) ?? '');
}

async function rehearse(
  account: ServerAccount,
  statements: readonly Statement[],
  limits: DryRunLimits,
): Promise<Rehearsed> {
  const rehearsal = await Rehearsal.open(account, statements, limits);
  const work = async (): Promise<Rehearsed> => {
    await rehearsal.begin();
    await rehearsal.watch();
    for (const index of statements.keys()) await rehearsal.statement(index);
    return rehearsal.finish();
  };
  try {
    return await withinTime(rehearsal, limits.timeoutMs, work());
  } catch (cause) {
    throw engineError(rehearsal.explain(cause), undefined);
  } finally {
    await rehearsal.close();
  }
}

/** Waits for the work; when the time is over the server is told to give up, which ends the work with an error. */
async function withinTime<T>(rehearsal: Rehearsal, timeoutMs: number, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const timer = setTimeout(() => {
    over.abort();
    void rehearsal.cancel();
  }, timeoutMs + 100);
  try {
    return await work;
  } catch (cause) {
    if (over.signal.aborted)
      throw new TargetError('limit/time', 'statements ran longer than allowed', { cause });
    throw cause;
  } finally {
    clearTimeout(timer);
  }
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
  const state: { compared: Rehearsed | undefined; told: boolean } = { compared: undefined, told: false };
  try {
    const rehearsal = await Rehearsal.open(account, job.statements, { ...limits, lockedMs: Infinity });
    try {
      return await perform(rehearsal, job, state, started);
    } finally {
      await rehearsal.close();
    }
  } catch (thrown) {
    const cause =
      thrown instanceof TargetError || isEngines(thrown) ? engineError(thrown, undefined) : undefined;
    if (cause === undefined) throw thrown;
    if (!state.told || cause.code !== 'target/session-lost') {
      return { kind: 'failed', code: cause.code, reason: cause.message };
    }
    return afterLoss(job, state.compared, performance.now() - started, marker);
  }
}

/** Errors of the driver and the engine; others are faults of whoever asked to be told of steps. */
function isEngines(thrown: unknown): boolean {
  return (
    sqlState(thrown) !== undefined ||
    (thrown instanceof Error && /^Connection terminated|ECONNRESET|EPIPE/.test(thrown.message))
  );
}

async function perform(
  rehearsal: Rehearsal,
  job: RunJob,
  state: { compared: Rehearsed | undefined; told: boolean },
  started: number,
): Promise<RunOutcome> {
  const step = async (name: Parameters<NonNullable<RunJob['onStep']>>[0]): Promise<void> => {
    await job.onStep?.(name);
  };
  await step('opened');
  await rehearsal.begin();
  await step('begun');
  const standing = await mark(rehearsal, job);
  if (standing !== undefined) return standing;
  await step('marked');
  await rehearsal.watch();
  for (const index of job.statements.keys()) {
    await step('statement');
    await rehearsal.statement(index);
  }
  await step('ran');
  const found = await rehearsal.finish();
  state.compared = found;
  await step('compared');
  if (!equalBytes(found.digest, job.expectedDigest)) {
    await rehearsal.writer.query('ROLLBACK');
    await step('rolled-back');
    return { kind: 'drifted', diff: found.diff, digest: found.digest };
  }
  await step('committing');
  state.told = true;
  if (!(await rehearsal.commit())) {
    return { kind: 'failed', code: 'statement/failed', reason: 'server rolled back instead of committing' };
  }
  await step('committed');
  return {
    kind: 'executed',
    effect: found.diff,
    digest: found.digest,
    elapsedMs: performance.now() - started,
  };
}

/** Sets the marker under the signed identity; returns how the run ended when the marker stands already. */
async function mark({ writer }: Rehearsal, job: RunJob): Promise<RunOutcome | undefined> {
  const identity = await readIdentity(writer);
  if (identity === null)
    throw new TargetError('target/not-prepared', 'marker tables are missing, expected a prepared target');
  if (!equalBytes(identity, job.expectedIdentity)) {
    throw new TargetError('target/other-database', 'another database answers than the one that was signed');
  }
  const standing = await readMarker(writer, job.requestId);
  if (standing.kind === 'present') {
    return { kind: 'already-ran', requestDigest: standing.requestDigest, startedAt: standing.startedAt };
  }
  // A second run of the same request waits here for the first, and is refused when that one committed.
  await insertMarker(writer, job);
  return undefined;
}
