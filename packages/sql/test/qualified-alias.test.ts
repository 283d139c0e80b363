import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { classify } from '@countersign/sql';
import type { Catalog } from '@countersign/sql';

const table = { kind: 'table', columns: ['a', 'b'] } as const;
const catalogOf = (schema: string): Catalog => ({
  tables: new Map([
    [`${schema}.t`, table],
    [`${schema}.u`, table],
  ]),
  triggers: [],
  currentSchema: schema,
  lowerCaseTableNames: 0,
});

/** What MySQL 9.7 and MariaDB 10.11 answer; the vectors have the change that goes with it. */
test.each([
  ['SELECT shop.t.b FROM t AS x, u AS t', ['shop.u.b']],
  ['SELECT shop.t.* FROM t AS x, u AS t', ['shop.u.a', 'shop.u.b']],
  ['SELECT (SELECT t.b FROM u AS T LIMIT 1) FROM t', ['shop.t.b']],
  ['SELECT (SELECT shop.t.b FROM u AS x LIMIT 1) FROM t', ['shop.t.b']],
])('a name is that of an alias, in its case: %s', (sql, read) => {
  for (const dialect of ['mysql', 'mariadb'] as const) {
    const facts = classify(sql, dialect, catalogOf('shop'));
    expect([facts.readOnly, facts.statements[0]?.columnsRead]).toEqual([true, read]);
  }
});

test('where the case of tables does not count, that of aliases does not either', () => {
  const catalog: Catalog = { ...catalogOf('shop'), lowerCaseTableNames: 1 };
  const facts = classify('SELECT SHOP.T.b FROM t AS x, u AS t', 'mysql', catalog);
  expect(facts.statements[0]?.columnsRead).toEqual(['shop.u.b']);
});

test('SQLite reads a name behind that of a database as an alias, too', () => {
  const sql = 'SELECT main.t.b FROM t AS x, u AS t';
  const database = new Database(':memory:');
  database.exec("CREATE TABLE t (a, b); CREATE TABLE u (a, b); INSERT INTO t VALUES (1, 'of t'); INSERT INTO u VALUES (1, 'of u')"); // prettier-ignore
  expect(database.prepare(sql).pluck().get()).toBe('of u');
  expect(classify(sql, 'sqlite', catalogOf('main')).statements[0]?.columnsRead).toEqual(['main.u.b']);
});

test('a bare name with letters whose case servers fold in ways of their own is of no table for sure', () => {
  // Both servers take the name for the column of `t`, JavaScript for that of `u`.
  const tables: Catalog['tables'] = new Map([
    ['shop.t', { kind: 'table', columns: ['k', 'ẞΑΣ'] }],
    ['shop.u', { kind: 'table', columns: ['k', 'ßασ'] }],
  ]);
  const catalog = { ...catalogOf('shop'), tables };
  for (const dialect of ['mysql', 'mariadb'] as const) {
    expect(classify('UPDATE t JOIN u ON t.k = u.k SET ẞασ = 9', dialect, catalog).effect).toBe('unknown');
    expect(classify('UPDATE t JOIN u ON t.k = u.k SET t.ẞασ = 9', dialect, catalog).effect).toBe('write');
    const read = classify('SELECT ẞασ FROM t JOIN u ON t.k = u.k', dialect, catalog);
    expect(read.statements[0]?.columnsRead).toContain('?.ßασ');
    const plain = classify('SELECT ИМЯ, é FROM t JOIN u ON t.k = u.k', dialect, {
      ...catalog,
      tables: new Map([
        ['shop.t', { kind: 'table', columns: ['k', 'имя'] }],
        ['shop.u', { kind: 'table', columns: ['k', 'É'] }],
      ]),
    });
    expect(plain.statements[0]?.columnsRead).toEqual(['shop.t.k', 'shop.t.имя', 'shop.u.k', 'shop.u.é']);
  }
});

/** Both servers and SQLite pass by an alias whose table has no such column, also to one outside. */
describe('a qualified column', () => {
  const secrets = { kind: 'table', columns: ['a', 'secret'] } as const;
  const catalogs = (schema: string): Catalog => ({
    ...catalogOf(schema),
    tables: new Map([...catalogOf(schema).tables, [`${schema}.s`, secrets], ['other.t', secrets]]),
  });

  test.each([
    ['SELECT (SELECT t.secret FROM u AS t LIMIT 1) FROM s AS t', ['.s.secret']],
    ['SELECT t.secret FROM u AS t JOIN s AS t', ['.s.secret']],
    ['SELECT (SELECT d.secret FROM (SELECT 1 AS x) AS d) FROM s AS d', ['.s.secret']],
    ['SELECT (SELECT d.secret FROM (SELECT 1) AS d) FROM s AS d', undefined],
  ])('is of the alias that has it: %s', (sql, read) => {
    for (const [dialect, schema] of [['mysql', 'shop'], ['mariadb', 'shop'], ['sqlite', 'main']] as const) {
      const facts = classify(sql, dialect, catalogs(schema));
      expect(facts.statements[0]?.columnsRead, dialect).toEqual(read?.map((name) => `${schema}${name}`) ?? ['?.secret']);
    }
  }); // prettier-ignore

  test('is of the table that has it among those of one name in several databases', () => {
    for (const dialect of ['mysql', 'mariadb'] as const) {
      const of = (sql: string): readonly unknown[] => {
        const [facts] = classify(sql, dialect, catalogs('shop')).statements;
        return [facts?.effects.includes('unknown'), facts?.writes, facts?.columnsRead];
      };
      const join = 'shop.t JOIN other.t ON shop.t.a = other.t.a';
      expect(of(`UPDATE ${join} SET t.secret = 9`).slice(0, 2)).toEqual([false, ['other.t']]);
      expect(of(`UPDATE ${join} SET t.a = 9`).slice(0, 2)).toEqual([true, ['other.t', 'shop.t']]);
      expect(of('DELETE t FROM other.t JOIN shop.t ON shop.t.a = other.t.a')[0]).toBe(true);
      expect(of(`SELECT t.* FROM ${join}`)[2]).toEqual([
        'other.t.a',
        'other.t.secret',
        'shop.t.a',
        'shop.t.b',
      ]);
      expect(of(`SELECT t.a FROM ${join}`)[2]).toContain('?.a');
    }
  });
});
