import { afterEach, expect, test } from 'vitest';
import { compareDiffs, toPages } from '@countersign/diff';
import { runSteps } from '@countersign/targets';
import type { RunJob, RunStep } from '@countersign/targets';
import { codeOf, jobFor, statement, temporaryDatabase } from './temporary-database.ts';
import type { Temporary } from './temporary-database.ts';

let temporary: Temporary | undefined;
afterEach(() => temporary?.end());

async function prepared(setup = ''): Promise<Temporary> {
  const made = temporaryDatabase(
    `CREATE TABLE t(a INTEGER PRIMARY KEY, b); INSERT INTO t VALUES (1, 10), (2, 20), (3, 30);
     CREATE TABLE log(x);
     CREATE TRIGGER tr AFTER UPDATE ON t BEGIN INSERT INTO log VALUES (OLD.b || '>' || NEW.b); END; ${setup}`,
  );
  temporary = made;
  await made.target.prepare();
  return made;
}

const raise = [statement('UPDATE t SET b = b + 1 WHERE a < 3')];
const before = [[1, 10], [2, 20], [3, 30]]; // prettier-ignore
const after = [[1, 11], [2, 21], [3, 30]]; // prettier-ignore

test('a job runs once, passes every step in order, and leaves its marker', async () => {
  const { target, sql } = await prepared();
  const job = await jobFor(target, raise, 1);
  const steps: RunStep[] = [];
  expect(await target.marker(job.requestId)).toEqual({ kind: 'absent' });
  const outcome = await target.run({ ...job, onStep: (step) => void steps.push(step) });
  expect(outcome).toMatchObject({ kind: 'executed', digest: job.expectedDigest });
  expect(steps).toEqual(runSteps.filter((step) => step !== 'rolled-back'));
  expect(sql('SELECT * FROM t')).toEqual(after);
  const marker = { requestDigest: job.requestDigest, startedAt: job.startedAt };
  expect(await target.marker(job.requestId)).toEqual({ kind: 'present', ...marker });
  expect(await target.run(job)).toEqual({ kind: 'already-ran', ...marker });
  expect(sql('SELECT * FROM t')).toEqual(after);
});

test('six runs of one job at once execute it once', async () => {
  const { target, sql } = await prepared();
  const job = await jobFor(target, raise, 1);
  const kinds = await Promise.all(
    Array.from({ length: 6 }, () => target.run({ ...job, limits: { busyMs: 20_000 } })),
  );
  expect(kinds.map(({ kind }) => kind).sort()).toEqual([...Array<string>(5).fill('already-ran'), 'executed']);
  expect(sql('SELECT * FROM t')).toEqual(after);
});

test('what a job tolerates is no drift, and anything beside it is', async () => {
  const { target, sql } = await prepared();
  const job = await jobFor(target, [statement('DELETE FROM t WHERE a < 3')], 1);
  const { diff: signed } = await target.dryRun(job.statements);
  const drifting = { signed, tolerance: { columns: new Map([['t', [1]]]), fewerRows: false } };
  sql('UPDATE t SET b = 11 WHERE a = 1');
  expect((await target.run(job)).kind).toBe('drifted');
  const key = { signed, tolerance: { columns: new Map([['t', [0]]]), fewerRows: false } };
  expect((await target.run({ ...job, tolerated: key })).kind).toBe('drifted');
  const other = { ...drifting, signed: { ...signed, notPreviewed: ['another diff than the signed one'] } };
  expect((await target.run({ ...job, tolerated: other })).kind).toBe('drifted');
  sql('INSERT INTO t VALUES (0, 0)');
  expect((await target.run({ ...job, tolerated: drifting })).kind).toBe('drifted');
  sql('DELETE FROM t WHERE a < 2');
  const fewer = { ...drifting, tolerance: { columns: new Map(), fewerRows: true } };
  expect((await target.run({ ...job, tolerated: drifting })).kind).toBe('drifted');
  const refuse = (): never => {
    throw new Error('cannot be kept');
  };
  await expect(target.run({ ...job, tolerated: fewer, beforeCommit: refuse })).rejects.toThrow(
    'cannot be kept',
  );
  expect(sql('SELECT a, b FROM t')).toHaveLength(2);
  const told: unknown[] = [];
  const beforeCommit: RunJob['beforeCommit'] = (found) => void told.push(found.digest);
  const outcome = await target.run({ ...job, tolerated: fewer, beforeCommit });
  expect(outcome).toMatchObject({ digest: told[0] });
  expect(outcome.kind).toBe('executed');
  expect(outcome.kind === 'executed' && outcome.digest).not.toEqual(job.expectedDigest);
  expect(sql('SELECT a, b FROM t')).toEqual([[3, 30]]);
});

