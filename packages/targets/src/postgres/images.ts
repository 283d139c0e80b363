import type { TableBuilder } from '@countersign/diff';
import { TargetError } from '../target-error.ts';
import { CopiedRows } from './copied-rows.ts';
import { ChangeMaker, mergeRows, pairCopied } from './pairing.ts';
import type { NextRow } from './pairing.ts';
import type { Column, PostgresSession, TextRow } from './session.ts';
import { together } from './together.ts';
import type { TouchedTable } from './touched.ts';
import { quoteName } from './values.ts';

/** The session whose transaction changed rows, and the one that sees them as they were. */
export interface Sides {
  readonly writer: PostgresSession;
  readonly observer: PostgresSession;
  /** Where the writer's transaction began to make numbers. */
  readonly start: TransactionStart;
}

/** The number of a transaction, and that of the next group of transactions that hold a row together. */
export interface TransactionStart {
  readonly transaction: string;
  readonly group: string;
}

/** Old rows whose places are looked up; more are proved by counting, when it can be. */
const lookedUpMax = 2_000;
const batchRows = 5_000;
const placesAtOnce = 10_000;
/** Transactions that a request's own subtransactions may reach: a frozen row's old number must not look like one. */
const ownTransactionsMax = 100_000_000;

/** Whether the session's own transaction made a row. */
export const isNew: string = `pg_catalog.age(xmin) <= 0 AND pg_catalog.age(xmin) > -${ownTransactionsMax}`;

/**
 * Rows that the writer's transaction may have marked: with its number or a later one, or with a group that was made since.
 * Numbers of transactions and of groups are two sequences, so this lets some through that it did not mark.
 */
function mayBeMarked({ transaction, group }: TransactionStart): string {
  // Most rows have no mark at all, and of those nothing else need be asked.
  return `xmax <> '0'::xid AND (pg_catalog.age(xmax) <= pg_catalog.age('${transaction}'::xid)
    OR pg_catalog.mxid_age(xmax) BETWEEN 0 AND pg_catalog.mxid_age('${group}'::xid))`;
}

/**
 * Adds the rows of a table that changed, before and after, each at most once.
 *
 * New rows are those that the writer sees and its own transaction made. Old rows are those that the observer sees marked and
 * that the writer no longer sees in their place; a mark alone may be a lock, or a change rolled back. With more changed
 * tuples than `rowsHeldMax` both sides are read in the order of their names, so that no more than a batch is held.
 * @throws TargetError `limit/bytes`
 */
export async function imageTable(
  sides: Sides,
  table: TouchedTable,
  budget: { bytes: number },
  builder: TableBuilder,
  rowsHeldMax: number,
): Promise<void> {
  return table.changed <= rowsHeldMax
    ? imageHeld(sides, table, budget, builder)
    : imageSorted(sides, table, budget, builder);
}

async function imageHeld(
  { writer, observer, start }: Sides,
  table: TouchedTable,
  budget: { bytes: number },
  builder: TableBuilder,
): Promise<void> {
  const columns = table.columns.map(({ name }) => quoteName(name));
  const from = `FROM ONLY ${table.quoted}`;
  const news = new CopiedRows(columns.length);
  const marked = new CopiedRows(columns.length, 1);
  const count = `SELECT count(*) ${from}`;
  const many = table.changed > lookedUpMax;
  const [types, , , rowsAfter, rowsBefore] = await together([
    writer.query(`SELECT ${columns.join(', ')} ${from} WHERE false`),
    copy(writer, `SELECT ${columns.join(', ')} ${from} WHERE ${isNew}`, news, budget),
    copy(observer, `SELECT ${[...columns, 'ctid'].join(', ')} ${from} WHERE ${mayBeMarked(start)}`, marked, budget),
    many ? writer.first(count) : 0,
    many ? observer.first(count) : 0,
  ]); // prettier-ignore
  const allGone = many && marked.count === Number(rowsBefore) - Number(rowsAfter) + news.count;
  const gone = allGone ? undefined : await goneOf(writer, from, marked);
  pairCopied(
    table.key,
    { olds: marked, gone, news },
    types.columns.map(({ type }) => type),
    builder,
  );
}

/** Copies the rows of a query out. */
async function copy(
  session: PostgresSession,
  sql: string,
  rows: CopiedRows,
  budget: { bytes: number },
): Promise<void> {
  await session.copyOut(`COPY (${sql}) TO STDOUT`, (line) => {
    spendBytes(budget, line.length);
    rows.add(line);
  });
}

/** Whether each of the old rows is gone: the writer sees none in its place any more. */
async function goneOf(writer: PostgresSession, from: string, marked: CopiedRows): Promise<Uint8Array> {
  const places = Array.from({ length: marked.count }, (_, row) => marked.raw(row, marked.shown));
  const gone = new Uint8Array(marked.count);
  for (let at = 0; at < places.length; at += placesAtOnce) {
    const some = places.slice(at, at + placesAtOnce);
    const standing = await standingOf(writer, from, some);
    for (const [index, place] of some.entries()) gone[at + index] = standing.has(place) ? 0 : 1;
  }
  return gone;
}

