import { toHex } from '@countersign/codec';
import type { Cell } from '@countersign/diff';
import type { Statement } from '@countersign/targets';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startShop } from './postgres-server.ts';
import type { Shop } from './postgres-server.ts';
import { statement } from './temporary-database.ts';

/** Eight rows on a page, so that a few thousand make a table that is large by the default limit. */
const pad = "repeat('x', 900)";
const setup = [
  `CREATE TABLE customers (id int PRIMARY KEY, name text);
   CREATE TABLE orders (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, customer int REFERENCES customers ON DELETE CASCADE ON UPDATE CASCADE,
     status text, at timestamptz, pad text);
   CREATE INDEX ON orders (customer); CREATE INDEX ON orders (status);
   CREATE TABLE items (id int PRIMARY KEY, v text, pad text);
   CREATE TABLE bare (v int, pad text); CREATE INDEX ON bare (v);
   CREATE TABLE audit (what text, pad text DEFAULT ${pad});
   CREATE TABLE parts (k int PRIMARY KEY, pad text) PARTITION BY RANGE (k);
   CREATE TABLE parts_low PARTITION OF parts FOR VALUES FROM (MINVALUE) TO (10000);
   CREATE TABLE parts_high PARTITION OF parts FOR VALUES FROM (10000) TO (MAXVALUE);
   CREATE TABLE heirs (more text) INHERITS (items); CREATE UNIQUE INDEX ON heirs (id);
   CREATE TABLE events (id int PRIMARY KEY, payload json, tags text[], pad text); CREATE INDEX ON events (tags);
   CREATE TABLE logged (id int PRIMARY KEY, n int); CREATE TABLE steered (id int PRIMARY KEY, n int)`,
  `INSERT INTO customers SELECT g, 'c' || g FROM generate_series(1, 100) AS g;
   INSERT INTO orders SELECT g, 1 + g % 100, 'status ' || g % 2000, '2026-01-01', ${pad} FROM generate_series(1, 6000) AS g;
   INSERT INTO items SELECT g, 'v' || g, ${pad} FROM generate_series(1, 6000) AS g;
   INSERT INTO heirs SELECT g + 50000, 'v' || g, ${pad}, 'more' FROM generate_series(1, 6000) AS g;
   INSERT INTO bare SELECT g / 2, ${pad} FROM generate_series(1, 6000) AS g;
   INSERT INTO audit (what) SELECT 'a' || g FROM generate_series(1, 6000) AS g;
   INSERT INTO parts SELECT g, ${pad} FROM generate_series(1, 6000) AS g;
   INSERT INTO parts SELECT g + 10000, ${pad} FROM generate_series(1, 6000) AS g;
   INSERT INTO events SELECT g, '{}', ARRAY['v' || g], ${pad} FROM generate_series(1, 6000) AS g;
   INSERT INTO logged SELECT g, g FROM generate_series(1, 20) AS g; INSERT INTO steered SELECT * FROM logged`,
  `CREATE FUNCTION log() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
     BEGIN INSERT INTO audit (what) VALUES ('kept'); EXCEPTION WHEN OTHERS THEN NULL; END;
     IF NEW.n = 13 THEN
       BEGIN INSERT INTO audit (what) VALUES ('lost'); UPDATE items SET v = 'lost' WHERE id = 1; RAISE EXCEPTION 'no'; EXCEPTION WHEN OTHERS THEN NULL; END;
     END IF;
     RETURN NEW; END$$;
   CREATE TRIGGER log BEFORE UPDATE ON logged FOR EACH ROW EXECUTE FUNCTION log();
   CREATE FUNCTION steer() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
     EXECUTE format('UPDATE %I SET pad = ''steered'' WHERE v = %s', 'bare', NEW.n); RETURN NULL; END$$;
   CREATE TRIGGER steer AFTER UPDATE ON steered FOR EACH ROW EXECUTE FUNCTION steer()`,
];

let shop: Shop;
beforeAll(async () => {
  // What a session has read is counted for others at its end.
  shop = await startShop(setup);
  await shop.target.prepare();
  await shop.sql('ANALYZE');
}, 60_000);
afterAll(() => shop.stop(), 60_000);

/** How often each table has been read as a whole. */
async function scans(): Promise<ReadonlyMap<string, number>> {
  const rows = await shop.sql(
    "SELECT relname, seq_scan FROM pg_stat_user_tables WHERE schemaname = 'public' ORDER BY 1",
  );
  return new Map(rows.map(([name, count]) => [name ?? '', Number(count)]));
}

