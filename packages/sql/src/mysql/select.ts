import { SqlError } from '../error.ts';
import { descend, scopeOf } from '../findings.ts';
import type { Columns, CteScope, Scope, Source } from '../findings.ts';
import { LIMITS } from '../limits.ts';
import { qualified } from '../text.ts';
import { readExpression, readExpressions } from './expression.ts';

import type { Reading } from './reading.ts';
import { readRelation } from './relation.ts';
import { columnName, readStar, sourcesAmong } from './scope.ts';
import type { Body, Cte, Expr, From, FromItem, Item, Query, Select } from './tree.ts';

/** Reads a query with all its parts, and returns the names of its result columns when known. */
export function readQuery(
  reading: Reading,
  query: Query,
  outer: Scope | undefined,
  ctes: CteScope | undefined,
): Columns {
  return descend(reading, () => {
    const inner = readCtes(reading, query.ctes, outer, ctes);
    const found = readBody(reading, query.body, outer, inner);
    // ORDER BY prefers a result's name to a column's.
    for (const expr of query.orderBy) readOrdered(reading, expr, found);
    readExpressions(reading, query.limit, found.scope);
    return found.columns;
  });
}

function readOrdered(reading: Reading, expr: Expr, { scope, aliases }: Read): void {
  const [name, second] = expr.type === 'column' ? expr.name.parts : [];
  if (name !== undefined && second === undefined && aliases.has(columnName(name))) return;
  readExpression(reading, expr, scope);
}

/** Reads a WITH and returns the scope of table names in which what follows stands. */
export function readCtes(
  reading: Reading,
  clause: readonly Cte[],
  outer: Scope | undefined,
  ctes: CteScope | undefined,
): CteScope | undefined {
  if (clause.length === 0) return ctes;
  const columns = new Map<string, Columns>();
  const scope: CteScope = { columns, outer: ctes };
  const keyOf = (name: string): string => (reading.schema.folds ? name.toLowerCase() : name);
  for (const cte of clause) {
    const own = cte.columns?.map(columnName);
    // Until then the name is that of a table, in its own query and in those before it.
    if (cte.recursive) columns.set(keyOf(cte.name), own);
    const found = readQuery(reading, cte.query, outer, scope);
    columns.set(keyOf(cte.name), own ?? found);
  }
  return scope;
}

interface Read {
  readonly columns: Columns;
  readonly scope: Scope;
  readonly aliases: ReadonlySet<string>;
}

function readBody(reading: Reading, body: Body, outer: Scope | undefined, ctes: CteScope | undefined): Read {
  const empty = scopeOf([], outer, ctes);
  switch (body.type) {
    case 'select':
      return readSelect(reading, body, outer, ctes);
    case 'values':
      for (const row of body.rows) readExpressions(reading, row, empty);
      return { columns: undefined, scope: open(empty), aliases: new Set() };
    case 'table': {
      const source = readRelation(reading, body.item.name, body.item.alias, ctes);
      return {
        columns: readStar(reading, source),
        scope: scopeOf([source], outer, ctes),
        aliases: new Set(),
      };
    }
    case 'set': {
      const parts = body.parts.map((part) => readBody(reading, part, outer, ctes));
      const [first] = parts;
      // ORDER BY of the whole names results only.
      return { columns: first?.columns, scope: open(empty), aliases: first?.aliases ?? new Set() };
    }
    case 'query':
      return { columns: readQuery(reading, body.query, outer, ctes), scope: open(empty), aliases: new Set() };
    default:
      return body satisfies never;
  }
}

/** A scope of rows whose names are not known. */
function open(scope: Scope): Scope {
  return { ...scope, sources: [{ name: undefined, table: undefined, columns: undefined }] };
}

