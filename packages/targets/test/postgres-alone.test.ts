import { toHex } from '@countersign/codec';
import type { RunJob, RunOutcome, RunStep, Statement } from '@countersign/targets';
import { runSteps } from '@countersign/targets';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startShop } from './postgres-server.ts';
import type { Shop } from './postgres-server.ts';
import { aloneSteps } from './run-steps.ts';
import { codeOf, jobFor, statement } from './temporary-database.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await startShop([]);
  await shop.target.prepare();
  await shop.sql('ALTER ROLE owner CREATEDB');
  // Not what sessions of ours are pinned to.
  await shop.sql(
    "ALTER ROLE owner SET TimeZone = 'Asia/Tokyo'; ALTER ROLE owner SET synchronous_commit = off",
  );
}, 60_000);
afterAll(() => shop.stop(), 60_000);

beforeEach(async () => {
  await shop.sql('DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION owner');
  await shop.sql('CREATE TABLE t (a int PRIMARY KEY, b text)', 'owner');
  await shop.sql("INSERT INTO t SELECT g, 'x' || g FROM generate_series(1, 20) AS g", 'owner');
});

const texts = (...list: string[]): Statement[] => list.map((sql) => statement(sql));
const index = 'CREATE INDEX CONCURRENTLY i ON t (b)';

let jobs = 0;
async function jobOf(sql: string): Promise<RunJob> {
  jobs += 1;
  return jobFor(shop.target, texts(sql), jobs);
}

const run = (job: RunJob, onStep?: RunJob['onStep']): Promise<RunOutcome> =>
  shop.target.run(onStep === undefined ? job : { ...job, onStep });

async function one(sql: string): Promise<string | null | undefined> {
  return (await shop.sql(sql))[0]?.[0];
}

const validIndexes =
  "SELECT count(*) FROM pg_index WHERE indexrelid = to_regclass('public.i') AND indisvalid";

test('there is no dry run: the diff says so, binds text-free facts of the session, and nothing is done', async () => {
  const { diff, digest, untried, statements } = await shop.target.dryRun(texts(index));
  expect({ untried, statements, tables: diff.tables, schema: diff.schema, complete: diff.complete }).toEqual({
    untried: true,
    statements: [],
    tables: [],
    schema: [],
    complete: false,
  });
  expect(diff.notPreviewed).toEqual([
    'everything that create-index does: it runs outside any transaction, so it was not tried and cannot be taken back',
  ]);
  expect(toHex((await shop.target.dryRun(texts(index))).digest)).toBe(toHex(digest));
  expect(await one("SELECT to_regclass('public.i') IS NULL")).toBe('t');
  // Another schema is another digest.
  await shop.sql('CREATE TABLE other (a int)', 'owner');
  expect(toHex((await shop.target.dryRun(texts(index))).digest)).not.toBe(toHex(digest));
});

test('every kind runs, once', { timeout: 120_000 }, async () => {
  const list = [
    index,
    'REINDEX INDEX CONCURRENTLY i',
    'DROP INDEX CONCURRENTLY i',
    'VACUUM t',
    'VACUUM (FULL, ANALYZE) t',
    'CREATE DATABASE spare',
    'DROP DATABASE spare',
    'REINDEX SCHEMA public',
  ];
  for (const sql of list) {
    const job = await jobOf(sql);
    const steps: string[] = [];
    const outcome = await run(job, (step) => void steps.push(step));
    expect(outcome.kind, `${sql} ${JSON.stringify(outcome)}`).toBe('executed');
    expect(steps).toEqual(aloneSteps);
    expect(await shop.target.marker(job.requestId)).toMatchObject({ kind: 'present' });
    expect((await run(job)).kind, sql).toBe('already-ran');
  }
});

test(
  'what the server refuses has failed, is not sent again, and may have left something',
  { timeout: 60_000 },
  async () => {
    await shop.sql("INSERT INTO t VALUES (21, 'x1')", 'owner');
    const job = await jobOf('CREATE UNIQUE INDEX CONCURRENTLY i ON t (b)');
    expect(await run(job)).toEqual({
      kind: 'failed',
      code: 'statement/failed',
      reason:
        'engine refused the statement (SQLSTATE 23505): constraint i; an index that is not valid may be left',
    });
    expect(await one("SELECT to_regclass('public.i') IS NOT NULL")).toBe('t');
    await shop.sql('DROP INDEX i', 'owner');
    expect(await run(job)).toMatchObject({
      kind: 'failed',
      reason: 'an attempt to send the statement is on record, and it is never sent again',
    });
    // A part of its work may be left: whoever lost the answer has to look.
    expect(await shop.target.marker(job.requestId)).toMatchObject({ kind: 'begun' });
    const superuser = await jobOf("ALTER SYSTEM SET work_mem = '5MB'");
    expect(await run(superuser)).toMatchObject({ kind: 'failed' });
  },
);

test('it stands alone in its request', async () => {
  expect(await codeOf(shop.target.dryRun(texts(index, 'SELECT 1')))).toBe('statement/runs-alone');
  expect(await codeOf(shop.target.dryRun(texts('CREATE TABLE x (a int)', 'VACUUM t')))).toBe(
    'statement/runs-alone',
  );
  expect(await codeOf(shop.target.dryRun([statement('VACUUM t', { type: 'integer', value: 1 })]))).toBe(
    'statement/runs-alone',
  );
  expect(await codeOf(shop.target.dryRun(texts(`${index}; DROP TABLE t`)))).toBe('statement/runs-alone');
  const twice = { ...(await jobOf('VACUUM t')), statements: texts('VACUUM t', 'VACUUM t') };
  expect(await codeOf(shop.target.run(twice))).toBe('statement/runs-alone');
});

