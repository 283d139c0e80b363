import type { MariadbSession } from './session.ts';
import { parentsFirst } from '../parents-first.ts';
import { outside, textOf } from './catalog.ts';
import { qualified } from '@countersign/sql';
import { quoteName } from './values.ts';

const tablesText = `SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')
  AND ${outside('TABLE_SCHEMA')} AND TABLE_NAME NOT LIKE '\\\\_countersign\\\\_%' ORDER BY 1, 2`;
const keysText = `SELECT DISTINCT TABLE_SCHEMA, TABLE_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME FROM information_schema.KEY_COLUMN_USAGE
  WHERE REFERENCED_TABLE_NAME IS NOT NULL ORDER BY 1, 2, 3, 4`;

/** Counts the rows of tables by their qualified names, of all when none are named. */
export async function countRows(
  session: MariadbSession,
  tables: readonly string[] | undefined,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const [schema, name] of await session.own(tablesText)) {
    const [database, table] = [textOf(schema), textOf(name)];
    const full = qualified(database, table);
    if (tables !== undefined && !tables.includes(full)) continue;
    const [row] = await session.own(`SELECT COUNT(*) FROM ${quoteName(database)}.${quoteName(table)}`);
    counts.set(full, Number(row?.[0]));
  }
  return counts;
}

/** Returns the tables, those referred to before those that refer to them; in a cycle by name. */
export async function orderTables(session: MariadbSession): Promise<string[]> {
  const names = (await session.own(tablesText)).map((row) => nameOf(row[0], row[1]));
  const keys = await session.own(keysText);
  return parentsFirst(
    names,
    keys.map((row) => [nameOf(row[0], row[1]), nameOf(row[2], row[3])]),
  );
}

function nameOf(schema: unknown, table: unknown): string {
  return qualified(textOf(schema), textOf(table));
}
