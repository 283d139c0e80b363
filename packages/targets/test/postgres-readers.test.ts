import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openTarget, TargetError } from '@countersign/targets';
import type { Target } from '@countersign/targets';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPlace } from '../src/postgres/marker.ts';
import type { Reader, Standing } from '../src/postgres/reader.ts';
import { Readers } from '../src/postgres/readers.ts';
import { PostgresSession } from '../src/postgres/session.ts';
import { startReplica } from '../../../test/servers/postgres.ts';
import { trapFixture } from './postgres-fixture.ts';
import { startShop } from './postgres-server.ts';
import type { Shop } from './postgres-server.ts';
import { statement } from './temporary-database.ts';

const bounds = () => ({ busyMs: 1_000, leftMs: 10_000 });

let shop: Shop;
let standing: Standing;
beforeAll(async () => {
  shop = await startShop(trapFixture, { settings: ['log_connections=on'], keepSessions: true });
  await shop.sql('GRANT TEMPORARY ON DATABASE shop TO reader');
  await shop.sql('CREATE ROLE guest');
  const session = await PostgresSession.open(shop.account('owner'));
  standing = { path: 'public', place: await readPlace(session) };
  await session.close();
}, 120_000);
afterAll(() => shop.stop(), 60_000);

/** The code that something ends with, `nothing` when it is not refused. */
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'nothing',
    (cause: unknown) => {
      if (cause instanceof TargetError) return cause.code;
      throw cause;
    },
  );

/** Everything that can be seen of a session from inside: what two that are as fresh have in common. */
async function traits({ session }: Reader): Promise<string> {
  const { rows } = await session.query(
    `SELECT (SELECT json_agg(json_build_array(name, setting, source) ORDER BY name) FROM pg_settings),
       (SELECT json_agg(name) FROM pg_prepared_statements), (SELECT json_agg(name) FROM pg_cursors),
       (SELECT json_agg(x) FROM pg_listening_channels() AS x), pg_my_temp_schema(), current_user, session_user,
       (SELECT json_agg(json_build_array(locktype, mode) ORDER BY locktype, mode) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype <> 'virtualxid'
         AND relation IS NULL)`,
  );
  return JSON.stringify(rows);
}

/** Texts that leave something in the session they run in, sent past every check of ours. */
const leavings: readonly (readonly string[])[] = [
  ["SELECT set_config('search_path', 'pg_temp', false)", 'COMMIT'],
  ["SELECT set_config('TimeZone', 'Asia/Tokyo', false)"],
  ["SET TimeZone = 'Asia/Tokyo'", 'COMMIT'],
  ['SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE', 'COMMIT'],
  ['SET default_transaction_read_only = off', 'COMMIT'],
  ["SET my.own = 'x'", 'COMMIT'],
  ['SET statement_timeout = 0', 'COMMIT'],
  ['SET client_encoding = LATIN1', 'COMMIT'],
  ['PREPARE left_over AS SELECT 1'],
  ['DECLARE left_over CURSOR WITH HOLD FOR SELECT 1', 'COMMIT'],
  ['LISTEN left_over', 'COMMIT'],
  ['SELECT pg_advisory_lock(1)'],
  ['SELECT pg_advisory_lock(1)', 'COMMIT'],
  ['COMMIT', 'BEGIN READ WRITE', 'CREATE TEMP TABLE t (a int)', 'COMMIT'],
  ['COMMIT', 'BEGIN READ WRITE', 'CREATE TEMP VIEW t AS SELECT 99 AS a', 'COMMIT'],
  ['COMMIT', 'BEGIN READ WRITE', 'CREATE FUNCTION pg_TEMP.f() RETURNS int LANGUAGE sql RETURN 1', 'COMMIT'],
  ['COMMIT', 'SET ROLE guest'],
  ['COMMIT', 'BEGIN READ WRITE'],
  ['COMMIT'],
  ['SAVEPOINT left_over'],
  ['SELECT lo_create(424242)', 'SELECT lo_open(424242, 262144)'],
]; // prettier-ignore

