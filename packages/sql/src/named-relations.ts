import type { Catalog, CatalogTable } from './catalog.ts';
import type { Dialect } from './facts.ts';
import { nameParts, qualified, sqliteName } from './text.ts';

/** A relation of a target under the names that facts use. */
export interface NamedRelation {
  readonly kind: CatalogTable['kind'];
  /** Qualified names of its columns. */
  readonly columns: ReadonlySet<string>;
  /** Those of them that a key names, its own or another table's. */
  readonly keys: ReadonlySet<string>;
  /** Relations that show its rows too, and those whose values it keeps; see `CatalogTable`. */
  readonly kin: readonly string[];
  readonly keeps: readonly string[];
}

/** Returns the relations of a catalogue by the qualified names that facts, policy and tag files use. */
export function namedRelations(dialect: Dialect, catalog: Catalog): ReadonlyMap<string, NamedRelation> {
  return new Map(
    [...catalog.tables].map(([key, { kind, columns, keys = [], kin = [], keeps = [] }]) => {
      const table = tableName(dialect, key);
      const named = (of: readonly string[]): ReadonlySet<string> =>
        new Set(of.map((column) => `${table}.${columnName(dialect, column)}`));
      return [table, { kind, columns: named(columns), keys: named(keys), kin, keeps }];
    }),
  );
}

/** SQLite's catalogue has its names as they were declared, the others' those of tables as facts write them. */
function tableName(dialect: Dialect, key: string): string {
  if (dialect !== 'sqlite') return key;
  const dot = key.indexOf('.');
  return sqliteName(key.slice(0, dot), key.slice(dot + 1));
}

/** Returns the name that facts, policy and tags give to a declared column: MySQL and MariaDB find columns without case. */
export function columnName(dialect: Dialect, name: string): string {
  switch (dialect) {
    case 'sqlite':
      return sqliteName(name);
    case 'mysql':
    case 'mariadb':
      return qualified(name.toLowerCase());
    case 'postgres':
      return qualified(name);
  }
}

/** Returns the name that facts give to a table which stands under the name that a diff has for it. */
export function changedTableName(dialect: Dialect, table: string): string {
  return dialect === 'sqlite' ? sqliteName('main', table) : qualified(...nameParts(table));
}
