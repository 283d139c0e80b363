import type { Row, RowChange } from '@countersign/diff';
import { cellSize, rowName, rowText } from '../cells.ts';
import { TargetError } from '../target-error.ts';
import type { MariadbSession } from './session.ts';
import type { TableShape } from './table-shapes.ts';
import { quoteName, toCell, toInput } from './values.ts';
import type { Input } from './values.ts';

/** What is left of the limits of one diff. */
export interface ImageBudget {
  bytes: number;
  /** Rows of tables that may still be read whole, on the side of the transaction. */
  rowsScanned: number;
}

/** The session whose transaction changed rows, and the one that sees what was committed last. */
export interface Sides {
  readonly writer: MariadbSession;
  readonly observer: MariadbSession;
}

/** Keys of rows that may have changed, by their text. */
export type Keys = ReadonlyMap<string, Row>;

/** The changes of each table, in the order given. */
export type TableChanges = readonly (readonly [TableShape, readonly RowChange[]])[];

/** A row and a text that is the same for the same cells and no others. */
interface Image {
  readonly row: Row;
  readonly text: string;
}

/** Rows as the transaction has them, by the text of what names them. */
type Images = Map<string, Image[]>;

const keysAtOnce = 500;

/**
 * Images rows by their keys. The writer reads them under locks, so nobody else changes them any more, and the observer begins
 * only then: what was committed last is what they were before.
 * @throws TargetError `limit/bytes`
 */
export async function imageByKey(
  sides: Sides,
  tables: readonly (readonly [TableShape, Keys])[],
  budget: ImageBudget,
): Promise<TableChanges> {
  return image(
    sides,
    tables.map(([shape]) => shape),
    budget,
    (session, shape, lock, take) => {
      const keys = tables.find(([one]) => one === shape)?.[1] ?? new Map<string, Row>();
      return readByKey(session, shape, [...keys.values()], lock, take);
    },
  );
}

/**
 * Compares tables whole, under locks on all their rows until the transaction ends.
 * @throws TargetError `limit/rows` above the limit of rows scanned, `limit/bytes`
 */
export async function imageWhole(
  sides: Sides,
  shapes: readonly TableShape[],
  budget: ImageBudget,
): Promise<TableChanges> {
  const scanned = budget.rowsScanned;
  return image(sides, shapes, budget, (session, shape, lock, take) =>
    read(session, `SELECT ${columnsOf(shape)} FROM ${shape.quoted}${lock}`, [], (row) => {
      if (lock !== '') budget.rowsScanned -= 1;
      if (budget.rowsScanned < 0) {
        const text = `the changed tables hold more than ${scanned} rows, which are compared one by one here; expected a statement whose rows are named by the primary key of a table without triggers and cascades`;
        throw new TargetError('limit/rows', text);
      }
      take(row);
    }),
  );
}

type Reader = (
  session: MariadbSession,
  shape: TableShape,
  lock: string,
  take: (row: Row) => void,
) => Promise<void>;

async function image(
  { writer, observer }: Sides,
  shapes: readonly TableShape[],
  budget: ImageBudget,
  readRows: Reader,
): Promise<TableChanges> {
  const spend = (row: Row): void => {
    budget.bytes -= row.reduce((sum, cell) => sum + cellSize(cell), 0);
    if (budget.bytes < 0) {
      throw new TargetError('limit/bytes', 'old and new rows need more space than allowed');
    }
  };
  const news = new Map<TableShape, Images>();
  for (const shape of shapes) {
    const images: Images = new Map();
    await readRows(writer, shape, ' LOCK IN SHARE MODE', (row) => {
      spend(row);
      const text = rowText(row);
      const name = rowName(row, shape.key, text);
      const list = images.get(name);
      if (list === undefined) images.set(name, [{ row, text }]);
      else list.push({ row, text });
    });
    news.set(shape, images);
  }
  await observe(observer);
  const found: (readonly [TableShape, readonly RowChange[]])[] = [];
  for (const [shape, images] of news) {
    const olds: Image[] = [];
    await readRows(observer, shape, '', (row) => {
      const text = rowText(row);
      if (drop(images, rowName(row, shape.key, text), text)) return;
      spend(row);
      olds.push({ row, text });
    });
    found.push([shape, pair(shape, olds, images)]);
  }
  return found;
}