describe('what a statement leaves in a session is not there for the next', () => {
  for (const texts of leavings) {
    test(texts.join('; '), async () => {
      const readers = new Readers(shop.account('reader'), true);
      const used = await readers.take(standing, bounds);
      const fresh = await traits(used);
      // A member of another role is refused, so that it can only be taken between two reads.
      await shop.sql('GRANT guest TO reader');
      try {
        for (const text of texts) await used.session.query(text);
      } finally {
        await shop.sql('REVOKE guest FROM reader');
      }
      await readers.giveBack(used);
      await readers.settled();
      const next = await readers.take(standing, bounds);
      // What is temporary keeps its schema, and so its session is ended; the rest is taken back.
      expect(next.session.pid === used.session.pid).toBe(!texts.join().includes('TEMP'));
      expect(await traits(next)).toBe(fresh);
      await next.end();
      await readers.close();
    });
  }

  test('and a session in which something stays is ended', async () => {
    const readers = new Readers(shop.account('reader'), true);
    const used = await readers.take(standing, bounds);
    for (const text of ['COMMIT', 'BEGIN READ WRITE', 'CREATE TEMP TABLE t (a int)', 'COMMIT'])
      await used.session.query(text);
    await readers.giveBack(used);
    await readers.settled();
    const next = await readers.take(standing, bounds);
    expect(next.session.pid).not.toBe(used.session.pid);
    await next.end();
    await readers.close();
  });
});

async function pidOf(target: Target, sql = 'SELECT a, pg_backend_pid() FROM t WHERE a = 1'): Promise<number> {
  const { results } = await target.read([statement(sql)]);
  await settled();
  const cell = results[0]?.rows[0]?.at(-1);
  return cell?.type === 'integer' ? cell.value : 0;
}

/** Sessions are reset after the answer was given; until that is done, another one would be opened. */
async function settled(): Promise<void> {
  const busy = `SELECT count(*) FROM pg_stat_activity WHERE usename = 'reader' AND (state <> 'idle' OR query NOT LIKE '%pg_cursors%')`;
  for (let turn = 0; turn < 100 && (await shop.sql(busy))[0]?.[0] !== '0'; turn += 1) await sleep(10);
  await sleep(20);
}

test('a session serves the next read after a plain success, and no other end', async () => {
  const { staying } = shop;
  const first = await pidOf(staying);
  expect(first).toBeGreaterThan(0);
  expect(await pidOf(staying)).toBe(first);
  const spoilers: readonly (readonly [sql: string, limits: object, code: string])[] = [
    ['SELECT 1 / (a - 1) FROM t', {}, 'statement/failed'],
    ['SELECT generate_series(1, 100000)', { rowsMax: 1 }, 'nothing'],
    ["SELECT repeat('x', 20000000)", { bytesMax: 1_000 }, 'limit/bytes'],
    ['SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b', { timeoutMs: 1_500 }, 'limit/time'],
    ['SELECT random() > 2', {}, 'nothing'],
    ['SELECT gen_random_uuid()', {}, 'nothing'],
    ['SHOW TimeZone', {}, 'nothing'],
  ]; // prettier-ignore
  for (const [sql, limits, code] of spoilers) {
    const before = await pidOf(staying);
    expect(await codeOf(staying.read([statement(sql)], limits))).toBe(code);
    await settled();
    expect(await pidOf(staying), sql).not.toBe(before);
  }
});

test('a function that policy vouches for ends its session', async () => {
  await shop.sql(
    `CREATE FUNCTION thrice(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 3 * $1'`,
    'owner',
  );
  const own = (await shop.target.inspect()).catalog.functions?.get('public.thrice')?.overloads ?? [];
  const trusted = own.map((overload) => ({ name: 'public.thrice', ...overload }));
  await sleep(1_100);
  const before = await pidOf(shop.staying);
  await shop.staying.read([statement('SELECT thrice(a) FROM t')], {}, trusted);
  await settled();
  expect(await pidOf(shop.staying)).not.toBe(before);
});

