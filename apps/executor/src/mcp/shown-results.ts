import type { Cell } from '@countersign/diff';
import type { MaskedResult } from '../stages/mask.ts';

/** Returns results with at most `rowsMax` rows of each, and how many rows are not shown. */
export function shownResults({ results }: MaskedResult, rowsMax: number): readonly object[] {
  return results.map(({ columns, rows, truncated, masked }) => ({
    columns,
    rows: rows.slice(0, rowsMax).map((row) => row.map(cellValue)),
    rowsLeftOut: Math.max(0, rows.length - rowsMax),
    cutAtLimit: truncated,
    masked: masked?.flatMap((index) => columns[index] ?? []),
  }));
}

/** A number that is not whole stays text, so that it keeps its digits; bytes become hex. */
function cellValue(cell: Cell): null | boolean | number | string | Uint8Array {
  return cell.type === 'null' ? null : cell.value;
}
