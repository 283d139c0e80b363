import { keepReads } from '../findings.ts';
import { hazard, noteOpaque } from './reading.ts';
import type { HazardCode } from '../hazards.ts';
import type { Reading } from './reading.ts';
import { readDelete, readInsert, readUpdate, whereForm } from './change.ts';
import { readExpressions } from './expression.ts';
import { noteRelation, tableName } from './relation.ts';
import { isInternal } from './schema.ts';
import { readQuery } from './select.ts';
import type { Act, Deletion, Query, Span, Statement, Utility } from './tree.ts';

/** The kind that facts give a statement. */
export function kindOf(act: Act): string {
  switch (act.type) {
    case 'query':
      return 'select';
    case 'insert':
      return act.replaces ? 'replace' : 'insert';
    case 'explain':
      return act.runs ? 'analyze' : 'explain';
    case 'update':
    case 'delete':
      return act.type;
    case 'utility':
      return act.kind;
    default:
      return act satisfies never;
  }
}

/** Notes everything one statement does. */
export function readStatement(reading: Reading, { act, notes, span }: Statement): void {
  readAct(reading, act, span);
  for (const note of notes) {
    for (const effect of note.effects) reading.found.effects.add(effect);
    hazard(reading, note.code, note.span);
  }
}

/** Notes what an act does that stands at `span`. */
export function readAct(reading: Reading, act: Act, span: Span): void {
  switch (act.type) {
    case 'query':
      readQueryStatement(reading, act.query);
      return;
    case 'insert':
      readInsert(reading, act);
      return;
    case 'update':
      readUpdate(reading, act);
      return;
    case 'delete':
      readDelete(reading, act);
      return;
    case 'explain':
      readAct(reading, act.act, act.span);
      // Subqueries may be worked out, and the functions in them.
      if (!act.runs) keepPlanned(reading, act.act, act.span);
      else if (reading.found.effects.has('write')) hazard(reading, 'explain-effect', act.span);
      return;
    case 'utility':
      readUtility(reading, act, span);
      return;
    default:
      act satisfies never;
  }
}

function readQueryStatement(reading: Reading, query: Query): void {
  const { found } = reading;
  found.effects.add('read');
  readQuery(reading, query, undefined, undefined);
  found.limited = query.limited;
  const { body } = query;
  if (body.type === 'select' && body.from !== undefined) found.where = whereForm(reading, body.where);
}

/** What planning does: no change, but of a change with a query it works parts out, and locks the rows it reads. */
function keepPlanned(reading: Reading, act: Act, span: Span): void {
  keepReads(reading.found, (code) => KEPT_BY_EXPLAIN.has(code));
  if (!readsOnLock(act)) return;
  reading.found.effects.add('session');
  hazard(reading, 'takes-locks', span);
}

/** True for a change of more than one plain table, in the form for several tables, or with a query anywhere in it. */
function readsOnLock(act: Act): boolean {
  switch (act.type) {
    case 'insert':
      return holdsQuery(act);
    case 'update':
    case 'delete': {
      const [only, second] = act.from.items;
      const ordinary = only?.type === 'table' && second === undefined;
      const several = act.type === 'delete' && act.targets[0]?.span.offset !== firstOffset(act);
      return !ordinary || several || holdsQuery(act);
    }
    case 'query':
    case 'explain':
    case 'utility':
      return false;
    default:
      return act satisfies never;
  }
}

function firstOffset({ from }: Deletion): number | undefined {
  const [only] = from.items;
  return only?.type === 'table' ? only.name.span.offset : undefined;
}

/** Whether a query stands anywhere in a tree. */
function holdsQuery(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if ('body' in value && 'orderBy' in value) return true;
  return Object.values(value).some(holdsQuery);
}

const KEPT_BY_EXPLAIN: ReadonlySet<string> = new Set<HazardCode>([
  'unknown-function',
  'effectful-function',
  'unknown-table',
  'unknown-column',
  'virtual-table',
  'opaque',
  'marker-table',
]);

function readUtility(reading: Reading, act: Utility, span: Span): void {
  const { found, schema } = reading;
  for (const effect of act.effects) found.effects.add(effect);
  if (act.query !== undefined) readQuery(reading, act.query, undefined, undefined);
  readExpressions(reading, act.exprs, undefined);
  for (const name of act.reads) {
    const table = tableName(reading, name);
    found.reads.add(table);
    noteRelation(reading, table, name.span);
  }
  for (const name of act.writes) {
    const table = tableName(reading, name);
    found.writes.add(table);
    if (!isInternal(table)) continue;
    found.effects.add('admin');
    hazard(reading, 'schema-table-write', name.span);
  }
  if (act.opaque) {
    found.opaque = true;
    if (act.effects.includes('unknown')) noteOpaque(reading, span);
  }
  if (act.dropsDatabase !== undefined) {
    for (const table of schema.tablesOf(act.dropsDatabase)) found.writes.add(table);
  }
  if (act.renames) schema.changed = true;
  for (const name of act.drops) schema.forget(schema.qualify(name.parts, reading.database));
  if (act.makes === undefined) return;
  const { name, kind, columns, query } = act.makes;
  const known = columns?.map((column) => column.toLowerCase());
  schema.make(schema.qualify(name.parts, reading.database), {
    kind,
    columns: known,
    sql: undefined,
    query,
    cascades: [],
  });
}