test('sessions are never shared: not by two reads at once, nor by two targets', async () => {
  const slow = 'SELECT pg_backend_pid() FROM generate_series(1, 300000) LIMIT 1';
  const pids = await Promise.all([1, 2, 3].map(() => pidOf(shop.staying, slow)));
  expect(new Set(pids).size).toBe(3);
  expect(pids).not.toContain(await pidOf(shop.target));
});

test('a session is used for a stated time and number of reads', async () => {
  const readers = new Readers(shop.account('reader'), true, 300);
  const first = await readers.take(standing, bounds);
  await readers.giveBack(first);
  await sleep(400);
  const second = await readers.take(standing, bounds);
  expect(second.session.pid).not.toBe(first.session.pid);
  await readers.giveBack(second);
  await readers.close();
  const many = new Readers(shop.account('reader'), true);
  const pids = new Set<number>();
  for (let turn = 0; turn < 260; turn += 1) {
    const one = await many.take(standing, bounds);
    pids.add(one.session.pid);
    await many.giveBack(one);
    await many.settled();
  }
  expect(pids.size).toBe(2);
  await many.close();
});

const taken: readonly (readonly [take: string, back: string, code: string])[] = [
  ['GRANT INSERT ON t TO reader', 'REVOKE INSERT ON t FROM reader', 'target/account-writes'],
  ['GRANT UPDATE (b) ON t TO reader', 'REVOKE UPDATE (b) ON t FROM reader', 'target/account-writes'],
  ['GRANT owner TO reader', 'REVOKE owner FROM reader', 'target/account-writes'],
  ['ALTER ROLE reader CREATEDB', 'ALTER ROLE reader NOCREATEDB', 'target/account-writes'],
  ['ALTER TABLE log OWNER TO reader', 'ALTER TABLE log OWNER TO owner', 'target/account-writes'],
  ['GRANT CREATE ON SCHEMA public TO PUBLIC', 'REVOKE CREATE ON SCHEMA public FROM PUBLIC', 'target/account-writes'],
  ['REVOKE SELECT ON t FROM reader', 'GRANT SELECT ON t TO reader', 'statement/denied'],
  ['ALTER ROLE reader NOLOGIN', 'ALTER ROLE reader LOGIN', 'target/unreachable'],
  ["ALTER ROLE reader VALID UNTIL '2020-01-01'", "ALTER ROLE reader VALID UNTIL 'infinity'", 'target/unreachable'],
  ['REVOKE CONNECT ON DATABASE shop FROM PUBLIC', 'GRANT CONNECT ON DATABASE shop TO PUBLIC', 'target/unreachable'],
  ['DROP OWNED BY reader; DROP ROLE reader', "CREATE ROLE reader LOGIN PASSWORD 'reader'; GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader", 'target/unreachable'],
  ['ALTER ROLE reader RENAME TO gone', "ALTER ROLE gone RENAME TO reader; ALTER ROLE reader PASSWORD 'reader'", 'target/unreachable'],
]; // prettier-ignore
test.each(taken)(
  'what happens to the account meets a session that was kept: %s',
  async (take, back, code) => {
    await pidOf(shop.staying);
    await shop.sql(take);
    try {
      expect(await codeOf(shop.staying.read([statement('SELECT a FROM t')]))).toBe(code);
    } finally {
      await shop.sql(back);
    }
    expect(await codeOf(shop.staying.read([statement('SELECT a FROM t')]))).toBe('nothing');
  },
);

test('a session that the server ended, or that is lost, is not told of: the next read has another', async () => {
  const before = await pidOf(shop.staying);
  await shop.sql(`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'reader'`);
  expect(await pidOf(shop.staying)).not.toBe(before);
});

test('a read whose time is over takes no session from the others', async () => {
  const readers = new Readers(shop.account('reader'), true);
  const taken = await Promise.all([1, 2, 3].map(() => readers.take(standing, bounds)));
  for (const one of taken) await readers.giveBack(one);
  await readers.settled();
  const over = (): never => {
    throw new TargetError('limit/time', 'statement ran longer than allowed');
  };
  expect(await codeOf(readers.take(standing, over))).toBe('limit/time');
  await readers.settled();
  const again = await Promise.all([1, 2, 3].map(() => readers.take(standing, bounds)));
  const pids = (some: readonly Reader[]): number[] => some.map(({ session }) => session.pid).toSorted();
  expect(pids(again)).toEqual(pids(taken));
  for (const one of again) await readers.giveBack(one);
  await readers.close();
});

