import { qualified } from '@countersign/sql';
import { parentsFirst } from '../parents-first.ts';
import type { PostgresSession } from './session.ts';
import { quoteName } from './values.ts';

const tablesText = `SELECT c.oid, n.nspname, c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname NOT IN ('pg_catalog', 'information_schema', '_countersign')
    AND n.nspname !~ '^pg_' ORDER BY 2, 3`;
const keysText = `SELECT conrelid, confrelid FROM pg_catalog.pg_constraint WHERE contype = 'f' ORDER BY 1, 2`;

/** Counts the rows of tables by their qualified names, of all when none are named; a partition counts for itself. */
export async function countRows(
  session: PostgresSession,
  tables: readonly string[] | undefined,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  for (const [, schema = '', name = ''] of (await session.query(tablesText)).rows) {
    const full = qualified(schema ?? '', name ?? '');
    if (tables !== undefined && !tables.includes(full)) continue;
    const text = `SELECT count(*) FROM ONLY ${quoteName(schema ?? '')}.${quoteName(name ?? '')}`;
    counts.set(full, Number(await session.first(text)));
  }
  return counts;
}

/** Returns the tables, those referred to before those that refer to them; in a cycle by name. */
export async function orderTables(session: PostgresSession): Promise<string[]> {
  const { rows } = await session.query(tablesText);
  const names = new Map(rows.map(([oid, schema, name]) => [oid ?? '', qualified(schema ?? '', name ?? '')]));
  const keys = (await session.query(keysText)).rows;
  const named = keys.map(([child, parent]) => [names.get(child ?? ''), names.get(parent ?? '')]);
  return parentsFirst(
    [...names.values()],
    named.flatMap(([child, parent]) =>
      child === undefined || parent === undefined ? [] : [[child, parent]],
    ),
  );
}
