import type { CreateTriggerStmt, ResolveType, Span, TriggerCmd } from 'sqlite3-parser';
import { foldAscii } from '../text.ts';
import { noteOpaque, parseBody, parseTrigger, within } from './body.ts';
import { readExpression } from './expression.ts';
import { hazard, unknown } from './reading.ts';
import { descend, scopeOf } from '../findings.ts';
import type { Source } from '../findings.ts';
import type { Reading } from './reading.ts';
import { targetName } from './relation.ts';
import { hasPlainModule, isSchemaTable } from './schema.ts';
import type { KnownRelation } from './schema.ts';

import { readAssignments, readInsertRows, readUpsert, writtenColumns } from './assignment.ts';
import { readFrom } from './select.ts';

export type Operation = 'insert' | 'update' | 'delete';

/** A change to the rows of one table. */
export interface Write {
  readonly table: string;
  readonly operation: Operation;
  /** Folded names of the columns set; undefined when every column is. */
  readonly columns: readonly string[] | undefined;
}

/** Notes a change to a table and everything it sets off: triggers, cascades, and what these change. */
export function noteWrite(reading: Reading, write: Write, span: Span): void {
  const key = `${write.operation} ${write.table} ${write.columns?.join(',') ?? '*'}`;
  if (reading.found.bodies.has(key)) return;
  reading.found.bodies.add(key);
  reading.found.effects.add('write');
  reading.found.writes.add(write.table);
  const known = reading.schema.relation(write.table);
  for (const column of writtenColumns(write.columns, known?.columns)) {
    reading.found.columnsWritten.add(`${write.table}.${column}`);
  }
  if (isSchemaTable(write.table)) {
    reading.found.effects.add('admin');
    hazard(reading, 'schema-table-write', span);
  }
  if (known !== undefined) noteKnownWrite(reading, known, span);
  else if (reading.schema.complete && !isInternal(write.table)) unknown(reading, 'unknown-table', span);
  else if (!isInternal(write.table)) reading.found.relations.add(write.table);
  else if (/\.sqlite_(?!schema$|sequence$|stat\d$)/.test(write.table))
    unknown(reading, 'unknown-table', span);
  descend(reading, () => {
    fireTriggers(reading, write, span);
    followCascades(reading, write, known, span);
  });
}

function isInternal(table: string): boolean {
  return /^[^.]+\.sqlite_/.test(table);
}

function noteKnownWrite(reading: Reading, known: KnownRelation, span: Span): void {
  if (known.kind === 'view') hazard(reading, 'writes-through-view', span);
  if (known.kind === 'virtual') {
    if (hasPlainModule(known.sql)) hazard(reading, 'virtual-table', span);
    else unknown(reading, 'virtual-table', span);
  }
}

/** Conflict clauses of the table's own CREATE text that act on rows beside the one written. */
export function noteDeclaredConflicts(reading: Reading, table: string, span: Span): void {
  const sql = reading.schema.relation(table)?.sql;
  if (sql === undefined || !/\bconflict\b/i.test(sql)) return;
  reading.schema.definitions.spend(sql.length);
  const statement = parseBody(sql);
  if (statement === undefined) return;
  const found = JSON.stringify(statement, (key, value: unknown) => (key === 'span' ? undefined : value));
  if (found.includes('"conflictClause":"Rollback"')) noteConflict(reading, table, 'Rollback', span);
  if (found.includes('"conflictClause":"Replace"')) noteConflict(reading, table, 'Replace', span);
}

/** Notes what INSERT OR … and UPDATE OR … do beside the rows they name. */
export function noteConflict(
  reading: Reading,
  table: string,
  resolve: ResolveType | undefined,
  span: Span,
): void {
  if (resolve === 'Replace') {
    hazard(reading, 'conflict-replace', span);
    noteWrite(reading, { table, operation: 'delete', columns: undefined }, span);
  }
  if (resolve === 'Rollback') {
    reading.found.effects.add('session');
    hazard(reading, 'conflict-rollback', span);
    hazard(reading, 'leaves-transaction', span);
  }
}

