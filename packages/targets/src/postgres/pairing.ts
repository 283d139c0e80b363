import type { Row, RowChange } from '@countersign/diff';
import type { Column, TextRow } from './session.ts';
import { scratchReader } from './values.ts';
import type { CellReader } from './values.ts';

/** Takes each change of a table, in any order. The cells are those of the next change as well: `keep` copies what stays. */
export type TakeChange = (change: RowChange, keep: (change: RowChange) => RowChange) => void;

/** Makes changes of rows as the server wrote them, in cells that are used again: a large diff keeps few of its rows. */
export class ChangeMaker {
  readonly #take: TakeChange;
  readonly #before: readonly CellReader[];
  readonly #after: readonly CellReader[];

  constructor(columns: readonly Column[], take: TakeChange) {
    this.#take = take;
    this.#before = columns.map(({ type }) => scratchReader(type));
    this.#after = columns.map(({ type }) => scratchReader(type));
  }

  /** Hands over what became of a row; nothing when it is the same before and after. */
  make(before: TextRow | undefined, after: TextRow | undefined): void {
    if (before !== undefined && after !== undefined && sameValues(before, after)) return;
    this.#take({ before: readRow(this.#before, before), after: readRow(this.#after, after) }, copyChange);
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

/**
 * Pairs all images at once: rows of the same name are one row changed. A row is named by its key, and by all of it where it
 * has none. Most changes leave both sides in the same order, so that the next old row is looked at first.
 */
export function pairRows(
  key: readonly number[],
  olds: readonly TextRow[],
  news: readonly TextRow[],
  changes: ChangeMaker,
): void {
  const nameOf = namer(key);
  const waiting: TextRow[] = [];
  const unpaired: TextRow[] = [];
  let at = 0;
  for (const after of news) {
    const name = nameOf(after);
    const end = Math.min(at + lookAhead, olds.length);
    let found = at;
    while (found < end && nameOf(olds[found] ?? []) !== name) found += 1;
    if (found === end) {
      unpaired.push(after);
      continue;
    }
    for (; at < found; at += 1) waiting.push(olds[at] ?? []);
    changes.make(olds[at], after);
    at += 1;
  }
  pairLeft(nameOf, [...waiting, ...olds.slice(at)], unpaired, changes);
}

/** Pairs rows in any order. */
function pairLeft(
  nameOf: (row: TextRow) => string,
  olds: readonly TextRow[],
  news: readonly TextRow[],
  changes: ChangeMaker,
): void {
  const waiting = new Map<string, TextRow[]>();
  for (const row of olds) {
    const name = nameOf(row);
    const list = waiting.get(name);
    if (list === undefined) waiting.set(name, [row]);
    else list.push(row);
  }
  for (const after of news) changes.make(waiting.get(nameOf(after))?.pop(), after);
  for (const rows of waiting.values()) for (const row of rows) changes.make(row, undefined);
}

function namer(key: readonly number[]): (row: TextRow) => string {
  const [only] = key;
  if (only === undefined) return JSON.stringify;
  return key.length === 1
    ? (row) => row[only] ?? ''
    : (row) => JSON.stringify(key.map((index) => row[index]));
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
