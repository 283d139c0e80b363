import type { WhereForm } from '../facts.ts';
import { scopeOf } from '../findings.ts';
import type { Scope, Source } from '../findings.ts';
import { readExpression, readExpressions } from './expression.ts';
import { isAlwaysTrue } from './fold.ts';
import { hazard, unknown } from './reading.ts';
import type { Reading } from './reading.ts';
import { tableName, targetSource } from './relation.ts';
import { readCtes, readFrom, readItems, readQuery } from './select.ts';
import { columnName, isFoldKnown, sourcesAmong } from './scope.ts';
import type { Assignment, Deletion, Expr, From, Insertion, Name, RowsMeant, Span, Update } from './tree.ts';
import { noteWrite } from './write.ts';
import type { Write } from './write.ts';

/** Reads INSERT and REPLACE. */
export function readInsert(reading: Reading, act: Insertion): void {
  const source = targetSource(reading, act.table, undefined);
  const table = source.table ?? '';
  const { span } = act.table;
  const given: Source = { name: act.rowAlias, table: undefined, columns: undefined };
  const scope = scopeOf([source], undefined, undefined);
  readExpressions(reading, act.rows.flat(), scope);
  const selected = act.query === undefined ? [] : readRows(reading, act, source);
  // A row inserted fills every column, the ones not listed with their defaults; listed are those given.
  noteWrite(reading, { table, operation: 'insert', columns: act.columns?.map(columnName) }, span);
  if (act.replaces) {
    // REPLACE deletes every row that has one of the new row's keys.
    hazard(reading, 'conflict-replace', span);
    noteWrite(reading, { table, operation: 'delete', columns: undefined }, span);
  }
  if (act.updates !== undefined) {
    const sources = act.rowAlias === undefined ? [source, ...selected] : [source, given];
    const columns = readAssigned(reading, act.updates, scopeOf(sources, undefined, undefined));
    reading.found.reads.add(table);
    noteWrite(reading, { table, operation: 'update', columns }, span);
  }
  if (act.returning !== undefined) {
    reading.found.reads.add(table);
    readItems(reading, act.returning, scope);
  }
  if (reading.found.reads.size > 0) reading.found.effects.add('read');
}

/** Reads the query of INSERT … SELECT; its rows may be named after ON DUPLICATE KEY UPDATE. */
function readRows(reading: Reading, act: Insertion, target: Source): readonly Source[] {
  if (act.query === undefined) return [];
  readQuery(reading, act.query, undefined, undefined);
  const { body } = act.query;
  if (act.updates === undefined || body.type !== 'select' || body.from === undefined) return [];
  return readFrom(reading, body.from, undefined, undefined).filter(({ name }) => name !== target.name);
}

function readAssigned(reading: Reading, sets: readonly Assignment[], scope: Scope): readonly string[] {
  for (const { value } of sets) readExpression(reading, value, scope);
  return sets.map(({ column }) => columnName(column.parts.at(-1) ?? ''));
}

/** Reads UPDATE of one table or several: which are written follows from the columns that are set. */
export function readUpdate(reading: Reading, act: Update): void {
  const ctes = readCtes(reading, act.ctes, undefined, undefined);
  const sources = readFrom(reading, act.from, undefined, ctes);
  const scope = scopeOf(sources, undefined, ctes);
  readExpressions(
    reading,
    act.sets.flatMap(({ value }) => value ?? []),
    scope,
  );
  readRowsMeant(reading, act, scope, firstSpan(act.from, act.sets[0]?.column.span));
  const written = new Map<Source, { columns: string[]; span: Span }>();
  for (const { column } of act.sets) {
    for (const source of assignedSources(reading, sources, column)) {
      const entry = written.get(source) ?? { columns: [], span: spanOf(act.from, source, column.span) };
      entry.columns.push(columnName(column.parts.at(-1) ?? ''));
      written.set(source, entry);
    }
  }
  for (const [source, { columns, span }] of written) {
    if (source.table === undefined) unknown(reading, 'unknown-table', span);
    else noteRows(reading, act.from, { table: source.table, operation: 'update', columns }, span);
  }
}

