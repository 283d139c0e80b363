import type { Connection } from './connection.ts';
import { foldName } from './values.ts';

/** Rows that refer to no row, by the table they stand in; tables without any are left out. */
export type BrokenKeys = ReadonlyMap<string, number>;

/**
 * Returns how many rows break a foreign key in tables that declare a deferred one and that a change of the named
 * tables, their own or those they refer to, can have broken. Reads those tables whole.
 */
export function readBrokenKeys(connection: Connection, changed: readonly string[]): BrokenKeys {
  const names = new Set(changed.map(foldName));
  const deferred = connection
    .all(`SELECT name FROM main.sqlite_schema WHERE type = 'table' AND sql LIKE '%deferred%' ORDER BY name`)
    .map(([name]) => String(name))
    .filter((name) => [name, ...parentsOf(connection, name)].some((one) => names.has(foldName(one))));
  return new Map(
    deferred
      .map((name): [string, number] => [
        name,
        Number(connection.first('SELECT count(*) FROM pragma_foreign_key_check(?)', name)),
      ])
      .filter(([, count]) => count > 0),
  );
}

/** Returns the tables in which more rows break a key after than before. */
export function newlyBroken(before: BrokenKeys, after: BrokenKeys): string[] {
  return [...after].filter(([name, count]) => count > (before.get(name) ?? 0)).map(([name]) => name);
}

function parentsOf(connection: Connection, table: string): string[] {
  return connection
    .all('SELECT DISTINCT "table" FROM pragma_foreign_key_list(?)', table)
    .map(([name]) => String(name));
}