/** Those of the places in which the writer still sees a row. */
async function standingOf(
  writer: PostgresSession,
  from: string,
  places: readonly string[],
): Promise<ReadonlySet<string>> {
  if (places.length === 0) return new Set();
  const list = `{${places.map((place) => `"${place}"`).join(',')}}`;
  const { rows } = await writer.query(`SELECT ctid ${from} WHERE ctid = ANY ($1::tid[])`, [list]);
  return new Set(rows.map(([place]) => place ?? ''));
}

function spend(budget: { bytes: number }, row: TextRow): void {
  let bytes = 0;
  for (const value of row) bytes += value === null ? 8 : value.length;
  spendBytes(budget, bytes);
}

function spendBytes(budget: { bytes: number }, bytes: number): void {
  budget.bytes -= bytes;
  if (budget.bytes >= 0) return;
  throw new TargetError('limit/bytes', 'old and new rows need more space than allowed');
}

/**
 * The same with both sides in the ascending order of what names a row, so that no more than a batch of each is held. The
 * name is a text of the server's own, since values of some types are told apart by their text alone.
 */
async function imageSorted(
  { writer, observer, start }: Sides,
  table: TouchedTable,
  budget: { bytes: number },
  builder: TableBuilder,
): Promise<void> {
  const columns = table.columns.map(({ name }) => quoteName(name));
  const named = table.key.length === 0 ? columns : table.key.map((index) => columns[index] ?? '');
  const name = `ROW(${named.join(', ')})::text`;
  const from = `FROM ONLY ${table.quoted}`;
  const marked = mayBeMarked(start);
  const counts = (filter: string): string => `SELECT count(*), count(*) FILTER (WHERE ${filter}) ${from}`;
  const [before, after] = await together([observer.query(counts(marked)), writer.query(counts(isNew))]);
  const [rowsBefore = 0, markedCount = 0] = before.rows[0]?.map(Number) ?? [];
  const [rowsAfter = 0, newCount = 0] = after.rows[0]?.map(Number) ?? [];
  const allGone = markedCount === rowsBefore - rowsAfter + newCount;
  const order = `ORDER BY pg_catalog.convert_to(${name}, 'UTF8')`;
  const list = [name, ...columns].join(', ');
  await declare(observer, `SELECT ctid, ${list} ${from} WHERE ${marked} ${order}`);
  await declare(writer, `SELECT ${list} ${from} WHERE ${isNew} ${order}`);
  const gone = async (rows: readonly TextRow[]): Promise<readonly TextRow[]> => {
    const places = rows.map(([place]) => place ?? '');
    const standing = allGone ? new Set<string>() : await standingOf(writer, from, places);
    return rows.filter((_, index) => !standing.has(places[index] ?? '')).map((row) => row.slice(1));
  };
  const olds = await Batches.open(observer, budget, gone);
  const news = await Batches.open(writer, budget, (rows) => Promise.resolve(rows));
  await mergeRows(olds.next, news.next, new ChangeMaker(news.columns.slice(1), builder));
  for (const session of [observer, writer]) await session.query('CLOSE countersign_images');
}

async function declare(session: PostgresSession, sql: string): Promise<void> {
  // All rows are wanted: the plan for the first few is another one.
  await session.query('SET LOCAL cursor_tuple_fraction = 1');
  await session.query(`DECLARE countersign_images NO SCROLL CURSOR FOR ${sql}`);
}

/** The rows of an open cursor, one after the other; a batch is held. */
class Batches {
  readonly #session: PostgresSession;
  readonly #budget: { bytes: number };
  readonly #keep: (rows: readonly TextRow[]) => Promise<readonly TextRow[]>;
  columns: readonly Column[] = [];
  #rows: readonly TextRow[] = [];
  #at = 0;
  #ended = false;

  private constructor(
    session: PostgresSession,
    budget: { bytes: number },
    keep: (rows: readonly TextRow[]) => Promise<readonly TextRow[]>,
  ) {
    this.#session = session;
    this.#budget = budget;
    this.#keep = keep;
  }

  static async open(
    session: PostgresSession,
    budget: { bytes: number },
    keep: (rows: readonly TextRow[]) => Promise<readonly TextRow[]>,
  ): Promise<Batches> {
    const batches = new Batches(session, budget, keep);
    await batches.#fetch();
    return batches;
  }

  readonly next: NextRow = async () => {
    while (this.#at >= this.#rows.length && !this.#ended) await this.#fetch();
    const row = this.#rows[this.#at];
    this.#at += 1;
    return row;
  };

  async #fetch(): Promise<void> {
    const { rows, columns } = await this.#session.query(`FETCH ${batchRows} FROM countersign_images`);
    this.#ended = rows.length < batchRows;
    for (const row of rows) spend(this.#budget, row);
    this.columns = columns;
    this.#rows = await this.#keep(rows);
    this.#at = 0;
  }
}
