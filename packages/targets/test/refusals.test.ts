import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TargetError, openTarget } from '@countersign/targets';
import type { DryRunLimits, Statement, TargetErrorCode } from '@countersign/targets';
import { SessionProcess, defaultProgram } from '../src/sqlite/session-process.ts';
import { codeOf, jobFor, statement, temporaryDatabase } from './temporary-database.ts';
import type { Temporary } from './temporary-database.ts';

const wide = Array.from({ length: 901 }, (_, index) => `c${index}`).join(', ');
let temporary: Temporary;
beforeAll(async () => {
  temporary = temporaryDatabase(
    `CREATE TABLE t(a INTEGER PRIMARY KEY, b NOT NULL, c UNIQUE);
     CREATE TABLE other(x);
     CREATE TABLE big(x); INSERT INTO big VALUES (zeroblob(900000));
     INSERT INTO t VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3);
     CREATE TRIGGER refuse BEFORE DELETE ON t WHEN OLD.a = 3 BEGIN SELECT RAISE(ABORT, 'secret'); END;
     CREATE TRIGGER leave BEFORE DELETE ON t WHEN OLD.a = 2 BEGIN SELECT RAISE(ROLLBACK, 'gone'); END;`,
  );
  await temporary.target.prepare();
});
afterAll(() => temporary.end());

const one = { type: 'integer' as const, value: 1 };
const hit = new Set<TargetErrorCode>();
const endless = `WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) INSERT INTO other SELECT x FROM n WHERE x < 0`;

const refused: readonly (readonly [TargetErrorCode, string | Statement, Partial<DryRunLimits>?])[] = [
  ['statement/empty', ' -- nothing\n /* at all */ ;'],
  ['statement/too-long', `SELECT '${'x'.repeat(1_000_000)}'`],
  ['statement/bad-text', 'DELETE FROM t\0'],
  ['statement/bad-text', '\ufeffDELETE FROM t'],
  ['statement/bad-text', "SELECT '\ud800'"],
  ['statement/several', 'DELETE FROM t WHERE a = 1; DELETE FROM t WHERE a = 2'],
  ['statement/several', 'UPDATE t SET b = 1; COMMIT'],
  ['statement/transaction-control', 'COMMIT'],
  ['statement/transaction-control', '/* x */ END'],
  ['statement/transaction-control', 'ROLLBACK'],
  ['statement/transaction-control', 'BEGIN'],
  ['statement/transaction-control', 'SAVEPOINT s'],
  ['statement/transaction-control', 'RELEASE s'],
  ['statement/transaction-control', 'EXPLAIN COMMIT'],
  ['statement/attach', "ATTACH ':memory:' AS m"],
  ['statement/attach', 'DETACH main'],
  ['statement/pragma', 'PRAGMA recursive_triggers = 0'],
  ['statement/pragma', 'EXPLAIN PRAGMA recursive_triggers = 0'],
  ['statement/pragma', 'EXPLAIN QUERY PLAN PRAGMA foreign_keys = 0'],
  ['statement/pragma', 'SELECT * FROM pragma_foreign_keys'],
  ['statement/vacuum', 'VACUUM'],
  ['statement/vacuum', "VACUUM INTO '/tmp/never'"],
  ['statement/unknown-verb', 'FROBNICATE t'],
  ['statement/unknown-verb', ';DELETE FROM t'],
  ['statement/named-parameter', statement('DELETE FROM t WHERE a = ?1', one)],
  ['statement/named-parameter', statement('DELETE FROM t WHERE a = #a', one)],
  ['statement/named-parameter', statement('DELETE FROM t WHERE a = $a(b)', one)],
  ['statement/named-parameter', statement('DELETE FROM t WHERE a = :a AND b = ?1', one)],
  ['statement/named-parameter', statement('DELETE FROM t WHERE a = :a AND b = ?', one, one)],
  ['statement/parameter-count', 'DELETE FROM t WHERE a = ?'],
  ['statement/parameter-count', 'DELETE FROM t WHERE a = :a'],
  ['statement/parameter-count', statement('DELETE FROM t WHERE a = :a', one, one)],
  ['statement/parameter-count', statement('DELETE FROM t WHERE a = :a OR a = @a', one)],
  ['statement/bad-parameter', statement('DELETE FROM t WHERE a = ?', { type: 'number', value: 'ten' })],
  [
    'statement/bad-parameter',
    statement('DELETE FROM t WHERE a = ?', { type: 'number', value: '9'.repeat(30) }),
  ],
  ['statement/bad-parameter', statement('DELETE FROM t WHERE a = ?', { type: 'integer', value: 2 ** 60 })],
  ['statement/bad-parameter', statement('DELETE FROM t WHERE a = ?', { type: 'text', value: '\udfff' })],
  ['statement/temporary', 'CREATE TEMP TABLE x(a)'],
  ['statement/temporary', 'CREATE TEMP TRIGGER x AFTER INSERT ON main.t BEGIN SELECT 1; END'],
  ['statement/temporary', 'SELECT * FROM sqlite_temp_schema'],
  ['statement/invalid', 'DELETE FROM sqlite_temp_master'],
  ['statement/own-tables', 'DELETE FROM _countersign_runs'],
  ['statement/own-tables', 'SELECT * FROM _COUNTERSIGN_identity'],
  ['statement/own-tables', 'DROP TABLE _countersign_runs'],
  ['statement/own-tables', 'CREATE TRIGGER x AFTER INSERT ON _countersign_runs BEGIN SELECT 1; END'],
  ['statement/denied', "SELECT load_extension('x')"],
  ['statement/denied', "SELECT fts3_tokenizer('x')"],
  ['statement/left-transaction', 'INSERT OR ROLLBACK INTO t VALUES (1, 1, 1)'],
  ['statement/left-transaction', 'DELETE FROM t WHERE a = 2'],
  ['statement/invalid', 'UPDATE nowhere SET a = 1'],
  ['statement/invalid', 'UPDATE t SET b = "text"'],
  ['statement/constraint', 'INSERT INTO t VALUES (9, 9, 1)'],
  ['statement/constraint', 'DELETE FROM t WHERE a = 3'],
  ['statement/failed', "SELECT json('{')"],
  ['limit/rows', 'UPDATE t SET b = 5', { rowsMax: 2 }],
  ['limit/rows', 'CREATE TABLE y AS SELECT * FROM t', { rowsMax: 2 }],
  ['limit/bytes', 'UPDATE big SET x = 1', { bytesMax: 65_536 }],
  ['limit/time', endless, { timeoutMs: 150 }],
];

