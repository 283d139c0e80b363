import type { Cell, Row, RowChange } from '@countersign/diff';
import { cellSize } from '../cells.ts';
import { TargetError } from '../target-error.ts';
import type { PostgresSession } from './session.ts';
import type { TouchedTable } from './touched.ts';
import { quoteName, toCell } from './values.ts';

/** The session whose transaction changed rows, and the one that sees them as they were. */
export interface Sides {
  readonly writer: PostgresSession;
  readonly observer: PostgresSession;
}

/** Transactions that a request's own subtransactions may reach: a frozen row's old number must not look like one. */
const ownTransactionsMax = 100_000_000;

/**
 * Returns the rows of a table before and after, each row at most once.
 *
 * New rows are those that the writer sees and its own transaction made. Old rows are those that the observer sees marked by
 * some transaction and that the writer no longer sees in their place; a mark alone may be a lock, or a change rolled back.
 * @throws TargetError `limit/bytes`
 */
export async function imageTable(
  { writer, observer }: Sides,
  table: TouchedTable,
  budget: { bytes: number },
): Promise<RowChange[]> {
  const columns = table.columns.map(({ name }) => quoteName(name)).join(', ');
  const from = `FROM ONLY ${table.quoted}`;
  const news = await readRows(
    writer,
    `SELECT ${columns} ${from} WHERE pg_catalog.age(xmin) <= 0 AND pg_catalog.age(xmin) > -${ownTransactionsMax}`,
    [],
    budget,
  );
  const marked = (await observer.query(`SELECT ctid ${from} WHERE xmax <> '0'::xid`)).rows.map(
    ([place]) => place ?? '',
  );
  const standing = new Set(
    (await writer.query(`SELECT ctid ${from} WHERE ctid = ANY ($1::tid[])`, [placesText(marked)])).rows.map(
      ([place]) => place ?? '',
    ),
  );
  const gone = marked.filter((place) => !standing.has(place));
  const olds = await readRows(
    observer,
    `SELECT ${columns} ${from} WHERE ctid = ANY ($1::tid[])`,
    [placesText(gone)],
    budget,
  );
  return pairRows(table.key, olds, news);
}

function placesText(places: readonly string[]): string {
  return `{${places.map((place) => `"${place}"`).join(',')}}`;
}

async function readRows(
  session: PostgresSession,
  sql: string,
  values: readonly string[],
  budget: { bytes: number },
): Promise<Row[]> {
  const rows: Row[] = [];
  await session.stream(sql, values, (one, columns) => {
    const row = one.map((value, at) => toCell(value, columns[at]?.type ?? 0));
    budget.bytes -= row.reduce((sum, cell) => sum + cellSize(cell), 0);
    if (budget.bytes < 0) {
      throw new TargetError('limit/bytes', 'old and new rows need more space than allowed');
    }
    rows.push(row);
    return true;
  });
  return rows;
}

/** Makes changes of images: rows of the same key are one row changed, and what is the same before and after is none. */
export function pairRows(key: readonly number[], olds: readonly Row[], news: readonly Row[]): RowChange[] {
  const waiting = new Map<string, Row[]>();
  for (const row of olds) {
    const name = nameOf(row, key);
    const list = waiting.get(name);
    if (list === undefined) waiting.set(name, [row]);
    else list.push(row);
  }
  const changes: RowChange[] = [];
  for (const after of news) {
    const before = waiting.get(nameOf(after, key))?.pop() ?? null;
    if (before === null || textOf(before) !== textOf(after)) changes.push({ before, after });
  }
  for (const rows of waiting.values()) changes.push(...rows.map((before) => ({ before, after: null })));
  return changes;
}

/** What names a row: its key, or all of it where there is none. */
function nameOf(row: Row, key: readonly number[]): string {
  return key.length === 0 ? textOf(row) : textOf(key.map((index) => row[index] ?? { type: 'null' }));
}

function textOf(row: Row): string {
  return JSON.stringify(row.map(cellText));
}

function cellText(cell: Cell): readonly [string, string] {
  switch (cell.type) {
    case 'null':
      return ['', ''];
    case 'bytes':
      return ['b', Buffer.from(cell.value).toString('base64')];
    case 'integer':
    case 'boolean':
    case 'number':
    case 'text':
      return [cell.type, String(cell.value)];
  }
}
