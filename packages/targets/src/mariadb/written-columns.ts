import { nameParts } from '@countersign/sql';
import type { MysqlInsertForm, StatementFacts } from '@countersign/sql';
import type { TableShape } from './table-shapes.ts';

/** Whether a statement writes a column of a table of its own, by the facts; a column that they do not tell counts as written. */
export function writesColumn({ columnsWritten }: StatementFacts, shape: TableShape, index: number): boolean {
  const name = shape.columns[index]?.name.toLowerCase();
  const table = `${shape.name.toLowerCase()}.`;
  return columnsWritten.some((written) => {
    const lower = written.toLowerCase();
    const last = nameParts(lower).at(-1);
    return lower.startsWith(table) && (last === name || last === '*');
  });
}

/** Where a row of an INSERT gives a column; undefined when it leaves it out. */
export function placeInRow(form: MysqlInsertForm, shape: TableShape, index: number): number | undefined {
  const name = shape.columns[index]?.name.toLowerCase() ?? '';
  const listed =
    form.columns ?? shape.columns.flatMap((one) => (one.invisible ? [] : [one.name.toLowerCase()]));
  const place = listed.indexOf(name);
  return place < 0 ? undefined : place;
}