function readSelect(
  reading: Reading,
  select: Select,
  outer: Scope | undefined,
  ctes: CteScope | undefined,
): Read {
  const sources = select.from === undefined ? [] : readFrom(reading, select.from, outer, ctes);
  const plain = scopeOf(sources, outer, ctes);
  const columns = readItems(reading, select.items, plain);
  const aliases = new Set(select.items.flatMap((item) => aliasOf(item) ?? []));
  const scope = scopeOf(sources, outer, ctes, aliases);
  readExpression(reading, select.where, plain);
  readExpressions(reading, select.groupBy, scope);
  readExpression(reading, select.having, scope);
  readExpressions(reading, select.windows, plain);
  return { columns, scope, aliases };
}

function aliasOf(item: Item): string | undefined {
  return item.type === 'value' && item.alias !== undefined ? columnName(item.alias) : undefined;
}

/** Reads result columns (of SELECT or RETURNING); undefined when a star stands for unknown ones. */
export function readItems(reading: Reading, items: readonly Item[], scope: Scope): Columns {
  if (items.length > LIMITS.columnsMax) {
    throw new SqlError('sql/too-many-columns', `${items.length} columns, at most ${LIMITS.columnsMax}`);
  }
  const names: string[] = [];
  let known = true;
  for (const item of items) {
    if (item.type === 'value') {
      readExpression(reading, item.expr, scope);
      const column = item.expr.type === 'column' ? item.expr.name.parts.at(-1) : undefined;
      const name = aliasOf(item) ?? (column === undefined ? undefined : columnName(column));
      // Without an alias the server names the column by its text.
      if (name === undefined) known = false;
      else names.push(name);
      continue;
    }
    for (const source of starred(reading, item, scope)) {
      const columns = readStar(reading, source);
      if (columns === undefined) known = false;
      else names.push(...columns);
    }
  }
  return known ? names : undefined;
}

function starred(reading: Reading, item: Extract<Item, { type: 'star' }>, scope: Scope): readonly Source[] {
  if (item.name === undefined) return scope.sources;
  return sourcesAmong(reading, scope.sources, item.name.parts);
}

/** Reads the tables and joins of a FROM and returns its sources in order. */
export function readFrom(
  reading: Reading,
  from: From,
  outer: Scope | undefined,
  ctes: CteScope | undefined,
): readonly Source[] {
  if (from.items.length > LIMITS.joinMax) {
    throw new SqlError('sql/too-many-tables', `${from.items.length} tables, at most ${LIMITS.joinMax}`);
  }
  const sources: Source[] = [];
  for (const item of from.items) sources.push(readItem(reading, item, scopeOf([...sources], outer, ctes)));
  const scope = scopeOf(sources, outer, ctes);
  readExpressions(reading, from.conditions, scope);
  readShared(reading, from, sources);
  return sources;
}

/** Notes the columns that USING names or NATURAL may find on both sides. */
function readShared(reading: Reading, from: From, sources: readonly Source[]): void {
  const using = from.using.map(columnName);
  for (const { table, columns } of sources) {
    if (table === undefined) continue;
    if (columns === undefined && from.natural) reading.found.columnsRead.add(`${table}.*`);
    const others = sources.filter((source) => source.table !== table);
    const shared = from.natural
      ? (columns ?? []).filter((name) => others.some((other) => other.columns?.includes(name) ?? true))
      : [];
    for (const name of [...using, ...shared]) {
      if (columns?.includes(name) ?? true) reading.found.columnsRead.add(`${table}.${qualified(name)}`);
    }
  }
}

function readItem(reading: Reading, item: FromItem, beside: Scope): Source {
  switch (item.type) {
    case 'table':
      return readRelation(reading, item.name, item.alias, beside.ctes);
    case 'derived': {
      const found = readQuery(reading, item.query, item.lateral ? beside : beside.outer, beside.ctes);
      return { name: item.alias, table: undefined, columns: item.columns?.map(columnName) ?? found };
    }
    case 'json-table':
      readExpressions(reading, item.args, beside);
      return { name: item.alias, table: undefined, columns: undefined };
    default:
      return item satisfies never;
  }
}
