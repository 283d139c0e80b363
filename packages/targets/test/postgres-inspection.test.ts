import { toHex } from '@countersign/codec';
import { changedParts, openTarget } from '@countersign/targets';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { trapFixture } from './postgres-fixture.ts';
import { startShop } from './postgres-server.ts';
import type { Shop } from './postgres-server.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await startShop([
    ...trapFixture,
    'CREATE TABLE parent (id int PRIMARY KEY, name text)',
    'CREATE TABLE child (id int PRIMARY KEY, up int REFERENCES parent ON DELETE CASCADE ON UPDATE SET NULL)',
    'CREATE TABLE parts (k int, v text) PARTITION BY LIST (k)',
    'CREATE TABLE part_1 PARTITION OF parts FOR VALUES IN (1)',
    `CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END$$`,
    'CREATE TRIGGER note AFTER INSERT OR DELETE ON parent FOR EACH ROW EXECUTE FUNCTION noted()',
    'CREATE TRIGGER off AFTER UPDATE ON parent FOR EACH ROW EXECUTE FUNCTION noted()',
    'ALTER TABLE parent DISABLE TRIGGER off',
    'CREATE RULE quiet AS ON DELETE TO child DO INSTEAD NOTHING',
    'CREATE TABLE part_2 PARTITION OF parts FOR VALUES IN (2) PARTITION BY LIST (v)',
    "CREATE TABLE part_2a PARTITION OF part_2 FOR VALUES IN ('a')",
    'CREATE TABLE heir (more int) INHERITS (parent)',
    'CREATE VIEW of_parts AS SELECT v FROM part_2a',
    'CREATE MATERIALIZED VIEW kept AS SELECT v FROM of_parts',
    'CREATE MATERIALIZED VIEW kept_again AS SELECT v FROM kept',
    'CREATE SCHEMA "Odd.Name"',
    'CREATE TABLE "Odd.Name"."T x" ("a b" int)',
  ]);
}, 60_000);
afterAll(() => shop.stop(), 60_000);

test('the catalogue holds what the classifier asks for', async () => {
  const { catalog, engine, version, warnings } = await shop.target.inspect();
  expect([engine, version.split('.')[0]]).toEqual(['postgres', version.split('.')[0]]);
  expect(warnings).toContain('target/not-prepared: marker tables are missing');
  const kinds = (name: string): string | undefined => catalog.tables.get(name)?.kind;
  expect(kinds('public.t')).toBe('table');
  expect(kinds('public.v')).toBe('view');
  expect(catalog.tables.get('public.over_v')?.sql).toContain('public.v');
  // A policy that calls a function runs it in every read; one that compares does not.
  expect(kinds('public.r')).toBe('virtual');
  expect(kinds('public.mine')).toBe('table');
  expect(catalog.tables.get('"Odd.Name"."T x"')?.columns ?? catalog.tables.get('"Odd.Name"."T x"')).toEqual([
    'a b',
  ]);
  expect(catalog.tables.get('public.parent')?.cascades).toEqual([
    { table: 'public.child', on: 'delete', columns: [] },
    { table: 'public.child', on: 'update', columns: ['up'] },
    { table: 'public.heir', on: 'delete', columns: [] },
    { table: 'public.heir', on: 'update', columns: ['id', 'name', 'more'] },
  ]);
  expect(catalog.tables.get('public.parent')?.keys).toEqual(['id']);
  expect(catalog.tables.get('public.child')?.keys).toEqual(['id', 'up']);
  expect(catalog.tables.get('public.parts')?.keys).toBe(undefined);
  expect(catalog.tables.get('public.parts')?.cascades).toEqual([
    { table: 'public.part_1', on: 'delete', columns: [] },
    { table: 'public.part_1', on: 'update', columns: ['k', 'v'] },
    { table: 'public.part_2', on: 'delete', columns: [] },
    { table: 'public.part_2', on: 'update', columns: ['k', 'v'] },
  ]);
  expect(catalog.triggers.map(({ name, table, calls, on }) => [name, table, calls, on])).toEqual([
    ['note', 'public.parent', 'public.noted', ['insert', 'delete']],
    ['quiet', 'public.child', undefined, ['delete']],
  ]);
  expect(catalog.functions?.get('public.w')).toMatchObject({
    harmless: false,
    overloads: [{ signature: '' }],
  });
  expect(catalog.functions?.get('public.same')?.overloads).toMatchObject([{ signature: 'integer, integer' }]);
  expect(catalog.functions?.get('public.same')?.overloads?.[0]?.bodyHash).toMatch(/^[0-9a-f]{64}$/);
  expect(catalog.functions?.get('public.tally')?.overloads).toEqual([{ signature: 'integer', bodyHash: '' }]);
  expect(catalog.types?.get('public.mood')).toBe(true);
  expect(catalog.types?.get('public.slug')).toBe(false);
  expect(catalog.operators?.has('===')).toBe(true);
  expect(catalog.searchPath).toEqual(['public']);
});

