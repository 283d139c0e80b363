import { equalBytes } from '@countersign/codec';
import { digest } from '@countersign/diff';
import type { Diff, Setting } from '@countersign/diff';
import { classifyTexts, statementsAlone } from '@countersign/sql';
import type { ServerAccount } from '../server-address.ts';
import { sha256 } from '../sha256.ts';
import { alreadyRan, requireSignedIdentity } from '../standing.ts';
import { requireStatementText } from '../statement-text.ts';
import type { DryRun, DryRunLimits, RunJob, RunOutcome, Statement } from '../target.ts';
import { TargetError } from '../target-error.ts';
import { markAlone, markOutcome, requireAloneTable, wasBegun } from './alone-marker.ts';
import { engineError, sqlState } from './engine-error.ts';
import { readIdentity, readMarker } from './marker.ts';
import { hashSchema, readSchema } from './schema-snapshot.ts';
import { PostgresSession } from './session.ts';
import { pinnedSettings, pinSession, readSearchPath } from './settings.ts';

const firstWords =
  /^(?:[\s(]|--[^\n]*(?:\n|$)|\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\/)*(?:create|alter|drop|reindex|vacuum|cluster)\b/i;

/** A statement that runs outside any transaction. */
export interface Alone {
  readonly sql: string;
  /** As facts name it, such as `create-index`. */
  readonly kind: string;
}

/**
 * Returns the one statement when it runs outside transactions, undefined when none does.
 * @throws TargetError `statement/runs-alone` when it is not the only one, or has parameters
 */
export function aloneStatement(statements: readonly Statement[]): Alone | undefined {
  if (!statements.some(({ sql }) => firstWords.test(sql))) return undefined;
  for (const [index, { sql }] of statements.entries()) requireStatementText(sql, index);
  const texts = statements.map(({ sql }) => sql);
  const facts = classifyTexts(texts, 'postgres', { tables: new Map(), triggers: [], partial: true });
  const [found] = statementsAlone(facts);
  if (found === undefined) return undefined;
  const [only, second] = statements;
  if (only === undefined || second !== undefined || facts.statements.length !== 1 || only.params.length > 0) {
    const text = `statement ${found.kind} runs outside transactions, expected it alone in its request and without parameters`;
    throw new TargetError('statement/runs-alone', text, { statement: found.text });
  }
  return { sql: only.sql, kind: found.kind };
}

/** What stands in the place of a dry run: that there is none. Nothing is run. */
export async function describeAlone(
  account: ServerAccount,
  alone: Alone,
  limits: DryRunLimits,
): Promise<DryRun> {
  const started = performance.now();
  const session = await PostgresSession.open(account);
  try {
    await pinWaits(session, limits);
    await requireAloneTable(session);
    const diff = await aloneDiff(session, alone);
    const elapsedMs = performance.now() - started;
    return { diff, digest: digest(diff, sha256), statements: [], elapsedMs, untried: true };
  } catch (cause) {
    throw engineError(cause, 0);
  } finally {
    await session.close();
  }
}

/** Nothing waits for ever, and what is committed is on the disk, whatever the account's own settings are. */
async function pinWaits(session: PostgresSession, { busyMs, timeoutMs }: DryRunLimits): Promise<void> {
  session.expectAnswerWithin(timeoutMs);
  await session.query(
    `SELECT pg_catalog.set_config('lock_timeout', $1, false), pg_catalog.set_config('statement_timeout', $2, false),
       pg_catalog.set_config('synchronous_commit', 'on', false)`,
    [String(Math.max(1, busyMs)), String(Math.max(1, timeoutMs))],
  );
}

async function aloneDiff(session: PostgresSession, { kind }: Alone): Promise<Diff> {
  const searchPath = await readSearchPath(session);
  await pinSession(session, 'pg_catalog');
  await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const schema = Buffer.from(hashSchema(await readSchema(session))).toString('hex');
  const version = await session.first(`SELECT pg_catalog.current_setting('server_version')`);
  await session.query('COMMIT');
  await pinSession(session, searchPath);
  const environment: Setting[] = [
    ['engine', `postgres ${version ?? ''}`],
    ['schema_before', schema],
    ...(await pinnedSettings(session, searchPath)),
  ];
  const unseen = `everything that ${kind} does: it runs outside any transaction, so it was not tried and cannot be taken back`;
  return { tables: [], schema: [], notPreviewed: [unseen], complete: false, environment };
}

/**
 * Runs a statement outside transactions, at most once. That it is about to be sent is committed before, how it ended after; what
 * happens between the two without an answer is ambiguous.
 */
export async function runAlone(
  account: ServerAccount,
  { alone, job }: { readonly alone: Alone; readonly job: RunJob },
  limits: DryRunLimits,
): Promise<RunOutcome> {
  const state = { sent: false };
  try {
    const session = await PostgresSession.open(account);
    try {
      return await perform({ account, session }, { alone, job, state }, limits);
    } finally {
      await session.close();
    }
  } catch (thrown) {
    const cause = engineErrorOf(thrown);
    if (state.sent) return { kind: 'ambiguous', reason: cause.message };
    return { kind: 'failed', code: cause.code, reason: cause.message };
  }
}

/** Faults of whoever asked to be told of steps are thrown on. */
function engineErrorOf(thrown: unknown): TargetError {
  if (thrown instanceof TargetError || sqlState(thrown) !== undefined) return engineError(thrown, 0);
  const isConnections =
    thrown instanceof Error && ('syscall' in thrown || /^Connection terminated/.test(thrown.message));
  if (isConnections) return engineError(thrown, 0);
  throw thrown;
}

async function perform(
  { account, session }: { readonly account: ServerAccount; readonly session: PostgresSession },
  { alone, job, state }: { readonly alone: Alone; readonly job: RunJob; readonly state: { sent: boolean } },
  limits: DryRunLimits,
): Promise<RunOutcome> {
  const started = performance.now();
  const step = async (name: Parameters<NonNullable<RunJob['onStep']>>[0]): Promise<void> => {
    await job.onStep?.(name);
  };
  await step('opened');
  await pinWaits(session, limits);
  const standing = await requirePlace(session, job);
  if (standing !== undefined) return standing;
  const diff = await aloneDiff(session, alone);
  const sum = digest(diff, sha256);
  await step('compared');
  if (!equalBytes(sum, job.expectedDigest)) return { kind: 'drifted', diff, digest: sum };
  await step('begun');
  await markAlone(session, job);
  await step('marked');
  await bound(session, alone, limits);
  await step('statement');
  state.sent = true;
  const failure = await send(session, alone);
  await step('ran');
  if (failure !== undefined) {
    await pinWaits(session, limits);
    await markOutcome(session, job, `failed ${failure.state}`);
    return { kind: 'failed', code: 'statement/failed', reason: failure.reason };
  }
  const executed: RunOutcome = {
    kind: 'executed',
    effect: diff,
    digest: sum,
    elapsedMs: performance.now() - started,
  };
  await step('committing');
  await recordRan({ account, session }, job, limits);
  await step('committed');
  return executed;
}

/** That it ran is known from here on, whether or not the marker can be told: it is told a second time over a session of its own. */
async function recordRan(
  { account, session }: { readonly account: ServerAccount; readonly session: PostgresSession },
  job: RunJob,
  limits: DryRunLimits,
): Promise<void> {
  try {
    // A CONCURRENTLY form waits for others as long as it must; what tells of it does not.
    await pinWaits(session, limits);
    await markOutcome(session, job, 'ran');
  } catch {
    const other = await PostgresSession.open(account).catch(() => undefined);
    if (other === undefined) return;
    await pinWaits(other, limits)
      .then(() => markOutcome(other, job, 'ran'))
      .catch(() => undefined);
    await other.close();
  }
}

/** The marker of the request, under the signed identity. */
async function requirePlace(session: PostgresSession, job: RunJob): Promise<RunOutcome | undefined> {
  requireSignedIdentity(await readIdentity(session), job.expectedIdentity);
  await requireAloneTable(session);
  const standing = alreadyRan(await readMarker(session, job.requestId));
  if (standing !== undefined) return standing;
  if (!(await wasBegun(session, job.requestId))) return undefined;
  throw new TargetError(
    'statement/failed',
    'an attempt to send the statement is on record, and it is never sent again',
  );
}

/** Waiting for others is the work of the CONCURRENTLY forms, which keep nobody waiting themselves. */
async function bound(session: PostgresSession, { kind, sql }: Alone, limits: DryRunLimits): Promise<void> {
  const waits =
    /\bconcurrently\b/i.test(sql) && /^(?:create-index|drop-index|reindex|alter-table)$/.test(kind);
  session.expectAnswerWithin(limits.aloneMs);
  await session.query(
    `SELECT pg_catalog.set_config('lock_timeout', $1, false), pg_catalog.set_config('statement_timeout', $2, false)`,
    [String(waits ? 0 : Math.max(1, limits.busyMs)), String(Math.max(1, limits.aloneMs))],
  );
}

/** Errors after which the server itself may have gone: nobody knows how far the statement came. */
const goneStates: ReadonlySet<string> = new Set(['57P01', '57P02', '57P03', '08006', 'XX000']);

/** Sends the statement; returns why the server says that it failed, undefined when it says that it ran. */
async function send(
  session: PostgresSession,
  { sql, kind }: Alone,
): Promise<{ readonly state: string; readonly reason: string } | undefined> {
  try {
    await session.query(sql);
    return undefined;
  } catch (cause) {
    const state = sqlState(cause);
    if (state === undefined || goneStates.has(state)) throw cause;
    const left = /index|reindex/.test(kind)
      ? '; an index that is not valid may be left'
      : '; a part of its work may be left';
    return { state, reason: `${engineError(cause, 0).message}${left}` };
  }
}
