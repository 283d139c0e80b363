import { equalBytes } from '@countersign/codec';
import type { Hash } from '@countersign/diff';
import { failed } from '../after-loss.ts';
import { isFault } from '../fault.ts';
import { alreadyRan, requireSignedIdentity } from '../standing.ts';
import type { DryRunLimits, MarkerState, RunJob, RunOutcome } from '../target.ts';
import { TargetError } from '../target-error.ts';
import {
  holdRequest,
  leaveOpen,
  markAlone,
  markRan,
  proofOf,
  requireAloneTable,
  settleAlone,
  unmarkAlone,
} from './definition-marker.ts';
import { pinAlgorithm, pinDefiner } from './definition-session.ts';
import { tryDefinition } from './definition-trial.ts';
import type { Trial, Workshop } from './definition-trial.ts';
import { engineError } from './engine-error.ts';
import { readIdentity, readMarker } from './marker.ts';
import { fingerprint, readObjects } from './schema-objects.ts';
import { errorNumber, MariadbSession } from './session.ts';
import { pinSession, readKind } from './settings.ts';

/** The one definition of a job. */
export interface DefinitionJob {
  readonly sql: string;
  readonly job: RunJob;
}

/**
 * Runs a definition, at most once. That it is about to be sent is committed before, with the schema before and after it; what
 * happens without an answer the schema tells.
 */
export async function runDefinition(
  workshop: Workshop,
  definition: DefinitionJob,
  limits: DryRunLimits,
): Promise<RunOutcome> {
  const state = { sent: false };
  const session = new MariadbSession(workshop.account);
  try {
    return await perform({ workshop, session, limits, state }, definition);
  } catch (thrown) {
    const cause = ofEngine(thrown);
    return state.sent ? { kind: 'ambiguous', reason: cause.message } : failed(cause);
  } finally {
    await session.end();
  }
}

/** Faults of whoever asked to be told of steps are thrown on. */
function ofEngine(thrown: unknown): TargetError {
  if (thrown instanceof TargetError || (errorNumber(thrown) !== undefined && !isFault(thrown)))
    return engineError(thrown, undefined);
  const isConnections = thrown instanceof Error && ('syscall' in thrown || 'fatal' in thrown);
  if (isConnections) return engineError(thrown, undefined);
  throw thrown;
}

interface Performance {
  readonly workshop: Workshop;
  readonly session: MariadbSession;
  readonly limits: DryRunLimits;
  readonly state: { sent: boolean };
}

async function perform(on: Performance, { sql, job }: DefinitionJob): Promise<RunOutcome> {
  const { workshop, session, limits } = on;
  const started = performance.now();
  const step = async (name: Parameters<NonNullable<RunJob['onStep']>>[0]): Promise<void> => {
    await job.onStep?.(name);
  };
  await readKind(session);
  await step('opened');
  const standing = await requireStanding(session, job, limits);
  if (standing !== undefined) return standing;
  const trial = await tryDefinition(workshop, sql, limits);
  await step('compared');
  const drifted: RunOutcome = { kind: 'drifted', diff: trial.diff, digest: trial.digest };
  if (!equalBytes(trial.digest, job.expectedDigest)) return drifted;
  await step('begun');
  // An attempt before this one did nothing: that was proved when the lock was taken.
  await unmarkAlone(session, job.requestId);
  await markAlone(session, { ...job, before: trial.before, after: trial.after });
  await step('marked');
  if (!equalBytes(await schemaNow(session), trial.before)) {
    await unmarkAlone(session, job.requestId);
    return drifted;
  }
  await bound(session, trial, limits);
  await step('statement');
  const failure = await send(on, sql);
  await step('ran');
  const ended = await judge(on, job, trial, failure);
  if (ended !== undefined) return ended;
  await step('committing');
  // That it ran is known from here on, whether or not the marker can be told.
  await tellTwice(on, (to) => markRan(to, job));
  await step('committed');
  const { diff: effect, digest } = trial;
  return { kind: 'executed', effect, digest, elapsedMs: performance.now() - started };
}