/** Dry run with tables looked up and with tables read; returns the large tables that were read as a whole although they may be looked up. */
async function compared(statements: readonly Statement[]): Promise<{ changed: number; read: string[] }> {
  const before = await scans();
  const looked = await shop.target.dryRun(statements);
  const after = await scans();
  const whole = await shop.target.dryRun(statements, { pagesScannedMax: Infinity });
  expect(looked.diff).toEqual(whole.diff);
  expect(toHex(looked.digest)).toBe(toHex(whole.digest));
  const small = ['customers', 'logged', 'steered'];
  const read = [...after].flatMap(([name, count]) =>
    count > (before.get(name) ?? 0) && !small.includes(name) ? [name] : [],
  );
  const changed = looked.diff.tables.reduce(
    (sum, { inserted, updated, deleted }) => sum + inserted + updated + deleted,
    0,
  );
  return { changed, read };
}

const text = (value: string): Cell => ({ type: 'text', value });
const whole = (value: number): Cell => ({ type: 'integer', value });

test.each<[title: string, statements: readonly (string | Statement)[], changed: number]>([
  ['a row by its key', ["UPDATE orders SET status = 'x' WHERE id = 5"], 1],
  ['rows by a list', ["UPDATE orders SET status = 'x' WHERE id IN (5, 6, 6, 9999)"], 2],
  ['rows by a parameter', [statement('DELETE FROM orders WHERE id = $1 AND status <> $2', whole(5), text('x'))], 1],
  ['rows by an array', [statement('DELETE FROM orders WHERE id = ANY ($1)', text('{5,6}'))], 2],
  ['rows by a range', ['DELETE FROM orders WHERE id BETWEEN 10 AND 20 AND id <> 12'], 10],
  ['many rows by a range', ["UPDATE ONLY items SET v = v || '!' WHERE id > 5800"], 200],
  ['rows by a column that is changed', ["UPDATE orders SET status = 'done' WHERE status = 'status 7'"], 3],
  ['a text with a quote', [statement("UPDATE orders SET status = $1 WHERE status = $2 OR status = 'a''b'", text("it's"), text("it's")), "UPDATE orders SET pad = '' WHERE status = 'it''s'", "UPDATE orders SET pad = '' WHERE id = 3"], 1],
  ['a key that is changed', ['UPDATE orders SET id = id + 100000 WHERE id = 7'], 2],
  ['keys that are swapped', ['UPDATE orders SET id = 3 - id WHERE id IN (1, 2)'], 2],
  ['rows set to what they were', ['UPDATE orders SET status = status WHERE id < 4'], 0],
  ['rows that are only locked', ['SELECT id FROM orders WHERE id < 40 FOR UPDATE'], 0],
  ['rows locked beside one changed', ['SELECT id FROM orders WHERE id < 40 FOR NO KEY UPDATE', "UPDATE orders SET status = 'x' WHERE id < 40 AND md5(status) = md5('status 7')"], 1],
  ['a row that comes again under its key', ['DELETE FROM items WHERE id = 5', "INSERT INTO items VALUES (5, 'again', NULL)"], 1],
  ['a row that comes again as it was', ['DELETE FROM items WHERE id = 5', `INSERT INTO items VALUES (5, 'v5', ${pad})`], 0],
  ['new rows', [`INSERT INTO items SELECT g, 'new', ${pad} FROM generate_series(7001, 7100) AS g`], 100],
  ['a new row or an old one', ["INSERT INTO items (id, v) VALUES (5, 'other'), (7001, 'new') ON CONFLICT (id) DO UPDATE SET v = excluded.v"], 2],
  ['a new row with values that nothing is equal to', [`INSERT INTO events (id, payload, tags) VALUES (7001, '{"a":1}', '{a,b}')`], 1],
  ['a new row with a key of another type', ["INSERT INTO events (id, payload) VALUES (7001.0, '{}')"], 1],
  ['an old row by its key beside such values', ["UPDATE events SET payload = '[]' WHERE id = 5 AND payload::text = '{}' AND tags = '{v5}'"], 1],
  ['rows that follow a deleted key', ['DELETE FROM customers WHERE id = 3'], 61],
  ['rows that follow a changed key', ['UPDATE customers SET id = 1003 WHERE id = 3'], 62],
  ['equal rows without a key', ['UPDATE bare SET v = -1 WHERE v = 10'], 4],
  ['one of equal rows without a key', ['DELETE FROM bare WHERE v = 10 AND ctid IN (SELECT min(ctid) FROM bare WHERE v = 10)'], 1],
  ['a row of a partition', ["UPDATE parts SET pad = 'x' WHERE k = 10001"], 1],
  ['a row that moves to another partition', ['UPDATE parts SET k = k + 20000 WHERE k = 3'], 2],
  ['rows of a child', ["UPDATE items SET v = 'x' WHERE id IN (7, 50007)"], 3],
  ['rows that a trigger adds in a subtransaction', ['UPDATE logged SET n = 5 WHERE id = 1'], 2],
  ['changes inside WITH', ["WITH gone AS (DELETE FROM orders WHERE id = 9 RETURNING id) UPDATE items SET v = 'x' FROM gone WHERE items.id = 9"], 2],
])('looked up: %s', async (_, statements, changed) => {
  const all = statements.map((one) => (typeof one === 'string' ? statement(one) : one));
  expect(await compared(all)).toEqual({ changed, read: [] });
}); // prettier-ignore