const drifts: readonly (readonly [string, string])[] = [
  ['a changed row', 'UPDATE t SET b = 11 WHERE a = 1'],
  ['a row more', 'INSERT INTO t VALUES (0, 0)'],
  ['a row less', 'DELETE FROM t WHERE a = 1'],
  ['a value of another type', "UPDATE t SET b = '10' WHERE a = 1"],
  ['a real for an integer', 'UPDATE t SET b = 10.0 WHERE a = 1'],
  ['a column more', 'ALTER TABLE t ADD COLUMN c'],
  ['another trigger', 'CREATE TRIGGER tr2 AFTER UPDATE ON t BEGIN INSERT INTO log VALUES (1); END'],
];
for (const [name, injected] of drifts) {
  test(`drift: ${name}`, async () => {
    const { target, sql } = await prepared();
    const job = await jobFor(target, raise, 1);
    const signed = await target.dryRun(raise);
    if (name !== 'a column more') sql('DROP TRIGGER tr');
    sql(injected);
    if (name !== 'a column more') {
      sql(`CREATE TRIGGER tr AFTER UPDATE ON t BEGIN INSERT INTO log VALUES (OLD.b || '>' || NEW.b); END`);
      sql('DELETE FROM log');
    }
    const state = sql('SELECT * FROM t');
    const outcome = await target.run(job);
    expect(outcome.kind).toBe('drifted');
    if (outcome.kind === 'drifted') {
      expect(compareDiffs(signed.diff, outcome.diff).tables.length).toBeGreaterThan(0);
    }
    expect(sql('SELECT * FROM t')).toEqual(state);
    expect(await target.marker(job.requestId)).toEqual({ kind: 'absent' });
  });
}

test('an unrelated row is no drift', async () => {
  const { target, sql } = await prepared();
  const job = await jobFor(target, raise, 1);
  sql('INSERT INTO t VALUES (99, 99)');
  expect((await target.run(job)).kind).toBe('executed');
});

test('an error, a refusal and a lost lock write nothing', async () => {
  const { target, sql } = await prepared();
  const job = await jobFor(target, raise, 1);
  const wrong = [...raise, statement('INSERT INTO t VALUES (3, 3)')];
  expect(await target.run({ ...job, statements: wrong })).toMatchObject({ code: 'statement/constraint' });
  const leaving = [...raise, statement('INSERT OR ROLLBACK INTO t VALUES (3, 3)')];
  expect(await target.run({ ...job, statements: leaving })).toMatchObject({
    code: 'statement/left-transaction',
  });
  const slow = statement(
    'WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) UPDATE t SET b = (SELECT count(*) FROM n)',
  );
  const late = { ...job, statements: [...raise, slow], limits: { timeoutMs: 300 } };
  expect(await target.run(late)).toMatchObject({ kind: 'failed', code: 'limit/time' });
  expect(sql('SELECT * FROM t')).toEqual(before);
  expect(await target.marker(job.requestId)).toEqual({ kind: 'absent' });
});

test('a deferred foreign key that is broken by now fails at the commit', async () => {
  const { target, sql } = await prepared('CREATE TABLE c(x REFERENCES t(a) DEFERRABLE INITIALLY DEFERRED);');
  const job = await jobFor(target, [statement('DELETE FROM t WHERE a = 3')], 1);
  sql('INSERT INTO c VALUES (3)');
  expect(await target.run(job)).toMatchObject({ kind: 'failed', code: 'statement/constraint' });
  expect(sql('SELECT * FROM t')).toEqual(before);
});

test('a hook that throws ends the session and rolls back', async () => {
  const { target, sql } = await prepared();
  const job = await jobFor(target, raise, 1);
  const stop = (step: RunStep): void => {
    if (step === 'committing') throw new Error('stopped');
  };
  await expect(target.run({ ...job, onStep: stop })).rejects.toThrow('stopped');
  expect(sql('SELECT * FROM t')).toEqual(before);
  expect(await target.marker(job.requestId)).toEqual({ kind: 'absent' });
});

test('schema changes: rows lost are counted, the texts compared, and a run gives the same digest', async () => {
  const { target, sql } = await prepared('CREATE INDEX i ON t(b); CREATE VIEW v AS SELECT a FROM t;');
  const statements = [
    statement('DROP TABLE log'),
    statement('DROP TRIGGER tr'),
    statement('ALTER TABLE t ADD COLUMN c DEFAULT 7'),
    statement('CREATE TABLE u AS SELECT a FROM t'),
    statement('UPDATE t SET b = 0 WHERE a = 1'),
    statement('DROP INDEX i'),
  ];
  sql("INSERT INTO log VALUES ('kept until now')");
  const { diff } = await target.dryRun(statements);
  expect(diff.tables.map(({ table, inserted, updated, deleted }) => [table, inserted, updated, deleted])).toEqual([
    ['log', 0, 0, 1], ['t', 0, 3, 0], ['u', 3, 0, 0],
  ]); // prettier-ignore
  expect(diff.schema.map(({ object, name }) => `${object} ${name}`)).toEqual([
    'index i', 'table log', 'table t', 'table u', 'trigger tr',
  ]); // prettier-ignore
  expect(sql('SELECT count(*) FROM log')).toEqual([[1]]);
  const job = await jobFor(target, statements, 1);
  expect((await target.run(job)).kind).toBe('executed');
  expect(sql('SELECT a, b, c FROM t')).toEqual([[1, 0, 7], [2, 20, 7], [3, 30, 7]]); // prettier-ignore
});

