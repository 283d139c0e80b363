import type {
  FromClause,
  OneSelect,
  ResultColumn,
  Select,
  SelectFrom,
  SelectTable,
  With,
} from 'sqlite3-parser';
import { SqlError } from '../error.ts';
import { LIMITS } from '../limits.ts';
import { foldAscii } from '../text.ts';
import { readChildren, readExpression, readExpressions } from './expression.ts';

import { descend, scopeOf } from '../findings.ts';
import type { CteScope, Scope, Source } from '../findings.ts';
import type { Reading } from './reading.ts';
import { readRelation } from './relation.ts';
import { readStar } from './scope.ts';

type Columns = readonly string[] | undefined;

/** JoinType bit for NATURAL, as the parser numbers it. */
const NATURAL = 4;

/** Reads a SELECT or VALUES with all its parts, and returns the names of its result columns when known. */
export function readSelect(
  reading: Reading,
  select: Select,
  outer: Scope | undefined,
  ctes: CteScope | undefined,
): Columns {
  let columns: Columns;
  descend(reading, () => {
    const inner = readWith(reading, select.with, outer, ctes);
    const first = readOne(reading, select.select, outer, inner);
    columns = first.columns;
    for (const compound of select.compounds ?? []) readOne(reading, compound.select, outer, inner);
    // ORDER BY prefers a result's name to a column's.
    for (const term of select.orderBy ?? []) {
      const named = term.expr.type === 'Id' && first.aliases.has(foldAscii(term.expr.name));
      if (!named) readExpression(reading, term.expr, first.scope);
    }
    if (select.limit !== undefined) readChildren(reading, select.limit, first.scope);
  });
  return columns;
}

/** Reads a WITH and returns the scope of table names in which what follows stands. */
export function readWith(
  reading: Reading,
  clause: With | undefined,
  outer: Scope | undefined,
  ctes: CteScope | undefined,
): CteScope | undefined {
  if (clause === undefined) return ctes;
  const columns = new Map<string, Columns>();
  const scope: CteScope = { columns, outer: ctes };
  for (const cte of clause.ctes) {
    columns.set(
      foldAscii(cte.tblName.text),
      cte.columns?.map((column) => foldAscii(column.colName.text)),
    );
  }
  for (const cte of clause.ctes) {
    const name = foldAscii(cte.tblName.text);
    const found = readSelect(reading, cte.select, outer, scope);
    if (cte.columns === undefined) columns.set(name, found);
  }
  return scope;
}

interface One {
  readonly columns: Columns;
  readonly scope: Scope;
  readonly aliases: ReadonlySet<string>;
}

function readOne(
  reading: Reading,
  one: OneSelect,
  outer: Scope | undefined,
  ctes: CteScope | undefined,
): One {
  if (one.type === 'SelectFrom') return readCore(reading, one, outer, ctes);
  const scope = scopeOf([], outer, ctes);
  for (const row of one.values) readExpressions(reading, row.values, scope);
  const width = one.values[0]?.values.length ?? 0;
  const columns = Array.from({ length: width }, (_, index) => `column${index + 1}`);
  return { columns, scope, aliases: new Set() };
}

function readCore(
  reading: Reading,
  core: SelectFrom,
  outer: Scope | undefined,
  ctes: CteScope | undefined,
): One {
  const sources = readFrom(reading, core.from, outer, ctes);
  const plain = scopeOf(sources, outer, ctes);
  const columns = readResults(reading, core.columns, plain);
  const aliases = new Set(core.columns.flatMap((column) => aliasOf(column) ?? []));
  const scope = scopeOf(sources, outer, ctes, aliases);
  readExpression(reading, core.whereClause, scope);
  readExpressions(reading, core.groupBy, scope);
  readExpression(reading, core.having, scope);
  for (const window of core.windowClause ?? []) readExpression(reading, window.window, scope);
  return { columns, scope, aliases };
}

function aliasOf(column: ResultColumn): string | undefined {
  return column.type === 'ExprResultColumn' && column.alias !== undefined
    ? foldAscii(column.alias.name.text)
    : undefined;
}

