import type { Cell, Counts } from '@countersign/diff';
import type { Palette } from '@countersign/program';
import { formatCount, formatQuantity, harmless, plainText, showName, showValue } from '@countersign/wording';
import type { Drift, DriftCells, DriftColumn, DriftRow, DriftTable } from './drift.ts';

/** Rows, columns of a row and bytes of a value that are written; `--json` has more. */
const rowsShownMax = 20;
const columnsShownMax = 12;
const valueBytesMax = 48;

/** Returns a drift in lines for people: table by table the rows that differ, as approved and as they are now. */
export function driftLines(drift: Drift, colours: Palette): readonly string[] {
  const lines: string[] = [];
  let left = rowsShownMax;
  for (const table of drift.tables) {
    const rows = table.rows.slice(0, left);
    left -= rows.length;
    const more = table.rows.length - rows.length + table.rowsLeftOut;
    lines.push(
      `${colours.bold(showName(table.table))}: approved ${countsText(table.approved)}; now ${countsText(table.now)}`,
      ...rows.flatMap((row) => rowLines(row, colours)),
      ...moreLines(table, more).map((line) => colours.dim(line)),
    );
  }
  for (const [title, sides] of Object.entries({
    schema: drift.schema,
    'not previewed': drift.notPreviewed,
    setting: drift.environment,
  })) {
    lines.push(...sides.approved.map((text) => `${title}, only as approved: ${harmless(text)}`));
    lines.push(...sides.now.map((text) => `${title}, only now: ${harmless(text)}`));
  }
  if (drift.tolerated !== undefined)
    lines.push(...toleratedLines(drift.tolerated).map((line) => colours.dim(line)));
  return lines;
}

function toleratedLines({ columns, fewerRows }: NonNullable<Drift['tolerated']>): readonly string[] {
  return [
    ...(columns.length > 0 ? [`not listed, it may differ: ${harmless(columns.join(', '))}`] : []),
    ...(fewerRows ? ['not listed, they may be fewer: rows as approved that do not change any more'] : []),
  ];
}

function countsText(counts: Counts | null): string {
  if (counts === null) return 'nothing';
  const parts = Object.entries(counts).filter(([, count]) => count > 0);
  return parts.map(([what, count]) => `${formatCount(count)} ${what}`).join(', ');
}

function moreLines({ complete, columnsDiffer }: DriftTable, more: number): readonly string[] {
  if (columnsDiffer === true) return ['  its columns are others than approved: no row is listed'];
  return [
    ...(more > 0 ? [`  … and ${formatQuantity(more, 'row')} more: --json has up to 100`] : []),
    ...(complete ? [] : ['  only samples of the rows are kept: more may differ']),
  ];
}

function rowLines(row: DriftRow, colours: Palette): readonly string[] {
  const name = row.key.length === 0 ? 'a row' : row.key.map(keyText).join(', ');
  const shown = row.columns.slice(0, columnsShownMax);
  const more = row.columns.length - shown.length;
  return [
    `  ${name}: ${colours.yellow(whatDiffers(row))}`,
    ...shown.map((column) => `    ${showName(column.column)}: ${columnText(column)}`),
    ...(more > 0 ? [colours.dim(`    … and ${formatQuantity(more, 'column')} more`)] : []),
  ];
}

function keyText({ column, value }: DriftRow['key'][number]): string {
  return `${showName(column)} ${valueText(value)}`;
}

function whatDiffers({ approved, now }: DriftRow): string {
  if (approved === null) return `${now ?? ''} only now, not approved`;
  if (now === null) return `${approved} as approved, not any more`;
  return approved === now ? `another ${now} than approved` : `${approved} as approved, ${now} now`;
}

function columnText({ approved, now }: DriftColumn): string {
  if (approved === null || now === null) return cellsText(approved ?? now);
  return `approved ${cellsText(approved)}, now ${cellsText(now)}`;
}

function cellsText(cells: DriftCells | null): string {
  const { before = null, after = null } = cells ?? {};
  if (before === null) return after === null ? 'nothing' : valueText(after);
  return after === null ? valueText(before) : `${valueText(before)} → ${valueText(after)}`;
}

function valueText(cell: Cell): string {
  return plainText(showValue(cell, valueBytesMax).spans);
}
