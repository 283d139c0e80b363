import type { WhereForm } from '../facts.ts';
import { readExpression, readLoosely } from './expression.ts';
import { isAlwaysTrue } from './fold.ts';
import { readFrom } from './from.ts';
import { hazard, unknown } from './reading.ts';
import { scopeOf } from '../findings.ts';
import type { Columns, CteScope, Scope, Source } from '../findings.ts';
import type { Reading } from './reading.ts';
import { tableName, targetSource } from './relation.ts';

import { readSelect, readTargets, readWith } from './select.ts';
import { child, locationOf, node, nodes, text, values } from './tree.ts';
import type { Node, Tree } from './tree.ts';
import { noteWrite } from './write.ts';

const FIELDS: Readonly<Record<string, readonly string[]>> = {
  InsertStmt: [
    'relation',
    'cols',
    'selectStmt',
    'onConflictClause',
    'returningClause',
    'returningList',
    'withClause',
    'override',
  ],
  UpdateStmt: [
    'relation',
    'targetList',
    'whereClause',
    'fromClause',
    'returningClause',
    'returningList',
    'withClause',
  ],
  DeleteStmt: ['relation', 'usingClause', 'whereClause', 'returningClause', 'returningList', 'withClause'],
  MergeStmt: [
    'relation',
    'sourceRelation',
    'joinCondition',
    'mergeWhenClauses',
    'returningClause',
    'returningList',
    'withClause',
  ],
};

/** Reads SELECT, VALUES, INSERT, UPDATE, DELETE or MERGE, wherever it stands. */
export function readQuery(
  reading: Reading,
  query: Node,
  outer: Scope | undefined,
  ctes: CteScope | undefined,
): Columns {
  const { tag, body } = query;
  if (tag === 'SelectStmt') return readSelect(reading, body, outer, ctes);
  const fields = FIELDS[tag];
  if (fields === undefined || Object.keys(body).some((field) => !fields.includes(field))) {
    unknown(reading, 'unknown-syntax', body);
  }
  const range = child(body, 'relation') ?? {};
  const inner = readWith(reading, child(body, 'withClause'), outer, ctes);
  const table = tableName(reading, range);
  const target: Target = { range, table, source: targetSource(reading, range, table) };
  switch (tag) {
    case 'InsertStmt':
      return readInsert(reading, body, target, inner);
    case 'UpdateStmt':
      return readUpdate(reading, body, target, inner);
    case 'DeleteStmt':
      return readDelete(reading, body, target, inner);
    case 'MergeStmt':
      return readMerge(reading, body, target, inner);
    default:
      readLoosely(reading, body, undefined);
      return undefined;
  }
}

interface Target {
  readonly range: Tree;
  readonly table: string;
  readonly source: Source;
}

function readInsert(reading: Reading, body: Tree, target: Target, ctes: CteScope | undefined): Columns {
  const { source, table, range } = target;
  const query = node(body, 'selectStmt');
  if (query !== undefined) readRows(reading, query, ctes);
  const columns = setColumns(reading, body, 'cols', scopeOf([source], undefined, ctes));
  const conflict = child(body, 'onConflictClause');
  const excluded: Source = { ...source, name: 'excluded' };
  const scope = scopeOf([source, excluded], undefined, ctes);
  const infer = child(conflict, 'infer');
  const plain = scopeOf([source], undefined, ctes);
  for (const element of nodes(infer, 'indexElems')) readIndexElement(reading, element.body, plain);
  readExpression(reading, infer?.['whereClause'], plain);
  noteWrite(
    reading,
    { table, operation: 'insert', columns: columns.length === 0 ? undefined : columns },
    range,
  );
  if (text(conflict, 'action') === 'ONCONFLICT_UPDATE') {
    const updated = setColumns(reading, conflict, 'targetList', scope);
    readExpression(reading, conflict?.['whereClause'], scope);
    reading.found.reads.add(table);
    noteWrite(reading, { table, operation: 'update', columns: updated }, range);
  }
  return readReturning(reading, body, target, plain);
}

function readRows(reading: Reading, query: Node, ctes: CteScope | undefined): void {
  const before = reading.found.effects.has('read');
  const reads = reading.found.reads.size;
  readQuery(reading, query, undefined, ctes);
  // Rows given in the text are no read.
  if (!before && reading.found.reads.size === reads) reading.found.effects.delete('read');
}

/** An element of an index or of ON CONFLICT: a column's name, or an expression. */
export function readIndexElement(reading: Reading, element: Tree, scope: Scope): void {
  const column = text(element, 'name');
  const table = scope.sources[0]?.table;
  if (column !== '' && table !== undefined) reading.found.columnsRead.add(`${table}.${column}`);
  readExpression(reading, element['expr'], scope);
}

