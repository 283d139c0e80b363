import type { CteScope, Source } from '../findings.ts';
import { findCte } from '../findings.ts';
import { hazard, noteOpaque, unknown, within } from './reading.ts';
import type { Reading } from './reading.ts';
import { isBuiltIn } from './schema.ts';

import type { Name, Span } from './tree.ts';

/** Tables of the executor itself. */
const MARKER = /(?:^|\.)"?_countersign/i;

/** The qualified name of what a statement writes, defines or reads. */
export function tableName(reading: Reading, name: Name): string {
  const table = reading.schema.qualify(name.parts, reading.database);
  if (MARKER.test(table)) hazard(reading, 'marker-table', name.span);
  return table;
}

/** The source that a table written by the text is, under its alias. */
export function targetSource(reading: Reading, name: Name, alias: string | undefined): Source {
  const table = tableName(reading, name);
  return { name: alias ?? name.parts.at(-1), table, columns: reading.schema.relation(table)?.columns };
}

/** Notes that a relation of FROM is read, and returns what its columns are known to be. */
export function readRelation(
  reading: Reading,
  name: Name,
  alias: string | undefined,
  ctes: CteScope | undefined,
): Source {
  const [first = '', second] = name.parts;
  if (second === undefined) {
    const cte = findCte(ctes, reading.schema.folds ? first.toLowerCase() : first);
    if (cte !== undefined) return { name: alias ?? first, table: undefined, columns: cte.columns };
  }
  const source = targetSource(reading, name, alias);
  const { table } = source;
  if (table === undefined) return source;
  reading.found.reads.add(table);
  noteRelation(reading, table, name.span);
  return source;
}

/** Follows a view, or notes what is assumed of a relation that is read or written. */
export function noteRelation(reading: Reading, table: string, span: Span): void {
  const { schema, found, grammar } = reading;
  const known = schema.relation(table);
  if (known === undefined) {
    if (isBuiltIn(table)) return;
    if (schema.complete) unknown(reading, 'unknown-table', span);
    else found.relations.add(table);
    return;
  }
  if (known.kind === 'virtual') unknown(reading, 'virtual-table', span);
  if (known.kind !== 'view' || found.bodies.has(`view ${table}`)) return;
  found.bodies.add(`view ${table}`);
  const inside = within(reading, table, span);
  schema.definitions.spend(known.query?.span.length ?? 0);
  if (known.query !== undefined) grammar.query(inside, known.query, undefined, undefined);
  else if (known.sql !== undefined) grammar.view(inside, known.sql, span);
  else noteOpaque(reading, span);
}
