import type { Row, RowChange } from '@countersign/diff';
import { cellSize, rowName, rowText } from '../cells.ts';
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
    const name = rowName(row, key);
    const list = waiting.get(name);
    if (list === undefined) waiting.set(name, [row]);
    else list.push(row);
  }
  const changes: RowChange[] = [];
  for (const after of news) {
    const before = waiting.get(rowName(after, key))?.pop() ?? null;
    if (before === null || rowText(before) !== rowText(after)) changes.push({ before, after });
  }
  for (const rows of waiting.values()) changes.push(...rows.map((before) => ({ before, after: null })));
  return changes;
}
