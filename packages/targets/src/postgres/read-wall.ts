import type { Row } from '@countersign/diff';
import { qualified } from '@countersign/sql';
import type { TrustedFunction } from '@countersign/sql';
import { cellSize } from '../cells.ts';
import { hasOwnCode } from '../fault.ts';
import type { ReadLimits, ResultSet, Statement } from '../target.ts';
import { TargetError } from '../target-error.ts';
import { engineError } from './engine-error.ts';
import type { Bounds, Reader, Standing } from './reader.ts';
import type { Readers } from './readers.ts';
import { leavesNothing } from './resolution.ts';
import type { Resolution } from './resolution.ts';
import type { Grounds, Resolver } from './resolver.ts';
import type { PostgresSession, Input, TextRow, Column } from './session.ts';
import { toCell, toInput } from './values.ts';

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

/** Who resolves names, and in whose sessions statements run. */
export interface ReadWall {
  readonly resolver: Resolver;
  readonly readers: Readers;
}

/**
 * Runs each statement in a session of an account that can only read, inside a read-only transaction, after the engine has resolved
 * what it names.
 * @throws TargetError `target/…`, `statement/…`, `limit/time`
 */
export async function readStatements(
  { resolver, readers }: ReadWall,
  statements: readonly Statement[],
  limits: ReadLimits,
  trusted: readonly TrustedFunction[],
): Promise<readonly ResultSet[]> {
  const until = performance.now() + limits.timeoutMs;
  const grounds = await resolver.resolve(statements, trusted);
  const budget = { rows: limits.rowsMax, bytes: limits.bytesMax, until, busyMs: limits.busyMs };
  const results: ResultSet[] = [];
  for (const [index, statement] of statements.entries()) {
    const values = statement.params.map((cell) => toInput(cell, index));
    // To get a session can take a while, in which what is remembered can grow old.
    const still = resolver.remembers
      ? async (): Promise<void> => {
          requireSame(grounds, await resolver.resolve(statements, trusted));
        }
      : undefined;
    const resolution = grounds.resolutions[index];
    results.push(
      await readOne(readers, { sql: statement.sql, values, index, grounds, still, resolution, budget }),
    );
  }
  return results;
}

interface Work {
  readonly sql: string;
  readonly values: readonly Input[];
  readonly index: number;
  readonly grounds: Grounds;
  /** Asks whether the grounds still hold; left out when they were found for this very read. */
  readonly still: (() => Promise<void>) | undefined;
  /** Left out for SHOW. */
  readonly resolution: Resolution | undefined;
  readonly budget: Budget;
}

async function readOne(readers: Readers, work: Work): Promise<ResultSet> {
  const { grounds, still, resolution, budget, index } = work;
  let reader: Reader | undefined;
  try {
    const read = async (one: Reader): Promise<ResultSet> => {
      const { leftMs } = boundsOf(budget, index);
      return withinTime(one.session, leftMs, index, takeRows(one, work));
    };
    // A text that the engine has not resolved waits for its transaction.
    const ahead = still === undefined || resolution === undefined ? undefined : { ready: still, read };
    const taken = await readers.takeWith(grounds, () => boundsOf(budget, index), ahead);
    reader = taken.reader;
    if (taken.reading === undefined) await still?.();
    const result = await (taken.reading ?? read(reader));
    const used = reader;
    // Whatever becomes of it now, it is not to be ended a second time.
    reader = undefined;
    if (result.truncated || resolution === undefined || !leavesNothing(resolution)) await readers.end(used);
    else await readers.giveBack(used);
    return result;
  } catch (cause) {
    if (reader !== undefined) await readers.end(reader);
    throw hasOwnCode(cause) ? cause : engineError(cause, index);
  }
}

function boundsOf({ until, busyMs }: Budget, statement: number): Bounds {
  const leftMs = Math.floor(until - performance.now());
  if (leftMs <= 0) throw timeIsOver(statement);
  return { busyMs, leftMs };
}

function requireSame(before: Standing, now: Standing): void {
  if (JSON.stringify([before.path, before.place]) === JSON.stringify([now.path, now.place])) return;
  throw new TargetError('target/busy', 'another session changed where names are looked for meanwhile');
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

async function takeRows(
  { session, isReplica }: Reader,
  { sql, values, budget, grounds }: Work,
): Promise<ResultSet> {
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
  session.limitBytes(Infinity);
  const truncated = isSpent(budget);
  // What the server has not sent yet nobody wants.
  if (truncated) await session.cancel();
  // A replica may lag behind the schema whose names are remembered: what it says counts for this read alone.
  const known = isReplica ? new Map<string, string | null>() : grounds.columns;
  const origins = await readOrigins(session, columns, known);
  return { columns: columns.map(({ name }) => name), origins, rows, truncated };
}

/** The stored columns that result columns show unchanged, by the names that facts give them; `known` are those asked for before. */
async function readOrigins(
  session: PostgresSession,
  columns: readonly Column[],
  known: Map<string, string | null>,
): Promise<(string | null)[]> {
  const places = columns.map(({ table, place }) => `${table} ${place}`);
  if (!places.every((place) => known.has(place))) {
    await session.query('ROLLBACK');
    const { rows } = await session.query(
      `SELECT a.attrelid, a.attnum, n.nspname, c.relname, a.attname FROM pg_catalog.pg_attribute a
         JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
       WHERE a.attrelid = ANY ($1::oid[]) AND a.attnum > 0 AND c.relkind IN ('r', 'p')`,
      [`{${[...new Set(columns.map(({ table }) => table))].join(',')}}`],
    );
    for (const place of places) known.set(place, null);
    for (const [table, place, ...parts] of rows)
      known.set(`${table ?? ''} ${place ?? ''}`, qualified(...parts.map((part) => part ?? '')));
  }
  return places.map((place) => known.get(place) ?? null);
}

function isSpent({ rows, bytes }: Budget): boolean {
  return rows < 0 || bytes < 0;
}

function timeIsOver(statement: number): TargetError {
  return new TargetError('limit/time', 'statement ran longer than allowed', { statement });
}