for (const [code, text, limits] of refused) {
  const given = typeof text === 'string' ? statement(text) : text;
  test(`${code}: ${given.sql.slice(0, 60).replaceAll('\0', '\\0')}`, async () => {
    expect(await codeOf(temporary.target.dryRun([given], limits))).toBe(code);
    hit.add(code);
    expect(temporary.sql('SELECT a, b, c FROM t')).toEqual([
      [1, 1, 1],
      [2, 2, 2],
      [3, 3, 3],
    ]);
  });
}

test('named places get their values by name, in the order of their first appearance', async () => {
  const { target } = temporary;
  const three = [1, 2, 3].map((value) => ({ type: 'integer' as const, value }));
  const { results } = await target.read([statement('SELECT $b, :a, @a, :a, $b + :a', ...three)]);
  expect(results[0]?.rows[0]).toEqual(
    [1, 2, 3, 2, 3].map((value) => expect.objectContaining({ value }) as unknown),
  );
  const sql = "UPDATE t SET b = :b WHERE a = :a AND ':c' <> :b";
  const values = [8, 2].map((value) => ({ type: 'integer' as const, value }));
  const { diff } = await target.dryRun([statement(sql, ...values)]);
  expect(diff.tables.map(({ table, updated, changes }) => [table, updated, changes[0]?.after?.[1]])).toEqual([
    ['t', 1, { type: 'integer', value: 8 }],
  ]);
});

test('a trigger text that could hold a value of a row is not passed on', async () => {
  const told = await temporary.target.dryRun([statement('DELETE FROM t WHERE a = 3')]).catch(String);
  expect(told).not.toContain('secret');
});

