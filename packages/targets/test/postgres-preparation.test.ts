import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openTarget } from '@countersign/targets';
import type { Target } from '@countersign/targets';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startShop } from './postgres-server.ts';
import type { Shop } from './postgres-server.ts';
import { codeOf, statement } from './temporary-database.ts';

const secret = "hunter2'pässword";
let shop: Shop;
let target: Target;
beforeAll(async () => {
  shop = await startShop(
    [
      'CREATE TABLE t (a int)',
      'INSERT INTO t VALUES (1)',
      'CREATE SCHEMA "Odd"',
      'CREATE TABLE "Odd".u (a int)',
    ],
    {
      settings: ['log_statement=all'],
    },
  );
  target = openTarget({
    name: 'shop',
    url: shop.url('owner'),
    password: () => 'owner',
    read: { url: shop.url('Rea%22der'), password: () => secret },
  });
}, 60_000);
afterAll(() => shop.stop(), 60_000);

test('an account that may not make roles is told to ask an administrator, and nothing is left half made', async () => {
  expect(await codeOf(target.prepare())).toBe('target/rights');
  expect((await target.inspect()).identity).toBeNull();
});

test('what is printed for an administrator does the same, and holds no password', async () => {
  const steps = await target.preparation();
  expect(JSON.stringify(steps)).not.toContain('hunter2');
  expect(steps.filter(({ optional }) => optional === true)).toHaveLength(2);
  await shop.sql('CREATE DATABASE printed TEMPLATE shop');
  const session = await shop.server.open('printed');
  for (const { sql } of steps)
    expect(
      (await session.query(sql.replaceAll('DATABASE shop', 'DATABASE printed'))).error,
      sql,
    ).toBeUndefined();
  const [row] = (
    await session.query(
      `SELECT has_table_privilege('Rea"der', '"Odd".u', 'SELECT'), has_function_privilege('Rea"der', 'lo_create(oid)', 'EXECUTE')`,
    )
  ).rows;
  expect(row).toEqual(['t', 'f']);
  await session.query('DROP OWNED BY "Rea""der"');
  session.close();
  await shop.sql('DROP DATABASE printed');
  await shop.sql('DROP ROLE "Rea""der"');
});

test('it makes an account that reads and cannot write, and the server never sees its password', async () => {
  await shop.sql('ALTER ROLE owner CREATEROLE');
  const unread = Object.assign(new Error('the password is not set'), { code: 'configuration/secret' });
  const password = (): string => {
    throw unread;
  };
  const read = { url: shop.url('Rea%22der'), password };
  const without = openTarget({ name: 'shop', url: shop.url('owner'), password: () => 'owner', read });
  expect(await without.prepare().catch((cause: unknown) => cause)).toBe(unread);
  await target.prepare();
  await target.prepare();
  expect((await target.inspect()).identity).toHaveLength(32);
  const warnings = await target.requireReadAccount();
  expect(warnings.map((warning) => warning.split(':')[0])).toEqual([
    'postgres/temporary',
    'postgres/public-functions',
  ]);
  const { results } = await target.read([statement('SELECT * FROM t')]);
  expect(results[0]?.rows).toEqual([[{ type: 'integer', value: 1 }]]);
  await shop.sql('CREATE TABLE later (a int)', 'owner');
  expect((await target.read([statement('TABLE later')])).results[0]?.rows).toEqual([]);
  expect(await codeOf(target.read([statement('TABLE _countersign.runs')]))).toBe('statement/denied');
  const log = readFileSync(join(shop.server.socketFolder, 'log'), 'utf8');
  expect(log).toContain('CREATE ROLE');
  expect(log).not.toContain('hunter2');
});

test('an account that became able to write is refused', async () => {
  await shop.sql('GRANT DELETE ON t TO "Rea""der"');
  expect(await codeOf(target.requireReadAccount())).toBe('target/account-writes');
  await shop.sql('REVOKE DELETE ON t FROM "Rea""der"');
  await target.requireReadAccount();
});

test('a target without one says so', async () => {
  const none = openTarget({ name: 'shop', url: shop.url('owner'), password: () => 'owner' });
  expect((await none.requireReadAccount()).join()).toMatch(/^target\/no-read-account/);
});
