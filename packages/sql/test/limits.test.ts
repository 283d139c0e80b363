import { describe, expect, test } from 'vitest';
import { DIALECTS, SQL_LIMITS, allHazards, classify, classifyTexts } from '@countersign/sql';
import type { Catalog } from '@countersign/sql';
import { provide } from './postgres-engine.ts';

provide();

const repeat = (count: number, of: (index: number) => string, between: string): string =>
  Array.from({ length: count }, (_, index) => of(index)).join(between);

describe('bombs are unknown, and soon', () => {
  test.each([
    ['text-too-long', `SELECT '${'x'.repeat(10_000_000)}'`],
    ['text-too-long', `SELECT '${'é'.repeat(500_000)}'`],
    ['text-too-deep', `SELECT ${'('.repeat(100_000)}1${')'.repeat(100_000)}`],
    ['text-too-deep', `SELECT ${'CASE WHEN '.repeat(50_000)}`],
    ['too-many-statements', 'SELECT 1;'.repeat(10_000)],
    ['text-too-complex', 'SELECT '.concat('1,'.repeat(400_000), '1')],
    ['parse-failed', "'".repeat(900_001)],
  ])('%s', (code, sql) => {
    const started = performance.now();
    const facts = classify(sql, 'sqlite');
    const tookMs = performance.now() - started;
    expect([facts.parsed, facts.effect, facts.readOnly, allHazards(facts)]).toEqual([
      false,
      'unknown',
      false,
      [code],
    ]);
    // The bound is 200 ms on an idle machine; a busy one gets room.
    expect(tookMs).toBeLessThan(2000);
  });

  test.each([
    ['text-too-deep', `SELECT 1 WHERE ${repeat(1100, () => 'a', ' AND ')}`],
    ['text-too-deep', `SELECT ${'NOT '.repeat(3000)}1`],
    ['text-too-complex', `SELECT 1 FROM ${repeat(65, (index) => `t${index}`, ', ')}`],
    ['text-too-complex', `SELECT ${repeat(2001, () => '1', ', ')}`],
    ['text-too-complex', `SELECT 1 FROM ${'t'.repeat(600)}`],
    [
      'text-too-complex',
      repeat(11, (row) => `SELECT ${repeat(2000, (index) => `c${row}_${index}`, ', ')} FROM t`, ';'),
    ],
  ])('%s, after parsing', (code, sql) => {
    expect(allHazards(classify(sql, 'sqlite'))).toEqual([code]);
  });

  test('what SQLite bears is read', () => {
    expect(classify(`SELECT 1 WHERE ${repeat(900, () => '1', ' AND ')}`, 'sqlite').readOnly).toBe(true);
    expect(classify(`SELECT 1 FROM ${repeat(64, (index) => `t${index}`, ', ')}`, 'sqlite').readOnly).toBe(
      true,
    );
    expect(
      classify(
        repeat(SQL_LIMITS.statementsMax, () => 'SELECT 1', ';'),
        'sqlite',
      ).readOnly,
    ).toBe(true);
  });
});

test.each(DIALECTS)('%s: definitions that would be walked through for ever are not', (dialect) => {
  const home = { sqlite: 'main', postgres: 'public', mysql: 'shop', mariadb: 'shop' }[dialect];
  const catalog: Catalog = {
    currentSchema: 'shop',
    tables: new Map([
      [`${home}.t`, { kind: 'table', columns: ['a'] }],
      [
        `${home}.w`,
        {
          kind: 'view',
          columns: ['a'],
          sql: `CREATE VIEW w AS SELECT a FROM t WHERE a IN (1${',1'.repeat(50_000)})`,
        },
      ],
    ]),
    triggers: [],
  };
  const one = classifyTexts(['SELECT a FROM w'], dialect, catalog);
  expect([one.readOnly, one.statements[0]?.reads]).toEqual([true, [`${home}.t`, `${home}.w`]]);
  const before = performance.now();
  const many = classifyTexts(Array<string>(1000).fill('SELECT a FROM w'), dialect, catalog);
  expect(performance.now() - before).toBeLessThan(30_000);
  expect([many.readOnly, many.effect, allHazards(many)]).toEqual([false, 'unknown', ['text-too-complex']]);
});

test('several texts are read one after the other', () => {
  const facts = classifyTexts(['CREATE TEMP TABLE t (a)', 'DELETE FROM t WHERE a = 1'], 'sqlite');
  expect(facts.statements.map(({ text, writes }) => [text, writes])).toEqual([
    [0, ['temp.t']],
    [1, ['temp.t']],
  ]);
  const mixed = classifyTexts(['SELECT 1', 'nonsense'], 'sqlite');
  expect([mixed.parsed, mixed.readOnly, mixed.effect]).toEqual([false, false, 'unknown']);
  const many = classifyTexts(
    Array.from({ length: 501 }, () => 'SELECT 1; SELECT 2'),
    'sqlite',
  );
  expect([many.readOnly, allHazards(many)]).toEqual([false, ['too-many-statements']]);
  expect(classifyTexts([], 'sqlite').readOnly).toBe(false);
});