test('what stands outside the statement has its own codes', async () => {
  const { target, folder, path } = temporary;
  const make = (url: string): ReturnType<typeof openTarget> => openTarget({ name: 'x', url });
  for (const url of ['oracle://x', 'sqlite:', 'sqlite::memory:']) {
    expect(() => make(url)).toThrow(expect.objectContaining({ code: 'target/bad-url' }) as Error);
  }
  hit.add('target/bad-url');
  hit.add(await codeOf(make(`sqlite:${folder}/absent.db`).inspect()));
  writeFileSync(join(folder, 'text.db'), 'this is no database, whatever its name may say'.repeat(100));
  expect(await codeOf(make(`sqlite:${folder}/text.db`).inspect())).toBe('target/unreachable');
  new Database(join(folder, 'bare.db')).exec('CREATE TABLE t(a)').close();
  hit.add(await codeOf(make(`sqlite:${folder}/bare.db`).marker(new Uint8Array(16))));
  const job = await jobFor(target, [statement('UPDATE t SET b = 9 WHERE a = 1')], 9);
  const other = await target.run({ ...job, expectedIdentity: new Uint8Array(32) });
  expect(other).toMatchObject({ kind: 'failed', code: 'target/other-database' });
  hit.add('target/other-database');
  new Database(join(folder, 'wide.db')).exec(`CREATE TABLE w(${wide})`).close();
  const broad = make(`sqlite:${folder}/wide.db`);
  hit.add(await codeOf(broad.dryRun([statement('DELETE FROM w')])));
  hit.add(await codeOf(target.read([statement('DELETE FROM t')])));
  await broad.close();
  hit.add(await codeOf(broad.dryRun([statement('DELETE FROM w')])));
  const lock = new Database(path);
  lock.exec('BEGIN IMMEDIATE');
  const busy = await target
    .dryRun([statement('DELETE FROM other')], { busyMs: 50 })
    .catch((cause: unknown) => cause);
  lock.close();
  expect(busy).toMatchObject({ code: 'target/busy', retryable: true });
  hit.add('target/busy');
});

test('a session that dies is told as such', async () => {
  const session = new SessionProcess(defaultProgram);
  const answer = codeOf(
    session.perform(
      {
        kind: 'read',
        path: temporary.path,
        statements: [statement('SELECT 1')],
        limits: { timeoutMs: 9, busyMs: 9, rowsMax: 1, bytesMax: 1 },
      },
      { timeoutMs: 10_000 },
    ),
  );
  process.kill(session.pid ?? 0, 'SIGKILL');
  expect(await answer).toBe('target/session-lost');
  hit.add('target/session-lost');
});

test('every code is hit', () => {
  // They take a server, so the tests of the other engines hit them.
  for (const code of [
    'target/account-writes',
    'target/no-read-account',
    'target/reads-only',
    'target/rights',
    'statement/not-offered',
    'target/shadow',
    'target/shadow-version',
    'statement/changes-schema',
    'statement/foreign-table',
    'statement/unknown-effect',
    'statement/not-transactional',
    'statement/system-versioned',
    'statement/unproved',
    'statement/runs-alone',
    'statement/moves-setting',
    'limit/objects',
  ] as const)
    hit.add(code);
  const all: Record<TargetErrorCode, true> = {
    'target/bad-url': true, 'target/unreachable': true, 'target/not-prepared': true, 'target/other-database': true, 'target/account-writes': true, 'target/no-read-account': true, 'target/reads-only': true, 'target/rights': true, 'statement/changes-schema': true, 'statement/foreign-table': true, 'statement/runs-alone': true,
    'statement/unknown-effect': true, 'statement/not-transactional': true, 'statement/system-versioned': true, 'statement/unproved': true,
    'target/busy': true, 'target/session-lost': true, 'target/shadow': true, 'target/shadow-version': true, 'target/closed': true, 'statement/empty': true,
    'statement/too-long': true, 'statement/bad-text': true, 'statement/several': true,
    'statement/transaction-control': true, 'statement/attach': true, 'statement/pragma': true,
    'statement/vacuum': true, 'statement/unknown-verb': true, 'statement/named-parameter': true,
    'statement/parameter-count': true, 'statement/bad-parameter': true, 'statement/temporary': true,
    'statement/own-tables': true, 'statement/denied': true, 'statement/not-a-read': true, 'statement/not-offered': true,
    'statement/left-transaction': true, 'statement/moves-setting': true, 'statement/invalid': true, 'statement/constraint': true,
    'statement/failed': true, 'limit/columns': true, 'limit/time': true, 'limit/rows': true, 'limit/bytes': true, 'limit/objects': true,
  }; // prettier-ignore
  expect([...hit].sort()).toEqual(Object.keys(all).sort());
  expect(new TargetError('limit/rows', 'x').retryable).toBe(false);
});
