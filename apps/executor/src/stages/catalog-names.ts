import { qualified, sqliteName, type Catalog, type CatalogTable, type Dialect } from '@countersign/sql';

/** A relation of the target under the names that facts use. */
export interface NamedTable {
  readonly kind: CatalogTable['kind'];
  /** Qualified names of its columns. */
  readonly columns: ReadonlySet<string>;
}

/** Returns the relations of a catalogue by the qualified names that facts, policy and tag files use. */
export function namedTables(dialect: Dialect, catalog: Catalog): ReadonlyMap<string, NamedTable> {
  return new Map(
    [...catalog.tables].map(([key, { kind, columns }]) => {
      const table = tableName(dialect, key);
      const named = columns.map((column) => `${table}.${partName(dialect, column)}`);
      return [table, { kind, columns: new Set(named) }];
    }),
  );
}

/** SQLite's catalogue has its names as they were declared, the others' as facts write them. */
function tableName(dialect: Dialect, key: string): string {
  if (dialect !== 'sqlite') return key;
  const dot = key.indexOf('.');
  return sqliteName(key.slice(0, dot), key.slice(dot + 1));
}

function partName(dialect: Dialect, name: string): string {
  return dialect === 'sqlite' ? sqliteName(name) : qualified(name);
}
