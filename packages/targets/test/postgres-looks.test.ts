import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openTarget } from '@countersign/targets';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startReplica } from '../../../test/servers/postgres.ts';
import { trapFixture } from './postgres-fixture.ts';
import { startShop } from './postgres-server.ts';
import { codeOrNothing } from './postgres-reading.ts';
import type { Shop } from './postgres-server.ts';
import { statement } from './temporary-database.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await startShop(trapFixture, { settings: ['log_connections=on'], keepSessions: true });
}, 120_000);
afterAll(() => shop.stop(), 60_000);

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

  test('is not asked again while nothing is committed, however long and however seldom somebody reads', async () => {
    const ask = (): Promise<unknown> => shop.staying.read([statement('SELECT a FROM t WHERE a = 2')]);
    const askFor = async (ms: number): Promise<void> => {
      const until = performance.now() + ms;
      while (performance.now() < until) {
        await ask();
        await sleep(20);
      }
    };
    await sleep(1_100);
    await askFor(2_500);
    const before = ownersLogins();
    await askFor(2_500);
    await sleep(2_000);
    await ask();
    // Four looks, were each as old as it can get.
    expect(ownersLogins() - before).toBeLessThanOrEqual(1);
    await shop.sql('UPDATE t SET b = b WHERE a = 2');
    await sleep(1_100);
    await ask();
    expect(ownersLogins() - before).toBeGreaterThanOrEqual(1);
  }, 30_000);

  test('is asked again when the settings of the account or the server are others', async () => {
    await shop.sql('CREATE SCHEMA north; CREATE TABLE north.place AS SELECT 1 AS a; CREATE SCHEMA south');
    await shop.sql(
      'CREATE TABLE south.place AS SELECT 2 AS a; GRANT USAGE ON SCHEMA north, south TO owner, reader',
    );
    await shop.sql('GRANT SELECT ON north.place, south.place TO reader, owner');
    const place = async (): Promise<unknown> =>
      (await shop.staying.read([statement('SELECT a FROM place')])).results[0]?.rows[0]?.[0];
    const steadily = async (): Promise<void> => {
      const until = performance.now() + 2_000;
      while (performance.now() < until) {
        await place();
        await sleep(20);
      }
    };
    await shop.sql('ALTER ROLE owner SET search_path = north');
    await sleep(1_000);
    await steadily();
    expect(await place()).toMatchObject({ value: 1 });
    await shop.sql('ALTER ROLE owner SET search_path = south');
    await sleep(1_000);
    expect(await place()).toMatchObject({ value: 2 });
    await shop.sql('ALTER ROLE owner RESET search_path');
    await shop.sql('ALTER SYSTEM SET search_path = north');
    await shop.sql('SELECT pg_reload_conf()');
    await sleep(1_200);
    await steadily();
    expect(await place()).toMatchObject({ value: 1 });
    // Neither takes a transaction that others could see.
    await shop.sql('ALTER SYSTEM SET search_path = south');
    await shop.sql('SELECT pg_reload_conf()');
    await sleep(1_200);
    expect(await place()).toMatchObject({ value: 2 });
    await shop.sql('ALTER SYSTEM RESET search_path');
    await shop.sql('SELECT pg_reload_conf()');
    await sleep(1_200);
  }, 30_000);

  test('is a second old at most: a view that begins to write is refused then', async () => {
    await shop.sql('CREATE VIEW turning AS SELECT a FROM t; GRANT SELECT ON turning TO reader', 'owner');
    await sleep(1_100);
    const text = [statement('SELECT * FROM turning')];
    expect(await codeOrNothing(shop.staying.read(text))).toBe('nothing');
    await shop.sql('CREATE OR REPLACE VIEW turning AS SELECT w() AS a', 'owner');
    await sleep(1_000);
    expect(await codeOrNothing(shop.staying.read(text))).toBe('statement/not-a-read');
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
    expect(await codeOrNothing(shop.staying.read(text))).toBe('statement/invalid');
    await shop.sql('CREATE TABLE later (a int); GRANT SELECT ON later TO reader', 'owner');
    expect(await codeOrNothing(shop.staying.read(text))).toBe('nothing');
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
