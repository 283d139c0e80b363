import type { Diff, Hash } from '@countersign/diff';
import { afterLoss, failed } from './after-loss.ts';
import { isSigned } from './signed-effect.ts';
import { TargetError } from './target-error.ts';
import type {
  DryRun,
  DryRunLimits,
  MarkerState,
  RunJob,
  RunOutcome,
  RunStep,
  StatementCount,
} from './target.ts';

/** What the statements did inside the transaction. */
export interface Rehearsed {
  readonly diff: Diff;
  readonly digest: Hash;
  readonly statements: readonly StatementCount[];
}

/** Statements of one job in a transaction whose end the caller decides. Every failure of the engine is a TargetError. */
export interface Road {
  /** Begins the transaction. */
  begin(): Promise<void>;
  /** Sets the marker under the signed identity; returns how the run ended when the marker stands already. */
  mark(job: RunJob): Promise<RunOutcome | undefined>;
  /** Sets up the watch: what was written before is ours and stays out of the diff. */
  watch(): Promise<void>;
  /** Runs the statement at `index`. */
  statement(index: number): Promise<void>;
  /** Says what the statements changed. */
  finish(): Promise<Rehearsed>;
  rollback(): Promise<void>;
  /** @returns false when the server rolled back instead */
  commit(): Promise<boolean>;
  /** Tells the server to give up what runs. */
  cancel(): Promise<void>;
  /** Ends the sessions; what was not committed is rolled back. */
  close(): Promise<void>;
}

/** Tries of a dry run that met another session's change; nothing stays of any of them. */
const triesMax = 3;
/** The client waits this much longer than the server is told to. */
const graceMs = 100;

/** Dry runs until one meets no other session, three times in all and within the limit of time. */
export async function dryRunOn(
  open: (limits: DryRunLimits) => Promise<Road>,
  limits: DryRunLimits,
  count: number,
  metAnother: (cause: unknown) => boolean,
): Promise<DryRun> {
  const started = performance.now();
  for (let tries = 1; ; tries += 1) {
    const timeoutMs = Math.max(1, Math.floor(limits.timeoutMs - (performance.now() - started)));
    try {
      const found = await rehearse(await open({ ...limits, timeoutMs }), timeoutMs, count);
      return { ...found, elapsedMs: performance.now() - started };
    } catch (cause) {
      if (tries >= triesMax || !metAnother(cause)) throw cause;
    }
  }
}

async function rehearse(road: Road, timeoutMs: number, count: number): Promise<Rehearsed> {
  const work = async (): Promise<Rehearsed> => {
    await road.begin();
    await road.watch();
    for (let index = 0; index < count; index += 1) await road.statement(index);
    return road.finish();
  };
  try {
    return await withinTime(road, timeoutMs, work());
  } finally {
    await road.close();
  }
}

/** Waits for the work; when the time is over the server is told to give up, which ends the work with an error. */
async function withinTime<T>(road: Road, timeoutMs: number, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const timer = setTimeout(() => {
    over.abort();
    // A server that cannot even be told so is given up when it answers no more.
    road.cancel().catch(() => undefined);
  }, timeoutMs + graceMs);
  try {
    return await work;
  } catch (cause) {
    if (over.signal.aborted) {
      throw new TargetError('limit/time', 'statements ran longer than allowed', { cause });
    }
    throw cause;
  } finally {
    clearTimeout(timer);
  }
}

/** How far a run came: what it compared, and whether the server was told to commit. */
interface Progress {
  compared: Rehearsed | undefined;
  told: boolean;
}

/**
 * Runs a job at most once and tells its outcome. Marker and statements are in one transaction; before it was told to commit
 * nothing is written, after that the marker knows, whatever the server answered.
 */
export async function runOn(
  open: () => Promise<Road>,
  job: RunJob,
  marker: () => Promise<MarkerState>,
): Promise<RunOutcome> {
  const started = performance.now();
  const progress: Progress = { compared: undefined, told: false };
  try {
    const road = await open();
    try {
      return await throughSteps(road, job, progress, started);
    } finally {
      await road.close();
    }
  } catch (cause) {
    // Others are faults of whoever asked to be told of steps.
    if (!(cause instanceof TargetError)) throw cause;
    if (!progress.told) return failed(cause);
    return afterLoss(job, cause, progress.compared, performance.now() - started, marker);
  }
}

/** Takes a job through every step to its end; `progress` tells how far it came when it throws. */
async function throughSteps(
  road: Road,
  job: RunJob,
  progress: Progress,
  started: number,
): Promise<RunOutcome> {
  const step = async (name: RunStep): Promise<void> => {
    await job.onStep?.(name);
  };
  await step('opened');
  await road.begin();
  await step('begun');
  const standing = await road.mark(job);
  if (standing !== undefined) return standing;
  await step('marked');
  await road.watch();
  for (const index of job.statements.keys()) {
    await step('statement');
    await road.statement(index);
  }
  await step('ran');
  const found = (progress.compared = await road.finish());
  const { diff, digest } = found;
  await step('compared');
  if (!isSigned(found, job)) {
    await road.rollback();
    await step('rolled-back');
    return { kind: 'drifted', diff, digest };
  }
  await job.beforeCommit?.(found);
  await step('committing');
  progress.told = true;
  if (!(await road.commit())) {
    return { kind: 'failed', code: 'statement/failed', reason: 'server rolled back instead of committing' };
  }
  await step('committed');
  return { kind: 'executed', effect: diff, digest, elapsedMs: performance.now() - started };
}
