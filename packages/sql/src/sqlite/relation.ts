import type { QualifiedName } from 'sqlite3-parser';
import { foldAscii } from '../text.ts';
import { findCte } from '../findings.ts';
import { isEponymous, isTableValued } from './functions.ts';
import { pragmaKind } from './pragmas.ts';
import { hazard, unknown } from './reading.ts';
import type { CteScope, Source } from '../findings.ts';
import type { Reading } from './reading.ts';
import { hasPlainModule, internalTable, isSchemaTable } from './schema.ts';
import type { KnownRelation } from './schema.ts';

const MARKER = '_countersign_runs';

/** Notes that the executor's own table of runs is touched. */
export function noteMarker(reading: Reading, table: string, name: QualifiedName): void {
  if (table.endsWith(`.${MARKER}`)) hazard(reading, 'marker-table', name.span);
}

/** Notes that a relation of FROM (or IN) is read, and returns what its columns are known to be. */
export function readRelation(
  reading: Reading,
  name: QualifiedName,
  ctes: CteScope | undefined,
  called: boolean,
): Source {
  const object = foldAscii(name.objName.text);
  const alias = name.alias === undefined ? object : foldAscii(name.alias.text);
  if (name.dbName === undefined && !called) {
    const cte = findCte(ctes, object);
    if (cte !== undefined) return { name: alias, table: undefined, columns: cte.columns };
  }
  const table = reading.schema.qualify(name.dbName?.text, name.objName.text);
  const known = reading.schema.relation(table);
  noteMarker(reading, table, name);
  if (known !== undefined && !called) return readKnown(reading, name, table, known, alias);
  return readUnlisted(reading, name, table, alias, called);
}

function readKnown(
  reading: Reading,
  name: QualifiedName,
  table: string,
  known: KnownRelation,
  alias: string,
): Source {
  reading.found.reads.add(table);
  if (known.kind === 'view') reading.grammar.view(reading, table, known, name.span);
  if (known.kind === 'virtual') {
    if (hasPlainModule(known.sql)) hazard(reading, 'virtual-table', name.span);
    else unknown(reading, 'virtual-table', name.span);
  }
  // A virtual table has hidden columns that no list shows: its own name, rank.
  return { name: alias, table, columns: known.kind === 'virtual' ? undefined : known.columns };
}

function readUnlisted(
  reading: Reading,
  name: QualifiedName,
  table: string,
  alias: string,
  called: boolean,
): Source {
  const object = isSchemaTable(table) ? 'sqlite_schema' : foldAscii(name.objName.text);
  const internal = called ? undefined : internalTable(object);
  if (internal !== undefined) {
    reading.found.reads.add(table);
    return { name: alias, table, columns: internal.columns };
  }
  if (isTableValued(object)) {
    reading.found.functions.add(object);
    return { name: alias, table: undefined, columns: undefined };
  }
  if (object.startsWith('pragma_')) return readPragmaTable(reading, name, object, alias);
  if (called) {
    reading.found.functions.add(object);
    unknown(reading, 'unknown-function', name.span);
    return { name: alias, table: undefined, columns: undefined };
  }
  reading.found.reads.add(table);
  if (reading.schema.complete || isEponymous(object)) unknown(reading, 'unknown-table', name.span);
  else reading.found.relations.add(table);
  return { name: alias, table, columns: undefined };
}

function readPragmaTable(reading: Reading, name: QualifiedName, object: string, alias: string): Source {
  reading.found.functions.add(object);
  // Only inquiries: as a table, a pragma takes its argument from a hidden column as well.
  if (pragmaKind(object.slice('pragma_'.length), true) !== 'read') {
    unknown(reading, 'unknown-pragma', name.span);
  }
  return { name: alias, table: undefined, columns: undefined };
}

/** The qualified name of what a statement writes or defines. */
export function targetName(reading: Reading, name: QualifiedName): string {
  const table = reading.schema.qualify(name.dbName?.text, name.objName.text);
  noteMarker(reading, table, name);
  return table;
}
