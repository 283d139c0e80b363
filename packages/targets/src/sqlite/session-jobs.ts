import type { Diff, Hash } from '@countersign/diff';
import { isSigned } from '../signed-effect.ts';
import { requireSignedIdentity } from '../standing.ts';
import type { DryRun, DryRunLimits, ReadLimits, ResultSet, RunJob, RunStep, Statement } from '../target.ts';
import { insertMarker, readMarker, requireIdentity } from './marker.ts';
import { Rehearsal } from './rehearsal.ts';

/** A dry run for a session's process. */
export interface DryRunTask {
  readonly kind: 'dry-run';
  readonly path: string;
  readonly statements: readonly Statement[];
  readonly limits: DryRunLimits;
}

/** A run for a session's process: a job without its callback. */
export interface RunTask {
  readonly kind: 'run';
  readonly path: string;
  readonly job: Omit<RunJob, 'onStep' | 'beforeCommit' | 'limits'>;
  readonly limits: DryRunLimits;
}

export interface ReadTask {
  readonly kind: 'read';
  readonly path: string;
  readonly statements: readonly Statement[];
  readonly limits: ReadLimits;
}

export type Task = DryRunTask | RunTask | ReadTask;

export type RunResult =
  | { readonly kind: 'executed' }
  | { readonly kind: 'drifted' }
  | { readonly kind: 'already-ran'; readonly requestDigest: Hash; readonly startedAt: number };

/** What a run tells the process that asked for it at the step `compared`. */
export interface Compared {
  readonly diff: Diff;
  readonly digest: Hash;
}

/** Tells of a step and waits for leave to go on; throws when there is none. */
export type Stepper = (step: RunStep, compared?: Compared) => Promise<void>;

export interface ReadOutput {
  readonly results: readonly ResultSet[];
}

/** Runs the statements and rolls them back, whatever happens. */
export async function dryRun(task: DryRunTask): Promise<Omit<DryRun, 'elapsedMs'>> {
  const rehearsal = new Rehearsal(task.path, task.statements, task.limits);
  try {
    rehearsal.begin();
    rehearsal.watch();
    for (const index of task.statements.keys()) rehearsal.statement(index);
    const found = await rehearsal.finish();
    rehearsal.foreseeCommit(found.diff);
    return found;
  } finally {
    rehearsal.close();
  }
}

/**
 * Runs a job in one transaction. INVARIANT: after `begin` the write lock is held without a gap until the commit or the
 * rollback, and the commit is made only with leave asked for under that lock; so whoever takes the
 * write lock after the asking process is gone sees the final state.
 */
export async function runJob(task: RunTask, step: Stepper): Promise<RunResult> {
  const { job } = task;
  const rehearsal = new Rehearsal(task.path, job.statements, task.limits);
  try {
    await step('opened');
    rehearsal.begin();
    await step('begun');
    const standing = rehearsal.own(() => requireSameTarget(rehearsal, job));
    if (standing.kind === 'present') {
      const { requestDigest, startedAt } = standing;
      return { kind: 'already-ran', requestDigest, startedAt };
    }
    rehearsal.own(() => insertMarker(rehearsal.connection, job));
    await step('marked');
    rehearsal.watch();
    for (const index of job.statements.keys()) {
      await step('statement');
      rehearsal.statement(index);
    }
    await step('ran');
    const { diff, digest } = await rehearsal.finish();
    await step('compared', { diff, digest });
    if (!isSigned({ diff, digest }, job)) {
      rehearsal.close();
      await step('rolled-back');
      return { kind: 'drifted' };
    }
    await step('committing');
    rehearsal.commit();
    await step('committed');
    return { kind: 'executed' };
  } finally {
    rehearsal.close();
  }
}

function requireSameTarget(rehearsal: Rehearsal, job: RunTask['job']): ReturnType<typeof readMarker> {
  requireSignedIdentity(requireIdentity(rehearsal.connection), job.expectedIdentity);
  return readMarker(rehearsal.connection, job.requestId);
}
