import { toHex } from '@countersign/codec';
import type { Cell } from '@countersign/diff';
import type { Palette } from '@countersign/program';
import { harmless } from '@countersign/wording';
import type { MaskedResult } from '../stages/mask.ts';
import { tableLines } from './table-text.ts';

/** Returns the rows that statements returned as tables for people, each with its count. */
export function resultLines({ results }: MaskedResult, colours: Palette): readonly string[] {
  return results.flatMap(({ columns, rows, truncated, masked = [] }) => {
    const cells = rows.map((row) => row.map((cell) => harmless(cellText(cell))));
    const [heading = '', ...lines] = tableLines(columns.map(harmless), cells);
    const count = `${rows.length} row${rows.length === 1 ? '' : 's'}${truncated ? ', cut at the limit' : ''}`;
    const hidden = masked.length === 0 ? [] : [`policy masks ${masked.length} of ${columns.length} columns`];
    return [colours.bold(heading), ...lines, ...[count, ...hidden].map((line) => colours.dim(line))];
  });
}

function cellText(cell: Cell): string {
  switch (cell.type) {
    case 'null':
      return 'NULL';
    case 'bytes':
      return `x'${toHex(cell.value)}'`;
    case 'text':
    case 'number':
      return cell.value;
    case 'integer':
    case 'boolean':
      return String(cell.value);
  }
}
