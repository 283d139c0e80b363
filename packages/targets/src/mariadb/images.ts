import type { TableBuilder } from '@countersign/diff';
import { TargetError } from '../target-error.ts';
import { HeldImages } from './held-images.ts';
import type { Values } from './held-images.ts';
import type { KeyChunk, KeySet } from './key-set.ts';
import type { ColumnType, MariadbSession } from './session.ts';
import { DoubtfulText, readAs } from './shown-as.ts';
import { withBytes } from './table-shapes.ts';
import type { TableShape } from './table-shapes.ts';
import { quoteName, toInput } from './values.ts';
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

/** The changes of each table, in the order given. */
export type TableChanges = readonly (readonly [TableShape, TableBuilder])[];

/** Makes what collects the changes of a table. */
export type BuilderOf = (shape: TableShape) => TableBuilder;

type Take = (row: Values, types: readonly ColumnType[]) => void;

const locked = ' LOCK IN SHARE MODE';

/**
 * Images rows by their keys, some of them at a time. The writer reads them under locks, so nobody else changes them any more, and the
 * observer begins only then: what was committed last is what they were before. While it reads them the writer is at the next.
 * @throws TargetError `limit/bytes`
 */
export async function imageByKey(
  sides: Sides,
  tables: readonly (readonly [TableShape, KeySet])[],
  budget: ImageBudget,
  builderOf: BuilderOf,
): Promise<TableChanges> {
  const found: (readonly [TableShape, TableBuilder])[] = [];
  for (const [shape, keys] of tables) {
    const builder = builderOf(shape);
    found.push([shape, builder]);
    const ahead = async (chunk: KeyChunk | undefined): Promise<HeldImages> => {
      const images = new HeldImages(shape);
      if (chunk === undefined) return images;
      await readByKey(sides.writer, shape, chunk, locked, holding(images, budget));
      return images;
    };
    const chunks = keys.chunks();
    let chunk = next(chunks);
    let images = ahead(chunk);
    while (chunk !== undefined) {
      const held = await images;
      const following = next(chunks);
      images = ahead(following);
      // When the observer fails first, that is the answer.
      images.catch(() => undefined);
      await observe(sides.observer);
      await readByKey(sides.observer, shape, chunk, '', comparing(held, builder, budget));
      held.addLeft(builder);
      chunk = following;
    }
  }
  return found;
}

function next(chunks: Generator<KeyChunk, undefined>): KeyChunk | undefined {
  return chunks.next().value;
}

/**
 * Compares tables whole, under locks on all their rows until the transaction ends.
 * @throws TargetError `limit/rows` above the limit of rows scanned, `limit/bytes`
 */
export async function imageWhole(
  { writer, observer }: Sides,
  shapes: readonly TableShape[],
  budget: ImageBudget,
  builderOf: BuilderOf,
): Promise<TableChanges> {
  const scanned = budget.rowsScanned;
  const held: (readonly [TableShape, HeldImages])[] = [];
  for (const shape of shapes) {
    const images = new HeldImages(shape);
    const hold = holding(images, budget);
    held.push([shape, images]);
    await read(writer, shape, `${selectFrom(shape)}${locked}`, [], (row, types) => {
      budget.rowsScanned -= 1;
      if (budget.rowsScanned < 0) {
        const text = `the changed tables hold more than ${scanned} rows, which are compared one by one here; expected a statement whose rows are named by the primary key of a table without triggers and cascades`;
        throw new TargetError('limit/rows', text);
      }
      hold(row, types);
    });
  }
  await observe(observer);
  const found: (readonly [TableShape, TableBuilder])[] = [];
  for (const [shape, images] of held) {
    const builder = builderOf(shape);
    await read(observer, shape, selectFrom(shape), [], comparing(images, builder, budget));
    images.addLeft(builder);
    found.push([shape, builder]);
  }
  return found;
}

function holding(images: HeldImages, budget: ImageBudget): Take {
  return (row, types) => {
    spend(budget, row);
    images.hold(row, types);
  };
}

function comparing(images: HeldImages, builder: TableBuilder, budget: ImageBudget): Take {
  return (row, types) => {
    if (images.compare(row, types, builder)) spend(budget, row);
  };
}

function spend(budget: ImageBudget, row: Values): void {
  for (const value of row) {
    budget.bytes -= typeof value === 'string' || value instanceof Uint8Array ? value.length : 8;
  }
  if (budget.bytes < 0) {
    throw new TargetError('limit/bytes', 'old and new rows need more space than allowed');
  }
}

/** Begins a snapshot of what is committed now. */
async function observe(observer: MariadbSession): Promise<void> {
  await observer.control('ROLLBACK');
  await observer.control('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
}

async function readByKey(
  session: MariadbSession,
  shape: TableShape,
  chunk: KeyChunk,
  lock: string,
  take: Take,
): Promise<void> {
  const names = shape.key.map((index) => quoteName(shape.columns[index]?.name ?? ''));
  if (chunk.kind === 'range') {
    const { low, high, numbers } = chunk;
    const ends = [low, high].map((value) => toInput({ type: 'integer', value }, 0));
    const sql = `${selectFrom(shape)} WHERE ${names.join('')} BETWEEN ? AND ?${lock}`;
    const [place = 0] = shape.key;
    await read(session, shape, sql, ends, (row, types) => {
      if (numbers === undefined || numbers.has(Number(row[place]))) take(row, types);
    });
    return;
  }
  const [one, many] = [`(${names.map(() => '?').join(', ')})`, names.length > 1];
  const list = many ? `(${names.join(', ')})` : names.join('');
  const marks = chunk.keys.map(() => (many ? one : '?')).join(', ');
  const sql = `${selectFrom(shape)} WHERE ${list} IN (${marks})${lock}`;
  const values = chunk.keys.flatMap((key) => key.map((cell) => toInput(cell, 0)));
  await read(session, shape, sql, values, take);
}

/** Looks at tables, and again with a column as bytes as often as its texts do not say what they are. */
export async function exactly<T>(
  shapes: readonly TableShape[],
  look: (shapes: readonly TableShape[]) => Promise<T>,
): Promise<T> {
  let exact = shapes;
  for (;;) {
    try {
      return await look(exact);
    } catch (cause) {
      if (!(cause instanceof DoubtfulText)) throw cause;
      const { table, column } = cause;
      exact = exact.map((shape) => (shape.name === table ? withBytes(shape, column) : shape));
    }
  }
}

/**
 * Hands over the rows of a query as they come.
 * @throws DoubtfulText
 */
export async function read(
  session: MariadbSession,
  { name, columns, hasShapes }: TableShape,
  sql: string,
  values: readonly Input[],
  take: Take,
): Promise<void> {
  const doubts = columns.flatMap(({ doubt }, index) =>
    doubt === undefined ? [] : [[index, doubt] as const],
  );
  const row = (one: Values, types: readonly ColumnType[]): boolean => {
    for (const [index, doubt] of doubts) {
      const value = one[index];
      if (typeof value === 'string' && doubt.test(value)) throw new DoubtfulText(name, index);
    }
    take(one, types);
    return true;
  };
  await session.stream(sql, values, row, hasShapes ? 'any' : 'plain');
}

/** The query for all rows of a table, to which conditions may be added. */
export function selectFrom({ columns, quoted }: TableShape): string {
  return `SELECT ${columns.map(({ name, shownAs }) => readAs(name, shownAs)).join(', ')} FROM ${quoted}`;
}
