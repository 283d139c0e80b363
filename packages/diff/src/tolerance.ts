import { equalBytes, sha256, toHex } from '@countersign/codec';
import type { Cell, Row } from './cell.ts';
import type { Diff, HashFunction, RowChange, TableDiff } from './diff.ts';
import { changedRows } from './diff.ts';
import { digest } from './digest.ts';
import { hashChanges, hashLeaf, sameRows } from './table-builder.ts';

/** What a run may do otherwise than the signed diff says. docs/spec/diff.md#tolerance */
export interface Tolerance {
  /** Columns whose values may have drifted: indexes into the columns of each table, by the name that the diff has for it. */
  readonly columns: ReadonlyMap<string, readonly number[]>;
  /** Whether rows of the signed diff may be missing. */
  readonly fewerRows: boolean;
}

/**
 * Returns whether what a run changes is what was signed, but for what the tolerance lets differ. What the run writes is always as
 * signed. Anything that cannot be compared row by row (a change of the schema, a sample, a column that is not there or names rows, a
 * table whose rows nothing names) is compared to the byte.
 */
export function isWithin(
  signed: Diff,
  now: Diff,
  tolerance: Tolerance,
  hash: HashFunction = sha256,
): boolean {
  const comparable = [signed, now].every((diff) => isComparable(diff, tolerance));
  if (!comparable) return equalBytes(digest(signed, hash), digest(now, hash));
  // A run that does nothing any more is not the one that was approved.
  if (changedRows(now) === 0 && changedRows(signed) > 0) return false;
  const [was, is] = [signed, now].map((diff) => withoutDrift(diff, tolerance, hash));
  if (was === undefined || is === undefined) return false;
  const expected = tolerance.fewerRows ? onlyThose(was, is, hash) : was;
  return equalBytes(digest(expected, hash), digest(is, hash));
}

/**
 * Whether a tolerance has a meaning for a diff: it leaves the schema, every row is there and named, and no column that may drift
 * names one.
 */
export function isComparable(diff: Diff, { columns, fewerRows }: Tolerance): boolean {
  return (
    diff.complete &&
    diff.schema.length === 0 &&
    diff.tables.every((table) => {
      const drifting = columns.get(table.table) ?? [];
      const isWhole = table.changes.length === table.inserted + table.updated + table.deleted;
      const isNamed = table.key.length > 0;
      return (
        isWhole &&
        drifting.every((index) => index < table.columns.length && !table.key.includes(index)) &&
        (drifting.length === 0 || isNamed) &&
        (!fewerRows || (isNamed && !table.key.some((index) => table.generated.includes(index))))
      );
    })
  );
}

/**
 * Returns the diff without the values that may have drifted: in an updated row those that the run leaves as they are, in a deleted
 * one all. What a run writes stays: a value that nobody signed cannot come in through a column that may drift.
 */
export function withoutDrift(diff: Diff, { columns }: Tolerance, hash: HashFunction = sha256): Diff {
  const tables = diff.tables.map((table) => {
    const drifting = columns.get(table.table) ?? [];
    if (drifting.length === 0) return table;
    return withChanges(
      table,
      table.changes.map((change) => blank(change, drifting)),
      hash,
    );
  });
  return { ...diff, tables };
}

function blank(change: RowChange, drifting: readonly number[]): RowChange {
  const { before, after } = change;
  if (before === null) return change;
  const left = drifting.filter((index) => after === null || isLeft(before[index], after[index]));
  return { before: blankRow(before, left), after: after === null ? null : blankRow(after, left) };
}

function isLeft(before: Cell | undefined, after: Cell | undefined): boolean {
  return before !== undefined && after !== undefined && sameRows([before], [after]);
}

const nothing: Cell = { type: 'null' };

function blankRow(row: Row, indexes: readonly number[]): Row {
  return row.map((cell, index) => (indexes.includes(index) ? nothing : cell));
}

/** The signed diff with no more than the changes that are made now, each as often as it is. */
function onlyThose(signed: Diff, now: Diff, hash: HashFunction): Diff {
  const tables = signed.tables.flatMap((table) => {
    const left = new Map<string, number>();
    const leafOf = (change: RowChange): string => toHex(hashLeaf(change, table.generated, hash));
    for (const change of now.tables.find((one) => one.table === table.table)?.changes ?? []) {
      const leaf = leafOf(change);
      left.set(leaf, (left.get(leaf) ?? 0) + 1);
    }
    const kept = table.changes.filter((change) => {
      const leaf = leafOf(change);
      const count = left.get(leaf) ?? 0;
      left.set(leaf, count - 1);
      return count > 0;
    });
    return kept.length === 0 ? [] : [withChanges(table, kept, hash)];
  });
  return { ...signed, tables };
}

function withChanges(table: TableDiff, changes: readonly RowChange[], hash: HashFunction): TableDiff {
  const inserted = changes.filter(({ before }) => before === null).length;
  const deleted = changes.filter(({ after }) => after === null).length;
  return {
    ...table,
    inserted,
    deleted,
    updated: changes.length - inserted - deleted,
    rowsHash: hashChanges(changes, table.generated, hash),
    changes,
  };
}