/** Begins a snapshot of what is committed now. */
async function observe(observer: MariadbSession): Promise<void> {
  await observer.own('ROLLBACK');
  await observer.own('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
}

/** Takes a row out that is the same before and after. @returns whether there was one */
function drop(images: Images, name: string, text: string): boolean {
  const list = images.get(name);
  const at = list?.findIndex((one) => one.text === text) ?? -1;
  if (list === undefined || at < 0) return false;
  list.splice(at, 1);
  if (list.length === 0) images.delete(name);
  return true;
}

function pair(shape: TableShape, olds: readonly Image[], images: Images): RowChange[] {
  const changes: RowChange[] = [];
  for (const { row: before, text } of olds) {
    const list = images.get(rowName(before, shape.key, text));
    changes.push({ before, after: list?.pop()?.row ?? null });
  }
  for (const list of images.values()) {
    changes.push(...list.map(({ row: after }) => ({ before: null, after })));
  }
  return changes;
}

async function readByKey(
  session: MariadbSession,
  shape: TableShape,
  keys: readonly Row[],
  lock: string,
  take: (row: Row) => void,
): Promise<void> {
  const names = shape.key.map((index) => quoteName(shape.columns[index]?.name ?? ''));
  const range = denseRange(keys);
  if (range !== undefined) {
    const sql = `SELECT ${columnsOf(shape)} FROM ${shape.quoted} WHERE ${names.join('')} BETWEEN ? AND ?${lock}`;
    await read(session, sql, range.ends, (row) => {
      const cell = row[shape.key[0] ?? 0];
      if (cell?.type === 'integer' && range.numbers.has(cell.value)) take(row);
    });
    return;
  }
  const [one, many] = [`(${names.map(() => '?').join(', ')})`, names.length > 1];
  const list = many ? `(${names.join(', ')})` : names.join('');
  for (let at = 0; at < keys.length; at += keysAtOnce) {
    const some = keys.slice(at, at + keysAtOnce);
    const marks = some.map(() => (many ? one : '?')).join(', ');
    const sql = `SELECT ${columnsOf(shape)} FROM ${shape.quoted} WHERE ${list} IN (${marks})${lock}`;
    await read(
      session,
      sql,
      some.flatMap((key) => key.map((cell) => toInput(cell, 0))),
      take,
    );
  }
}

/** Rows named by whole numbers that lie close together are read in one go; those between them are passed over. */
function denseRange(
  keys: readonly Row[],
): { readonly ends: readonly Input[]; readonly numbers: ReadonlySet<number> } | undefined {
  if (keys.length <= 2 * keysAtOnce) return undefined;
  const numbers = new Set<number>();
  let [low, high] = [Infinity, -Infinity];
  for (const [cell, more] of keys) {
    if (cell?.type !== 'integer' || more !== undefined) return undefined;
    numbers.add(cell.value);
    low = Math.min(low, cell.value);
    high = Math.max(high, cell.value);
  }
  if (high - low > 3 * keys.length) return undefined;
  const ends = [low, high].map((value) => toInput({ type: 'integer', value }, 0));
  return { ends, numbers };
}

/** Hands over the rows of a query as they come. */
export async function read(
  session: MariadbSession,
  sql: string,
  values: readonly Input[],
  take: (row: Row) => void,
): Promise<void> {
  await session.stream(sql, values, (one, types) => {
    take(one.map((value, at) => toCell(value, types[at])));
    return true;
  });
}

/** The columns of a table for a query whose rows are imaged. */
export function columnsOf({ columns }: TableShape): string {
  return columns.map(({ name }) => quoteName(name)).join(', ');
}