test('reads that find every session at work wait as long as sessions come back, and open more when none does', async () => {
  const readers = new Readers(shop.account('reader'), true);
  const pids = new Set<number>();
  // Four times as many as there are sessions: the last of them waits longer than a stall lasts.
  const read = async (_: unknown, index: number): Promise<void> => {
    const one = await readers.take(standing, bounds);
    pids.add(one.session.pid);
    await sleep(100 + 3 * index);
    await readers.giveBack(one);
  };
  await Promise.all(Array.from({ length: 64 }, read));
  // A busy machine may stall now and then.
  expect(pids.size).toBeLessThanOrEqual(32);
  await readers.settled();
  const held = await Promise.all(Array.from({ length: 16 }, () => readers.take(standing, bounds)));
  const more = await Promise.all([1, 2, 3].map(() => readers.take(standing, bounds)));
  for (const one of more) await readers.end(one);
  // Fifteen are held on: those who share the one that comes and goes do not wait for it for ever.
  const [shared, ...slow] = held;
  if (shared !== undefined) await readers.giveBack(shared);
  const quick = new Set<number>();
  const until = performance.now() + 4_000;
  const share = async (): Promise<void> => {
    while (performance.now() < until) {
      const one = await readers.take(standing, bounds);
      quick.add(one.session.pid);
      await sleep(100);
      await readers.giveBack(one);
    }
  };
  await Promise.all(Array.from({ length: 20 }, share));
  expect(quick.size).toBeGreaterThan(1);
  for (const one of slow) await readers.end(one);
  await readers.close();
});

test('closing leaves no session', async () => {
  const readers = new Readers(shop.account('reader'), true);
  const pids: number[] = [];
  const taken = await Promise.all([1, 2, 3].map(() => readers.take(standing, bounds)));
  for (const one of taken) {
    pids.push(one.session.pid);
    await readers.giveBack(one);
  }
  await readers.close();
  const left = await shop.sql(`SELECT pid FROM pg_stat_activity WHERE pid IN (${pids.join(', ')})`);
  expect(left).toEqual([]);
});

test('of texts that are sent at once each is waited for from the last sign of the server, and a silent one is given up', async () => {
  const session = await PostgresSession.open(shop.account('owner'));
  // One second in all.
  session.expectAnswerWithin(-9_000);
  const answers = await Promise.all([1, 2, 3, 4].map(() => session.query('SELECT pg_sleep(0.6), 1')));
  expect(answers.map(({ rows }) => rows[0]?.[1])).toEqual(['1', '1', '1', '1']);
  const began = performance.now();
  await expect(session.query('SELECT pg_sleep(8)')).rejects.toMatchObject({ code: 'target/session-lost' });
  expect(performance.now() - began).toBeLessThan(5_000);
  await session.close();
});

/** Logins of the owner so far: every look and every text that is resolved is one. */
const ownersLogins = (): number =>
  readFileSync(join(shop.server.socketFolder, 'log'), 'utf8').split('connection authorized: user=owner')
    .length;

