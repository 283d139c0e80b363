import { SqlError } from '../error.ts';
import { LIMITS } from '../limits.ts';
import { qualified } from '../text.ts';
import { readExpression, readLoosely } from './expression.ts';
import { readFrom } from './from.ts';
import { hazard, unknown } from './reading.ts';
import { descend, scopeOf } from '../findings.ts';
import type { Columns, CteScope, Scope } from '../findings.ts';
import type { Reading } from './reading.ts';
import { findSource, readStar } from './scope.ts';
import { child, flag, node, nodeOf, nodes, orElse, text, values, words } from './tree.ts';
import type { Node, Tree, Value } from './tree.ts';

const FIELDS: ReadonlySet<string> = new Set([
  ...['distinctClause', 'intoClause', 'targetList', 'fromClause', 'whereClause', 'groupClause'],
  ...['groupDistinct', 'havingClause', 'windowClause', 'valuesLists', 'sortClause', 'limitOffset'],
  ...['limitCount', 'limitOption', 'lockingClause', 'withClause', 'op', 'all', 'larg', 'rarg'],
]);

/** Reads a SELECT or VALUES with all its parts, and returns the names of its result columns when known. */
export function readSelect(
  reading: Reading,
  select: Tree,
  outer: Scope | undefined,
  ctes: CteScope | undefined,
): Columns {
  return descend(reading, () => {
    if (Object.keys(select).some((field) => !FIELDS.has(field))) unknown(reading, 'unknown-syntax', select);
    reading.found.effects.add('read');
    const inner = readWith(reading, child(select, 'withClause'), outer, ctes);
    const left = child(select, 'larg');
    const right = child(select, 'rarg');
    if (left === undefined) return readCore(reading, select, outer, inner);
    const columns = readSelect(reading, left, outer, inner);
    if (right !== undefined) readSelect(reading, right, outer, inner);
    const aliases = new Set(columns ?? []);
    readTail(
      reading,
      select,
      scopeOf([{ name: undefined, table: undefined, columns }], outer, inner, aliases),
    );
    return columns;
  });
}

function readCore(
  reading: Reading,
  select: Tree,
  outer: Scope | undefined,
  ctes: CteScope | undefined,
): Columns {
  const rows = values(select, 'valuesLists');
  if (rows.length > 0) {
    readExpression(reading, rows, scopeOf([], outer, ctes));
    readTail(reading, select, scopeOf([], outer, ctes, new Set(['column1'])));
    const width = values(nodeOf(rows[0])?.body, 'items').length;
    return Array.from({ length: width }, (_, index) => `column${index + 1}`);
  }
  const sources = readFrom(reading, values(select, 'fromClause'), outer, ctes);
  const plain = scopeOf(sources, outer, ctes);
  const columns = readTargets(reading, values(select, 'targetList'), plain);
  const aliases = nodes(select, 'targetList')
    .map(({ body }) => text(body, 'name'))
    .filter((name) => name !== '');
  const scope = scopeOf(sources, outer, ctes, new Set(aliases));
  readExpression(reading, select['whereClause'], plain);
  readExpression(reading, select['groupClause'], scope);
  readExpression(reading, select['havingClause'], plain);
  readExpression(reading, select['windowClause'], plain);
  readDistinct(reading, select, scope);
  readTail(reading, select, scope);
  return columns;
}

/** DISTINCT alone is a list with one empty node. */
function readDistinct(reading: Reading, select: Tree, scope: Scope): void {
  for (const value of values(select, 'distinctClause')) {
    if (nodeOf(value) !== undefined) readExpression(reading, value, scope);
  }
}

function readTail(reading: Reading, select: Tree, scope: Scope): void {
  for (const field of ['sortClause', 'limitOffset', 'limitCount'])
    readExpression(reading, select[field], scope);
  for (const lock of nodes(select, 'lockingClause')) {
    reading.found.effects.add('session');
    hazard(reading, 'takes-locks', lock.body);
  }
  const into = child(select, 'intoClause');
  if (into !== undefined) noteInto(reading, into);
}

