import { setTimeout as sleep } from 'node:timers/promises';
import { invertDiff, undoStatements } from '@countersign/diff';
import type { Diff } from '@countersign/diff';
import { toHex } from '@countersign/codec';
import { openTarget } from '@countersign/targets';
import type { RunJob } from '@countersign/targets';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { compareDumps, dump, linesOf } from './postgres-dump.ts';
import { startShop } from './postgres-server.ts';
import type { Shop } from './postgres-server.ts';
import { realServers } from '../../../test/servers/real.ts';
import { codeOf, jobFor, statement } from './temporary-database.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await startShop([]);
  await shop.target.prepare();
  await shop.sql('CREATE EXTENSION file_fdw; CREATE EXTENSION dblink');
}, 60_000);
afterAll(() => shop.stop(), 60_000);

const setup = [
  'DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION owner',
  'CREATE TABLE t (a int PRIMARY KEY, b text)',
  "INSERT INTO t SELECT g, 'x' || g FROM generate_series(1, 20) AS g",
  'CREATE TABLE made (id serial PRIMARY KEY, at timestamptz DEFAULT now(), u uuid DEFAULT gen_random_uuid(), v text, n int DEFAULT 7)',
  `CREATE TYPE mood AS ENUM ('glad', 'sad')`,
  `CREATE TABLE kinds (k int PRIMARY KEY, m mood, n numeric, d date, z timestamptz, i int[], j jsonb, y bytea, f real, g double precision, o boolean, l bigint, bits bit(3), pt point, iv interval, mac macaddr, r int4range, e text)`,
  `INSERT INTO kinds VALUES (1, 'glad', 1.50, '2024-02-29', '2024-02-29 12:00:00+02', '{1,NULL}', '{"k": 1}', '\\x00ff', 0.1, 1, true, 9007199254740993, '101', '(1,2)', '1 mon 2 days', '08:00:2b:01:02:03', '[1,5)', '')`,
];
beforeEach(async () => {
  for (const text of setup) await shop.sql(text, text.startsWith('DROP') ? undefined : 'owner');
});

const dryRun = async (...texts: string[]): Promise<Diff> =>
  (await shop.target.dryRun(texts.map((sql) => statement(sql)))).diff;

test('what a job tolerates is no drift, and anything beside it is', async () => {
  const job = await jobFor(shop.target, [statement('DELETE FROM t WHERE a < 3')], 46);
  const { diff: signed } = await shop.target.dryRun(job.statements);
  const tolerance = { columns: new Map([['public.t', [1]]]), fewerRows: true };
  const tolerated = { signed, tolerance };
  await shop.sql("UPDATE t SET b = 'other' WHERE a = 1; INSERT INTO t VALUES (0, 'x')", 'owner');
  expect((await shop.target.run({ ...job, tolerated })).kind).toBe('drifted');
  await shop.sql('DELETE FROM t WHERE a IN (0, 2)', 'owner');
  expect((await shop.target.run(job)).kind).toBe('drifted');
  const refuse = (): never => {
    throw new Error('cannot be kept');
  };
  await expect(shop.target.run({ ...job, tolerated, beforeCommit: refuse })).rejects.toThrow(
    'cannot be kept',
  );
  expect(await shop.sql('SELECT count(*) FROM t')).toEqual([['19']]);
  const told: unknown[] = [];
  const beforeCommit: RunJob['beforeCommit'] = (found) => void told.push(found.digest);
  expect(await shop.target.run({ ...job, tolerated, beforeCommit })).toMatchObject({
    kind: 'executed',
    digest: told[0],
  });
  expect(told[0]).not.toEqual(job.expectedDigest);
  expect(await shop.sql('SELECT count(*) FROM t')).toEqual([['18']]);
});

