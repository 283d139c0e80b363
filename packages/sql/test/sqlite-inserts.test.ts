import { expect, test } from 'vitest';
import { isSqliteEngineDefault, sqliteInserts } from '@countersign/sql';

const engine = [
  'CURRENT_TIMESTAMP',
  'current_date',
  "datetime('now')",
  "(DateTime('NOW', 'localtime'))",
  'unixepoch()',
  "unixepoch('subsec')",
  "strftime('%s', 'now') * 1000",
  "strftime('%Y')",
  "CAST(julianday('now') AS INTEGER)",
  "lower(hex(randomblob(4))) || '-' || random()",
  '-abs(random())',
];
const given = [
  "'now'",
  'now',
  '"current_timestamp"',
  "date('2020-01-01')",
  "strftime('now', '2020-01-01')",
  "lower('CURRENT_TIMESTAMP')",
  'last_insert_rowid() + random()',
  'changes()',
  "unknown(datetime('now'))",
  "datetime('now', NEW.x)",
  'max(random())',
  'random() OVER ()',
  'CURRENT_DATE, 1',
  'random() FROM t',
  'random() UNION SELECT 1',
  'random(); SELECT 1',
  '(SELECT random())',
  "CASE WHEN random() THEN 'a' ELSE 'b' END",
  `${'(-'.repeat(80)}random()${')'.repeat(80)}`,
  'random(',
  '',
];
for (const text of engine) {
  test(`made by the engine: ${text}`, () => expect(isSqliteEngineDefault(text)).toBe(true));
}
for (const text of given) {
  test(`not made by the engine alone: ${text.slice(0, 60)}`, () =>
    expect(isSqliteEngineDefault(text)).toBe(false));
}

test('an INSERT says which columns it lists and what each place gives', () => {
  expect(sqliteInserts('INSERT INTO main.T(A, "b") VALUES (NULL, 1), (NULL, NULL)')).toEqual([
    { table: 't', columns: ['a', 'b'], values: [{ kind: 'null' }, { kind: 'other' }], defaults: false },
  ]);
  expect(sqliteInserts('WITH x AS (SELECT 1) REPLACE INTO t DEFAULT VALUES')).toEqual([
    { table: 't', columns: undefined, values: [], defaults: true },
  ]);
  expect(sqliteInserts("INSERT INTO t VALUES (datetime('now'))")?.[0]?.values).toEqual([{ kind: 'other' }]);
  expect(sqliteInserts('INSERT INTO t SELECT * FROM u')?.[0]?.values).toBeUndefined();
  expect(sqliteInserts('INSERT INTO t SELECT NULL UNION SELECT 1')?.[0]?.values).toBeUndefined();
});

test('a trigger shows every INSERT of its body, and the times among their values', () => {
  const body =
    "INSERT INTO a(x, at) VALUES (1, datetime('now')), (2, CURRENT_TIMESTAMP); UPDATE a SET x = 1; INSERT INTO b SELECT NULL, NEW.x";
  expect(sqliteInserts(`CREATE TRIGGER tr AFTER INSERT ON t BEGIN ${body}; END`)).toEqual([
    {
      table: 'a',
      columns: ['x', 'at'],
      values: [{ kind: 'other' }, { kind: 'engine', text: "datetime('now'), CURRENT_TIMESTAMP" }],
      defaults: false,
    },
    { table: 'b', columns: undefined, values: [{ kind: 'null' }, { kind: 'other' }], defaults: false },
  ]);
});

test('what inserts nothing has no INSERT, what cannot be read has no answer', () => {
  expect(sqliteInserts('UPDATE t SET a = 1')).toEqual([]);
  expect(sqliteInserts('EXPLAIN INSERT INTO t VALUES (1)')).toEqual([]);
  expect(sqliteInserts('INSERT INTO t VALUES (1); INSERT INTO t VALUES (2)')).toBeUndefined();
  expect(sqliteInserts('INSERT INTO')).toBeUndefined();
});
