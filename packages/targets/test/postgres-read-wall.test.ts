import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { classify } from '@countersign/sql';
import type { Catalog } from '@countersign/sql';
import type { Row } from '@countersign/diff';
import { openTarget, TargetError } from '@countersign/targets';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PostgresSession } from '../src/postgres/session.ts';
import { trapFixture } from './postgres-fixture.ts';
import { startShop } from './postgres-server.ts';
import type { Shop } from './postgres-server.ts';
import { codeOf, statement } from './temporary-database.ts';

let shop: Shop;
let catalog: Catalog;
beforeAll(async () => {
  shop = await startShop(trapFixture, { settings: ['wal_level=logical'], keepSessions: true });
  await shop.sql('CREATE EXTENSION dblink');
  ({ catalog } = await shop.target.inspect());
}, 120_000);
afterAll(() => shop.stop(), 60_000);

const rowsOf = async (sql: string, limits = {}): Promise<readonly Row[]> =>
  (await shop.target.read([statement(sql)], limits)).results[0]?.rows ?? [];

/** Everything that a read could have changed, as one text. */
async function state(): Promise<string> {
  const rows = await shop.sql(
    `SELECT (SELECT string_agg(t::text, ',' ORDER BY a) FROM t), (SELECT count(*) FROM log),
       (SELECT last_value::text || is_called FROM s), (SELECT count(*) FROM pg_largeobject_metadata),
       (SELECT string_agg(relname, ',' ORDER BY oid) FROM pg_class WHERE relkind IN ('r', 'S')), (SELECT count(*) FROM pg_replication_slots),
       (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'), (SELECT count(*) FROM pg_roles),
       (SELECT count(*) FROM pg_stat_activity WHERE usename = 'reader' AND pid <> pg_backend_pid() AND state IS NOT NULL)`,
  );
  return JSON.stringify([rows, existsSync(out())]);
}

function out(): string {
  return join(shop.server.socketFolder, 'out');
}

/** Sends a text as the read account past every check of ours, and says whether something is changed while its session stands. */
async function escapes(sql: string, begin: readonly string[]): Promise<boolean> {
  const session = await shop.server.open('shop', 'reader');
  try {
    const before = await state();
    for (const text of begin) await session.query(text);
    await session.query(sql.replaceAll('OUT', out()));
    const held = (await state()) === before;
    await session.query('COMMIT');
    return !held || (await state()) !== before;
  } finally {
    session.close();
    await shop.sql(`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'reader'`);
    await shop.sql(`DELETE FROM log; SELECT setval('s', 1, false); SELECT lo_unlink(oid) FROM pg_largeobject_metadata;
      SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots`);
  }
}

/**
 * Each known way out, and which layers hold it back by themselves: `p` parser with the catalogue, `r` the engine's resolution and the
 * gate before it, `t` the account in its read-only transaction, `a` the account alone.
 */