test('tables too large to compare are named', async () => {
  const { target } = await prepared();
  const { diff } = await target.dryRun([statement('CREATE TABLE z(a)')], { rowsScannedMax: 2 });
  expect(diff.notPreviewed).toEqual(['rows of table t (3 before, 3 after) were not compared']);
});

test('what cannot be previewed is named', async () => {
  const { target } = await prepared(
    'CREATE TABLE auto(a INTEGER PRIMARY KEY AUTOINCREMENT, b); CREATE VIRTUAL TABLE f USING fts5(x);',
  );
  const { diff } = await target.dryRun([
    statement('INSERT INTO auto(b) VALUES (1)'),
    statement("INSERT INTO f VALUES ('word')"),
  ]);
  expect(diff.notPreviewed).toEqual([
    'AUTOINCREMENT counter of table auto',
    'index and shadow rows of virtual table f',
  ]);
  expect(diff.tables.map(({ table }) => table)).toEqual(['auto', 'f_content']);
  const direct = await target.dryRun([statement("INSERT INTO sqlite_sequence VALUES ('auto', 99)")]);
  expect(direct.diff.tables.map(({ table }) => table)).toEqual(['sqlite_sequence']);
});

test('above the limit a sample stays, and the digest still covers every row', async () => {
  const { target, sql } = await prepared(
    'CREATE TABLE many(a INTEGER PRIMARY KEY, b); WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 5000) INSERT INTO many SELECT x, x FROM n;',
  );
  const update = [statement('UPDATE many SET b = b + 1')];
  const first = await target.dryRun(update, { rowsImagedMax: 100 });
  const [table] = first.diff.tables;
  expect(first.diff.complete).toBe(false);
  expect(table).toMatchObject({ inserted: 0, updated: 5000, deleted: 0 });
  expect(table?.changes).toHaveLength(100);
  expect(toPages(first.diff).length).toBeGreaterThan(0);
  const imaged = new Set(
    table?.changes.map(({ before: row }) => row?.[0]?.type === 'integer' && row[0].value),
  );
  const hidden = Array.from({ length: 5000 }, (_, index) => index + 1).find((id) => !imaged.has(id)) ?? 0;
  sql(`UPDATE many SET b = -5 WHERE a = ${hidden}`);
  expect((await target.dryRun(update, { rowsImagedMax: 100 })).digest).not.toEqual(first.digest);
});

test('the identity survives a copy of the file and the schema fingerprint follows the schema', async () => {
  const { target, sql } = await prepared();
  const first = await target.inspect();
  await target.prepare();
  sql('INSERT INTO t VALUES (77, 7)');
  const second = await target.inspect();
  expect(second).toEqual(first);
  expect(first.catalog.triggers).toHaveLength(1);
  expect(await target.rowCounts(['t'])).toEqual(new Map([['t', 4]]));
  sql('CREATE TABLE more(a)');
  const third = await target.inspect();
  expect(third.identity).toEqual(first.identity);
  expect(third.schema).not.toEqual(first.schema);
  expect(await codeOf(target.read([statement('SELECT * FROM _countersign_identity')]))).toBe(
    'statement/own-tables',
  );
});

test('without a write-ahead log, statements that change some megabytes let others read until the commit', async () => {
  const { target, sql } = await prepared(
    `CREATE TABLE wide(a INTEGER PRIMARY KEY, b TEXT);
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8000)
     INSERT INTO wide SELECT i, printf('%01000d', i) FROM n`,
  );
  sql('PRAGMA journal_mode = DELETE');
  const job = await jobFor(target, [statement("UPDATE wide SET b = 'x' || b")], 1);
  const read: unknown[] = [];
  const onStep = (step: RunStep): void => {
    if (step === 'compared') read.push(...sql('SELECT substr(b, 1, 1) FROM wide WHERE a = 1'));
  };
  expect((await target.run({ ...job, onStep })).kind).toBe('executed');
  expect(read).toEqual([['0']]);
  expect(sql('SELECT substr(b, 1, 1) FROM wide WHERE a = 1')).toEqual([['x']]);
});