/** Holds the request for the rest of the session; returns how the run ends when it ran before. */
async function requireStanding(
  session: MariadbSession,
  job: RunJob,
  limits: DryRunLimits,
): Promise<RunOutcome | undefined> {
  const kind = await readKind(session);
  await pinDefiner(session, kind, limits);
  requireSignedIdentity(await readIdentity(session, kind), job.expectedIdentity);
  await requireAloneTable(session);
  await holdRequest(session, job.requestId);
  const marker = await readMarker(session, job.requestId, true);
  const found: MarkerState = marker.kind === 'absent' ? await settleAlone(session, job.requestId) : marker;
  if (found.kind !== 'begun') return alreadyRan(found);
  throw new TargetError(
    'statement/failed',
    'an attempt to send the definition is on record and the schema does not say how it ended: it is never sent again',
  );
}

async function schemaNow(session: MariadbSession): Promise<Hash> {
  return fingerprint(await readObjects(session));
}

/** The work may take long; to get the table may not. A dearer way than the one that approvers saw is refused by the server. */
async function bound(session: MariadbSession, { algorithm }: Trial, limits: DryRunLimits): Promise<void> {
  const kind = await readKind(session);
  await pinSession(session, kind, { timeoutMs: limits.aloneMs, busyMs: limits.busyMs });
  await pinAlgorithm(session, algorithm);
}

/** Errors after which the server itself may be going: it may not have said all. */
const goingNumbers: readonly number[] = [1053, 1077, 1927];

/** Sends the definition; returns why the server says that it failed, undefined when it says that it ran. */
async function send({ session, state }: Performance, sql: string): Promise<TargetError | undefined> {
  state.sent = true;
  try {
    await session.change(sql, []);
    return undefined;
  } catch (cause) {
    const number = errorNumber(cause);
    const isAnswer =
      number !== undefined && !(cause instanceof TargetError) && !goingNumbers.includes(number);
    if (!isAnswer) throw cause;
    return engineError(cause, 0);
  }
}

/** Ends of a statement before it did anything: by the text, the account, a lock that it did not get, or a foreign key. */
const idleCodes: ReadonlySet<string> = new Set([
  'target/busy',
  'statement/invalid',
  'statement/denied',
  'statement/constraint',
]);

/** Holds the server's answer against the schema; undefined when both say that it ran. */
async function judge(
  on: Performance,
  job: RunJob,
  trial: Trial,
  failure: TargetError | undefined,
): Promise<RunOutcome | undefined> {
  const { session, state } = on;
  const now = await settledSchema(session);
  const isAs = (one: Uint8Array): boolean => now !== undefined && equalBytes(now, one);
  if (failure === undefined && isAs(trial.after)) return undefined;
  // One that failed midway may have been done by then, which a schema that stays the same does not show.
  const tells =
    failure !== undefined && (!equalBytes(trial.before, trial.after) || idleCodes.has(failure.code));
  if (tells && isAs(trial.before)) {
    await unmarkAlone(session, job.requestId);
    state.sent = false;
    return failed(failure);
  }
  // What another session makes of the schema later must not settle this.
  await tellTwice(on, (to) => leaveOpen(to, job.requestId));
  const said =
    failure === undefined
      ? 'the server says that it ran'
      : `the server says that it failed (${failure.message})`;
  return { kind: 'ambiguous', reason: `${said}, and the schema is ${found(now, trial)}` };
}

/** The schema; undefined while another session changes it. */
async function settledSchema(session: MariadbSession): Promise<Hash | undefined> {
  try {
    return await schemaNow(session);
  } catch (cause) {
    if (cause instanceof TargetError && cause.code === 'target/busy') return undefined;
    throw cause;
  }
}

function found(now: Hash | undefined, trial: Trial): string {
  if (now === undefined) return 'being changed by another session';
  if (proofOf(now, trial) !== 'open') return 'another than that';
  return equalBytes(now, trial.after)
    ? 'the same before and after it'
    : 'neither the one before it nor the one that was approved';
}

/**
 * Commits what is known, a second time over a session of its own when that cannot be done over the first. When neither can, the
 * marker is as it was before, and the schema is what settles the request.
 */
async function tellTwice(
  { workshop, session, limits }: Performance,
  tell: (to: MariadbSession) => Promise<void>,
): Promise<void> {
  try {
    await tell(session);
  } catch {
    const other = new MariadbSession(workshop.account);
    await readKind(other)
      .then((kind) => pinSession(other, kind, limits))
      .then(() => tell(other))
      .catch(() => undefined);
    await other.end();
  }
}