const ways: readonly (readonly [sql: string, layers: string])[] = [
  ['EXPLAIN ANALYZE CREATE TABLE z AS SELECT 1', 'prta'],
  ['EXPLAIN ANALYZE CREATE TEMP TABLE z AS SELECT 1', 'pr'],
  ['CREATE TEMP TABLE z AS SELECT 1', 'prt'],
  ['CLUSTER', 'prta'],
  ['VACUUM t', 'prta'],
  ['DELETE FROM t', 'prta'],
  ['UPDATE t SET b = NULL', 'prta'],
  ['INSERT INTO t VALUES (9)', 'prta'],
  ['MERGE INTO t USING t AS u ON t.a = u.a WHEN MATCHED THEN DELETE', 'prta'],
  ['TRUNCATE t', 'prta'],
  ['DROP TABLE t', 'prta'],
  ['SELECT 1 INTO z', 'prta'],
  ['SELECT 1 INTO TEMP z', 'prt'],
  ['WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x', 'prta'],
  ['SELECT 1; DELETE FROM t', 'prta'],
  ['COMMIT; DELETE FROM t', 'prta'],
  ['COMMIT; SELECT w()', 'pr'],
  ['SET TRANSACTION READ WRITE', 'prta'],
  ["COPY t TO 'OUT'", 'prta'],
  ["COPY (SELECT 1) TO PROGRAM 'touch OUT'", 'prta'],
  ['DO $$BEGIN PERFORM w(); END$$', 'prt'],
  ['CALL pr()', 'prta'],
  ['SELECT lo_create(0)', 'pr'],
  ['SELECT lo_creat(-1)', 'pr'],
  ["SELECT lo_from_bytea(0, 'x')", 'pr'],
  ["SELECT lo_export(1, 'OUT')", 'prta'],
  ["SELECT nextval('s')", 'prta'],
  ["SELECT setval('s', 9)", 'prta'],
  ['SELECT pg_advisory_lock(1)', 'pr'],
  ['SELECT pg_try_advisory_lock(1)', 'pr'],
  ["SELECT pg_create_physical_replication_slot('x')", 'prta'],
  ["SELECT pg_create_logical_replication_slot('x', 'pgoutput')", 'prta'],
  ["SELECT dblink_exec('dbname=shop user=owner', 'DELETE FROM t')", 'prta'],
  ["SELECT query_to_xml('SELECT w()', false, false, '')", 'prt'],
  ["SELECT table_to_xml('v', false, false, '')", 'prt'],
  ["SELECT set_config('transaction_read_only', 'off', false), w()", 'prt'],
  ['SELECT w()', 'prt'],
  ['SELECT own_rights()', 'prta'],
  ['SELECT calm()', 'prt'],
  ['SELECT fixed(1)', 'prt'],
  ['SELECT 1 === 2', 'prt'],
  ["SELECT 'a'::slug", 'prt'],
  ['SELECT t.f_row FROM t', 'prt'],
  ['SELECT abs(t) FROM t', 'rt'],
  ['SELECT lower(1)', 'prt'],
  ['SELECT * FROM v', 'prt'],
  ['SELECT * FROM over_v', 'prt'],
  ['SELECT * FROM r', 'prt'],
  ['EXPLAIN SELECT fixed(1)', 'prt'],
]; // prettier-ignore

