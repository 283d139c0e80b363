import { setTimeout as sleep } from 'node:timers/promises';
import { TargetError } from '@countersign/targets';
import type { Target } from '@countersign/targets';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Reader, Standing } from '../src/postgres/reader.ts';
import { Readers } from '../src/postgres/readers.ts';
import { PostgresSession } from '../src/postgres/session.ts';
import { bounds, codeOrNothing, startTraps } from './postgres-reading.ts';
import type { Shop } from './postgres-server.ts';
import { statement } from './temporary-database.ts';

let shop: Shop;
let standing: Standing;
beforeAll(async () => {
  ({ shop, standing } = await startTraps());
}, 120_000);
afterAll(() => shop.stop(), 60_000);

async function pidOf(target: Target, sql = 'SELECT a, pg_backend_pid() FROM t WHERE a = 1'): Promise<number> {
  const { results } = await target.read([statement(sql)]);
  await settled();
  const cell = results[0]?.rows[0]?.at(-1);
  return cell?.type === 'integer' ? cell.value : 0;
}

/** Sessions are reset after the answer was given; until that is done, another one would be opened. */
async function settled(): Promise<void> {
  const busy = `SELECT count(*) FROM pg_stat_activity WHERE usename = 'reader' AND (state <> 'idle' OR query <> 'DISCARD ALL')`;
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
    expect(await codeOrNothing(staying.read([statement(sql)], limits))).toBe(code);
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
  const readers = new Readers(shop.account('reader'), true, { ageMs: 300 });
  const first = await readers.take(standing, bounds);
  await readers.giveBack(first);
  await sleep(400);
  const second = await readers.take(standing, bounds);
  expect(second.session.pid).not.toBe(first.session.pid);
  await readers.giveBack(second);
  await readers.close();
  const many = new Readers(shop.account('reader'), true, { usesMax: 50 });
  const pids = new Set<number>();
  for (let turn = 0; turn < 60; turn += 1) {
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
      expect(await codeOrNothing(shop.staying.read([statement('SELECT a FROM t')]))).toBe(code);
    } finally {
      await shop.sql(back);
    }
    expect(await codeOrNothing(shop.staying.read([statement('SELECT a FROM t')]))).toBe('nothing');
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
  expect(await codeOrNothing(readers.take(standing, over))).toBe('limit/time');
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
