import type { Row } from '@countersign/diff';
import { cellSize } from '../cells.ts';
import type { ServerAccount } from '../server-address.ts';
import type { ReadLimits, ResultSet, Statement } from '../target.ts';
import { TargetError } from '../target-error.ts';
import { engineError } from './engine-error.ts';
import { requirePlace, requireReader } from './read-account.ts';
import type { ReadPlace } from './read-account.ts';
import { requireReadTexts } from './read-form.ts';
import { MariadbSession } from './session.ts';
import type { ColumnType, DriverValue } from './session.ts';
import { pinSession, readKind } from './settings.ts';
import { toCell, toInput } from './values.ts';
import type { Input } from './values.ts';

/** What is left of the limits of one call. */
interface Budget {
  rows: number;
  bytes: number;
  /** Milliseconds of `performance.now()`. */
  readonly until: number;
  readonly busyMs: number;
  /** Where the texts were judged to be looked at. */
  readonly place: ReadPlace;
}

/** The client waits this much longer than the server is told to. */
const graceMs = 500;

/**
 * Runs each statement on a fresh connection of an account that can only read, inside a read-only transaction, and
 * destroys the connection. The account is the wall: such a transaction lets DDL and INTO OUTFILE through.
 * @throws TargetError `target/unreachable`, `target/account-writes`, `target/other-database`, `statement/…`, `limit/time`
 */
export async function readStatements(
  account: ServerAccount,
  statements: readonly Statement[],
  limits: ReadLimits,
  place: ReadPlace,
): Promise<readonly ResultSet[]> {
  requireReadTexts(statements);
  const until = performance.now() + limits.timeoutMs;
  const budget = { rows: limits.rowsMax, bytes: limits.bytesMax, until, busyMs: limits.busyMs, place };
  const results: ResultSet[] = [];
  for (const [index, one] of statements.entries()) results.push(await readOne(account, one, index, budget));
  return results;
}

async function readOne(
  account: ServerAccount,
  { sql, params }: Statement,
  index: number,
  budget: Budget,
): Promise<ResultSet> {
  const values = params.map((cell) => toInput(cell, index));
  const leftMs = budget.until - performance.now();
  if (leftMs <= 0) throw timeIsOver(index);
  const session = new MariadbSession(account);
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_, fail) => {
    timer = setTimeout(() => {
      fail(timeIsOver(index));
    }, leftMs + graceMs);
  });
  try {
    return await Promise.race([
      prepared(session, budget).then(() => rowsOf(session, sql, values, budget)),
      over,
    ]);
  } catch (cause) {
    throw engineError(cause, index);
  } finally {
    clearTimeout(timer);
    await session.end();
  }
}

async function prepared(session: MariadbSession, { until, busyMs, place }: Budget): Promise<void> {
  await requireReader(session);
  await pinSession(session, await readKind(session), {
    timeoutMs: Math.max(1, until - performance.now()),
    busyMs,
  });
  await requirePlace(session, place);
  await session.control('START TRANSACTION READ ONLY');
}

async function rowsOf(
  session: MariadbSession,
  sql: string,
  values: readonly Input[],
  budget: Budget,
): Promise<ResultSet> {
  const rows: Row[] = [];
  const take = (one: readonly DriverValue[], types: readonly ColumnType[]): boolean => {
    const row = one.map((value, at) => toCell(value, types[at]));
    budget.rows -= 1;
    budget.bytes -= row.reduce((sum, cell) => sum + cellSize(cell), 0);
    if (isSpent(budget)) return false;
    rows.push(row);
    return true;
  };
  const columns = await session.stream(sql, values, take);
  return { columns, rows, truncated: isSpent(budget) };
}

function isSpent({ rows, bytes }: Budget): boolean {
  return rows < 0 || bytes < 0;
}

function timeIsOver(statement: number): TargetError {
  return new TargetError('limit/time', 'statement ran longer than allowed', { statement });
}
