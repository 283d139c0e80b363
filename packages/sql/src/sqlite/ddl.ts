import { emptyFindings, scopeOf } from '../findings.ts';
import type {
  AlterTableStmt,
  AstNode,
  CreateIndexStmt,
  CreateTableStmt,
  CreateTriggerStmt,
  CreateViewStmt,
  CreateVirtualTableStmt,
  QualifiedName,
  Span,
} from 'sqlite3-parser';
import { foldAscii, qualified } from '../text.ts';
import { readChildren } from './expression.ts';
import { hazard } from './reading.ts';
import type { Reading } from './reading.ts';
import { targetName } from './relation.ts';
import { isSchemaTable } from './schema.ts';

import { noteWrite } from './write.ts';

/** Notes a change to the definition of `name`, a qualified table, view or other object. */
function define(reading: Reading, name: string, span: Span): void {
  reading.found.effects.add('ddl');
  reading.found.writes.add(name);
  if (!name.startsWith('temp.')) return;
  reading.found.effects.add('session');
  hazard(reading, 'temp-object', span);
}

function definedName(reading: Reading, name: QualifiedName, temporary: boolean): string {
  const table = targetName(reading, name);
  if (temporary) return qualified('temp', foldAscii(name.objName.text));
  // A new object goes to main even when a temporary one of that name hides it.
  return name.dbName === undefined ? qualified('main', foldAscii(name.objName.text)) : table;
}

/** Reads a definition for the functions it will call later; nothing of it is read or written now. */
function readStored(reading: Reading, node: AstNode): void {
  const stored: Reading = { ...reading, found: { ...emptyFindings(), depth: reading.found.depth } };
  readChildren(
    stored,
    node,
    scopeOf([{ name: undefined, table: undefined, columns: undefined }], undefined, undefined),
  );
  for (const name of stored.found.functions) reading.found.functions.add(name);
  for (const mark of stored.found.marks.values()) {
    if (STORED_MARKS.has(mark.code)) reading.found.marks.set(`${mark.code} ${mark.offset}`, mark);
    if (EFFECT_MARKS.has(mark.code)) reading.found.effects.add('unknown');
  }
}

const EFFECT_MARKS: ReadonlySet<string> = new Set([
  'unknown-function',
  'effectful-function',
  'load-extension',
]);
const STORED_MARKS: ReadonlySet<string> = new Set([
  ...EFFECT_MARKS,
  'marker-table',
  'conflict-rollback',
  'unknown-pragma',
]);

export function readCreateTable(reading: Reading, statement: CreateTableStmt): void {
  const name = definedName(reading, statement.tblName, statement.temporary);
  define(reading, name, statement.tblName.span);
  const { body } = statement;
  let columns: readonly string[] | undefined;
  if (body.type === 'AsSelectCreateTableBody') {
    columns = reading.grammar.select(reading, body.select, undefined, undefined);
    reading.found.effects.add('write');
    if (reading.found.reads.size > 0) reading.found.effects.add('read');
  } else {
    columns = body.columns.map((column) => foldAscii(column.colName.text));
    readStored(reading, body);
  }
  const sql = reading.source.slice(statement.span.offset, statement.span.offset + statement.span.length);
  if (statement.ifNotExists && reading.schema.relation(name) !== undefined) return;
  reading.schema.define(name, { kind: 'table', columns, sql, cascades: [] });
}

export function readCreateView(reading: Reading, statement: CreateViewStmt): void {
  const name = definedName(reading, statement.viewName, statement.temporary);
  define(reading, name, statement.viewName.span);
  readStored(reading, statement.select);
  const sql = reading.source.slice(statement.span.offset, statement.span.offset + statement.span.length);
  reading.schema.define(name, { kind: 'view', columns: undefined, sql, cascades: [] });
}

export function readCreateVirtualTable(reading: Reading, statement: CreateVirtualTableStmt): void {
  const name = definedName(reading, statement.tblName, false);
  define(reading, name, statement.tblName.span);
  // The module's own code runs when its table is made.
  reading.found.effects.add('unknown');
  hazard(reading, 'virtual-table', statement.moduleName.span);
  const sql = reading.source.slice(statement.span.offset, statement.span.offset + statement.span.length);
  reading.schema.define(name, { kind: 'virtual', columns: undefined, sql, cascades: [] });
}

export function readCreateIndex(reading: Reading, statement: CreateIndexStmt): void {
  const database = statement.idxName.dbName?.text;
  define(reading, reading.schema.qualify(database, statement.tblName.text), statement.tblName.span);
  readStored(reading, statement);
}

export function readCreateTrigger(reading: Reading, statement: CreateTriggerStmt): void {
  const temporary = statement.temporary || foldAscii(statement.triggerName.dbName?.text ?? '') === 'temp';
  const database = statement.tblName.dbName?.text ?? statement.triggerName.dbName?.text;
  const table = reading.schema.qualify(temporary ? undefined : database, statement.tblName.objName.text);
  define(
    reading,
    temporary ? qualified('temp', foldAscii(statement.triggerName.objName.text)) : table,
    statement.triggerName.span,
  );
  reading.found.writes.add(table);
  hazard(reading, 'trigger-ddl', statement.triggerName.span);
  targetName(reading, statement.tblName);
  readStored(reading, statement);
  const sql = reading.source.slice(statement.span.offset, statement.span.offset + statement.span.length);
  reading.schema.addTrigger(table, sql);
}

export function readAlterTable(reading: Reading, statement: AlterTableStmt): void {
  const name = targetName(reading, statement.tblName);
  define(reading, name, statement.tblName.span);
  hazard(reading, 'alter', statement.tblName.span);
  if (isSchemaTable(name)) hazard(reading, 'schema-table-write', statement.tblName.span);
  const { body } = statement;
  // Dropping a column rewrites every row, and its values are gone.
  if (body.type === 'DropColumnAlterTableBody') {
    reading.found.effects.add('write');
    hazard(reading, 'drop', body.span);
  }
  readStored(reading, body);
  const known = reading.schema.relation(name);
  const changed = {
    kind: 'table',
    columns: undefined,
    sql: undefined,
    cascades: known?.cascades ?? [],
  } as const;
  reading.schema.define(name, changed);
  if (body.type !== 'RenameToAlterTableBody') return;
  const renamed = qualified(name.slice(0, name.indexOf('.')), foldAscii(body.name.text));
  reading.found.writes.add(renamed);
  reading.schema.define(renamed, changed);
  for (const trigger of reading.schema.triggersOn(name)) reading.schema.addTrigger(renamed, trigger);
}

export function readDropTable(reading: Reading, name: QualifiedName): void {
  const table = targetName(reading, name);
  // SQLite deletes the rows first, which sets off foreign key actions.
  noteWrite(reading, { table, operation: 'delete', columns: undefined }, name.span);
  define(reading, table, name.span);
  hazard(reading, 'drop', name.span);
}

/** DROP of a view, index or trigger. */
export function readDropObject(reading: Reading, name: QualifiedName): void {
  define(reading, targetName(reading, name), name.span);
  hazard(reading, 'drop', name.span);
}