describe('ways out of a read', () => {
  for (const [sql, layers] of ways) {
    test(`${sql} is held back`, async () => {
      const found = [
        classify(sql, 'postgres', catalog).readOnly ? '' : 'p',
        await codeOf(shop.target.requireReads([statement(sql)])).then(
          () => 'r',
          () => '',
        ),
        (await escapes(sql, ['BEGIN READ ONLY', 'SELECT 1'])) ? '' : 't',
        (await escapes(sql, [])) ? '' : 'a',
      ];
      const before = await state();
      for (const target of [shop.target, shop.staying])
        expect(await codeOf(target.read([statement(sql.replaceAll('OUT', out()))]))).toMatch(/^statement\//);
      expect(await state()).toBe(before);
      expect(found.join('')).toBe(layers);
    });
  }
});

/** Effects that no table shows: the resolution refuses them all before the account is asked. */
const unseen = [
  "SELECT set_config('role', 'owner', false)", "SELECT pg_notify('a', 'b')", 'NOTIFY a', 'LISTEN a', 'SELECT pg_sleep(1)',
  'SELECT pg_terminate_backend(1)', 'SELECT pg_cancel_backend(1)', 'SELECT pg_reload_conf()', 'SELECT pg_switch_wal()', "SELECT pg_read_file('PG_VERSION')",
  "SELECT pg_ls_dir('.')", "SELECT pg_logical_emit_message(false, 'a', 'b')", 'SELECT pg_export_snapshot()', 'SELECT pg_stat_reset()',
  'SELECT txid_current()', "SELECT * FROM dblink('dbname=shop', 'SELECT 1') AS x(a int)", 'SELECT * FROM t FOR UPDATE', 'LOCK t', "LOAD 'x'",
  'PREPARE x AS SELECT 1', "PREPARE TRANSACTION 'x'", 'SET ROLE owner', 'RESET ALL', 'DISCARD ALL', 'CHECKPOINT', 'DECLARE c CURSOR FOR SELECT 1', 'FETCH c',
  'EXPLAIN ANALYZE SELECT 1', 'EXPLAIN (ANALYZE) SELECT 1', 'EXPLAIN (ANALYZE ON, FORMAT JSON) SELECT 1', 'EXPLAIN DELETE FROM t', 'SHOW ALL; SELECT 1',
]; // prettier-ignore
test.each(unseen)('does not run: %s', async (sql) => {
  for (const target of [shop.target, shop.staying])
    expect(await codeOf(target.read([statement(sql)]))).toMatch(/^statement\//);
});

test('a temporary view that takes the name of a table is gone with its session', async () => {
  const session = await shop.server.open('shop', 'reader');
  await session.query('CREATE TEMP VIEW t AS SELECT 99 AS a');
  expect(await rowsOf('SELECT count(*) FROM t')).toEqual([[{ type: 'integer', value: 2 }]]);
  session.close();
});

test('ordinary reads pass, with parameters, and rows that policies leave', async () => {
  expect(await rowsOf('SELECT a FROM t WHERE b IS NOT NULL')).toEqual([[{ type: 'integer', value: 1 }]]);
  expect(await rowsOf('-- of me\nSELECT a FROM mine -- the end')).toEqual([[{ type: 'integer', value: 1 }]]);
  expect(await rowsOf('SELECT b FROM plain WHERE a = 1')).toEqual([[{ type: 'text', value: 'X' }]]);
  expect((await rowsOf('EXPLAIN (COSTS OFF) SELECT * FROM t'))[0]).toEqual([
    { type: 'text', value: 'Seq Scan on t' },
  ]);
  expect(await rowsOf('SHOW transaction_read_only')).toEqual([[{ type: 'text', value: 'on' }]]);
  const { results } = await shop.target.read([
    statement('SELECT b FROM t WHERE a = $1 OR b = $2', { type: 'integer', value: 1 }, { type: 'null' }),
    statement('SELECT $1::bytea, $2::boolean, $3::numeric', { type: 'bytes', value: Uint8Array.of(0, 255) }, { type: 'boolean', value: true }, { type: 'number', value: '1.50' }),
  ]); // prettier-ignore
  expect(results.map(({ rows }) => rows)).toEqual([
    [[{ type: 'text', value: 'x' }]],
    [[{ type: 'bytes', value: Uint8Array.of(0, 255) }, { type: 'boolean', value: true }, { type: 'number', value: '1.50' }]],
  ]); // prettier-ignore
});

test('cells keep their type', async () => {
  expect(await rowsOf('SELECT * FROM wide')).toEqual([
    [
      { type: 'integer', value: 1 }, { type: 'text', value: 'sad' }, { type: 'number', value: '1.50' }, { type: 'text', value: '2024-02-29' },
      { type: 'text', value: '2024-02-29 10:00:00+00' }, { type: 'text', value: '{1,NULL}' }, { type: 'text', value: '{"k": 1}' },
      { type: 'bytes', value: Uint8Array.of(0, 255) }, { type: 'number', value: '0.1' }, { type: 'number', value: '1.0' },
      { type: 'boolean', value: true }, { type: 'number', value: '9007199254740993' },
    ],
    [
      { type: 'null' }, { type: 'null' }, { type: 'number', value: '5' }, { type: 'null' }, { type: 'null' }, { type: 'null' }, { type: 'null' },
      { type: 'null' }, { type: 'number', value: '0.0' }, { type: 'number', value: 'NaN' }, { type: 'null' }, { type: 'null' },
    ],
  ]); // prettier-ignore
});

test('a function that policy vouches for by its very definition may be reached, and no other', async () => {
  await shop.sql(`CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql AS 'SELECT 2 * $1'`, 'owner');
  const own = (await shop.target.inspect()).catalog.functions?.get('public.twice')?.overloads ?? [];
  const trusted = own.map((overload) => ({ name: 'public.twice', ...overload }));
  const twice = [statement('SELECT twice(a) FROM t WHERE a = 2')];
  expect(await codeOf(shop.target.read(twice))).toBe('statement/not-a-read');
  expect((await shop.target.read(twice, {}, trusted)).results[0]?.rows).toEqual([
    [{ type: 'integer', value: 4 }],
  ]);
  await shop.sql(
    `CREATE OR REPLACE FUNCTION twice(int) RETURNS int LANGUAGE sql AS 'SELECT w() * $1'`,
    'owner',
  );
  expect(await codeOf(shop.target.read(twice, {}, trusted))).toBe('statement/not-a-read');
});

test('the stored column behind a result is named, also when rows are cut', async () => {
  const text = 'SELECT t.b AS other, upper(t.b), v.b FROM t LEFT JOIN plain v USING (a)';
  const { results } = await shop.target.read([statement(text), statement(text)], { rowsMax: 3 });
  expect(results.map(({ origins }) => origins)).toEqual([
    ['public.t.b', null, null],
    ['public.t.b', null, null],
  ]);
  expect(results.map(({ truncated }) => truncated)).toEqual([false, true]);
});

async function readersLeft(): Promise<string> {
  const [row] = await shop.sql(`SELECT count(*) FROM pg_stat_activity WHERE usename = 'reader'`);
  return row?.[0] ?? '';
}

test('rows, bytes and time are capped, and no session is left', async () => {
  const { results } = await shop.target.read([statement('SELECT generate_series(1, 100000000)')], {
    rowsMax: 10,
  });
  expect(results[0]).toMatchObject({ truncated: true });
  expect(results[0]?.rows).toHaveLength(10);
  const bytes = await shop.target.read([statement("SELECT repeat('x', 1000) FROM generate_series(1, 100)")], {
    bytesMax: 5_000,
  });
  expect(bytes.results[0]?.rows).toHaveLength(5);
  const huge = shop.target.read([statement("SELECT repeat('x', 20000000)")], { bytesMax: 1_000 });
  expect(await codeOf(huge)).toBe('limit/bytes');
  const long = 'SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b';
  expect(await codeOf(shop.target.read([statement(long)], { timeoutMs: 700 }))).toBe('limit/time');
  const both = shop.target.read([statement('SELECT 1'), statement(long)], { timeoutMs: 900 });
  expect(await codeOf(both)).toBe('limit/time');
  await sleep(50);
  expect(await readersLeft()).toBe('0');
});

test('the client cancels where the server does not count the time', async () => {
  const session = await PostgresSession.open(shop.account('reader'));
  const running = session.query('SELECT pg_sleep(30)').catch((cause: unknown) => cause);
  await sleep(100);
  await session.cancel();
  expect(await running).toMatchObject({ code: '57014' });
  await session.close();
  expect(await readersLeft()).toBe('0');
});

test('a lock that another holds is waited for no longer than allowed', async () => {
  const other = await shop.server.open('shop');
  await other.query('BEGIN; LOCK t IN ACCESS EXCLUSIVE MODE');
  // The engine's own resolution of the names waits for the lock first.
  expect(await codeOf(shop.target.read([statement('SELECT * FROM t')], { busyMs: 100 }))).toBe('target/busy');
  other.close();
});

test('a session that the server ends is told as such, and is no answer', async () => {
  const reading = codeOf(
    shop.target.read([
      statement('SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b'),
    ]),
  );
  for (let tries = 0; tries < 100 && (await readersLeft()) === '0'; tries += 1) await sleep(20);
  await sleep(300);
  await shop.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader'`);
  expect(await reading).toBe('target/session-lost');
});

const broader: readonly (readonly [grant: string, revoke: string, fact: RegExp])[] = [
  ['GRANT INSERT ON t TO reader', 'REVOKE INSERT ON t FROM reader', /writes table t/],
  ['GRANT UPDATE (b) ON t TO reader', 'REVOKE UPDATE (b) ON t FROM reader', /writes table t/],
  ['GRANT USAGE ON SEQUENCE s TO reader', 'REVOKE USAGE ON SEQUENCE s FROM reader', /moves sequence s/],
  ['GRANT CREATE ON SCHEMA public TO PUBLIC', 'REVOKE CREATE ON SCHEMA public FROM PUBLIC', /creates in schema public/],
  ['GRANT CREATE ON DATABASE shop TO reader', 'REVOKE CREATE ON DATABASE shop FROM reader', /creates schemas/],
  ['GRANT owner TO reader', 'REVOKE owner FROM reader', /member of owner/],
  ['GRANT pg_execute_server_program TO reader', 'REVOKE pg_execute_server_program FROM reader', /member of pg_execute/],
  ['ALTER ROLE reader CREATEROLE', 'ALTER ROLE reader NOCREATEROLE', /makes roles/],
  ['ALTER ROLE reader SUPERUSER', 'ALTER ROLE reader NOSUPERUSER', /superuser/],
  ['ALTER TABLE log OWNER TO reader', 'ALTER TABLE log OWNER TO owner', /owns table public\.log/],
]; // prettier-ignore
test.each(broader)('an account that may do more is refused: %s', async (grant, revoke, fact) => {
  await shop.sql(grant);
  try {
    const refused = shop.target.read([statement('SELECT 1')]);
    await expect(refused).rejects.toThrow(fact);
    expect(await codeOf(shop.target.read([statement('SELECT 1')]))).toBe('target/account-writes');
  } finally {
    await shop.sql(revoke);
  }
  expect(await rowsOf('SELECT 1')).toHaveLength(1);
});

test('a read account on another database, with a wrong password, or none at all, reads nothing', async () => {
  await shop.sql('CREATE DATABASE other');
  const make = (read?: { url: string; password: () => string }): Promise<string> =>
    codeOf(
      openTarget({
        name: 'x',
        url: shop.url('owner'),
        password: () => 'owner',
        ...(read === undefined ? {} : { read }),
      }).read([statement('SELECT 1')]),
    );
  expect(await make({ url: shop.url('reader').replace('/shop', '/other'), password: () => 'reader' })).toBe(
    'target/other-database',
  );
  expect(await make({ url: shop.url('reader'), password: () => 'wrong' })).toBe('target/unreachable');
  expect(await make({ url: 'postgres://reader@127.0.0.1:1/shop', password: () => 'x' })).toBe(
    'target/unreachable',
  );
  expect(await make()).toBe('target/no-read-account');
});

test('a password of the account for reads that cannot be read is told as that', async () => {
  const unread = Object.assign(new Error('env:READ_PASSWORD is not set'), { code: 'configuration/secret' });
  const password = (): string => {
    throw unread;
  };
  const read = { url: shop.url('reader'), password };
  const target = openTarget({ name: 'x', url: shop.url('owner'), password: () => 'owner', read });
  expect(await target.read([statement('SELECT 1')]).catch((cause: unknown) => cause)).toBe(unread);
  await target.close();
});

test('a server that cannot be reached says what to compare', async () => {
  const hintOf = async (url: string, password: string): Promise<unknown> =>
    openTarget({ name: 'x', url, password: () => password })
      .inspect()
      .catch((cause: unknown) => (cause instanceof TargetError ? cause.hint : cause));
  expect(await hintOf(shop.url('owner'), 'wrong')).toMatch(/compare the user in the URL with the password/);
  expect(await hintOf(shop.url('owner').replace('/shop', '/none'), 'owner')).toMatch(/name of the database/);
  expect(await hintOf('postgres://owner@127.0.0.1:1/shop', 'owner')).toMatch(/compare host and port/);
});

test('a password stands in no error', async () => {
  const wrong = openTarget({ name: 'x', url: shop.url('owner'), password: () => 'hunter2' });
  const error = await wrong.inspect().catch((cause: unknown) => cause);
  expect(String(error)).toMatch(/does not let this account in/);
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('hunter2');
});

test('texts and parameters that would arrive changed are not sent', async () => {
  expect(await codeOf(shop.target.read([statement("SELECT '\ud800'")]))).toBe('statement/bad-text');
  expect(await codeOf(shop.target.read([statement('SELECT $1', { type: 'text', value: 'a\0' })]))).toBe(
    'statement/bad-parameter',
  );
  expect(await codeOf(shop.target.read([]))).toBe('statement/empty');
  expect(await codeOf(shop.target.read([statement('SELECT nope')]))).toBe('statement/invalid');
  expect(await codeOf(shop.target.read([statement('SELECT 1/0')]))).toBe('statement/failed');
});