function fireTriggers(reading: Reading, write: Write, span: Span): void {
  for (const sql of reading.schema.triggersOn(write.table)) {
    reading.schema.definitions.spend(sql.length);
    const trigger = parseTrigger(sql);
    if (trigger === undefined) noteOpaque(reading, span);
    else if (fires(trigger, write)) {
      hazard(reading, 'trigger-fires', span);
      readTrigger(within(reading, sql, span), trigger, write.table, span);
    }
  }
}

function fires(trigger: CreateTriggerStmt, write: Write): boolean {
  switch (trigger.event.type) {
    case 'DeleteTriggerEvent':
      return write.operation === 'delete';
    case 'InsertTriggerEvent':
      return write.operation === 'insert';
    case 'UpdateTriggerEvent':
      return write.operation === 'update';
    case 'UpdateOfTriggerEvent': {
      const { columns } = write;
      const of = trigger.event.columns.map((name) => foldAscii(name.text));
      return (
        write.operation === 'update' && (columns === undefined || columns.some((name) => of.includes(name)))
      );
    }
    default:
      return trigger.event satisfies never;
  }
}

function readTrigger(reading: Reading, trigger: CreateTriggerStmt, table: string, span: Span): void {
  // NEW and OLD have columns only under their own names, never bare.
  const rows: readonly Source[] = ['new', 'old'].map((name) => ({ name, table, columns: [] }));
  readExpression(reading, trigger.whenClause, scopeOf(rows, undefined, undefined));
  for (const command of trigger.commands) readCommand(reading, command, rows, span);
}

function readCommand(reading: Reading, command: TriggerCmd, rows: readonly Source[], span: Span): void {
  const outer = scopeOf(rows, undefined, undefined);
  if (command.type === 'SelectTriggerCmd') {
    reading.grammar.select(reading, command.select, outer, undefined);
    return;
  }
  const table = targetName(reading, command.tblName);
  const known = reading.schema.relation(table)?.columns;
  const source: Source = {
    name: foldAscii(command.tblName.alias?.text ?? command.tblName.objName.text),
    table,
    columns: known,
  };
  switch (command.type) {
    case 'DeleteTriggerCmd':
      reading.found.reads.add(table);
      readExpression(reading, command.whereClause, scopeOf([source], outer, undefined));
      noteWrite(reading, { table, operation: 'delete', columns: undefined }, span);
      return;
    case 'UpdateTriggerCmd': {
      reading.found.reads.add(table);
      const beside = readFrom(reading, command.from, outer, undefined);
      const scope = scopeOf([source, ...beside], outer, undefined);
      const columns = readAssignments(reading, command.sets, scope);
      readExpression(reading, command.whereClause, scope);
      noteConflict(reading, table, command.orConflict, span);
      noteWrite(reading, { table, operation: 'update', columns }, span);
      return;
    }
    case 'InsertTriggerCmd': {
      const columns = readInsertRows(reading, command.colNames, command.select, outer);
      noteConflict(reading, table, command.orConflict, span);
      const updated = readUpsert(reading, command.upsert, source, outer);
      if (updated !== undefined) noteWrite(reading, { table, operation: 'update', columns: updated }, span);
      noteWrite(reading, { table, operation: 'insert', columns }, span);
      return;
    }
    default:
      command satisfies never;
  }
}

function followCascades(reading: Reading, write: Write, known: KnownRelation | undefined, span: Span): void {
  if (known === undefined || write.operation === 'insert') return;
  for (const cascade of known.cascades) {
    if (cascade.on !== write.operation) continue;
    hazard(reading, 'cascade', span);
    const operation = cascade.columns.length === 0 ? 'delete' : 'update';
    const columns = operation === 'delete' ? undefined : cascade.columns;
    noteWrite(reading, { table: cascade.table, operation, columns }, span);
  }
}
