import type { Cell } from '@countersign/diff';
import type { Pair } from '@countersign/messages';
import { ownerName, type Facts, type NamedRelation, type StatementFacts } from '@countersign/sql';
import type { ReadResult, ResultSet } from '@countersign/targets';
import type { Verdict } from '@countersign/policy';
import { quote } from '@countersign/program';
import { ExecutorError } from '../executor-error.ts';

/** A result as it is handed out. */
export interface MaskedResult extends ReadResult {
  readonly results: readonly MaskedSet[];
}

export interface MaskedSet extends Omit<ResultSet, 'origins'> {
  /** Indexes from 0 of the columns that policy masks; left out when there are none. */
  readonly masked?: readonly number[];
}

type Tables = ReadonlyMap<string, NamedRelation>;

const maskedCell: Cell = { type: 'text', value: '(masked)' };
/** With one of these words an engine names the origin of the first of several selects alone. */
const compound = /\b(?:union|intersect|except|minus|values)\b/i;
/** Where engines keep values of other tables' rows, as samples for their planners. */
const samples: ReadonlySet<string> = new Set([
  'information_schema.column_statistics',
  'main.sqlite_stat3',
  'main.sqlite_stat4',
  'pg_catalog.pg_statistic',
  'pg_catalog.pg_statistic_ext_data',
  'pg_catalog.pg_stats',
  'pg_catalog.pg_stats_ext',
  'pg_catalog.pg_stats_ext_exprs',
]);

/** Returns the columns that obligations mask, as policy writes them. */
export function masksIn(obligations: readonly Pair[] | undefined): readonly string[] {
  return obligations?.find(([name]) => name === 'mask')?.[1].split(', ') ?? [];
}

/**
 * Returns the columns that a verdict masks, as facts name them; `main.t.*` is every column of a table. With them come those of
 * the relations that show the same rows, and all of a materialized view that keeps values of such a table.
 * @throws `configuration/mask` when a name cannot be read or a table of the target has no such column: it would hide nothing
 */
export function maskedColumns(verdict: Pick<Verdict, 'obligations'>, tables: Tables): readonly string[] {
  const columns = masksIn(verdict.obligations);
  for (const column of columns) {
    const table = tables.get(tableOf(column));
    if (table === undefined || column.endsWith('.*') || table.columns.has(column)) continue;
    throw new ExecutorError('configuration/mask', `policy masks ${column}, which its table does not have`, {
      hint: 'mend the name in the policy; `countersign target check` shows the tables',
    });
  }
  return spread(columns, tables);
}

function spread(columns: readonly string[], tables: Tables): readonly string[] {
  const found = new Set(columns);
  for (const column of columns) {
    const table = tableOf(column);
    for (const kin of tables.get(table)?.kin ?? []) found.add(`${kin}${column.slice(table.length)}`);
  }
  const holding = new Set([...found].map(tableOf));
  for (const [table, { keeps }] of tables)
    if (keeps.some((kept) => holding.has(kept))) found.add(`${table}.*`);
  return [...found];
}

/**
 * Hides the values of masked columns in what a read returned. In a statement that reads a masked column a result column is
 * shown only when the engine names the stored column it comes from and that is another; docs/spec/policy.md#masks.
 */
export function maskResult(
  { results, elapsedMs }: ReadResult,
  facts: Facts,
  tables: Tables,
  columns: readonly string[],
): MaskedResult {
  // Statements and results that cannot be told apart: each is held to be of the worst statement.
  const paired = results.length === facts.statements.length;
  const masked = results.map((set, index) => {
    const statements = paired ? facts.statements.slice(index, index + 1) : facts.statements;
    return maskSet(set, hiddenIn(set, statements, tables, columns));
  });
  return { results: masked, elapsedMs };
}

function hiddenIn(
  set: ResultSet,
  statements: readonly StatementFacts[],
  tables: Tables,
  columns: readonly string[],
): readonly number[] {
  const every = [...set.columns.keys()];
  if (!statements.some((statement) => touches(statement, tables, columns))) return [];
  const elsewhere = statements.some(({ reads }) =>
    columns.some((column) => reads.some((read) => holdsRowsOf(tableOf(column), read, tables))),
  );
  if (elsewhere || statements.length > 1) return every;
  if (!statements.every((statement) => isSimple(statement, tables))) return every;
  return every.filter((index) => {
    const origin = set.origins?.[index] ?? null;
    return origin === null || columns.some((column) => covers(column, origin));
  });
}

function touches(statement: StatementFacts, tables: Tables, columns: readonly string[]): boolean {
  const { columnsRead, reads } = statement;
  return columns.some((column) => {
    const table = tableOf(column);
    const name = column.slice(table.length + 1);
    const unknown = [`${table}.*`, `?.${name}`, '?.*'];
    const named = columnsRead.some((read) => covers(column, read) || unknown.includes(read));
    const hidden = reads.some((read) => holdsRowsOf(table, read, tables));
    return named || hidden || (reads.includes(table) && !isSimple(statement, tables));
  });
}

/** Whether a relation may hold values of another table's rows: samples of all, or the tables behind a virtual one. */
function holdsRowsOf(table: string, relation: string, tables: Tables): boolean {
  if (samples.has(relation)) return true;
  return tables.get(table)?.kind === 'virtual' && relation.startsWith(`${table.replace(/"$/, '')}_`);
}

/** Whether the origins that the engine names can be believed: stored tables alone, and one select at a time. */
function isSimple({ sql, reads }: StatementFacts, tables: Tables): boolean {
  return !compound.test(sql) && reads.every((name) => tables.get(name)?.kind === 'table');
}

/** A name that nobody can read may be any column's. */
function covers(column: string, other: string): boolean {
  const table = ownerName(other);
  if (table === undefined) return true;
  return column.endsWith('.*') ? table === tableOf(column) : column === other;
}

/** @throws `configuration/mask` of what is no name: a mask that nobody can read must not be none */
function tableOf(column: string): string {
  const table = ownerName(column);
  if (table !== undefined) return table;
  throw new ExecutorError('configuration/mask', `policy masks ${quote(column)}, which is no column`, {
    hint: 'mend the name in the policy; `countersign target check` shows the tables',
  });
}

function maskSet({ columns, rows, truncated }: ResultSet, hidden: readonly number[]): MaskedSet {
  if (hidden.length === 0) return { columns, rows, truncated };
  const masked = rows.map((row) => row.map((cell, index) => (hidden.includes(index) ? maskedCell : cell)));
  return { columns, rows: masked, truncated, masked: hidden };
}
