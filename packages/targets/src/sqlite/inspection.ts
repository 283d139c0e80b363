import type { Catalog, CatalogCascade, CatalogTable, CatalogTrigger, TargetFacts } from '../target.ts';
import { partsOf } from '../schema-parts.ts';
import { engineVersion, pinnedSettings } from './connection.ts';
import type { Connection } from './connection.ts';
import { readIdentity } from './marker.ts';
import { hashSchema, readSchema } from './schema-snapshot.ts';
import type { SchemaObject } from './schema-snapshot.ts';

/** Returns what identifies the database and its schema. */
export function inspectDatabase(connection: Connection): TargetFacts {
  const objects = readSchema(connection);
  const identity = readIdentity(connection);
  const journal = String(connection.first('PRAGMA journal_mode'));
  const warnings: string[] = [];
  if (identity === null) warnings.push('target/not-prepared: marker tables are missing');
  if (journal === 'off' || journal === 'memory') {
    warnings.push(
      `sqlite/journal-${journal}: a crash in a run can destroy the database, expected wal or delete`,
    );
  }
  return {
    engine: 'sqlite',
    version: engineVersion(connection),
    identity,
    schema: hashSchema(objects),
    parts: partsOf(
      objects.map(({ type, name, table, sql }) => [type, qualified(name), JSON.stringify([table, sql])]),
    ),
    session: pinnedSettings(connection),
    catalog: readCatalog(connection, objects),
    warnings,
  };
}

function readCatalog(connection: Connection, objects: readonly SchemaObject[]): Catalog {
  const tables = new Map<string, CatalogTable>();
  const foreign = readAllForeignKeys(connection, objects);
  const cascades = readCascades(foreign);
  const keys = readKeys(connection, objects, foreign);
  for (const { type, name, sql } of objects) {
    if (type !== 'table' && type !== 'view') continue;
    const columns = connection
      .all('SELECT name FROM pragma_table_xinfo(?) WHERE hidden <> 1 ORDER BY cid', name)
      .map(([column]) => String(column));
    const own = cascades.get(name.toLowerCase());
    const named = keys.get(name.toLowerCase());
    tables.set(qualified(name), {
      kind: type === 'view' ? 'view' : isVirtual(sql) ? 'virtual' : 'table',
      columns,
      ...(sql === null ? {} : { sql }),
      ...(own === undefined ? {} : { cascades: own }),
      ...(named === undefined ? {} : { keys: [...named] }),
    });
  }
  return { tables, triggers: readTriggers(objects) };
}

function readTriggers(objects: readonly SchemaObject[]): CatalogTrigger[] {
  return objects.flatMap(({ type, name, table, sql }) =>
    type === 'trigger' && sql !== null ? [{ name, table: qualified(table), sql }] : [],
  );
}

function isVirtual(sql: string | null): boolean {
  return /^create\s+virtual\s/i.test(sql ?? '');
}

function qualified(name: string): string {
  return `main.${name}`;
}

type TableKeys = readonly (readonly [table: string, keys: readonly ForeignKey[]])[];

function readAllForeignKeys(connection: Connection, objects: readonly SchemaObject[]): TableKeys {
  return objects
    .filter(({ type }) => type === 'table')
    .map(({ name }) => [name, readForeignKeys(connection, name)]);
}

/** Columns that keys name, by the lower-case name of their table: primary and unique ones, foreign ones on both sides. */
function readKeys(
  connection: Connection,
  objects: readonly SchemaObject[],
  foreign: TableKeys,
): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  const add = (table: string, columns: readonly string[]): void => {
    const known = found.get(table.toLowerCase()) ?? new Set();
    for (const column of columns) known.add(column);
    if (known.size > 0) found.set(table.toLowerCase(), known);
  };
  for (const { name } of objects.filter(({ type }) => type === 'table')) {
    const rows = connection.all(
      `SELECT name FROM pragma_table_info(?) WHERE pk > 0 UNION SELECT i.name FROM pragma_index_list(?) l, pragma_index_info(l.name) i
        WHERE l."unique" AND i.name IS NOT NULL`,
      name,
      name,
    );
    add(
      name,
      rows.map(([column]) => String(column)),
    );
  }
  for (const [table, keys] of foreign)
    for (const { parent, columns, referred } of keys) {
      add(table, columns);
      add(parent, referred);
    }
  return found;
}

/** Foreign key actions by the lower-case name of the table referred to. */
function readCascades(foreign: TableKeys): Map<string, CatalogCascade[]> {
  const found = new Map<string, CatalogCascade[]>();
  for (const [name, keys] of foreign) {
    for (const key of keys) {
      const list = found.get(key.parent.toLowerCase()) ?? [];
      if (/^(cascade|set )/i.test(key.onDelete)) {
        const columns = key.onDelete.toLowerCase() === 'cascade' ? [] : key.columns;
        list.push({ table: qualified(name), on: 'delete', columns });
      }
      if (/^(cascade|set )/i.test(key.onUpdate)) {
        list.push({ table: qualified(name), on: 'update', columns: key.columns });
      }
      if (list.length > 0) found.set(key.parent.toLowerCase(), list);
    }
  }
  return found;
}

interface ForeignKey {
  readonly parent: string;
  readonly columns: readonly string[];
  /** Columns referred to, where they are named; else it is the primary key. */
  readonly referred: readonly string[];
  readonly onUpdate: string;
  readonly onDelete: string;
}

function readForeignKeys(connection: Connection, table: string): ForeignKey[] {
  const rows = connection.all(
    'SELECT id, "table", "from", on_update, on_delete, "to" FROM pragma_foreign_key_list(?) ORDER BY id, seq',
    table,
  );
  const keys = new Map<string, ForeignKey>();
  for (const [id, parent, from, onUpdate, onDelete, to] of rows) {
    const { columns = [], referred = [] } = keys.get(String(id)) ?? {};
    keys.set(String(id), {
      parent: String(parent),
      columns: [...columns, String(from)],
      referred: to === null || to === undefined ? referred : [...referred, String(to)],
      onUpdate: String(onUpdate),
      onDelete: String(onDelete),
    });
  }
  return [...keys.values()];
}

/** Returns the tables, those referred to before those that refer to them; in a cycle by name. */
export function orderTables(connection: Connection): string[] {
  const names = readSchema(connection)
    .filter(({ type }) => type === 'table')
    .map(({ name }) => name);
  const ordered = new Map<string, string>();
  const visit = (name: string, path: readonly string[]): void => {
    const lower = name.toLowerCase();
    if (ordered.has(lower) || path.includes(lower)) return;
    for (const { parent } of readForeignKeys(connection, name)) visit(parent, [...path, lower]);
    ordered.set(lower, names.find((known) => known.toLowerCase() === lower) ?? name);
  };
  for (const name of names) visit(name, []);
  return [...ordered.values()];
}
