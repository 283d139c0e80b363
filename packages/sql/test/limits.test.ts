import { describe, expect, test } from 'vitest';
import { SQL_LIMITS, allHazards, classify, classifyTexts } from '@countersign/sql';

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

test('other dialects are unknown until they can be read', () => {
  for (const dialect of ['mysql', 'mariadb'] as const) {
    const facts = classify('SELECT 1', dialect);
    expect([facts.parsed, facts.readOnly, facts.effect, allHazards(facts)]).toEqual([
      false,
      false,
      'unknown',
      ['dialect-not-supported'],
    ]);
  }
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
