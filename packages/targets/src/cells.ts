import type { Cell, Row } from '@countersign/diff';

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

/** A text that is the same for the same cells and no others. */
export function rowText(row: Row): string {
  return JSON.stringify(row.map(cellText));
}

/** What names a row: its key, given by places in the row, or all of it, which is `text`, where there is none. */
export function rowName(row: Row, key: readonly number[], text: string = rowText(row)): string {
  return key.length === 0 ? text : rowText(key.map((index) => row[index] ?? { type: 'null' }));
}

function cellText(cell: Cell): readonly [string, string] {
  switch (cell.type) {
    case 'null':
      return ['', ''];
    case 'bytes':
      return ['b', Buffer.from(cell.value).toString('base64')];
    case 'integer':
    case 'boolean':
    case 'number':
    case 'text':
      return [cell.type, String(cell.value)];
  }
}