/** Notes the table that SELECT INTO or CREATE TABLE AS makes, and returns its name. */
export function noteInto(reading: Reading, into: Tree): string {
  const range = child(into, 'rel') ?? {};
  const temporary = text(range, 'relpersistence') === 't' || text(range, 'schemaname') === 'pg_temp';
  const schema = temporary ? 'pg_temp' : orElse(text(range, 'schemaname'), reading.schema.searchPath[0]);
  const table = qualified(schema, text(range, 'relname'));
  reading.found.effects.add('ddl').add('write');
  reading.found.writes.add(table);
  if (temporary) {
    reading.found.effects.add('session');
    hazard(reading, 'temp-object', range);
  }
  return table;
}

/** Reads result columns (of SELECT or RETURNING); undefined when a star stands for unknown ones. */
export function readTargets(reading: Reading, targets: readonly Value[], scope: Scope): Columns {
  if (targets.length > LIMITS.columnsMax) {
    throw new SqlError('sql/too-many-columns', `${targets.length} columns, at most ${LIMITS.columnsMax}`);
  }
  const names: string[] = [];
  let known = true;
  for (const value of targets) {
    const target = nodeOf(value)?.body;
    const shown = columnsOf(reading, target, scope);
    if (shown === undefined) known = false;
    else names.push(...shown);
  }
  return known ? names : undefined;
}

function columnsOf(reading: Reading, target: Tree | undefined, scope: Scope): Columns {
  const item = node(target, 'val');
  readExpression(reading, target?.['indirection'], scope);
  const alias = text(target, 'name');
  if (item?.tag !== 'ColumnRef') {
    readExpression(reading, target?.['val'], scope);
    return alias === '' ? undefined : [alias];
  }
  const parts = words(values(item.body, 'fields'));
  const star = nodes(item.body, 'fields').at(-1)?.tag === 'A_Star';
  if (!star || parts.length > 0) readExpression(reading, target?.['val'], scope);
  if (!star) return [alias === '' ? (parts.at(-1) ?? '') : alias];
  if (parts.length > 0) return findSource(reading, scope, parts.at(-2) ?? '', parts.at(-1) ?? '')?.columns;
  const all = scope.sources.map((source) => readStar(reading, source));
  return all.every((columns) => columns !== undefined) ? all.flat() : undefined;
}

/** Reads a WITH and returns the names in which what follows stands. */
export function readWith(
  reading: Reading,
  clause: Tree | undefined,
  outer: Scope | undefined,
  ctes: CteScope | undefined,
): CteScope | undefined {
  const recursive = flag(clause, 'recursive');
  let scope = ctes;
  const items = nodes(clause, 'ctes').map(({ body }) => body);
  if (recursive)
    for (const cte of items) scope = { columns: new Map([[text(cte, 'ctename'), undefined]]), outer: scope };
  for (const cte of items) {
    const query = node(cte, 'ctequery');
    const found = query === undefined ? undefined : readQuery(reading, query, outer, scope, cte);
    const given = words(values(cte, 'aliascolnames'));
    const marked = cte['search_clause'] !== undefined || cte['cycle_clause'] !== undefined;
    readLoosely(reading, child(cte, 'cycle_clause'), undefined);
    const columns = marked || found === undefined ? undefined : [...given, ...found.slice(given.length)];
    scope = { columns: new Map([[text(cte, 'ctename'), columns]]), outer: scope };
  }
  return scope;
}

function readQuery(
  reading: Reading,
  query: Node,
  outer: Scope | undefined,
  ctes: CteScope | undefined,
  cte: Tree,
): Columns {
  if (query.tag !== 'SelectStmt') hazard(reading, 'writes-in-with', cte);
  return reading.grammar.query(reading, query, outer, ctes);
}