/** Of a portion of a row the rest is inserted anew. */
function noteRows(reading: Reading, from: From, write: Write, span: Span): void {
  noteWrite(reading, write, span);
  if (!from.portion) return;
  noteWrite(reading, { table: write.table, operation: 'update', columns: undefined }, span);
  noteWrite(reading, { table: write.table, operation: 'insert', columns: undefined }, span);
}

/** The tables that an assignment may change; more than one when that cannot be told. */
function assignedSources(reading: Reading, sources: readonly Source[], column: Name): readonly Source[] {
  const [name = '', ...table] = [...column.parts].reverse();
  const candidates = table.length === 0 ? sources : sourcesAmong(reading, sources, table.reverse());
  if (candidates.length === 0) unknown(reading, 'unknown-table', column.span);
  if (candidates.length <= 1) return candidates;
  const having = candidates.filter((source) => source.columns?.includes(columnName(name)) === true);
  const known = isFoldKnown(name) && candidates.every((source) => source.columns !== undefined);
  if (having.length === 1 && known) return having;
  unknown(reading, 'unknown-column', column.span);
  return candidates.filter((source) => source.table !== undefined);
}

/** Where the text names the table that a source is. */
function spanOf(from: From, source: Source, otherwise: Span): Span {
  const item = from.items.find(
    (candidate) =>
      candidate.type === 'table' && (candidate.alias ?? candidate.name.parts.at(-1)) === source.name,
  );
  return item?.type === 'table' ? item.name.span : otherwise;
}

function firstSpan(from: From, otherwise: Span = { offset: 0, length: 0 }): Span {
  const [first] = from.items;
  return first?.type === 'table' ? first.name.span : otherwise;
}

/** Reads DELETE from one table or several. */
export function readDelete(reading: Reading, act: Deletion): void {
  const ctes = readCtes(reading, act.ctes, undefined, undefined);
  const sources = readFrom(reading, act.from, undefined, ctes);
  const scope = scopeOf(sources, undefined, ctes);
  readRowsMeant(reading, act, scope, firstSpan(act.from, act.targets[0]?.span));
  if (act.returning !== undefined) readItems(reading, act.returning, scope);
  for (const target of act.targets) noteDeleted(reading, act.from, sources, target);
}

function noteDeleted(reading: Reading, from: From, sources: readonly Source[], target: Name): void {
  const [source, another] = sourcesAmong(reading, sources, target.parts);
  const table = source === undefined ? tableName(reading, target) : source.table;
  if (source === undefined || another !== undefined || table === undefined)
    unknown(reading, 'unknown-table', target.span);
  if (table === undefined) return;
  noteRows(reading, from, { table, operation: 'delete', columns: undefined }, target.span);
}

/** Reads WHERE, ORDER BY and LIMIT, and notes how many of the rows they mean. */
function readRowsMeant(reading: Reading, act: RowsMeant, scope: Scope, span: Span): void {
  const { found } = reading;
  readExpression(reading, act.where, scope);
  readExpressions(reading, act.tail, scope);
  found.effects.add('read');
  // What a body means is not what the statement was written to mean.
  if (reading.anchor !== undefined) return;
  found.limited = act.limited;
  found.where = whereForm(reading, act.where);
  if (found.where === 'absent') hazard(reading, 'write-without-where', span);
  if (found.where === 'always-true') hazard(reading, 'always-true-where', act.where?.span ?? span);
}

/** Whether a condition is there, and whether it is proved to hold for every row. */
export function whereForm(reading: Reading, where: Expr | undefined): WhereForm {
  if (where === undefined) return 'absent';
  return isAlwaysTrue(where, reading.schema.modes) ? 'always-true' : 'present';
}
