import type { Dialect } from './facts.ts';
import { changedTableName, columnName } from './named-relations.ts';

/** What a run may do otherwise than its signed diff says, under the names that facts use. docs/spec/policy.md#what-may-drift */
export interface NamedTolerance {
  /** Qualified names of columns, sorted, each once. */
  readonly columns: readonly string[];
  readonly fewerRows: boolean;
}

/** What the obligations of a verdict or a request let differ; a value of another form lets nothing differ. */
export function toleranceIn(
  obligations: readonly (readonly [name: string, value: string])[],
): NamedTolerance {
  const columns = obligations.find(([name]) => name === 'may_drift')?.[1].split(', ') ?? [];
  const fewerRows = obligations.some(([name, value]) => name === 'fewer_rows' && value === 'true');
  return { columns, fewerRows };
}

/** Returns the indexes of the columns that may drift, for each of a diff's tables that has any. */
export function driftingColumns(
  { columns }: Pick<NamedTolerance, 'columns'>,
  dialect: Dialect,
  tables: readonly { readonly table: string; readonly columns: readonly string[] }[],
): ReadonlyMap<string, readonly number[]> {
  const named = new Set(columns);
  return new Map(
    tables.flatMap((table) => {
      const name = changedTableName(dialect, table.table);
      const indexes = table.columns.flatMap((column, index) =>
        named.has(`${name}.${columnName(dialect, column)}`) ? [index] : [],
      );
      return indexes.length === 0 ? [] : [[table.table, indexes] as const];
    }),
  );
}
