import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  SqlError,
  classifyTexts,
  classifyWithNeeds,
  decodeCatalog,
  encodeCatalog,
  encodeFacts,
} from '@countersign/sql';
import type { Catalog, Dialect } from '@countersign/sql';
import { mysqlCatalog, textOf, vectorsOf } from './mysql-files.ts';
import type { MysqlDialect } from './mysql-files.ts';
import { provide } from './postgres-engine.ts';

const folder = new URL('../../../test/vectors/sql/', import.meta.url);

function textsOf(name: string): readonly string[] {
  const file = JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as {
    vectors: { sql: string }[];
  };
  return file.vectors.map(({ sql }) => sql);
}

/** What is too long to be read has no facts that could be carried. */
function mysqlTexts(dialect: MysqlDialect): readonly string[] {
  return vectorsOf(dialect)
    .vectors.map(textOf)
    .filter((text) => text.length < 10_000);
}

/** A schema that the vectors' tables are in, with something of every kind. */
const SHOP: Catalog = {
  tables: new Map([
    [
      'main.customers',
      {
        kind: 'table',
        columns: ['id', 'name', 'email', 'status', 'balance', 'joined'],
        cascades: [{ table: 'main.orders', on: 'delete', columns: [] }],
      },
    ],
    ['main.orders', { kind: 'table', columns: ['id', 'customer_id', 'total', 'note'] }],
    ['main.audit', { kind: 'table', columns: ['id', 'what'] }],
    ['main.unused', { kind: 'table', columns: ['id'] }],
    ['main.busy', { kind: 'view', columns: ['id'], sql: 'CREATE VIEW busy AS SELECT id FROM orders' }],
  ]),
  triggers: [
    {
      name: 'noted',
      table: 'main.orders',
      sql: "CREATE TRIGGER noted AFTER DELETE ON orders BEGIN INSERT INTO audit (what) VALUES ('x'); END",
    },
    {
      name: 'idle',
      table: 'main.unused',
      sql: 'CREATE TRIGGER idle AFTER DELETE ON unused BEGIN SELECT 1; END',
    },
  ],
};

const PUBLIC: Catalog = {
  tables: new Map(
    [...SHOP.tables].map(([name, table]) => [name.replace('main.', 'public.'), { ...table, cascades: [] }]),
  ),
  triggers: [{ name: 'noted', table: 'public.orders', sql: '', calls: 'public.note', on: ['delete'] }],
  searchPath: ['public'],
  standardConformingStrings: true,
  functions: new Map([
    ['public.note', { harmless: false, writes: ['public.audit'] }],
    ['public.writes', { harmless: false }],
    ['public.quiet', { harmless: true, reads: ['public.orders'] }],
  ]),
  types: new Map([
    ['public.slug', false],
    ['public.mood', true],
  ]),
  operators: new Set(['===']),
};

const CASES: readonly (readonly [Dialect, Catalog, readonly string[]])[] = [
  ['sqlite', SHOP, textsOf('sqlite')],
  ['postgres', PUBLIC, textsOf('postgres')],
  ['mariadb', mysqlCatalog('mariadb'), mysqlTexts('mariadb')],
  ['mysql', mysqlCatalog('mysql'), mysqlTexts('mysql')],
];
provide();

describe.each(CASES)('%s', (dialect, catalog, texts) => {
  test('what a reading asked for gives the same facts to whoever reads again', () => {
    let smaller = 0;
    for (const text of texts) {
      const { facts, catalog: needed } = classifyWithNeeds([text], dialect, catalog);
      expect(encodeFacts(facts)).toEqual(encodeFacts(classifyTexts([text], dialect, catalog)));
      const carried = decodeCatalog(encodeCatalog(needed));
      expect([text, encodeFacts(classifyTexts([text], dialect, carried))]).toEqual([
        text,
        encodeFacts(facts),
      ]);
      if (needed.tables.size < catalog.tables.size) smaller += 1;
    }
    expect(smaller).toBeGreaterThan(texts.length / 2);
  });

  test('encoding and decoding change nothing that reading looks at', () => {
    expect(encodeCatalog(decodeCatalog(encodeCatalog(catalog)))).toEqual(encodeCatalog(catalog));
  });
});

test('what a statement reaches travels, and nothing else', () => {
  const { catalog } = classifyWithNeeds(['DELETE FROM customers WHERE id = 1'], 'sqlite', SHOP);
  expect([...catalog.tables.keys()]).toEqual(['main.customers', 'main.orders', 'main.audit']);
  expect(catalog.triggers.map(({ name }) => name)).toEqual(['noted']);
});

test('a name that stands twice is refused', () => {
  const bytes = encodeCatalog({
    tables: new Map([
      ['u', { kind: 'table', columns: [] }],
      ['v', { kind: 'table', columns: [] }],
    ]),
    triggers: [],
  });
  const at = bytes.lastIndexOf(0x76);
  const twice = bytes.slice();
  twice[at] = 0x75;
  expect(() => decodeCatalog(twice)).toThrow(
    new SqlError('sql/catalog-malformed', 'a name that stands twice'),
  );
});

test('every cut and every changed byte is refused with a code or gives another catalogue', () => {
  const bytes = encodeCatalog(PUBLIC);
  for (let length = 0; length < bytes.length; length += 1) {
    expect(() => decodeCatalog(bytes.slice(0, length))).toThrow(SqlError);
  }
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ change;
      try {
        decodeCatalog(changed);
      } catch (error) {
        expect(error).toBeInstanceOf(SqlError);
      }
    }),
    { seed: 20_261_128, numRuns: 2000 },
  );
});
