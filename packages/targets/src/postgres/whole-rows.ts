import type { Cell, Row, RowChange } from '@countersign/diff';
import { cellSize } from '../cells.ts';
import { TargetError } from '../target-error.ts';
import type { PostgresSession } from './session.ts';
import { toCell } from './values.ts';

/** Rows of a query as cells, all held at once. @throws TargetError `limit/bytes` */
export async function readCells(
  session: PostgresSession,
  sql: string,
  budget: { bytes: number },
): Promise<Row[]> {
  const rows: Row[] = [];
  await session.stream(sql, [], (one, columns) => {
    const row = one.map((value, at) => toCell(value, columns[at]?.type ?? 0));
    budget.bytes -= row.reduce((sum, cell) => sum + cellSize(cell), 0);
    if (budget.bytes < 0) {
      throw new TargetError('limit/bytes', 'old and new rows need more space than allowed');
    }
    rows.push(row);
    return true;
  });
  return rows;
}

/**
 * Makes changes of all rows of a table before and after, whose columns may have other types by now: rows of the same key are one
 * row changed, and what is the same before and after is none.
 */
export function pairCells(key: readonly number[], olds: readonly Row[], news: readonly Row[]): RowChange[] {
  const waiting = new Map<string, Row[]>();
  for (const row of olds) {
    const name = nameOf(row, key);
    const list = waiting.get(name);
    if (list === undefined) waiting.set(name, [row]);
    else list.push(row);
  }
  const changes: RowChange[] = [];
  for (const after of news) {
    const before = waiting.get(nameOf(after, key))?.pop() ?? null;
    if (before === null || textOf(before) !== textOf(after)) changes.push({ before, after });
  }
  for (const rows of waiting.values()) changes.push(...rows.map((before) => ({ before, after: null })));
  return changes;
}

/** What names a row: its key, or all of it where there is none. */
function nameOf(row: Row, key: readonly number[]): string {
  return key.length === 0 ? textOf(row) : textOf(key.map((index) => row[index] ?? { type: 'null' }));
}

function textOf(row: Row): string {
  return JSON.stringify(row.map(cellText));
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
