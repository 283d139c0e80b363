import type { Catalog, CatalogCascade, CatalogTable, CatalogTrigger, TargetFacts } from '../target.ts';
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
    session: pinnedSettings(connection),
    catalog: readCatalog(connection, objects),
    warnings,
  };
}

function readCatalog(connection: Connection, objects: readonly SchemaObject[]): Catalog {
  const tables = new Map<string, CatalogTable>();
  const cascades = readCascades(connection, objects);
  for (const { type, name, sql } of objects) {
    if (type !== 'table' && type !== 'view') continue;
    const columns = connection
      .all('SELECT name FROM pragma_table_xinfo(?) WHERE hidden <> 1 ORDER BY cid', name)
      .map(([column]) => String(column));
    const own = cascades.get(name.toLowerCase());
    tables.set(qualified(name), {
      kind: type === 'view' ? 'view' : isVirtual(sql) ? 'virtual' : 'table',
      columns,
      ...(sql === null ? {} : { sql }),
      ...(own === undefined ? {} : { cascades: own }),
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

/** Foreign key actions by the lower-case name of the table referred to. */
function readCascades(
  connection: Connection,
  objects: readonly SchemaObject[],
): Map<string, CatalogCascade[]> {
  const found = new Map<string, CatalogCascade[]>();
  for (const { name } of objects.filter(({ type }) => type === 'table')) {
    for (const key of readForeignKeys(connection, name)) {
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
  readonly onUpdate: string;
  readonly onDelete: string;
}

function readForeignKeys(connection: Connection, table: string): ForeignKey[] {
  const rows = connection.all(
    'SELECT id, "table", "from", on_update, on_delete FROM pragma_foreign_key_list(?) ORDER BY id, seq',
    table,
  );
  const keys = new Map<string, ForeignKey>();
  for (const [id, parent, from, onUpdate, onDelete] of rows) {
    const before = keys.get(String(id))?.columns ?? [];
    keys.set(String(id), {
      parent: String(parent),
      columns: [...before, String(from)],
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