function setColumns(
  reading: Reading,
  body: Tree | undefined,
  field: string,
  scope: Scope,
): readonly string[] {
  const items = nodes(body, field).map((item) => item.body);
  for (const item of items) {
    readExpression(reading, item['val'], scope);
    readExpression(reading, item['indirection'], scope);
  }
  return [...new Set(items.map((item) => text(item, 'name')).filter((name) => name !== ''))];
}

function readUpdate(reading: Reading, body: Tree, target: Target, ctes: CteScope | undefined): Columns {
  const { source, table, range } = target;
  const beside = readFrom(reading, values(body, 'fromClause'), undefined, ctes);
  const scope = scopeOf([source, ...beside], undefined, ctes);
  const columns = setColumns(reading, body, 'targetList', scope);
  readExpression(reading, body['whereClause'], scope);
  noteRows(reading, body, target);
  noteWrite(reading, { table, operation: 'update', columns }, range);
  return readReturning(reading, body, target, scope);
}

function readDelete(reading: Reading, body: Tree, target: Target, ctes: CteScope | undefined): Columns {
  const { source, table, range } = target;
  const beside = readFrom(reading, values(body, 'usingClause'), undefined, ctes);
  const scope = scopeOf([source, ...beside], undefined, ctes);
  readExpression(reading, body['whereClause'], scope);
  noteRows(reading, body, target);
  noteWrite(reading, { table, operation: 'delete', columns: undefined }, range);
  return readReturning(reading, body, target, scope);
}

function readMerge(reading: Reading, body: Tree, target: Target, ctes: CteScope | undefined): Columns {
  const { source, table, range } = target;
  const from = body['sourceRelation'];
  const beside = readFrom(reading, from === undefined ? [] : [from], undefined, ctes);
  const scope = scopeOf([source, ...beside], undefined, ctes);
  readExpression(reading, body['joinCondition'], scope);
  reading.found.reads.add(table);
  reading.found.effects.add('read');
  for (const { body: clause } of nodes(body, 'mergeWhenClauses')) {
    readExpression(reading, clause['condition'], scope);
    readExpression(reading, clause['values'], scope);
    const columns = setColumns(reading, clause, 'targetList', scope);
    switch (text(clause, 'commandType')) {
      case 'CMD_UPDATE':
        noteWrite(reading, { table, operation: 'update', columns }, range);
        break;
      case 'CMD_DELETE':
        noteWrite(reading, { table, operation: 'delete', columns: undefined }, range);
        break;
      case 'CMD_INSERT':
        noteWrite(
          reading,
          { table, operation: 'insert', columns: columns.length > 0 ? columns : undefined },
          range,
        );
        break;
      case 'CMD_NOTHING':
        break;
      default:
        unknown(reading, 'unknown-syntax', clause);
    }
  }
  return readReturning(reading, body, target, scope);
}

function readReturning(reading: Reading, body: Tree, target: Target, scope: Scope): Columns {
  const clause = child(body, 'returningClause');
  const list = clause === undefined ? values(body, 'returningList') : values(clause, 'exprs');
  const named = nodes(clause, 'options').map((option) => text(option.body, 'value'));
  const versions = ['old', 'new', ...named].map((name): Source => ({ ...target.source, name }));
  const before = scope.sources.map(({ name }) => name);
  const outer = scopeOf(
    versions.filter(({ name }) => !before.includes(name)),
    scope.outer,
    scope.ctes,
  );
  if (list.length > 0) reading.found.reads.add(target.table);
  const columns = readTargets(reading, list, { ...scope, outer });
  if (reading.found.reads.size > 0) reading.found.effects.add('read');
  return columns;
}

/** Notes that an UPDATE or DELETE reads its table, and how many of the rows it means. */
function noteRows(reading: Reading, body: Tree, { table, range }: Target): void {
  const { found } = reading;
  found.reads.add(table);
  found.effects.add('read');
  const where = whereForm(body);
  const condition = node(body, 'whereClause')?.body;
  if (where === 'absent') hazard(reading, 'write-without-where', range);
  if (where === 'always-true') {
    hazard(
      reading,
      'always-true-where',
      condition !== undefined && locationOf(condition) !== 0 ? condition : range,
    );
  }
}

/** The WHERE of a query that is a statement by itself. */
export function whereForm(body: Tree): WhereForm {
  const where = body['whereClause'];
  if (where === undefined) return 'absent';
  return isAlwaysTrue(where) ? 'always-true' : 'present';
}