test('every column keeps its type, and NULL is not the empty text', async () => {
  const diff = await dryRun(
    "UPDATE kinds SET m = 'sad', n = 1.500, i = '{}', y = '\\x', l = 2, e = NULL, f = 'NaN', g = '-Infinity'",
  );
  const [change] = diff.tables[0]?.changes ?? [];
  const cells = Object.fromEntries(
    (diff.tables[0]?.columns ?? []).map((name, index) => [
      name,
      [change?.before?.[index], change?.after?.[index]],
    ]),
  );
  expect(cells).toMatchObject({
    m: [{ type: 'text', value: 'glad' }, { type: 'text', value: 'sad' }],
    n: [{ type: 'number', value: '1.50' }, { type: 'number', value: '1.500' }],
    y: [{ type: 'bytes', value: Uint8Array.of(0, 255) }, { type: 'bytes', value: new Uint8Array() }],
    l: [{ type: 'number', value: '9007199254740993' }, { type: 'integer', value: 2 }],
    e: [{ type: 'text', value: '' }, { type: 'null' }],
    f: [{ type: 'number', value: '0.1' }, { type: 'number', value: 'NaN' }],
    g: [{ type: 'number', value: '1.0' }, { type: 'number', value: '-Infinity' }],
  }); // prettier-ignore
});

test('rows read at once and rows read in order make one diff, whatever their keys and values hold', async () => {
  await shop.sql(
    String.raw`CREATE TABLE odd (k text, l text, v text, PRIMARY KEY (k, l)); CREATE TABLE bare (v text); CREATE TABLE none ();
     INSERT INTO odd SELECT k, l, k || E'\t' || l FROM (VALUES (''), ('\N'), ('N'), (E'a\tb'), ('a\tb'), ('\'), ('ü'), ('🔑'), ('~')) AS x (k),
       (VALUES (''), ('\N'), (E'\t'), ('\')) AS y (l);
     INSERT INTO bare SELECT v FROM odd; INSERT INTO bare VALUES (NULL), (NULL), ('NULL'), (E'a\nb'); INSERT INTO none DEFAULT VALUES;`,
    'owner',
  );
  const requests = [
    [String.raw`UPDATE odd SET v = v || '\' WHERE l <> ''`, `DELETE FROM odd WHERE k = 'N'`, String.raw`INSERT INTO odd VALUES (E'a\tb', 'new', NULL)`],
    ["UPDATE odd SET k = k || '-' || l"],
    [String.raw`UPDATE bare SET v = coalesce(v, '') || E'\n'`, 'DELETE FROM none', 'INSERT INTO none DEFAULT VALUES'],
    [String.raw`UPDATE kinds SET j = '{"a": "\t\\"}', e = E'\b\f\v', y = '\x5c09', o = NULL`],
  ]; // prettier-ignore
  for (const texts of requests) {
    const statements = texts.map((sql) => statement(sql));
    const [held, ordered] = [
      await shop.target.dryRun(statements),
      await shop.target.dryRun(statements, { rowsHeldMax: 0 }),
    ];
    expect(held.diff.tables.length).toBeGreaterThan(0);
    expect(toHex(held.digest)).toBe(toHex(ordered.digest));
  }
});

test('a row changed back, and one set to what it was, are no change; a locked row is none either', async () => {
  expect((await dryRun("UPDATE t SET b = 'y'", "UPDATE t SET b = 'x' || a")).tables).toEqual([]);
  expect((await dryRun('UPDATE t SET b = b')).tables).toEqual([]);
  expect((await dryRun('SELECT * FROM t FOR UPDATE')).tables).toEqual([]);
  expect(
    (await dryRun('DELETE FROM t', "INSERT INTO t SELECT g, 'x' || g FROM generate_series(1, 20) AS g"))
      .tables,
  ).toEqual([]);
});

test('rows that others lock or have tried to change are not taken for changed', async () => {
  const other = await shop.server.open('shop');
  await other.query(
    "BEGIN; UPDATE t SET b = 'no' WHERE a = 1; ROLLBACK; BEGIN; SELECT * FROM t WHERE a > 10 FOR KEY SHARE",
  );
  const { tables } = await dryRun("UPDATE t SET b = 'z' WHERE a IN (5, 11)");
  other.close();
  expect(tables[0]).toMatchObject({ table: 'public.t', updated: 2, inserted: 0, deleted: 0 });
});