test('the catalogue says whose rows a relation holds besides its own', async () => {
  const { catalog } = await shop.target.inspect();
  const of = (field: 'kin' | 'keeps', name: string): readonly string[] | undefined =>
    catalog.tables.get(`public.${name}`)?.[field]?.toSorted();
  expect(of('kin', 'parts')).toEqual(['public.part_1', 'public.part_2', 'public.part_2a']);
  expect(of('kin', 'part_2a')).toEqual(['public.part_2', 'public.parts']);
  expect(of('kin', 'part_1')).toEqual(['public.parts']);
  expect(of('kin', 'heir')).toEqual(['public.parent']);
  expect(of('kin', 't')).toBeUndefined();
  expect(of('keeps', 'kept')).toEqual(['public.of_parts', 'public.part_2a']);
  expect(of('keeps', 'kept_again')).toEqual(['public.kept', 'public.of_parts', 'public.part_2a']);
  expect(of('keeps', 'of_parts')).toBeUndefined();
});

test('the identity is this database alone: a copy has another', async () => {
  expect((await shop.target.inspect()).identity).toBeNull();
  await shop.target.prepare();
  const { identity } = await shop.target.inspect();
  await shop.target.prepare();
  expect((await shop.target.inspect()).identity).toEqual(identity);
  await shop.sql('CREATE DATABASE copy TEMPLATE shop OWNER owner');
  const copy = openTarget({
    name: 'copy',
    url: shop.url('owner').replace('/shop', '/copy'),
    password: () => 'owner',
  });
  const other = (await copy.inspect()).identity;
  expect(other).not.toBeNull();
  expect(other).not.toEqual(identity);
});

const changes: readonly string[] = [
  'ALTER TABLE t ADD c int', 'ALTER TABLE t ALTER c SET DEFAULT 1', 'ALTER TABLE t ALTER c TYPE bigint', 'ALTER TABLE parent ALTER name SET NOT NULL',
  'CREATE INDEX i ON t (b)', 'ALTER TABLE t ADD CHECK (a > 0)', 'CREATE OR REPLACE VIEW plain AS SELECT a, lower(b) AS b FROM t',
  `CREATE OR REPLACE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$`, 'ALTER TABLE parent ENABLE TRIGGER off',
  'DROP RULE quiet ON child', "ALTER TYPE mood ADD VALUE 'calm'", 'ALTER POLICY own ON mine USING (true)', 'ALTER TABLE mine DISABLE ROW LEVEL SECURITY',
  'ALTER SEQUENCE s INCREMENT 2', 'CREATE SCHEMA more', 'DROP OPERATOR === (int, int)', 'DROP CAST (t AS int)', 'ALTER DOMAIN slug SET NOT NULL',
]; // prettier-ignore
test('the fingerprint of the schema changes with every change of it, and not with rows', async () => {
  let parts = (await shop.target.inspect()).parts;
  const named: string[][] = [];
  const hash = async (): Promise<string> => {
    const found = await shop.target.inspect();
    named.push(changedParts(parts, found.parts));
    ({ parts } = found);
    return toHex(found.schema);
  };
  const seen = [await hash()];
  await shop.sql("INSERT INTO parent VALUES (1, 'x'); ANALYZE; SELECT nextval('s')");
  expect(await hash()).toBe(seen[0]);
  for (const sql of changes) {
    await shop.sql(sql, 'owner');
    const now = await hash();
    expect(seen, sql).not.toContain(now);
    seen.push(now);
  }
  expect(named.slice(0, 2)).toEqual([[], []]);
  expect(named.slice(2).every((names) => names.length > 0)).toBe(true);
  expect(named[2]).toEqual(['table public.t changed']);
  for (const text of ['index public.i created', 'view public.plain changed', 'schema more created'])
    expect(named).toContainEqual([text]);
  expect(named.flat().join()).toMatch(/function .*noted\(\) changed,.*rule .*quiet dropped/);
});

test('what an operator should mend is said', async () => {
  const broad = openTarget({
    name: 'shop',
    url: `postgres://postgres@/shop?host=${shop.server.socketFolder}`.replace('@/', `@:${shop.server.port}/`),
  });
  expect((await broad.inspect()).warnings.join()).toMatch(/postgres\/superuser/);
});

test('tables are counted, and ordered so that an undo can go through them', async () => {
  const counts = await shop.target.rowCounts(['public.parent', '"Odd.Name"."T x"']);
  expect([...counts]).toEqual([
    ['"Odd.Name"."T x"', 0],
    ['public.parent', 1],
  ]);
  const order = await shop.target.tablesParentsFirst();
  expect(order.indexOf('public.parent')).toBeLessThan(order.indexOf('public.child'));
  expect(order).not.toContain('_countersign.runs');
});
