import type { Cell } from '@countersign/diff';

/** Bytes that a cell counts for under the limits of a read. */
export function cellSize(cell: Cell): number {
  if (cell.type === 'text' || cell.type === 'number') return Buffer.byteLength(cell.value);
  return cell.type === 'bytes' ? cell.value.length : 8;
}

/** Shortest text that reads back as the same double, never looking like an integer. */
export function formatReal(value: number): string {
  if (Object.is(value, -0)) return '-0.0';
  const text = String(value);
  return /^-?[0-9]+$/.test(text) ? `${text}.0` : text;
}