test('what the engine makes up is shown and not bound, and the sequence that moves is named', async () => {
  const insert = [statement("INSERT INTO made (v) VALUES ('a'), ('b')")];
  const first = await shop.target.dryRun(insert);
  const second = await shop.target.dryRun(insert);
  expect(toHex(first.digest)).toBe(toHex(second.digest));
  expect(first.diff.tables[0]).toMatchObject({ generated: [0, 1, 2], inserted: 2 });
  expect(first.diff.notPreviewed).toEqual([
    'sequence public.made_id_seq moves, also when nothing is committed',
  ]);
  expect(new Map(first.diff.environment).get('made_by_engine')).toContain('nextval');
  // A value that the statement gives is bound, also when the default would have made it up.
  const given = await shop.target.dryRun([statement("INSERT INTO made (id, v) VALUES (5, 'a')")]);
  expect(given.diff.tables[0]?.generated).toEqual([1, 2]);
  const changed = await shop.target.dryRun([
    insert[0] ?? statement(''),
    statement("UPDATE made SET at = '2024-01-01'"),
  ]);
  expect(changed.diff.tables[0]?.generated).toEqual([0, 2]);
});

const refused: readonly (readonly [what: string, text: string, code: string])[] = [
  ['a lock and nothing else', 'LOCK TABLE t', 'statement/unknown-verb'],
  ['a transaction', 'COMMIT', 'statement/transaction-control'],
  ['CALL, which may commit', 'CALL p()', 'statement/unknown-verb'],
  ['two statements', 'DELETE FROM t; COMMIT', 'statement/invalid'],
  ['a temporary table made', 'SELECT 1 AS a INTO TEMP made_now', 'statement/temporary'],
  ['a large object', 'SELECT lo_create(0)', 'statement/changes-schema'],
  ['TRUNCATE inside a function', 'SELECT emptied()', 'statement/changes-schema'],
  ['our own tables', "INSERT INTO _countersign.runs VALUES ('\\x00', '\\x00', 1)", 'statement/own-tables'],
  ['nothing', ' -- x', 'statement/empty'],
  ['a deferred constraint broken at the end', 'INSERT INTO late VALUES (99)', 'statement/constraint'],
  ['a row of another type', "INSERT INTO t VALUES ('secret')", 'statement/failed'],
  ['a table that is not there', 'DELETE FROM nowhere', 'statement/invalid'],
  ['a foreign table', "INSERT INTO far VALUES (1)", 'statement/foreign-table'],
]; // prettier-ignore
test('what rows cannot show is refused, and nothing stays', async () => {
  await shop.sql(
    `CREATE FUNCTION emptied() RETURNS int LANGUAGE plpgsql AS $$BEGIN TRUNCATE kinds; RETURN 1; END$$`,
    'owner',
  );
  await shop.sql('CREATE TABLE late (a int REFERENCES t DEFERRABLE INITIALLY DEFERRED)', 'owner');
  await shop.sql(`CREATE EXTENSION IF NOT EXISTS postgres_fdw; CREATE SERVER IF NOT EXISTS near FOREIGN DATA WRAPPER postgres_fdw OPTIONS (dbname 'shop', host '${shop.server.socketFolder}', port '${shop.server.port}');
    CREATE USER MAPPING IF NOT EXISTS FOR owner SERVER near OPTIONS (user 'owner', password_required 'false'); CREATE TABLE here (a int); GRANT ALL ON here TO owner; CREATE FOREIGN TABLE far (a int) SERVER near OPTIONS (table_name 'here'); GRANT ALL ON far TO owner`);
  const before = await dump(shop);
  for (const [what, text, code] of refused) {
    // A server that is there already reaches itself some other way.
    if (what === 'a foreign table' && realServers.postgres !== undefined) continue;
    expect(await codeOf(shop.target.dryRun([statement(text)])), what).toBe(code);
  }
  expect(compareDumps(before, await dump(shop))).toEqual([]);
  const failed = await shop.target.dryRun([statement('INSERT INTO t SELECT b::int FROM t')]).catch(String);
  expect(failed).not.toContain('x1');
});

