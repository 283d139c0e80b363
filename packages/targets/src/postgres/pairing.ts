import type { Row, RowChange, TableBuilder } from '@countersign/diff';
import { CopiedRow } from './copied-rows.ts';
import type { CopiedRows } from './copied-rows.ts';
import type { Column, TextRow } from './session.ts';
import { scratchReader } from './values.ts';
import type { CellReader } from './values.ts';

/** Makes changes of rows as the server wrote them, in cells that are used again: a large diff keeps few of its rows. */
export class ChangeMaker {
  readonly #builder: TableBuilder;
  readonly #before: readonly CellReader[];
  readonly #after: readonly CellReader[];

  constructor(columns: readonly Column[], builder: TableBuilder) {
    this.#builder = builder;
    this.#before = columns.map(({ type }) => scratchReader(type));
    this.#after = columns.map(({ type }) => scratchReader(type));
  }

  /** Hands over what became of a row; nothing when it is the same before and after. */
  make(before: TextRow | undefined, after: TextRow | undefined): void {
    if (before !== undefined && after !== undefined && sameValues(before, after)) return;
    this.#builder.add(
      { before: readRow(this.#before, before), after: readRow(this.#after, after) },
      copyChange,
    );
  }
}

function readRow(readers: readonly CellReader[], values: TextRow | undefined): Row | null {
  return values === undefined ? null : readers.map((read, index) => read(values[index] ?? null));
}

function copyChange({ before, after }: RowChange): RowChange {
  const copy = (row: Row | null): Row | null => row?.map((cell) => ({ ...cell })) ?? null;
  return { before: copy(before), after: copy(after) };
}

/** Old rows looked at for the one that a new row was, before it is left for the end. */
const lookAhead = 8;

/** Images of a table, all at once. */
export interface CopiedSides {
  readonly olds: CopiedRows;
  /** Which of the old rows are gone; all when there is no list. */
  readonly gone: Uint8Array | undefined;
  readonly news: CopiedRows;
}

/**
 * Pairs all images at once: rows of the same name are one row changed. A row is named by its key, and by all of it where it
 * has none. Most changes leave both sides in the same order, so that the next old row is looked at first.
 */
export function pairCopied(
  key: readonly number[],
  sides: CopiedSides,
  types: readonly number[],
  builder: TableBuilder,
): void {
  const { olds, gone, news } = sides;
  const named = key.length > 0 ? key : [...types.keys()];
  const old = new CopiedRow(olds, types);
  const now = new CopiedRow(news, types);
  const add = (before: number | undefined, after: number | undefined): void => {
    if (before !== undefined && after !== undefined && sameFields(olds, before, news, after)) return;
    if (before !== undefined) old.at = before;
    if (after !== undefined) now.at = after;
    builder.addImages(before === undefined ? null : old, after === undefined ? null : now);
  };
  const left: number[] = [];
  const unpaired: number[] = [];
  const isGone = (row: number): boolean => gone === undefined || gone[row] === 1;
  let at = 0;
  for (let after = 0; after < news.count; after += 1) {
    const end = Math.min(at + lookAhead, olds.count);
    let found = at;
    while (found < end && !(isGone(found) && sameName(named, olds, found, news, after))) found += 1;
    if (found === end) {
      unpaired.push(after);
      continue;
    }
    for (; at < found; at += 1) if (isGone(at)) left.push(at);
    add(at, after);
    at += 1;
  }
  for (; at < olds.count; at += 1) if (isGone(at)) left.push(at);
  pairLeft(nameIn(named, olds), left, nameIn(named, news), unpaired, add);
}

/** Pairs rows in any order. */
function pairLeft(
  nameOfOld: (row: number) => string,
  olds: readonly number[],
  nameOfNew: (row: number) => string,
  news: readonly number[],
  add: (before: number | undefined, after: number | undefined) => void,
): void {
  const waiting = new Map<string, number[]>();
  for (const row of olds) {
    const name = nameOfOld(row);
    const list = waiting.get(name);
    if (list === undefined) waiting.set(name, [row]);
    else list.push(row);
  }
  for (const after of news) add(waiting.get(nameOfNew(after))?.pop(), after);
  for (const rows of waiting.values()) for (const row of rows) add(row, undefined);
}

/** The fields that name a row; no tab is in any of them. */
function nameIn(named: readonly number[], rows: CopiedRows): (row: number) => string {
  return (row) => named.map((field) => rows.raw(row, field)).join('\t');
}

function sameName(
  named: readonly number[],
  a: CopiedRows,
  rowA: number,
  b: CopiedRows,
  rowB: number,
): boolean {
  return named.every((field) =>
    sameBytes(
      a,
      a.startOf(rowA, field),
      a.endOf(rowA, field),
      b,
      b.startOf(rowB, field),
      b.endOf(rowB, field),
    ),
  );
}

function sameFields(a: CopiedRows, rowA: number, b: CopiedRows, rowB: number): boolean {
  const [startA, startB] = [a.startOf(rowA, 0), b.startOf(rowB, 0)];
  // Without the separator that follows: a tab where a row's place comes next, else a newline.
  return sameBytes(a, startA, a.startOf(rowA, a.shown) - 1, b, startB, b.startOf(rowB, b.shown) - 1);
}

function sameBytes(
  a: CopiedRows,
  startA: number,
  endA: number,
  b: CopiedRows,
  startB: number,
  endB: number,
): boolean {
  if (endA - startA !== endB - startB) return false;
  const [left, right] = [a.bytes, b.bytes];
  for (let index = startA, other = startB; index < endA; index += 1, other += 1) {
    if (left[index] !== right[other]) return false;
  }
  return true;
}

function sameValues(a: TextRow, b: TextRow): boolean {
  return a.every((value, index) => value === b[index]);
}

/** Images that come in the ascending order of a name, which leads each row; undefined when there are no more. */
export type NextRow = () => Promise<TextRow | undefined>;

/** Pairs the rows of two ascending streams, holding one of each. */
export async function mergeRows(nextOld: NextRow, nextNew: NextRow, changes: ChangeMaker): Promise<void> {
  let [old, now] = [await nextOld(), await nextNew()];
  while (old !== undefined || now !== undefined) {
    const order = old === undefined ? 1 : now === undefined ? -1 : compareUtf8(old[0] ?? '', now[0] ?? '');
    changes.make(order <= 0 ? old?.slice(1) : undefined, order >= 0 ? now?.slice(1) : undefined);
    if (order <= 0) old = await nextOld();
    if (order >= 0) now = await nextNew();
  }
}

/** Orders texts by their UTF-8 bytes, as the server does bytea. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const difference = rankOf(a.charCodeAt(index)) - rankOf(b.charCodeAt(index));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Surrogates, which are characters of four bytes, come after everything of three. */
function rankOf(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