test(
  'another database, another schema and another digest stop it before anything is sent',
  { timeout: 60_000 },
  async () => {
    const job = await jobOf(index);
    expect(await run({ ...job, expectedIdentity: new Uint8Array(32) })).toMatchObject({
      code: 'target/other-database',
    });
    expect((await run({ ...job, expectedDigest: new Uint8Array(32) })).kind).toBe('drifted');
    await shop.sql('ALTER TABLE t ADD COLUMN c int', 'owner');
    expect((await run(job)).kind).toBe('drifted');
    expect(await shop.target.marker(job.requestId)).toEqual({ kind: 'absent' });
  },
);

test('before the statement is sent and after it nothing waits for long, and all that is told is told durably', async () => {
  await shop.sql('CREATE TABLE _countersign.seen (lock_wait text, time text, durable text)', 'owner');
  await shop.sql(
    `CREATE FUNCTION _countersign.see() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN INSERT INTO _countersign.seen
       SELECT current_setting('lock_timeout'), current_setting('statement_timeout'), current_setting('synchronous_commit'); RETURN NEW; END$$;
     CREATE TRIGGER see BEFORE INSERT OR UPDATE ON _countersign.alone FOR EACH ROW EXECUTE FUNCTION _countersign.see()`,
    'owner',
  );
  try {
    const waits = ['2s', '30s', 'on'];
    expect((await run(await jobOf('VACUUM t'))).kind).toBe('executed');
    expect((await run(await jobOf(index))).kind).toBe('executed');
    // The same index a second time: the server refuses it, and that is told as well.
    expect((await run(await jobOf(index))).kind).toBe('failed');
    expect(await shop.sql('SELECT * FROM _countersign.seen')).toEqual(Array.from({ length: 6 }, () => waits));
    const job = await jobOf('VACUUM t');
    const holder = await shop.server.open('shop', 'owner');
    await holder.query('BEGIN; LOCK TABLE _countersign.identity');
    expect(await run({ ...job, limits: { busyMs: 100 } })).toMatchObject({ code: 'target/busy' });
    holder.close();
  } finally {
    await shop.sql('DROP TABLE _countersign.seen; DROP FUNCTION _countersign.see() CASCADE', 'owner');
  }
});

class Killed extends Error {}

test(
  'an executor that dies at any step has run it once, not at all, or left it to be resolved, and never runs it twice',
  { timeout: 240_000 },
  async () => {
    const expected: Partial<Record<RunStep, string>> = {
      opened: 'absent',
      compared: 'absent',
      begun: 'absent',
      marked: 'begun',
      statement: 'begun',
      ran: 'begun',
      committing: 'begun',
      committed: 'present',
    };
    for (const fatal of runSteps) {
      const state = expected[fatal];
      if (state === undefined) continue;
      await shop.sql('DROP INDEX IF EXISTS i', 'owner');
      const job = await jobOf(index);
      const died = run(job, (step) => {
        if (step === fatal) throw new Killed(step);
      });
      await expect(died, fatal).rejects.toThrow(Killed);
      expect((await shop.target.marker(job.requestId)).kind, fatal).toBe(state);
      const before = await one(validIndexes);
      expect(before, fatal).toBe(['ran', 'committing', 'committed'].includes(fatal) ? '1' : '0');
      // A second run of the same request sends it only where it never was about to be sent.
      const again = await run({ ...job, expectedDigest: (await shop.target.dryRun(job.statements)).digest });
      expect(again.kind, fatal).toBe(
        state === 'absent' ? 'executed' : state === 'present' ? 'already-ran' : 'failed',
      );
      expect(await one(validIndexes), fatal).toBe(state === 'absent' ? '1' : before);
    }
  },
);

test(
  'a session that is lost while the statement runs is waited for, and is ambiguous then',
  { timeout: 60_000 },
  async () => {
    const holder = await shop.server.open('shop', 'owner');
    await holder.query('BEGIN; UPDATE t SET b = b WHERE a = 1');
    const job = await jobOf(index);
    const running = run(job);
    const pid = async (): Promise<string | null | undefined> =>
      one("SELECT pid FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX CONC%' AND usename = 'owner'");
    while ((await pid()) === undefined) await new Promise((done) => setTimeout(done, 50));
    expect(await codeOf(shop.target.marker(job.requestId))).toBe('target/busy');
    await shop.sql(`SELECT pg_terminate_backend(${(await pid()) ?? ''})`);
    expect(await running).toMatchObject({ kind: 'ambiguous' });
    holder.close();
    expect(await shop.target.marker(job.requestId)).toMatchObject({ kind: 'begun' });
  },
);

test('a target that was prepared before there was such a marker has to be prepared anew', async () => {
  const job = await jobOf('VACUUM t');
  await shop.sql('DROP TABLE _countersign.alone', 'owner');
  expect(await run(job)).toMatchObject({ code: 'target/not-prepared' });
  expect(await codeOf(shop.target.dryRun(job.statements))).toBe('target/not-prepared');
  expect(await shop.target.marker(job.requestId)).toEqual({ kind: 'absent' });
  await shop.target.prepare();
  expect((await run(job)).kind).toBe('executed');
});