test.each<[title: string, statements: readonly string[], changed: number, read: readonly string[]]>([
  ['a row changed twice', ["UPDATE items SET v = 'x' WHERE id = 5", "UPDATE items SET v = 'y' WHERE id = 5"], 1, ['items']],
  ['a row that comes and goes', ["INSERT INTO items VALUES (7001, 'x', NULL)", 'DELETE FROM items WHERE id = 7001'], 0, ['items']],
  ['rows by a function', ["UPDATE orders SET status = 'x' WHERE id + 0 = 5"], 1, ['orders']],
  ['rows by either of two', ["UPDATE items SET v = 'x' WHERE id = 5 OR id = 6"], 2, ['items']],
  ['a value of another type than the column', ["UPDATE orders SET status = 'x' WHERE id = 5.0"], 1, ['orders']],
  ['rows by an array that is compared', ["UPDATE events SET payload = '[]' WHERE tags = '{v5}'"], 1, ['events']],
  ['rows that a trigger loses in a subtransaction', ['UPDATE logged SET n = 13 WHERE id = 1'], 2, ['audit', 'items']],
  ['rows that a trigger reaches by a text that it makes', ['UPDATE steered SET n = 12 WHERE id = 1'], 5, ['bare']],
  ['rows of which the texts name only some', ["UPDATE bare SET pad = 'x' WHERE v = 10", 'UPDATE steered SET n = 12 WHERE id = 1'], 9, ['bare']],
])('read as a whole: %s', async (_, statements, changed, read) => {
  const found = await compared(statements.map((sql) => statement(sql)));
  expect(found).toEqual({ changed, read });
}); // prettier-ignore

test.each<[title: string, statements: readonly string[], changed: number]>([
  ['all rows', ["UPDATE orders SET status = status || '!'"], 6000],
  ['keys that move up by one', ['UPDATE orders SET id = id + 1'], 6001],
  ['every other row deleted', ['DELETE FROM orders WHERE id % 2 = 0'], 3000],
  ['a third of the rows locked', ['SELECT id FROM orders FOR UPDATE', "UPDATE orders SET status = '' WHERE id % 3 = 0"], 2000],
  ['all rows twice', ["UPDATE orders SET status = ''", "UPDATE orders SET pad = ''"], 6000],
  ['all rows deleted, most come again', ['DELETE FROM orders', `INSERT INTO orders SELECT g, 1 + g % 100, 'status ' || g % 2000, '2026-01-01', ${pad} FROM generate_series(5000, 1, -1) AS g`], 1000],
  ['old rows and new ones', ["UPDATE orders SET status = '' WHERE id > 3000", "INSERT INTO orders SELECT g, 1, 'new', NULL, '' FROM generate_series(7001, 10000) AS g", 'DELETE FROM orders WHERE id < 500'], 6499],
])('held at once, and in order: %s', async (_, texts, changed) => {
  const statements = texts.map((sql) => statement(sql));
  const held = await shop.target.dryRun(statements, { pagesScannedMax: Infinity });
  const ordered = await shop.target.dryRun(statements, { pagesScannedMax: Infinity, rowsHeldMax: 0 });
  expect(toHex(held.digest)).toBe(toHex(ordered.digest));
  const [table] = held.diff.tables;
  expect((table?.inserted ?? 0) + (table?.updated ?? 0) + (table?.deleted ?? 0)).toBe(changed);
}); // prettier-ignore

test('new rows in room that others left are found by their key, and are read where there is none', async () => {
  await shop.sql('DELETE FROM items WHERE id BETWEEN 2001 AND 2050; DELETE FROM bare WHERE v = 100', 'owner');
  await shop.sql('VACUUM items, bare');
  expect(await compared([statement("INSERT INTO items VALUES (7001, 'new', NULL)")])).toEqual({
    changed: 1,
    read: [],
  });
  expect(await compared([statement("INSERT INTO items (id, v) VALUES (2001, 'new')")])).toEqual({
    changed: 1,
    read: [],
  });
  expect(await compared([statement('INSERT INTO bare VALUES (100, NULL)')])).toEqual({
    changed: 1,
    read: ['bare'],
  });
});
