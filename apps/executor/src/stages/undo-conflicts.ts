import { toHex, utf8Length } from '@countersign/codec';
import {
  compareDiffs,
  invertDiff,
  sameColumns,
  type Diff,
  type RowChange,
  type TableDiff,
} from '@countersign/diff';
import type { Pair } from '@countersign/messages';
import { formatQuantity } from '@countersign/wording';
import { conflictsContext } from './context.ts';

/** A row that an undo does not put back as it was before the request that it undoes. */
export interface UndoConflict {
  /** As it was when the request ran; as it is now where the undo alone touches the row. */
  readonly table: TableDiff;
  /** Whether the table has other columns now than when the request ran: then the values of both cannot be told beside each other. */
  readonly columnsDiffer: boolean;
  /**
   * `changed`: its values are others than the request left. `unmoved`: it is gone, or as before already. `otherwise`: a trigger or a
   * cascade makes another row of it. `besides`: a whole undo would not touch it.
   */
  readonly kind: 'changed' | 'unmoved' | 'otherwise' | 'besides';
  /** What a whole undo would do with the row; null when it would not touch it. */
  readonly expected: RowChange | null;
  /** What this undo does with it; null for nothing. */
  readonly found: RowChange | null;
}

const contextBytesMax = 1_024;

/** Returns the rows at which an undo, as its dry run on the present rows showed it, parts from one that restores everything. */
export function conflictsOf(done: Diff, undoing: Diff): readonly UndoConflict[] {
  const whole = invertDiff(done);
  return compareDiffs(whole, undoing).tables.flatMap(({ table: name, different, only }) => {
    const [was, is] = [whole, undoing].map(({ tables }) => tables.find((one) => one.table === name));
    const columnsDiffer = was !== undefined && is !== undefined && !sameColumns(was, is);
    const conflict = (expected: RowChange | null, found: RowChange | null): UndoConflict[] => {
      const table = expected === null ? is : was;
      return table === undefined
        ? []
        : [{ table, columnsDiffer, kind: kindOf(expected, found), expected, found }];
    };
    return [
      ...different.flatMap(({ first, second }) => conflict(first, second)),
      ...only.first.flatMap((first) => conflict(first, null)),
      ...only.second.flatMap((second) => conflict(null, second)),
    ];
  });
}

/** Whether what an undo does is exactly the opposite of what was done. */
export function restoresAll(done: Diff, undoing: Diff): boolean {
  const { tables, schema, notPreviewed } = compareDiffs(invertDiff(done), undoing);
  return (
    tables.length === 0 &&
    [schema, notPreviewed].every(({ first, second }) => first.length + second.length === 0)
  );
}

/** The rows that somebody changed since. */
export function rowsChangedSince(conflicts: readonly UndoConflict[]): readonly UndoConflict[] {
  return conflicts.filter(({ kind }) => kind === 'changed' || kind === 'unmoved');
}

/** Returns what an undo's approvers are told of rows that have changed since, without any value; none when none has. */
export function conflictsPair(conflicts: readonly UndoConflict[], undone: Uint8Array): readonly Pair[] {
  const since = rowsChangedSince(conflicts);
  if (since.length === 0) return [];
  const tables = [...Map.groupBy(since, ({ table }) => table.table)];
  const text = (list: string): string =>
    `${formatQuantity(since.length, 'row')} changed since request ${toHex(undone)} ran, the undo does not restore them as they were${list}`;
  const whole = text(`: ${tables.map(([name, rows]) => `${rows.length} of ${name}`).join(', ')}`);
  return [[conflictsContext, utf8Length(whole) > contextBytesMax ? text('') : whole]];
}

function kindOf(expected: RowChange | null, found: RowChange | null): UndoConflict['kind'] {
  if (expected === null) return 'besides';
  if (found === null) return expected.before === null ? 'otherwise' : 'unmoved';
  return JSON.stringify(expected.before) === JSON.stringify(found.before) ? 'otherwise' : 'changed';
}
