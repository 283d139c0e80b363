import { classify } from '@countersign/sql';
import type { Catalog, CatalogTable } from '@countersign/sql';
import type { ReadCatalog } from './catalog.ts';

/**
 * Returns the catalogue in which a table whose row security runs anything unknown is `virtual`: reading it is unknown
 * then. A policy's condition runs in every read of its table, and no text of a request shows it.
 */
export function judgeRowSecurity({ catalog, conditions }: ReadCatalog): Catalog {
  let tables = catalog.tables;
  // A condition may read another such table, so one that falls can make others fall.
  for (let before = -1; before !== countVirtual(tables);) {
    before = countVirtual(tables);
    tables = judged({ ...catalog, tables }, conditions);
  }
  return { ...catalog, tables };
}

function judged(
  catalog: Catalog,
  conditions: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, CatalogTable> {
  const tables = new Map(catalog.tables);
  for (const [name, list] of conditions) {
    const table = tables.get(name);
    if (table === undefined) continue;
    const harmless = list.every(
      (condition) => classify(`SELECT 1 FROM ${name} WHERE ${condition}`, 'postgres', catalog).readOnly,
    );
    if (!harmless) tables.set(name, { ...table, kind: 'virtual' });
  }
  return tables;
}

function countVirtual(tables: ReadonlyMap<string, CatalogTable>): number {
  return [...tables.values()].filter(({ kind }) => kind === 'virtual').length;
}
