import type { Cell, Row } from '@countersign/diff';
import type { Request } from '@countersign/messages';
import type { Palette } from '@countersign/program';
import { formatQuantity, plainText, showName, showValue } from '@countersign/wording';
import { rowsChangedSince, type UndoConflict } from '../stages/undo-conflicts.ts';
import { maskedIndexes } from './shown-diff.ts';

/** Rows that an undo does not restore, as `undo` prints them; values that policy masks are hidden. */
export interface ShownConflicts {
  readonly rows: readonly ShownConflict[];
  readonly rowsLeftOut: number;
}

export interface ShownConflict {
  readonly table: string;
  readonly kind: UndoConflict['kind'];
  /** Empty when no key names the row. */
  readonly key: readonly { readonly column: string; readonly value: Cell }[];
  /** Set when the table has other columns now: then no value but the key is listed. */
  readonly columnsDiffer?: true;
  /** Of a row that changed since: what the request left, and what is there. Of another: what a whole undo makes of it, and what this one does. */
  readonly columns: readonly {
    readonly column: string;
    readonly was: Cell | null;
    readonly is: Cell | null;
  }[];
}

/** Rows in the document and in the lines, columns of a row and bytes of a value in the lines. */
const rowsMax = 100;
const rowsShownMax = 20;
const columnsShownMax = 12;
const valueBytesMax = 48;
const maskedCell: Cell = { type: 'text', value: '(masked)' };

/** Returns conflicts without the values that the policy of any of the requests masks. */
export function showConflicts(
  conflicts: readonly UndoConflict[],
  requests: readonly Request[],
): ShownConflicts {
  const listed = conflicts.slice(0, rowsMax);
  return {
    rows: listed.map((one) => showConflict(one, requests)),
    rowsLeftOut: conflicts.length - listed.length,
  };
}

function showConflict(
  { table, columnsDiffer, kind, expected, found }: UndoConflict,
  requests: readonly Request[],
): ShownConflict {
  const hidden = new Set(requests.flatMap((request) => [...maskedIndexes(request, table)]));
  const cell = (row: Row | null, index: number): Cell | null =>
    row === null ? null : hidden.has(index) ? maskedCell : (row[index] ?? null);
  const [was, is] =
    kind === 'otherwise' || kind === 'besides'
      ? [expected?.after ?? null, found?.after ?? null]
      : [expected?.before ?? null, found?.before ?? null];
  const named = [expected?.before, expected?.after, found?.before, found?.after].find((row) => row) ?? null;
  // Cells are masked by their place among the columns of `table`, which are not those of both rows where columns differ.
  const differing = columnsDiffer
    ? []
    : [...table.columns.keys()].filter(
        (index) => was !== null && is !== null && JSON.stringify(was[index]) !== JSON.stringify(is[index]),
      );
  return {
    table: table.table,
    kind,
    key: table.key.map((index) => ({
      column: table.columns[index] ?? '',
      value: cell(named, index) ?? { type: 'null' },
    })),
    ...(columnsDiffer ? { columnsDiffer } : {}),
    columns: differing.map((index) => ({
      column: table.columns[index] ?? '',
      was: cell(was, index),
      is: cell(is, index),
    })),
  };
}

/** Returns in lines for people what an undo does not restore. */
export function conflictLines(
  conflicts: readonly UndoConflict[],
  { rows, rowsLeftOut }: ShownConflicts,
  colours: Palette,
): readonly string[] {
  const since = rowsChangedSince(conflicts).length;
  const why = [
    ...(since > 0 ? [`${formatQuantity(since, 'row')} changed since`] : []),
    ...(since < conflicts.length || since === 0 ? ['triggers change more'] : []),
  ];
  const shown = rows.slice(0, rowsShownMax);
  const more = rows.length - shown.length + rowsLeftOut;
  return [
    colours.yellow(`this does not restore the rows exactly: ${why.join(', and ')}`),
    ...shown.flatMap(rowLines),
    ...(more > 0
      ? [colours.dim(`  … and ${formatQuantity(more, 'row')} more: --json has up to ${rowsMax}`)]
      : []),
  ];
}

const kindTexts: Readonly<Record<UndoConflict['kind'], string>> = {
  changed: 'changed since',
  unmoved: 'gone, or as it was before the request already',
  otherwise: 'not put back as it was, by a trigger or a cascade',
  besides: 'changed besides, by a trigger or a cascade',
};

function rowLines({ table, kind, key, columnsDiffer, columns }: ShownConflict): readonly string[] {
  const name = key.map(({ column, value }) => `${showName(column)} ${valueText(value)}`).join(', ');
  const shown = columns.slice(0, columnsShownMax);
  const [first, second] = kind === 'otherwise' ? ['before the request', 'after the undo'] : ['was', 'is'];
  return [
    `  ${showName(table)} ${name === '' ? 'a row' : name}: ${kindTexts[kind]}${columnsDiffer === true ? '; its columns are others now, no value is listed' : ''}`,
    ...shown.map(
      ({ column, was, is }) =>
        `    ${showName(column)}: ${first} ${valueText(was)}, ${second} ${valueText(is)}`,
    ),
    ...(columns.length > shown.length
      ? [`    … and ${formatQuantity(columns.length - shown.length, 'column')} more`]
      : []),
  ];
}

function valueText(cell: Cell | null): string {
  return cell === null ? 'nothing' : plainText(showValue(cell, valueBytesMax).spans);
}