test('row security that would hide rows from the dry run refuses it', async () => {
  await shop.sql(
    'ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE t FORCE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (a < 5)',
  );
  expect(await codeOf(shop.target.dryRun([statement('DELETE FROM t')]))).toBe('statement/denied');
});

async function ownersLeft(): Promise<string> {
  const [row] = await shop.sql("SELECT count(*) FROM pg_stat_activity WHERE usename = 'owner'");
  return row?.[0] ?? '';
}

test('rows, bytes and time are bounded, more rows than are imaged are a sample, and no session is left', async () => {
  const all = [statement("UPDATE t SET b = 'y'")];
  expect(await codeOf(shop.target.dryRun(all, { rowsMax: 5 }))).toBe('limit/rows');
  expect(await codeOf(shop.target.dryRun(all, { bytesMax: 50 }))).toBe('limit/bytes');
  expect(await codeOf(shop.target.dryRun([statement('SELECT pg_sleep(30)')], { timeoutMs: 400 }))).toBe(
    'limit/time',
  );
  const { diff } = await shop.target.dryRun(all, { rowsImagedMax: 4 });
  expect(diff.complete).toBe(false);
  expect(diff.tables[0]).toMatchObject({ updated: 20 });
  expect(diff.tables[0]?.changes).toHaveLength(4);
  const other = await shop.server.open('shop');
  await other.query('BEGIN; UPDATE t SET b = b WHERE a = 1');
  expect(await codeOf(shop.target.dryRun(all, { busyMs: 100 }))).toBe('target/busy');
  other.close();
  await sleep(50);
  expect(await ownersLeft()).toBe('0');
});

test('a run commits what was signed, once', async () => {
  const job = await jobFor(
    shop.target,
    [statement('DELETE FROM t WHERE a = $1', { type: 'integer', value: 3 })],
    1,
  );
  const steps: string[] = [];
  const before = await dump(shop);
  const outcome = await shop.target.run({ ...job, onStep: (step) => { steps.push(step); } }); // prettier-ignore
  expect(outcome.kind).toBe('executed');
  expect(steps).toEqual([
    'opened',
    'begun',
    'marked',
    'statement',
    'ran',
    'compared',
    'committing',
    'committed',
  ]);
  expect(compareDumps(before, await dump(shop))).toEqual(['public.t -["3","x3"]']);
  expect(await shop.target.marker(job.requestId)).toMatchObject({
    kind: 'present',
    startedAt: job.startedAt,
  });
  expect((await shop.target.run(job)).kind).toBe('already-ran');
});

test('a run whose rows are others by now writes nothing, and an unrelated row is no drift', async () => {
  const job = await jobFor(shop.target, [statement("UPDATE t SET b = 'z' WHERE a > 18")], 2);
  await shop.sql("UPDATE t SET b = 'else' WHERE a = 20", 'owner');
  const drifted = await shop.target.run(job);
  expect(drifted.kind === 'drifted' ? linesOf(drifted.diff) : drifted.kind).toContain(
    'public.t -["20","else"]',
  );
  expect(await shop.target.marker(job.requestId)).toEqual({ kind: 'absent' });
  await shop.sql("UPDATE t SET b = 'x20' WHERE a = 20; UPDATE t SET b = 'other' WHERE a = 1", 'owner');
  expect((await shop.target.run(job)).kind).toBe('executed');
});

test('a run on another database than the signed one, or told to stop, writes nothing', async () => {
  const job = await jobFor(shop.target, [statement('DELETE FROM t')], 3);
  const before = await dump(shop);
  expect(await shop.target.run({ ...job, expectedIdentity: new Uint8Array(32) })).toMatchObject({
    kind: 'failed',
    code: 'target/other-database',
  });
  for (const at of ['marked', 'ran', 'compared', 'committing']) {
    const stopped = shop.target.run({
      ...job,
      onStep: (step) => (step === at ? Promise.reject(new Error('stop')) : undefined),
    });
    await expect(stopped).rejects.toThrow('stop');
  }
  expect(compareDumps(before, await dump(shop))).toEqual([]);
  expect(await shop.target.marker(job.requestId)).toEqual({ kind: 'absent' });
  expect(await ownersLeft()).toBe('0');
});

