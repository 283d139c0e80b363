import { describe, expect, test } from 'vitest';
import { allHazards, classify, classifyTexts } from '@countersign/sql';
import type { Catalog } from '@countersign/sql';

const BOMBS: readonly (readonly [string, string, string])[] = [
  ['parentheses', `SELECT ${'('.repeat(100_000)}1`, 'text-too-deep'],
  ['NOT', `SELECT ${'NOT '.repeat(50_000)}1`, 'text-too-deep'],
  ['signs', `SELECT ${'- '.repeat(100_000)}1`, 'text-too-deep'],
  ['CASE', `SELECT ${'CASE WHEN 1 THEN '.repeat(5000)}1`, 'text-too-deep'],
  ['intervals', `SELECT ${'INTERVAL '.repeat(50_000)}1 DAY`, 'text-too-deep'],
  ['operators in turn', `SELECT 1${'+1-1'.repeat(20_000)}`, 'text-too-deep'],
  ['explanations', `${'EXPLAIN '.repeat(50_000)}SELECT 1`, 'parse-failed'],
  ['statements', 'SELECT 1;'.repeat(10_000), 'too-many-statements'],
  ['ten megabytes', `SELECT '${'x'.repeat(10_000_000)}'`, 'text-too-long'],
  ['tokens', `INSERT INTO t VALUES ${'(1,2),'.repeat(80_000)}(1,2)`, 'text-too-complex'],
  ['tables', `SELECT 1 FROM t${' JOIN t'.repeat(100)}`, 'text-too-complex'],
  ['columns', `SELECT 1${',1'.repeat(5000)}`, 'text-too-complex'],
  ['names', `SELECT ${'x'.repeat(600)} FROM t`, 'text-too-complex'],
  ['comments', '/*'.repeat(100_000), 'unterminated-comment'],
  ['quotes', `SELECT '${"''".repeat(100_000)}`, 'parse-failed'],
];

describe.each(['mysql', 'mariadb'] as const)('%s', (dialect) => {
  test.each(BOMBS)('%s are refused in bounded time', (_name, sql, code) => {
    classify('SELECT 1', dialect);
    const before = performance.now();
    const facts = classify(sql, dialect);
    expect(performance.now() - before).toBeLessThan(1000);
    expect([facts.readOnly, facts.effect, allHazards(facts)]).toEqual([false, 'unknown', [code]]);
  });

  test('long flat chains are read', () => {
    for (const sql of [
      `SELECT 1${'+1'.repeat(20_000)}`,
      `SELECT 1 FROM t WHERE a = 1${' AND a = 1'.repeat(5000)}`,
      `SELECT 1${' UNION SELECT 1'.repeat(5000)}`,
      `SELECT 1 FROM t WHERE a IN (1${',1'.repeat(20_000)})`,
    ]) {
      expect(classify(sql, dialect).readOnly).toBe(true);
    }
  });

  test('a grammar that the session may have and that is not read makes everything unknown', () => {
    for (const sqlMode of ['ORACLE', 'oracle', 'MSSQL', 'PIPES_AS_CONCAT,ANSI_QUOTES,ORACLE']) {
      const catalog: Catalog = { tables: new Map(), triggers: [], partial: true, sqlMode };
      const facts = classify('SELECT 1', dialect, catalog);
      expect([facts.readOnly, allHazards(facts)]).toEqual([false, ['dialect-not-supported']]);
    }
  });

  test('what an earlier text changed holds for the texts after it', () => {
    for (const first of ['USE other', "SET sql_mode = 'ANSI_QUOTES'", 'SET NAMES gbk', 'CALL p()']) {
      const facts = classifyTexts([first, 'SELECT 1'], dialect);
      expect([facts.readOnly, allHazards(facts).includes('names-changed')]).toEqual([false, true]);
    }
    const made = classifyTexts(['CREATE TABLE t (a int, b int)', 'SELECT * FROM t'], dialect);
    expect(made.statements[1]?.columnsRead).toEqual(['t.a', 't.b']);
  });
});

const trigger = (sql: string): Catalog => ({
  currentSchema: 'shop',
  tables: new Map([
    ['shop.orders', { kind: 'table', columns: ['id', 'total'] }],
    ['shop.audit', { kind: 'table', columns: ['id', 'what'] }],
  ]),
  triggers: [{ name: 't', table: 'shop.orders', sql, on: ['update'] }],
});

test.each([
  ['INSERT INTO audit (what) VALUES (NEW.total)', ['shop.audit', 'shop.orders']],
  [
    'BEGIN IF NEW.total > 1 THEN DELETE FROM audit; ELSE SET NEW.total = 1; END IF; END',
    ['shop.audit', 'shop.orders'],
  ],
  ['BEGIN DECLARE n INT DEFAULT 0; SELECT count(*) INTO n FROM audit; SET n = n + 1; END', ['shop.orders']],
  ['CREATE TRIGGER t BEFORE UPDATE ON orders FOR EACH ROW SET NEW.total = OLD.total', ['shop.orders']],
])('a trigger is followed: %s', (sql, writes) => {
  const facts = classify('UPDATE orders SET total = 2 WHERE id = 1', 'mariadb', trigger(sql));
  expect([facts.effect, facts.statements[0]?.writes]).toEqual(['write', writes]);
  expect(allHazards(facts)).toEqual(['trigger-fires']);
  expect(classify('DELETE FROM orders WHERE id = 1', 'mariadb', trigger(sql)).statements[0]?.hazards).toEqual(
    [],
  );
});

test.each([
  'CALL p()',
  'SET GLOBAL max_connections = 1',
  'SET total = 1',
  "SET @x = 'a'",
  'BEGIN BEGIN DECLARE sql_select_limit INT; END; SET sql_select_limit = 0; END',
  'BEGIN DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN END; DELETE FROM audit; END',
  'INSERT INTO audit (what) VALUES ("x")',
  "INSERT INTO audit (what) VALUES ('\\\\')",
  'BEGIN DELETE FROM audit',
  'WHILE 1 DO DELETE FROM audit; END WHILE',
])('a trigger that is not read makes its statement unknown: %s', (sql) => {
  const facts = classify('UPDATE orders SET total = 2 WHERE id = 1', 'mariadb', trigger(sql));
  expect([facts.effect, facts.statements[0]?.opaque]).toEqual(['unknown', true]);
});

test('a stored function in a trigger makes its statement unknown', () => {
  const facts = classify('UPDATE orders SET total = 2', 'mariadb', trigger('SET NEW.total = f(1)'));
  expect(facts.effect).toBe('unknown');
});