/** Reads result columns (of SELECT or RETURNING); the names are undefined when a star stands for unknown ones. */
export function readResults(reading: Reading, results: readonly ResultColumn[], scope: Scope): Columns {
  if (results.length > LIMITS.columnsMax) {
    throw new SqlError('sql/too-many-columns', `${results.length} columns, at most ${LIMITS.columnsMax}`);
  }
  const names: string[] = [];
  let known = true;
  const stars = (sources: readonly Source[]): void => {
    for (const source of sources) {
      const columns = readStar(reading, source);
      if (columns === undefined) known = false;
      else names.push(...columns);
    }
  };
  for (const result of results) {
    if (result.type === 'StarResultColumn') stars(scope.sources);
    else if (result.type === 'TableStarResultColumn') {
      const table = foldAscii(result.table.text);
      stars(scope.sources.filter((source) => source.name === table));
    } else {
      readExpression(reading, result.expr, scope);
      names.push(aliasOf(result) ?? (result.expr.type === 'Id' ? foldAscii(result.expr.name) : ''));
      // Without an alias SQLite names the column as it likes.
      if (result.alias === undefined && result.expr.type !== 'Id') known = false;
    }
  }
  return known ? names : undefined;
}

/** Reads a FROM and returns its sources in order. */
export function readFrom(
  reading: Reading,
  from: FromClause | undefined,
  outer: Scope | undefined,
  ctes: CteScope | undefined,
): readonly Source[] {
  if (from === undefined) return [];
  const tables = 1 + (from.joins?.length ?? 0);
  if (tables > LIMITS.joinMax) {
    throw new SqlError('sql/too-many-tables', `${tables} tables joined, at most ${LIMITS.joinMax}`);
  }
  const sources: Source[] = [];
  const add = (table: SelectTable): readonly Source[] => {
    // Arguments of a table-valued function may use the tables beside it.
    const added = readTable(reading, table, scopeOf([...sources], outer, ctes));
    sources.push(...added);
    return added;
  };
  if (from.select !== undefined) add(from.select);
  for (const join of from.joins ?? []) {
    const before = [...sources];
    const added = add(join.table);
    const operator = join.operator;
    if (operator.type === 'TypedJoinJoinOperator' && ((operator.joinType ?? 0) & NATURAL) !== 0) {
      readShared(reading, before, added, undefined);
    }
    if (join.constraint?.type === 'OnJoinConstraint') {
      readExpression(reading, join.constraint.expr, scopeOf(sources, outer, ctes));
    } else if (join.constraint !== undefined) {
      const named = join.constraint.columns.map((column) => foldAscii(column.text));
      readShared(reading, before, added, named);
    }
  }
  return sources;
}

/** Notes the columns that USING names or NATURAL finds on both sides. */
function readShared(
  reading: Reading,
  left: readonly Source[],
  right: readonly Source[],
  named: readonly string[] | undefined,
): void {
  for (const source of [...left, ...right]) {
    if (source.table === undefined) continue;
    const others = left.includes(source) ? right : left;
    const both = named ?? source.columns?.filter((name) => others.some((other) => has(other, name)));
    if (both === undefined) reading.found.columnsRead.add(`${source.table}.*`);
    else {
      for (const column of both) {
        if (has(source, column)) reading.found.columnsRead.add(`${source.table}.${column}`);
      }
    }
  }
}

function has(source: Source, column: string): boolean {
  return source.columns?.includes(column) ?? true;
}

function readTable(reading: Reading, table: SelectTable, beside: Scope): readonly Source[] {
  switch (table.type) {
    case 'TableSelectTable':
    case 'TableCallSelectTable': {
      const called = table.type === 'TableCallSelectTable';
      if (called) readExpressions(reading, table.args, beside);
      const source = readRelation(reading, table.tblName, beside.ctes, called);
      return [table.alias === undefined ? source : { ...source, name: foldAscii(table.alias.name.text) }];
    }
    case 'SelectSelectTable': {
      const columns = readSelect(reading, table.select, beside.outer, beside.ctes);
      const name = table.alias === undefined ? undefined : foldAscii(table.alias.name.text);
      return [{ name, table: undefined, columns }];
    }
    case 'SubSelectTable':
      return readFrom(reading, table.from, beside.outer, beside.ctes);
    default:
      return table satisfies never;
  }
}
