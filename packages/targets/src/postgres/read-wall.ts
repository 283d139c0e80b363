import type { Row } from '@countersign/diff';
import { qualified } from '@countersign/sql';
import type { TrustedFunction } from '@countersign/sql';
import { cellSize } from '../cells.ts';
import type { ServerAccount } from '../server-address.ts';
import type { ReadLimits, ResultSet, Statement } from '../target.ts';
import { TargetError } from '../target-error.ts';
import { engineError } from './engine-error.ts';
import { readPlace } from './marker.ts';
import { requireReader } from './read-account.ts';
import { queryOfRead } from './read-text.ts';
import { requireResolvedRead } from './resolution.ts';
import { PostgresSession } from './session.ts';
import type { Input, TextRow, Column } from './session.ts';
import { pinSession, readSearchPath } from './settings.ts';
import { toCell, toInput } from './values.ts';

interface Accounts {
  /** Resolves what statements name; may make temporary functions. */
  readonly main: ServerAccount;
  readonly read: ServerAccount;
}

/** What is left of the limits of one call. */
interface Budget {
  rows: number;
  bytes: number;
  /** Milliseconds of `performance.now()`. */
  readonly until: number;
  readonly busyMs: number;
}

/** What the protocol adds to the bytes of cells, and rows that were on their way when the limit was met. */
const overheadBytes = 1 << 20;
const cancelMs = 2_000;

/**
 * Runs each statement in a session of its own, of an account that can only read, inside a read-only transaction, after the
 * engine has resolved what it names. No session is left behind.
 * @throws TargetError `target/…`, `statement/…`, `limit/time`
 */
export async function readStatements(
  accounts: Accounts,
  statements: readonly Statement[],
  limits: ReadLimits,
  trusted: readonly TrustedFunction[],
): Promise<readonly ResultSet[]> {
  const until = performance.now() + limits.timeoutMs;
  const { path, place } = await resolveReads(accounts.main, statements, trusted);
  const budget = { rows: limits.rowsMax, bytes: limits.bytesMax, until, busyMs: limits.busyMs };
  const results: ResultSet[] = [];
  for (const [index, { sql, params }] of statements.entries()) {
    const values = params.map((cell) => toInput(cell, index));
    const session = await PostgresSession.open(accounts.read);
    try {
      results.push(await readOne(session, { sql, values, index, path, place, budget }));
    } catch (cause) {
      throw engineError(cause, index);
    } finally {
      await session.close();
    }
  }
  return results;
}

/** The search path and place under which the engine resolved every statement to reads. */
export async function resolveReads(
  main: ServerAccount,
  statements: readonly Statement[],
  trusted: readonly TrustedFunction[],
): Promise<{ readonly path: string; readonly place: readonly (string | null)[] }> {
  if (statements.length === 0) throw new TargetError('statement/empty', 'no statement, expected one');
  const queries = statements.map(({ sql }, index) => queryOfRead(sql, index));
  const session = await PostgresSession.open(main);
  try {
    const path = await readSearchPath(session);
    const place = await readPlace(session);
    await pinSession(session, path, [
      ['lock_timeout', '2000'],
      ['statement_timeout', '5000'],
    ]);
    for (const [index, query] of queries.entries()) {
      if (query !== undefined) await requireResolvedRead(session, query, index, trusted);
    }
    return { path, place };
  } catch (cause) {
    throw engineError(cause, undefined);
  } finally {
    await session.close();
  }
}

interface Work {
  readonly sql: string;
  readonly values: readonly Input[];
  readonly index: number;
  readonly path: string;
  readonly place: readonly (string | null)[];
  readonly budget: Budget;
}

async function readOne(session: PostgresSession, work: Work): Promise<ResultSet> {
  const { budget, path, place, index } = work;
  await requireReader(session, place);
  const leftMs = Math.floor(budget.until - performance.now());
  if (leftMs <= 0) throw timeIsOver(index);
  await pinSession(session, path, [
    ['lock_timeout', String(Math.max(1, budget.busyMs))],
    ['statement_timeout', String(leftMs)],
    ['idle_in_transaction_session_timeout', String(leftMs + cancelMs)],
    ['default_transaction_read_only', 'on'],
  ]);
  await session.query('BEGIN READ ONLY');
  // After a first query the transaction cannot be made writing any more.
  await session.query('SELECT 1');
  return await withinTime(session, leftMs, index, takeRows(session, work));
}

/** Waits for the work; when the time is over the server is told to give up, and then the connection is cut. */
async function withinTime<T>(
  session: PostgresSession,
  leftMs: number,
  index: number,
  work: Promise<T>,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_, fail) => {
    timer = setTimeout(() => {
      void session.cancel().finally(() => {
        timer = setTimeout(() => {
          session.destroy(timeIsOver(index));
          fail(timeIsOver(index));
        }, cancelMs);
      });
    }, leftMs + 100);
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
  }
}

async function takeRows(session: PostgresSession, { sql, values, budget }: Work): Promise<ResultSet> {
  const rows: Row[] = [];
  session.limitBytes(budget.bytes * 2 + overheadBytes);
  const take = (one: TextRow, columns: readonly Column[]): boolean => {
    const row = one.map((value, at) => toCell(value, columns[at]?.type ?? 0));
    budget.rows -= 1;
    budget.bytes -= row.reduce((sum, cell) => sum + cellSize(cell), 0);
    if (isSpent(budget)) return false;
    rows.push(row);
    return true;
  };
  const { columns } = await session.stream(sql, values, take);
  const truncated = isSpent(budget);
  // What the server has not sent yet nobody wants.
  if (truncated) await session.cancel();
  const origins = await readOrigins(session, columns);
  return { columns: columns.map(({ name }) => name), origins, rows, truncated };
}

/** The stored columns that result columns show unchanged, by the names that facts give them. */
async function readOrigins(session: PostgresSession, columns: readonly Column[]): Promise<(string | null)[]> {
  await session.query('ROLLBACK');
  const { rows } = await session.query(
    `SELECT a.attrelid, a.attnum, n.nspname, c.relname, a.attname FROM pg_catalog.pg_attribute a
       JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND c.relkind IN ('r', 'p')`,
    [`{${[...new Set(columns.map(({ table }) => table))].join(',')}}`],
  );
  const names = new Map(
    rows.map(([table, place, ...parts]) => [
      `${table ?? ''} ${place ?? ''}`,
      qualified(...parts.map((part) => part ?? '')),
    ]),
  );
  return columns.map(({ table, place }) => names.get(`${table} ${place}`) ?? null);
}

function isSpent({ rows, bytes }: Budget): boolean {
  return rows < 0 || bytes < 0;
}

function timeIsOver(statement: number): TargetError {
  return new TargetError('limit/time', 'statement ran longer than allowed', { statement });
}
