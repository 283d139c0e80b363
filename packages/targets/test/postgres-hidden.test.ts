import { afterAll, beforeAll, expect, test } from 'vitest';
import { changedRows } from '@countersign/diff';
import { startShop } from './postgres-server.ts';
import type { Shop } from './postgres-server.ts';
import { codeOf, jobFor, statement } from './temporary-database.ts';

const setup = [
  `CREATE TABLE t (a int PRIMARY KEY, b text); INSERT INTO t SELECT g, 'old' FROM generate_series(1, 5) AS g;
   CREATE TABLE d1 (n int); INSERT INTO d1 VALUES (0); CREATE TABLE d2 (n int); INSERT INTO d2 VALUES (0);
   CREATE TABLE d3 (n int); INSERT INTO d3 VALUES (0); CREATE TABLE turns (n int); INSERT INTO turns VALUES (0);
   CREATE TABLE floats (a int PRIMARY KEY, x float8); INSERT INTO floats VALUES (1, 1);
   CREATE TABLE steered (a int PRIMARY KEY, b text); INSERT INTO steered VALUES (1, 'old')`,
  `CREATE FUNCTION put_off() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN SET CONSTRAINTS ALL DEFERRED; UPDATE d2 SET n = n + 1; RETURN NULL; END$$;
   CREATE FUNCTION at_last() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN UPDATE d3 SET n = n + 1; RETURN NULL; END$$;
   CREATE FUNCTION for_ever() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN SET CONSTRAINTS ALL DEFERRED; UPDATE turns SET n = n + 1; RETURN NULL; END$$;
   CREATE CONSTRAINT TRIGGER c1 AFTER UPDATE ON d1 DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION put_off();
   CREATE CONSTRAINT TRIGGER c2 AFTER UPDATE ON d2 DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION at_last();
   CREATE CONSTRAINT TRIGGER c3 AFTER UPDATE ON turns DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION for_ever()`,
  `CREATE SCHEMA ev; CREATE FUNCTION ev.no(bigint, int) RETURNS boolean LANGUAGE sql AS 'SELECT false';
   CREATE OPERATOR ev.> (FUNCTION = ev.no, LEFTARG = bigint, RIGHTARG = int);
   CREATE FUNCTION steer() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
     PERFORM set_config('search_path', 'ev, pg_catalog, public', false); RETURN NEW; END$$;
   CREATE TRIGGER steer BEFORE UPDATE ON steered FOR EACH ROW EXECUTE FUNCTION steer();
   CREATE FUNCTION late_steer() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
     PERFORM set_config('search_path', 'ev, pg_catalog, public', false); RETURN NULL; END$$;
   CREATE TABLE late (a int); INSERT INTO late VALUES (1);
   CREATE CONSTRAINT TRIGGER late AFTER UPDATE ON late DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION late_steer()`,
];

let shop: Shop;
beforeAll(async () => {
  shop = await startShop(setup);
  await shop.target.prepare();
}, 60_000);
afterAll(() => shop.stop());

test('what a deferred trigger puts off to the commit stands in the diff', async () => {
  const statements = [statement('UPDATE d1 SET n = 1')];
  const { diff } = await shop.target.dryRun(statements);
  expect(diff.tables.map(({ table }) => table)).toEqual(['public.d1', 'public.d2', 'public.d3']);
  expect(await shop.target.run(await jobFor(shop.target, statements, 1))).toMatchObject({ kind: 'executed' });
  expect(await shop.sql('SELECT n FROM d3')).toEqual([['1']]);
  // The same beside a change of the schema.
  const both = [statement('CREATE TABLE beside (a int)'), statement('UPDATE d1 SET n = 2')];
  const second = await shop.target.dryRun(both);
  expect(second.diff.tables.map(({ table }) => table)).toEqual(['public.d1', 'public.d2', 'public.d3']);
});

test('deferred triggers that never come to an end are refused', async () => {
  expect(await codeOf(shop.target.dryRun([statement('UPDATE turns SET n = 1')]))).toBe('statement/failed');
});

const moved: readonly (readonly [what: string, texts: readonly string[]])[] = [
  ['the search path, before the change', ["SELECT set_config('search_path', 'ev, pg_catalog, public', false)", "UPDATE public.t SET b = 'hidden'"]],
  ['the search path, behind the change', ["UPDATE public.t SET b = 'hidden'", "SELECT set_config('search_path', 'ev, pg_catalog, public', true)"]],
  ['the search path, by a trigger', ["UPDATE steered SET b = 'hidden'"]],
  ['the search path, by a deferred trigger', ['UPDATE late SET a = 2']],
  ['the search path, in a change of the schema', ['CREATE TABLE new (a int)', "SELECT set_config('search_path', 'ev, pg_catalog, public', false)"]],
  ['how numbers are written', ["UPDATE floats SET x = 1.4 WHERE set_config('extra_float_digits', '-15', false) IS NOT NULL"]],
  ['what a commit waits for', ["UPDATE t SET b = 'x' WHERE set_config('synchronous_commit', 'off', false) IS NOT NULL"]],
  ['how long it may take', ["UPDATE t SET b = 'x' WHERE set_config('statement_timeout', '0', false) IS NOT NULL"]],
  ['the encoding', ["SELECT set_config('client_encoding', 'LATIN1', false)"]],
]; // prettier-ignore
test('a statement that moves a setting under which the diff is read is refused', async () => {
  for (const [what, texts] of moved) {
    const statements = texts.map((text) => statement(text));
    expect(await codeOf(shop.target.dryRun(statements)), what).toBe('statement/moves-setting');
  }
  expect(await shop.sql("SELECT count(*) FROM t WHERE b <> 'old'")).toEqual([['0']]);
});

test('a setting of an application, and one that is set to what it is, are nothing to refuse', async () => {
  const { diff } = await shop.target.dryRun([
    statement("SELECT set_config('shop.user', 'ada', false), set_config('TimeZone', 'UTC', false)"),
    statement("UPDATE t SET b = 'x' WHERE a = 1"),
  ]);
  expect(changedRows(diff)).toBe(1);
});

test('an account whose search path has other schemas before pg_catalog is refused', async () => {
  await shop.sql('ALTER ROLE owner IN DATABASE shop SET search_path = ev, pg_catalog, public');
  expect(await codeOf(shop.target.dryRun([statement("UPDATE t SET b = 'hidden'")]))).toBe('target/rights');
  await shop.sql('ALTER ROLE owner IN DATABASE shop SET search_path = pg_catalog, public');
  expect(changedRows((await shop.target.dryRun([statement("UPDATE t SET b = 'x'")])).diff)).toBe(5);
  await shop.sql('ALTER ROLE owner IN DATABASE shop RESET search_path');
});
