import { existsSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Lab, removeLabs } from './lab.ts';

afterAll(removeLabs);
vi.setConfig({ testTimeout: 120_000 });

let lab: Lab;
beforeAll(async () => {
  lab = await Lab.make();
  // Whoever owns the policy may allow everything: what runs unasked must still not write.
  lab.policy('changes.yaml', () => 'version: 1\nrules:\n  - name: everything\n    allow: true\n');
  lab.policy('main.yaml', () => 'version: 1\ndefault:\n  require: { dba: 1 }\n');
});

const out = (): string => lab.path('out.db');
const attempts: readonly string[] = [
  'DELETE FROM orders',
  'INSERT INTO orders (customer_id, status, total_cents) VALUES (1, 1, 1) RETURNING *',
  'WITH x AS (SELECT 1) DELETE FROM orders',
  'EXPLAIN DELETE FROM orders',
  'PRAGMA writable_schema = 1',
  'PRAGMA user_version = 7',
  'SELECT * FROM pragma_user_version',
  "VACUUM INTO 'OUT'",
  "ATTACH 'OUT' AS x",
  "ATTACH 'OUT' AS x; CREATE TABLE x.t(a)",
  'CREATE TEMP TRIGGER t AFTER INSERT ON orders BEGIN SELECT 1; END',
  'CREATE TEMP TABLE t AS SELECT * FROM orders',
  'CREATE TABLE t AS SELECT * FROM orders',
  "SELECT load_extension('x')",
  "SELECT writefile('OUT', 'x')",
  "SELECT readfile('/etc/passwd')",
  "SELECT edit('x')",
  "SELECT fts3_tokenizer('simple', x'0102030405060708')",
  "SELECT * FROM fsdir('/')",
  'SELECT * FROM sqlite_dbpage',
  "SELECT 1; VACUUM INTO 'OUT'",
  "SELECT 1; DELETE FROM orders",
  'BEGIN; DELETE FROM orders; COMMIT',
  'COMMIT; DELETE FROM orders',
  'SELECT * FROM _countersign_identity',
  'DELETE FROM _countersign_runs',
  'UPDATE sqlite_schema SET sql = 1',
  "INSERT INTO sqlite_sequence VALUES ('a', 1)",
  'REINDEX',
  'ANALYZE',
  'ROLLBACK',
  '.shell touch OUT',
]; // prettier-ignore

test.each(attempts)('with everything allowed, unasked: %s', async (text) => {
  const sql = text.replaceAll('OUT', out());
  const before = [lab.dump(), lab.rows('PRAGMA user_version'), lab.rows('SELECT * FROM _countersign_runs')];
  const files = readdirSync(lab.home);
  const answer = await lab.ask('submit', sql, '--reason', 'a test');
  expect(answer.exitCode).not.toBe(0);
  expect(answer.code).not.toBe('internal/unexpected');
  expect(answer.document['results']).toBeUndefined();
  expect([lab.dump(), lab.rows('PRAGMA user_version'), lab.rows('SELECT * FROM _countersign_runs')]).toEqual(
    before,
  );
  expect(existsSync(out())).toBe(false);
  expect(readdirSync(lab.home)).toEqual(files);
});

test('a function of an application with an effect is not there to be called', async () => {
  const answer = await lab.ask('submit', 'SELECT my_function(name) FROM customers', '--reason', 'a test');
  expect(answer.exitCode).not.toBe(0);
});

test('a query without end is ended at the limit, and the session with it', async () => {
  const bomb = await Lab.make();
  bomb.configure((text) => text.replace('statement: 30s', 'statement: 2s'));
  const endless = 'WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n';
  const started = performance.now();
  const answer = await bomb.ask('submit', endless, '--reason', 'a test');
  expect([answer.exitCode, answer.code]).toEqual([1, 'limit/time']);
  expect(performance.now() - started).toBeLessThan(20_000);
  const [request] = (await bomb.ask('list')).document['requests'] as readonly { state: string }[];
  expect(request?.state).toBe('failed');
  expect((await bomb.ask('ledger', 'verify')).code).toBe('ledger/verified');
});

test('a change without end is ended at the limit, in the dry run', async () => {
  const bomb = await Lab.make();
  bomb.configure((text) => text.replace('statement: 30s', 'statement: 2s'));
  const before = bomb.dump();
  const endless =
    'WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n) UPDATE orders SET status = (SELECT count(*) FROM n) WHERE id = 101';
  const answer = await bomb.ask('submit', endless, '--reason', 'a test');
  expect(answer.exitCode).not.toBe(0);
  expect(answer.code).not.toBe('internal/unexpected');
  expect(bomb.dump()).toBe(before);
  expect((await bomb.ask('ledger', 'verify')).code).toBe('ledger/verified');
});
