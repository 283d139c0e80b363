import type {
  DeleteStmt,
  Expr,
  InsertStmt,
  QualifiedName,
  SelectStmt,
  Span,
  UpdateStmt,
} from 'sqlite3-parser';
import type { WhereForm } from '../facts.ts';
import { foldAscii } from '../text.ts';
import { readAssignments, readInsertRows, readUpsert } from './assignment.ts';
import { readChildren, readExpression } from './expression.ts';
import { isAlwaysTrue } from './fold.ts';
import { hazard } from './reading.ts';
import { scopeOf } from '../findings.ts';
import type { Scope, Source } from '../findings.ts';
import type { Reading } from './reading.ts';
import { targetName } from './relation.ts';

import { readFrom, readResults, readWith } from './select.ts';
import { noteConflict, noteDeclaredConflicts, noteWrite } from './write.ts';

export function readSelectStatement(reading: Reading, statement: SelectStmt): void {
  reading.found.effects.add('read');
  reading.grammar.select(reading, statement.body, undefined, undefined);
  reading.found.limited = statement.body.limit !== undefined;
  const core = statement.body.select;
  if (core.type !== 'SelectFrom' || core.from === undefined) return;
  // The names do not matter to what a SELECT may do, so its WHERE is judged without them.
  reading.found.where = whereForm(reading, core.whereClause, scopeOf([unknownSource], undefined, undefined));
}

const unknownSource: Source = { name: undefined, table: undefined, columns: undefined };

function whereForm(reading: Reading, where: Expr | undefined, scope: Scope): WhereForm {
  if (where === undefined) return 'absent';
  return isAlwaysTrue(reading, where, scope) ? 'always-true' : 'present';
}

function targetSource(reading: Reading, name: QualifiedName, table: string): Source {
  return {
    name: foldAscii(name.alias?.text ?? name.objName.text),
    table,
    columns: reading.schema.relation(table)?.columns,
  };
}

export function readInsert(reading: Reading, statement: InsertStmt): void {
  const table = targetName(reading, statement.tblName);
  const ctes = readWith(reading, statement.with, undefined, undefined);
  const source = targetSource(reading, statement.tblName, table);
  const { body } = statement;
  const select = body.type === 'SelectInsertBody' ? body.select : undefined;
  const columns = readInsertRows(reading, statement.columns, select, undefined, ctes);
  const upsert = body.type === 'SelectInsertBody' ? body.upsert : undefined;
  const updated = readUpsert(reading, upsert, source, undefined, ctes);
  readReturning(reading, statement, scopeOf([source], undefined, ctes));
  const span = statement.tblName.span;
  // A row inserted fills every column, so the ones not listed are written too, with their defaults.
  noteWrite(reading, { table, operation: 'insert', columns }, span);
  if (updated !== undefined) noteWrite(reading, { table, operation: 'update', columns: updated }, span);
  noteConflict(reading, table, statement.orConflict, span);
  noteDeclaredConflicts(reading, table, span);
  noteReads(reading);
}

export function readUpdate(reading: Reading, statement: UpdateStmt): void {
  const table = targetName(reading, statement.tblName);
  const ctes = readWith(reading, statement.with, undefined, undefined);
  const source = targetSource(reading, statement.tblName, table);
  const beside = readFrom(reading, statement.from, scopeOf([source], undefined, ctes), ctes);
  const scope = scopeOf([source, ...beside], undefined, ctes);
  const columns = readAssignments(reading, statement.sets, scope);
  readExpression(reading, statement.whereClause, scope);
  if (statement.limit !== undefined) readChildren(reading, statement.limit, scope);
  readReturning(reading, statement, scope);
  reading.found.reads.add(table);
  noteWhere(reading, statement, scope);
  const span = statement.tblName.span;
  noteWrite(reading, { table, operation: 'update', columns }, span);
  noteConflict(reading, table, statement.orConflict, span);
  noteDeclaredConflicts(reading, table, span);
  noteReads(reading);
}

export function readDelete(reading: Reading, statement: DeleteStmt): void {
  const table = targetName(reading, statement.tblName);
  const ctes = readWith(reading, statement.with, undefined, undefined);
  const scope = scopeOf([targetSource(reading, statement.tblName, table)], undefined, ctes);
  readExpression(reading, statement.whereClause, scope);
  if (statement.limit !== undefined) readChildren(reading, statement.limit, scope);
  readReturning(reading, statement, scope);
  reading.found.reads.add(table);
  noteWhere(reading, statement, scope);
  noteWrite(reading, { table, operation: 'delete', columns: undefined }, statement.tblName.span);
  noteReads(reading);
}

function readReturning(
  reading: Reading,
  statement: InsertStmt | UpdateStmt | DeleteStmt,
  scope: Scope,
): void {
  if (statement.returning !== undefined) readResults(reading, statement.returning, scope);
}

function noteReads(reading: Reading): void {
  if (reading.found.reads.size > 0) reading.found.effects.add('read');
}

function noteWhere(reading: Reading, statement: UpdateStmt | DeleteStmt, scope: Scope): void {
  const { found } = reading;
  found.limited = statement.limit !== undefined;
  found.where = whereForm(reading, statement.whereClause, scope);
  const span: Span = statement.whereClause?.span ?? statement.tblName.span;
  if (found.where === 'absent') hazard(reading, 'write-without-where', span);
  if (found.where === 'always-true') hazard(reading, 'always-true-where', span);
}