describe('what is remembered', () => {
  test('is asked once by many, and a text once for each state of the schema', async () => {
    await sleep(1_100);
    const before = ownersLogins();
    const began = performance.now();
    const ask = (): Promise<unknown> => shop.staying.read([statement('SELECT b, a FROM t WHERE a = 2')]);
    await Promise.all(Array.from({ length: 20 }, ask));
    await ask();
    await shop.staying.requireReads([statement('SELECT b, a FROM t WHERE a = 2')]);
    // The one text, and a look every three quarters of a second at most, however many ask.
    const looks = 1 + Math.ceil((performance.now() - began) / 750);
    expect(ownersLogins() - before).toBeLessThanOrEqual(1 + looks);
    expect(looks).toBeLessThan(20);
  });

  test('is a second old at most: a view that begins to write is refused then', async () => {
    await shop.sql('CREATE VIEW turning AS SELECT a FROM t; GRANT SELECT ON turning TO reader', 'owner');
    await sleep(1_100);
    const text = [statement('SELECT * FROM turning')];
    expect(await codeOf(shop.staying.read(text))).toBe('nothing');
    await shop.sql('CREATE OR REPLACE VIEW turning AS SELECT w() AS a', 'owner');
    await sleep(1_000);
    expect(await codeOf(shop.staying.read(text))).toBe('statement/not-a-read');
    expect((await shop.staying.glance())?.catalog.tables.get('public.turning')?.sql).toContain('w()');
  });

  test('is thrown away for changes of every kind that the engine resolves names by', async () => {
    const changes = [
      'CREATE FUNCTION abs(t) RETURNS int LANGUAGE sql RETURN 1',
      'CREATE OPERATOR ==== (LEFTARG = int, RIGHTARG = int, FUNCTION = same)',
      'CREATE SCHEMA other',
      'ALTER TABLE t ADD COLUMN c int',
      'CREATE POLICY q ON mine FOR SELECT USING (a > 0)',
      'ALTER TABLE r DISABLE ROW LEVEL SECURITY',
      'CREATE TYPE pair AS (x int, y int)',
      'CREATE TABLE child () INHERITS (plainer)',
      'ALTER FUNCTION calm() VOLATILE',
      'CREATE FUNCTION pg_catalog.nearly() RETURNS int LANGUAGE sql RETURN 1',
    ];
    await shop.sql('CREATE TABLE plainer (a int); SET allow_system_table_mods = on');
    const known = [statement('SELECT a FROM mine WHERE a = 1')];
    for (const change of changes) {
      await shop.staying.requireReads(known);
      const before = ownersLogins();
      await shop.staying.requireReads(known);
      expect(ownersLogins() - before, change).toBeLessThanOrEqual(1);
      await shop.sql(change);
      await sleep(1_100);
      const after = ownersLogins();
      await shop.staying.requireReads(known);
      // A look, and the text anew.
      expect(ownersLogins() - after, change).toBeGreaterThanOrEqual(2);
    }
  }, 60_000);

  test('no refusal is remembered, and a name that comes to be is found', async () => {
    const text = [statement('SELECT a FROM later')];
    expect(await codeOf(shop.staying.read(text))).toBe('statement/invalid');
    await shop.sql('CREATE TABLE later (a int); GRANT SELECT ON later TO reader', 'owner');
    expect(await codeOf(shop.staying.read(text))).toBe('nothing');
  });

  test('is nothing that a replica says, which may lag behind: its names count for that read alone', async () => {
    await shop.sql(`CREATE TABLE lagging (a int, b text); INSERT INTO lagging VALUES (1, 'x')`);
    await shop.sql('GRANT SELECT ON lagging TO reader');
    const replica = startReplica(shop.server);
    const url = `postgres://reader@127.0.0.1:${replica.port}/shop`;
    const read = { url, password: () => 'reader' };
    const target = openTarget({ name: 'shop', url: shop.url('owner'), password: () => 'owner', read, stays: true }); // prettier-ignore
    const origins = async (): Promise<unknown> =>
      (await target.read([statement('SELECT * FROM lagging')])).results[0]?.origins;
    const session = await replica.open('shop');
    const follows = async (): Promise<boolean> => {
      const text = `SELECT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'lagging'::regclass AND attname = 'secret')`;
      return (await session.rows(text))[0]?.[0] === 't';
    };
    try {
      await session.rows('SELECT pg_wal_replay_pause()');
      await shop.sql('ALTER TABLE lagging RENAME COLUMN b TO secret');
      expect(await origins()).toEqual(['public.lagging.a', 'public.lagging.b']);
      await session.rows('SELECT pg_wal_replay_resume()');
      for (let turn = 0; turn < 500 && !(await follows()); turn += 1) await sleep(10);
      expect(await origins()).toEqual(['public.lagging.a', 'public.lagging.secret']);
    } finally {
      session.close();
      await target.close();
      replica.stop();
    }
  }, 60_000);
});
