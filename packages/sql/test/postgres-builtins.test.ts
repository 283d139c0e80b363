import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPostgres } from '../../../test/servers/postgres.ts';
import type { PostgresServer } from '../../../test/servers/postgres.ts';
// The lists themselves are not part of the room's interface; the engine is what they are held against.
import {
  CHANGING_FUNCTIONS,
  EFFECTFUL_FUNCTIONS,
  HARMLESS_FUNCTIONS,
  LATER_FUNCTIONS,
} from '../src/postgres/built-in-functions.ts';
import { BUILT_IN_OPERATORS, BUILT_IN_TYPES, CATALOG_RELATIONS } from '../src/postgres/built-in-names.ts';

let server: PostgresServer;

beforeAll(() => {
  server = startPostgres();
}, 60_000);

afterAll(() => {
  server.stop();
});

async function names(sql: string): Promise<string[]> {
  const session = await server.open('postgres');
  const { rows, error } = await session.query(sql);
  session.close();
  expect(error).toBeUndefined();
  return rows.map(([name]) => name ?? '');
}

/** Names a query may call, but for those that stand behind operators, indexes and aggregates. */
const CANDIDATES = String.raw`
SELECT p.proname FROM pg_proc p LEFT JOIN pg_description d ON d.objoid = p.oid AND d.classoid = 'pg_proc'::regclass
WHERE p.pronamespace = 'pg_catalog'::regnamespace
GROUP BY 1 HAVING bool_and(p.prokind <> 'p'
  AND NOT (p.proargtypes::oid[] && array['internal', 'cstring']::regtype[]::oid[])
  AND p.prorettype <> ALL (array['internal', 'cstring', 'trigger', 'event_trigger', 'fdw_handler', 'language_handler',
    'index_am_handler', 'table_am_handler', 'tsm_handler']::regtype[]::oid[]))
AND NOT bool_and(coalesce(d.description, '') ~ '^(implementation of |I/O|hash|less-equal-greater|equal image|sort support|window RANGE support|btree|join selectivity|restriction selectivity|convert .* format|internal conversion|aggregate (transition|final|serial|deserial|combine)|(restriction|join) selectivity|statistics:|(BRIN|GIN|GiST|SP-GiST) )')`;

test('every function that a query may call was judged, and none twice', async () => {
  const candidates = await names(CANDIDATES);
  expect(candidates.length).toBeGreaterThan(700);
  const judged = [...HARMLESS_FUNCTIONS, ...EFFECTFUL_FUNCTIONS, ...LATER_FUNCTIONS];
  expect(new Set(judged).size).toBe(judged.length);
  expect(candidates.filter((name) => !judged.includes(name) && name !== 'postgresql_fdw_validator')).toEqual(
    [],
  );
  const all = new Set(await names('SELECT DISTINCT proname FROM pg_proc'));
  expect([...HARMLESS_FUNCTIONS].filter((name) => !all.has(name))).toEqual([]);
  for (const name of CHANGING_FUNCTIONS)
    expect(HARMLESS_FUNCTIONS.has(name) || LATER_FUNCTIONS.has(name)).toBe(true);
});

test('no operator and no cast of the engine stands on a volatile function', async () => {
  const operators = await names(
    "SELECT DISTINCT oprname FROM pg_operator JOIN pg_proc p ON p.oid = oprcode AND provolatile <> 'v'",
  );
  expect([...BUILT_IN_OPERATORS].filter((name) => !operators.includes(name))).toEqual(['!=']);
  const volatile = await names(
    "SELECT DISTINCT castfunc FROM pg_cast JOIN pg_proc p ON p.oid = castfunc AND provolatile = 'v'",
  );
  expect(volatile).toEqual([]);
});

test('relations and types are the engine’s own', async () => {
  const relations = await names(
    "SELECT relname FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind IN ('r', 'v')",
  );
  expect(relations.filter((name) => !CATALOG_RELATIONS.has(name))).toEqual([]);
  const types = await names(
    "SELECT typname FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype <> 'd'",
  );
  expect([...BUILT_IN_TYPES].filter((name) => !types.includes(name))).toEqual([]);
});
