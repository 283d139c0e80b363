import { findCte } from '../findings.ts';
import { noteOpaque, hazard, unknown } from './reading.ts';
import type { CteScope, Source } from '../findings.ts';
import type { Reading } from './reading.ts';

import { child, text } from './tree.ts';
import type { Tree } from './tree.ts';

/** Tables of the executor itself. */
const MARKER = /(?:^|\.)"?_countersign/;
/** Schemas whose tables and views are the engine's own. */
const INTERNAL = /^(?:pg_catalog|information_schema|pg_toast)\./;

export function isInternal(table: string): boolean {
  return INTERNAL.test(table);
}

/** The qualified name of what a statement writes, defines or reads. */
export function tableName(reading: Reading, range: Tree): string {
  const table = reading.schema.qualify(text(range, 'schemaname'), text(range, 'relname'));
  if (MARKER.test(table)) hazard(reading, 'marker-table', range);
  if (text(range, 'catalogname') !== '') unknown(reading, 'unknown-table', range);
  return table;
}

/** The source that a table written by the text is, under its alias. */
export function targetSource(reading: Reading, range: Tree, table: string): Source {
  return { name: aliasOf(range), table, columns: reading.schema.relation(table)?.columns };
}

function aliasOf(range: Tree): string {
  const alias = text(child(range, 'alias'), 'aliasname');
  return alias === '' ? text(range, 'relname') : alias;
}

/** Notes that a relation of FROM is read, and returns what its columns are known to be. */
export function readRelation(reading: Reading, range: Tree, ctes: CteScope | undefined): Source {
  const name = aliasOf(range);
  if (text(range, 'schemaname') === '') {
    const cte = findCte(ctes, text(range, 'relname'));
    if (cte !== undefined) return { name, table: undefined, columns: cte.columns };
  }
  const table = tableName(reading, range);
  reading.found.reads.add(table);
  noteRelation(reading, table, range);
  return { name, table, columns: reading.schema.relation(table)?.columns };
}

/** Follows a view, or notes what is assumed of a relation that is read or written. */
export function noteRelation(reading: Reading, table: string, range: Tree): void {
  const { schema, found, grammar } = reading;
  const known = schema.relation(table);
  if (known === undefined) {
    if (isInternal(table)) {
      // Unlike pg_catalog, the information schema takes new views without a special setting.
      if (!schema.complete && table.startsWith('information_schema.')) found.relations.add(table);
      return;
    }
    if (schema.complete) unknown(reading, 'unknown-table', range);
    else found.relations.add(table);
    return;
  }
  if (known.kind === 'virtual') {
    unknown(reading, 'virtual-table', range);
    return;
  }
  if (known.kind !== 'view' || found.bodies.has(`view ${table}`)) return;
  found.bodies.add(`view ${table}`);
  // How long the text of an earlier statement was is not kept.
  schema.definitions.spend(known.query === undefined ? 0 : 1000);
  if (known.query !== undefined) grammar.query(reading, known.query, undefined, undefined);
  else if (known.sql !== undefined) grammar.view(reading, table, known.sql);
  else noteOpaque(reading, range);
}
