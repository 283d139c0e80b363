import { expect, test } from 'vitest';
import { sessionDifference } from '@countersign/sql';
import type { Catalog } from '@countersign/sql';

const nothing: Catalog = { tables: new Map(), triggers: [] };

test.each<
  [catalog: Partial<Catalog> | undefined, path: string | undefined, strings: string, different?: string]
>([
  [{ searchPath: ['public'] }, 'public', 'on'],
  [{ searchPath: ['My "x", y', 'public'] }, '"My ""x"", y", public', 'on'],
  [{ searchPath: [] }, '', 'on'],
  [{}, 'public', 'on'],
  [undefined, 'sales', 'on'],
  [{}, 'sales', 'on', 'search_path'],
  [{ searchPath: ['public', 'sales'] }, 'sales, public', 'on', 'search_path'],
  [{ searchPath: ['public'] }, 'public, "', 'on', 'search_path'],
  [{ searchPath: ['public'] }, undefined, 'on', 'search_path'],
  [{ searchPath: ['public'] }, 'public', 'off', 'standard_conforming_strings'],
  [undefined, 'public', 'off', 'standard_conforming_strings'],
  [{ standardConformingStrings: false }, 'public', 'on', 'standard_conforming_strings'],
  [{ standardConformingStrings: false }, 'public', 'off'],
])('PostgreSQL: %j in a session with %j and strings %s: %s', (catalog, path, strings, different) => {
  const session = new Map([['standard_conforming_strings', strings]]);
  if (path !== undefined) session.set('search_path', path);
  const own = catalog === undefined ? undefined : { ...nothing, ...catalog };
  expect(sessionDifference('postgres', own, session)).toBe(different);
});

const PINNED = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION';

test.each<[catalog: Partial<Catalog> | undefined, session: Record<string, string>, different?: string]>([
  [{ currentSchema: 'shop', sqlMode: PINNED }, {}],
  [{ currentSchema: 'shop', lowerCaseTableNames: 1 }, { lower_case_table_names: '1' }],
  [undefined, { database: 'other' }],
  [{ currentSchema: 'shop' }, { sql_mode: 'ANSI' }, 'sql_mode'],
  [undefined, { sql_mode: 'NO_BACKSLASH_ESCAPES' }, 'sql_mode'],
  [{ currentSchema: 'shop', sqlMode: 'PIPES_AS_CONCAT' }, {}, 'sql_mode'],
  [{ currentSchema: 'other' }, {}, 'database'],
  [{}, {}, 'database'],
  [{ currentSchema: 'shop', lowerCaseTableNames: 2 }, {}, 'lower_case_table_names'],
])('MariaDB: %j in a session with %j: %s', (catalog, changed, different) => {
  const settings = { database: 'shop', lower_case_table_names: '0', sql_mode: PINNED, ...changed };
  const own = catalog === undefined ? undefined : { ...nothing, ...catalog };
  expect(sessionDifference('mariadb', own, new Map(Object.entries(settings)))).toBe(different);
});

test('a session that is not signed is another', () => {
  expect(sessionDifference('postgres', nothing, new Map())).toBe('standard_conforming_strings');
  expect(sessionDifference('mysql', undefined, new Map())).toBe('sql_mode');
  expect(sessionDifference('sqlite', nothing, new Map())).toBeUndefined();
});
