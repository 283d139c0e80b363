import { qualified } from '../text.ts';
import { scopeOf } from '../findings.ts';
import { readLoosely } from './expression.ts';
import { hazard, unknown } from './reading.ts';
import type { Reading } from './reading.ts';
import { isInternal, tableName } from './relation.ts';

import { child, flag, node, nodeOf, nodes, orElse, text, values, words } from './tree.ts';
import type { Node, Tree } from './tree.ts';

const RELATIONS = /^OBJECT_(?:TABLE|VIEW|MATVIEW|SEQUENCE|INDEX|FOREIGN_TABLE)$/;
/** Parts of ALTER TABLE that lose something that was there; another type may be made of anything, or of nothing. */
const LOSING = /^AT_(?:Drop(?:Column|Constraint|Expression)|AlterColumnType)$/;
/** Parts of ALTER TABLE that change what a later statement sets off. */
const RENAMING = /Trig|Rule|RowSecurity|AddInherit|DropInherit|AttachPartition|DetachPartition|SetSchema/;

/** Notes what a definition names and every function and query anywhere in it. */
export function readDefinition(reading: Reading, { tag, body }: Node): void {
  switch (tag) {
    case 'CreateStmt':
    case 'CreateForeignTableStmt':
      readCreateTable(reading, tag === 'CreateStmt' ? body : (child(body, 'base') ?? {}));
      return;
    case 'ViewStmt':
      readCreateView(reading, body);
      return;
    case 'DropStmt':
      readDrop(reading, body);
      return;
    case 'AlterTableStmt':
      readAlterTable(reading, body);
      return;
    case 'CreateSchemaStmt':
      readParts(reading, body);
      return;
    case 'CreateTrigStmt':
    case 'RuleStmt':
      hazard(reading, 'trigger-ddl');
      defines(reading, child(body, 'relation'));
      readLoosely(reading, { ...body, relation: false, funcname: false }, undefined);
      return;
    case 'CreateSeqStmt':
    case 'AlterSeqStmt':
      defines(reading, child(body, 'sequence'));
      return;
    case 'CreateFunctionStmt':
      // Its body is not read, and its defaults run when it is called.
      return;
    default:
      readNamed(reading, tag, body);
  }
}

function readNamed(reading: Reading, tag: string, body: Tree): void {
  const range = child(body, 'relation');
  // The relation of a policy, a comment or a grant is no table that is written.
  const table =
    range === undefined || /^(?:Composite|Import)/.test(tag) ? undefined : defines(reading, range);
  if (tag === 'RenameStmt') {
    hazard(reading, 'alter');
    if (range !== undefined && RELATIONS.test(text(body, 'renameType'))) {
      const schema = orElse(text(range, 'schemaname'), reading.schema.searchPath[0]);
      reading.found.writes.add(qualified(schema, text(body, 'newname')));
    }
  }
  if (tag === 'RefreshMatViewStmt') {
    // It runs the view's query, which is not in the text.
    if (range !== undefined) reading.found.relations.add(tableName(reading, range));
    if (reading.schema.complete) unknown(reading, 'opaque');
  }
  if (
    tag === 'GrantStmt' &&
    text(body, 'objtype') === 'OBJECT_TABLE' &&
    text(body, 'targtype') === 'ACL_TARGET_OBJECT'
  ) {
    for (const { body: object } of nodes(body, 'objects'))
      reading.found.writes.add(tableName(reading, object));
    return;
  }
  const scope = scopeOf([{ name: undefined, table, columns: undefined }], undefined, undefined);
  readLoosely(reading, { ...body, relation: false }, table === undefined ? undefined : scope);
}

/** Notes that a relation is made or changed, and that a temporary one may hide another. */
function defines(reading: Reading, range: Tree | undefined): string {
  if (range === undefined) return '';
  const temporary = text(range, 'relpersistence') === 't';
  const schema = temporary ? 'pg_temp' : text(range, 'schemaname');
  const table = tableName(reading, { ...range, schemaname: schema });
  reading.found.effects.add('ddl');
  reading.found.writes.add(table);
  if (temporary || text(range, 'schemaname') === 'pg_temp') {
    reading.found.effects.add('session');
    hazard(reading, 'temp-object', range);
  }
  if (isInternal(table)) {
    reading.found.effects.add('admin');
    hazard(reading, 'schema-table-write', range);
  }
  return table;
}

/** A new relation goes to the first schema of the path, whatever else has its name. */
function placed(reading: Reading, range: Tree | undefined): Tree | undefined {
  if (range === undefined || text(range, 'schemaname') !== '') return range;
  return { ...range, schemaname: reading.schema.searchPath[0] ?? '?' };
}

