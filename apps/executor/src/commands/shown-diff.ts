import type { Cell, Diff, Row, RowChange, TableDiff } from '@countersign/diff';
import type { Request } from '@countersign/messages';
import { changedTableName, columnName } from '@countersign/sql';
import { masksIn } from '../stages/mask.ts';

const before: Cell = { type: 'text', value: '(masked)' };
const changed: Cell = { type: 'text', value: '(masked, changed)' };

/**
 * Returns a diff as the executor's own commands print it: the values of columns that the signed verdict masks are hidden.
 * Its digest is no longer the signed one; approvers get the exact values. docs/spec/policy.md#masks
 */
export function shownDiff(request: Request, diff: Diff): Diff {
  const tables = diff.tables.map((table) => {
    const hidden = maskedIndexes(request, table);
    return hidden.size === 0
      ? table
      : { ...table, changes: table.changes.map((change) => hide(change, hidden)) };
  });
  return { ...diff, tables };
}

/** Returns the indexes of a table's columns that the signed verdict masks. */
export function maskedIndexes({ policy, target }: Request, table: TableDiff): ReadonlySet<number> {
  const masks = masksIn(policy.obligations);
  if (masks.length === 0) return new Set();
  const name = changedTableName(target.engine, table.table);
  return new Set(
    table.columns.flatMap((column, index) => {
      const own = columnName(target.engine, column);
      return masks.some((mask) => mask === `${name}.${own}` || mask === `${name}.*`) ? [index] : [];
    }),
  );
}

function hide({ before: from, after: to }: RowChange, hidden: ReadonlySet<number>): RowChange {
  const differs = (index: number): boolean => JSON.stringify(from?.[index]) !== JSON.stringify(to?.[index]);
  const after = (index: number): Cell => (from !== null && differs(index) ? changed : before);
  const mask = (row: Row, cell: (index: number) => Cell): Row =>
    row.map((value, index) => (hidden.has(index) ? cell(index) : value));
  return {
    before: from === null ? null : mask(from, () => before),
    after: to === null ? null : mask(to, after),
  };
}
