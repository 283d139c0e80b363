import type { TableBuilder } from '@countersign/diff';
import { CopiedRows } from './copied-rows.ts';
import { imageKeyed } from './keyed-images.ts';
import { ChangeMaker, mergeRows, pairCopied } from './pairing.ts';
import type { NextRow } from './pairing.ts';
import type { Column, PostgresSession, TextRow } from './session.ts';
import { copy, goneOf, isNew, mayBeMarked, spendBytes, standingOf } from './sides.ts';
import type { Sides } from './sides.ts';
import type { Sought } from './sought.ts';
import { together } from './together.ts';
import type { TouchedTable } from './touched.ts';
import { quoteName } from './values.ts';

/** Old rows whose places are looked up; more are proved by counting, when it can be. */
const lookedUpMax = 2_000;
const batchRows = 5_000;

/** How the images of a table are read. */
export interface Way {
  readonly rowsHeldMax: number;
  /** Where they are looked for before the table is read as a whole. */
  readonly sought: Sought | undefined;
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
  { rowsHeldMax, sought }: Way,
): Promise<void> {
  if (sought !== undefined) {
    const room = { ...budget };
    const found = await imageKeyed(sides, table, sought, room);
    if (found !== undefined) {
      budget.bytes = room.bytes;
      pairCopied(table.key, found.sides, found.types, builder);
      return undefined;
    }
  }
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
  const [types] = await together([
    writer.query(`SELECT ${columns.join(', ')} ${from} WHERE false`),
    copy(writer, `SELECT ${columns.join(', ')} ${from} WHERE ${isNew}`, news, budget),
    copy(observer, `SELECT ${[...columns, 'ctid'].join(', ')} ${from} WHERE ${mayBeMarked(start)}`, marked, budget),
  ]); // prettier-ignore
  const allGone =
    areAllUpdated(table, marked, news) ||
    (table.changed > lookedUpMax &&
      (await areAllGone({ writer, observer }, from, marked.count - news.count)));
  const gone = allGone ? undefined : await goneOf(writer, from, marked);
  pairCopied(
    table.key,
    { olds: marked, gone, news },
    types.columns.map(({ type }) => type),
    builder,
  );
}

/**
 * Whether the counters prove that all old rows that were marked are gone. As many new rows as were ever inserted or made by an
 * update mean that none of these was taken back; so each update left one old row behind, and as many are marked.
 */
function areAllUpdated({ counted }: TouchedTable, marked: CopiedRows, news: CopiedRows): boolean {
  if (counted?.deleted !== 0) return false;
  return news.count === counted.inserted + counted.updated && marked.count === counted.updated;
}

/** Whether the rows there were and are prove the same: `fewer` is by how many less there are when all are gone. */
async function areAllGone(
  { writer, observer }: Pick<Sides, 'writer' | 'observer'>,
  from: string,
  fewer: number,
): Promise<boolean> {
  const count = `SELECT count(*) ${from}`;
  const [rowsAfter, rowsBefore] = await together([writer.first(count), observer.first(count)]);
  return Number(rowsBefore) - Number(rowsAfter) === fewer;
}

function spend(budget: { bytes: number }, row: TextRow): void {
  let bytes = 0;
  for (const value of row) bytes += value === null ? 8 : value.length;
  spendBytes(budget, bytes);
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