test('a session lost before the commit has failed, and the marker waits for a run that still lives', async () => {
  const job = await jobFor(shop.target, [statement('DELETE FROM t WHERE a = 7')], 4);
  const kill = async (): Promise<void> => {
    await shop.sql("SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity WHERE usename = 'owner'");
  };
  const lost = await shop.target.run({
    ...job,
    onStep: (step) => (step === 'compared' ? kill() : undefined),
  });
  expect(lost).toMatchObject({ kind: 'failed', code: 'target/session-lost' });
  let asked: Promise<string> = Promise.resolve('');
  const ran = await shop.target.run({
    ...job,
    onStep: async (step) => {
      if (step !== 'marked') return;
      asked = shop.target.marker(job.requestId).then(({ kind }) => kind);
      await sleep(300);
    },
  });
  expect([ran.kind, await asked]).toEqual(['executed', 'present']);
});

test('a lost answer to the commit is settled by the marker', async () => {
  const job = await jobFor(shop.target, [statement('DELETE FROM t WHERE a = 8')], 5);
  // The server sees the end of the session before the word to commit, so it rolls back.
  const outcome = await shop.target.run({
    ...job,
    onStep: async (step) => {
      if (step === 'committing')
        await shop.sql(
          "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity WHERE usename = 'owner'",
        );
    },
  });
  expect(outcome).toMatchObject({ kind: 'failed', code: 'target/session-lost' });
  expect(await shop.target.marker(job.requestId)).toEqual({ kind: 'absent' });
});

test('two runs of one request at once are one run', async () => {
  const job = await jobFor(shop.target, [statement("INSERT INTO t VALUES (500, 'once')")], 6);
  const outcomes = await Promise.all(Array.from({ length: 6 }, () => shop.target.run(job)));
  expect(outcomes.filter(({ kind }) => kind === 'executed')).toHaveLength(1);
  expect(await shop.sql('SELECT count(*) FROM t WHERE a = 500')).toEqual([['1']]);
});

test('an undo restores every row, and its diff is the inverse', async () => {
  await shop.sql(
    'CREATE TABLE "Odd" ("k k" int PRIMARY KEY, up int REFERENCES t ON DELETE CASCADE)',
    'owner',
  );
  await shop.sql('INSERT INTO "Odd" VALUES (1, 2), (2, 4)', 'owner');
  const before = await dump(shop);
  const job = await jobFor(shop.target, [statement('DELETE FROM t WHERE a < 5'), statement("UPDATE t SET b = NULL WHERE a > 15"), statement("INSERT INTO t VALUES (99, 'new')")], 7); // prettier-ignore
  const outcome = await shop.target.run(job);
  if (outcome.kind !== 'executed') throw new Error(outcome.kind);
  const undo = undoStatements(outcome.effect, {
    dialect: 'postgres',
    parentsFirst: await shop.target.tablesParentsFirst(),
  });
  const rehearsed = await shop.target.dryRun(undo);
  expect(linesOf(rehearsed.diff)).toEqual(linesOf(invertDiff(outcome.effect)));
  expect((await shop.target.run(await jobFor(shop.target, undo, 8))).kind).toBe('executed');
  expect(compareDumps(before, await dump(shop))).toEqual([]);
});

test('a dry run may have an account of its own, on the same database', async () => {
  const make = (url: string): Promise<unknown> =>
    openTarget({
      name: 'x',
      url: shop.url('owner'),
      password: () => 'owner',
      dryRun: { url, password: () => 'owner' },
    }).dryRun([statement('DELETE FROM t WHERE a = 1')]);
  expect(await make(shop.url('owner'))).toMatchObject({ statements: [{ changed: 1 }] });
  expect(await codeOf(make(shop.url('owner').replace('/shop', '/postgres')))).toBe('target/other-database');
});
