import { compareBytes, sha256 } from '@countersign/codec';
import type { Cell, Row } from './cell.ts';
import type { Diff, Hash, HashFunction, RowChange, SchemaChange, Setting, TableDiff } from './diff.ts';
import { compareText } from './digest.ts';
import { hashLeaf } from './table-builder.ts';

/** Where two diffs of the same statements part: what was signed, and what is now. */
export interface DiffComparison {
  /** Tables whose changes differ, ascending by name; equal ones are left out. */
  readonly tables: readonly TableComparison[];
  readonly schema: Sides<SchemaChange>;
  readonly notPreviewed: Sides<string>;
  readonly environment: Sides<Setting>;
}

/** What stands on one side only. */
export interface Sides<T> {
  readonly first: readonly T[];
  readonly second: readonly T[];
}

export interface TableComparison {
  readonly table: string;
  readonly first: Counts | null;
  readonly second: Counts | null;
  /** Rows changed on both sides, but otherwise: same key, other images. */
  readonly different: readonly { readonly first: RowChange; readonly second: RowChange }[];
  /** Rows changed on one side only. Of a sample, those that the other side would have imaged if it changed them. */
  readonly only: Sides<RowChange>;
  /** False when one side holds a sample, so that more rows may differ than are listed. */
  readonly complete: boolean;
}

export type Counts = Pick<TableDiff, 'inserted' | 'updated' | 'deleted'>;

/** Returns where two diffs differ; all lists are empty when their rows, schema and settings agree. */
export function compareDiffs(first: Diff, second: Diff, hash: HashFunction = sha256): DiffComparison {
  const names = new Set([...first.tables, ...second.tables].map((one) => one.table));
  const tables = [...names].sort(compareText).flatMap((name) => {
    const compared = compareTables(
      name,
      first.tables.find((one) => one.table === name),
      second.tables.find((one) => one.table === name),
      hash,
    );
    return compared === undefined ? [] : [compared];
  });
  return {
    tables,
    schema: sides(first.schema, second.schema, (one) =>
      JSON.stringify([one.object, one.name, one.before, one.after]),
    ),
    notPreviewed: sides(first.notPreviewed, second.notPreviewed, (one) => one),
    environment: sides(first.environment, second.environment, (one) => JSON.stringify(one)),
  };
}

function compareTables(
  table: string,
  first: TableDiff | undefined,
  second: TableDiff | undefined,
  hash: HashFunction,
): TableComparison | undefined {
  const masked = first?.generated ?? second?.generated ?? [];
  const only = sides(first?.changes ?? [], second?.changes ?? [], (one) => changeText(one, masked));
  const sameCounts = JSON.stringify(countsOf(first)) === JSON.stringify(countsOf(second));
  const sameRowsHash = String(first?.rowsHash) === String(second?.rowsHash);
  if (only.first.length === 0 && only.second.length === 0 && sameCounts && sameRowsHash) return undefined;
  const { different, only: unpaired } = pair(only, keysOf(first, second), masked);
  return {
    table,
    first: countsOf(first),
    second: countsOf(second),
    different,
    only: {
      first: proven(unpaired.first, masked, second, hash),
      second: proven(unpaired.second, masked, first, hash),
    },
    complete: isComplete(first) && isComplete(second),
  };
}

function pair(
  only: Sides<RowChange>,
  keys: Sides<number>,
  masked: readonly number[],
): Pick<TableComparison, 'different' | 'only'> {
  if (keys.first.length === 0) return { different: [], only };
  // A key that the engine makes up says nothing about which of two new rows is which.
  const unnamed = keys.first.some((index) => masked.includes(index));
  const isNamed = (one: RowChange): boolean => !unnamed || one.before !== null;
  const waiting = new Map(only.second.filter(isNamed).map((one) => [keyText(one, keys.second), one]));
  const different: { first: RowChange; second: RowChange }[] = [];
  const left: RowChange[] = [];
  for (const first of only.first) {
    const second = isNamed(first) ? waiting.get(keyText(first, keys.first)) : undefined;
    if (second === undefined) left.push(first);
    else {
      different.push({ first, second });
      waiting.delete(keyText(first, keys.first));
    }
  }
  const matched = new Set(different.map((one) => one.second));
  return { different, only: { first: left, second: only.second.filter((one) => !matched.has(one)) } };
}

/** The indexes of the key on either side, which differ where columns came or went; none where other columns are the key. */
function keysOf(first: TableDiff | undefined, second: TableDiff | undefined): Sides<number> {
  const key = first?.key ?? [];
  if (first === undefined || second === undefined) return { first: key, second: second?.key ?? [] };
  const names = ({ columns, key: own }: TableDiff): string =>
    JSON.stringify(own.map((index) => columns[index]));
  return names(first) === names(second) ? { first: key, second: second.key } : { first: [], second: [] };
}

/**
 * Rows that `other` does not hold, whether it images all of its rows or not: a sample is those of the lowest leaf hashes, so a
 * row whose leaf lies below its highest would be in it.
 */
function proven(
  changes: readonly RowChange[],
  masked: readonly number[],
  other: TableDiff | undefined,
  hash: HashFunction,
): readonly RowChange[] {
  if (other === undefined || isComplete(other)) return changes;
  const leaves = other.changes.map((change) => hashLeaf(change, masked, hash));
  const highest = leaves.reduce<Hash>((a, b) => (compareBytes(a, b) < 0 ? b : a), new Uint8Array(32));
  return changes.filter((change) => compareBytes(hashLeaf(change, masked, hash), highest) < 0);
}

function sides<T>(first: readonly T[], second: readonly T[], textOf: (one: T) => string): Sides<T> {
  return { first: without(first, second, textOf), second: without(second, first, textOf) };
}

/** The items of `list` that are not in `other`, each counted as often as it stands. */
function without<T>(list: readonly T[], other: readonly T[], textOf: (one: T) => string): T[] {
  const counts = new Map<string, number>();
  for (const one of other) counts.set(textOf(one), (counts.get(textOf(one)) ?? 0) + 1);
  return list.filter((one) => {
    const count = counts.get(textOf(one)) ?? 0;
    counts.set(textOf(one), count - 1);
    return count <= 0;
  });
}

/** Whether the rows of two diffs of a table have the same columns in the same order. */
export function sameColumns(a: TableDiff, b: TableDiff): boolean {
  return a.columns.length === b.columns.length && a.columns.every((name, index) => name === b.columns[index]);
}

function countsOf(table: TableDiff | undefined): Counts | null {
  if (table === undefined) return null;
  return { inserted: table.inserted, updated: table.updated, deleted: table.deleted };
}

function isComplete(table: TableDiff | undefined): boolean {
  return table === undefined || table.changes.length === table.inserted + table.updated + table.deleted;
}

function keyText(change: RowChange, key: readonly number[]): string {
  const row = change.before ?? change.after ?? [];
  return JSON.stringify(key.map((index) => cellText(row[index])));
}

function changeText(change: RowChange, masked: readonly number[]): string {
  const after = change.before === null ? maskRow(change.after, masked) : change.after;
  return JSON.stringify([change.before?.map(cellText), after?.map(cellText)]);
}

function maskRow(row: Row | null, masked: readonly number[]): Row | null {
  return row?.map((cell, index) => (masked.includes(index) ? { type: 'null' } : cell)) ?? null;
}

function cellText(cell: Cell | undefined): string {
  if (cell === undefined || cell.type === 'null') return 'null';
  return `${cell.type}:${String(cell.value)}`;
}