function readCreateTable(reading: Reading, body: Tree): void {
  const table = defines(reading, placed(reading, child(body, 'relation')));
  const elements = nodes(body, 'tableElts');
  const names = elements.flatMap((element) =>
    element.tag === 'ColumnDef' ? [text(element.body, 'colname')] : [],
  );
  const whole =
    elements.every(({ tag }) => tag === 'ColumnDef' || tag === 'Constraint') &&
    body['inhRelations'] === undefined;
  const columns = whole && body['ofTypename'] === undefined ? names : undefined;
  const scope = scopeOf([{ name: undefined, table, columns: undefined }], undefined, undefined);
  readLoosely(reading, { ...body, relation: false }, scope);
  reading.found.columnsRead.clear();
  reading.schema.make(table, { kind: 'table', columns, cascades: [] });
  // A foreign key that cascades, or a parent, ties later writes to tables this list does not follow.
  if (body['inhRelations'] !== undefined || /"fk_(?:del|upd)_action":"[cnd]"/.test(JSON.stringify(body))) {
    reading.schema.changed = true;
  }
}

function readCreateView(reading: Reading, body: Tree): void {
  const table = defines(reading, placed(reading, child(body, 'view')));
  const query = node(body, 'query');
  const columns =
    query === undefined ? undefined : reading.grammar.query(reading, query, undefined, undefined);
  const { found } = reading;
  found.effects.add('ddl');
  // A view runs nothing when it is made.
  if (![...found.effects].includes('write')) found.effects.delete('read');
  const given = words(values(body, 'aliases'));
  const known = columns === undefined ? undefined : [...given, ...columns.slice(given.length)];
  const relation = { kind: 'view', columns: known, cascades: [] } as const;
  reading.schema.make(table, query === undefined ? relation : { ...relation, query });
}

function readDrop(reading: Reading, body: Tree): void {
  const kind = text(body, 'removeType');
  hazard(reading, kind === 'OBJECT_TRIGGER' || kind === 'OBJECT_RULE' ? 'trigger-ddl' : 'drop');
  if (text(body, 'behavior') === 'DROP_CASCADE') unknown(reading, 'cascade');
  if (!RELATIONS.test(kind)) return;
  for (const object of values(body, 'objects')) {
    const parts = words(values(nodeOf(object)?.body, 'items'));
    const range = { relname: parts.at(-1) ?? '', schemaname: parts.at(-2) ?? '' };
    const table = tableName(reading, range);
    reading.found.writes.add(table);
    reading.schema.drop(table);
  }
}

function readAlterTable(reading: Reading, body: Tree): void {
  hazard(reading, 'alter');
  const table = defines(reading, child(body, 'relation'));
  const commands = nodes(body, 'cmds');
  const kinds = commands.map((command) => text(command.body, 'subtype'));
  if (kinds.some((kind) => /DropColumn|AlterColumnType|AddColumn/.test(kind)))
    reading.found.effects.add('write');
  if (kinds.some((kind) => LOSING.test(kind))) hazard(reading, 'drop');
  if (kinds.some((kind) => RENAMING.test(kind))) reading.schema.changed = true;
  if (kinds.includes('AT_ChangeOwner')) reading.found.effects.add('privilege');
  if (/"fk_(?:del|upd)_action":"[cnd]"/.test(JSON.stringify(commands))) reading.schema.changed = true;
  if (commands.some((command) => text(command.body, 'behavior') === 'DROP_CASCADE'))
    unknown(reading, 'cascade');
  const scope = scopeOf([{ name: undefined, table, columns: undefined }], undefined, undefined);
  readLoosely(reading, { ...body, relation: false }, scope);
  reading.schema.make(table, { kind: 'table', columns: undefined, cascades: [] });
}

/** CREATE SCHEMA may hold other definitions; whoever it is for, they belong to that schema. */
function readParts(reading: Reading, body: Tree): void {
  const elements = nodes(body, 'schemaElts');
  if (elements.length === 0) return;
  const schema = text(body, 'schemaname');
  for (const element of elements) {
    if (element.tag === 'CreateStmt' || element.tag === 'ViewStmt') {
      const field = element.tag === 'ViewStmt' ? 'view' : 'relation';
      const range = child(element.body, field) ?? {};
      readDefinition(reading, {
        tag: element.tag,
        body: { ...element.body, [field]: { ...range, schemaname: schema } },
      });
    } else unknown(reading, 'opaque', element.body);
  }
  if (flag(body, 'if_not_exists')) return;
  reading.schema.changed = true;
}
