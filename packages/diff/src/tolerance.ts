import { equalBytes, sha256, toHex } from '@countersign/codec';
import type { Cell, Row } from './cell.ts';
import type { Diff, HashFunction, RowChange, TableDiff } from './diff.ts';
import { digest } from './digest.ts';
import { hashChanges, hashLeaf } from './table-builder.ts';

/** What a run may do otherwise than the signed diff says. docs/spec/diff.md#tolerance */
export interface Tolerance {
  /** Columns whose values may differ: indexes into the columns of each table, by the name that the diff has for it. */
  readonly columns: ReadonlyMap<string, readonly number[]>;
  /** Whether rows of the signed diff may be missing. */
  readonly fewerRows: boolean;
}

/**
 * Returns whether what a run changes is what was signed, but for what the tolerance lets differ. Anything that cannot be compared
 * row by row (a sample, a column that is not there or names rows, rows that no key names) is compared to the byte.
 */
export function isWithin(
  signed: Diff,
  now: Diff,
  tolerance: Tolerance,
  hash: HashFunction = sha256,
): boolean {
  const exact = [signed, now].every((diff) => isComparable(diff, tolerance));
  if (!exact) return equalBytes(digest(signed, hash), digest(now, hash));
  const [was, is] = [blank(signed, tolerance, hash), blank(now, tolerance, hash)];
  const expected = tolerance.fewerRows ? onlyThose(was, is, hash) : was;
  return equalBytes(digest(expected, hash), digest(is, hash));
}

/** Whether a tolerance has a meaning for a diff: every row is there, and no column of it names one. */
export function isComparable(diff: Diff, { columns, fewerRows }: Tolerance): boolean {
  return (
    diff.complete &&
    diff.tables.every((table) => {
      const blanked = columns.get(table.table) ?? [];
      return (
        table.changes.length === table.inserted + table.updated + table.deleted &&
        blanked.every((index) => index < table.columns.length && !table.key.includes(index)) &&
        (!fewerRows || (table.key.length > 0 && !table.key.some((index) => table.generated.includes(index))))
      );
    })
  );
}

/** The diff without the values that may differ, on either side of each change. */
function blank(diff: Diff, { columns }: Tolerance, hash: HashFunction): Diff {
  const tables = diff.tables.map((table) => {
    const indexes = columns.get(table.table) ?? [];
    if (indexes.length === 0) return table;
    return withChanges(
      table,
      table.changes.map(({ before, after }) => ({
        before: blankRow(before, indexes),
        after: blankRow(after, indexes),
      })),
      hash,
    );
  });
  return { ...diff, tables };
}

const nothing: Cell = { type: 'null' };

function blankRow(row: Row | null, indexes: readonly number[]): Row | null {
  return row?.map((cell, index) => (indexes.includes(index) ? nothing : cell)) ?? null;
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
