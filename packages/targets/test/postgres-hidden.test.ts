import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { changedRows } from '@countersign/diff';
import { TargetError } from '@countersign/targets';
import { PostgresSession } from '../src/postgres/session.ts';
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
   CREATE TABLE acc (n int); INSERT INTO acc VALUES (0);
   CREATE FUNCTION spoil() RETURNS int LANGUAGE plpgsql AS $$BEGIN UPDATE public.acc SET n = n + 1; RETURN 1; END$$;
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
test('questions of our own call no operator of the database', async () => {
  // Each is nearer to the types of a comparison than any of the engine's own.
  await shop.sql(
    `CREATE FUNCTION sly(oid, int) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN
       IF current_setting('transaction_read_only') = 'off' THEN PERFORM public.spoil(); END IF; RETURN $1 OPERATOR(pg_catalog.=) $2::oid; END$$;
     CREATE FUNCTION sly(name, name) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN
       IF current_setting('transaction_read_only') = 'off' THEN PERFORM public.spoil(); END IF; RETURN $1::text OPERATOR(pg_catalog.!~) $2::text; END$$;
     CREATE OPERATOR public.= (FUNCTION = sly, LEFTARG = oid, RIGHTARG = int);
     CREATE OPERATOR public.< (FUNCTION = sly, LEFTARG = oid, RIGHTARG = int);
     CREATE OPERATOR public.<> (FUNCTION = sly, LEFTARG = oid, RIGHTARG = int);
     CREATE OPERATOR public.!~ (FUNCTION = sly, LEFTARG = name, RIGHTARG = name)`,
    'owner',
  );
  try {
    for (const texts of [["UPDATE t SET b = 'old' WHERE a = 1"], ["COMMENT ON TABLE t IS 'y'"]]) {
      const statements = texts.map((text) => statement(text));
      await shop.target.dryRun(statements);
      expect(
        await shop.target.run(await jobFor(shop.target, statements, texts[0]?.length ?? 0)),
      ).toMatchObject({
        kind: 'executed',
      });
    }
    await shop.target.tablesParentsFirst();
    await shop.target.rowCounts();
    await shop.target.prepare();
    await shop.target.inspect();
    expect(await shop.sql('SELECT n FROM acc')).toEqual([['0']]);
  } finally {
    await shop.sql(
      'DROP OPERATOR public.= (oid, int); DROP OPERATOR public.< (oid, int); DROP OPERATOR public.<> (oid, int); DROP OPERATOR public.!~ (name, name)',
    );
  }
});

test('a cursor that would run its query at the commit is refused', async () => {
  await shop.sql(
    `CREATE TABLE h (a int);
     CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN EXECUTE 'DECLARE c CURSOR WITH HOLD FOR SELECT public.spoil()'; RETURN NEW; END$$;
     CREATE TRIGGER hold AFTER INSERT ON h FOR EACH ROW EXECUTE FUNCTION hold()`,
    'owner',
  );
  expect(await codeOf(shop.target.dryRun([statement('INSERT INTO h VALUES (1)')]))).toBe('statement/failed');
});

test('what is put off behind a TRUNCATE, which takes the counters back, stands in the diff', async () => {
  await shop.sql(
    `CREATE TABLE aa (v int); CREATE TABLE bb (v int);
     CREATE FUNCTION aa_late() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN SET CONSTRAINTS ALL DEFERRED; TRUNCATE bb; INSERT INTO bb VALUES (2); RETURN NULL; END$$;
     CREATE FUNCTION bb_late() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM public.spoil(); RETURN NULL; END$$;
     CREATE CONSTRAINT TRIGGER aa AFTER INSERT ON aa DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION aa_late();
     CREATE CONSTRAINT TRIGGER bb AFTER INSERT ON bb DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.v = 2) EXECUTE FUNCTION bb_late()`,
    'owner',
  );
  const texts = ['TRUNCATE bb', 'INSERT INTO bb VALUES (1)', 'INSERT INTO aa VALUES (1)'];
  const { diff } = await shop.target.dryRun(texts.map((text) => statement(text)));
  expect(diff.tables.map(({ table }) => table)).toContain('public.acc');
});

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

test('an account whose search path has another schema before the engine is asked about like every other', async () => {
  await shop.sql('ALTER ROLE owner IN DATABASE shop SET search_path = ev, pg_catalog, public');
  const { diff } = await shop.target.dryRun([statement("UPDATE t SET b = 'x'")]);
  expect(changedRows(diff)).toBe(5);
  await shop.sql('ALTER ROLE owner IN DATABASE shop RESET search_path');
});

test('a session that is lost while a change of the schema is looked at leaves no error that nobody takes', async () => {
  const ask: unknown = Reflect.get(PostgresSession.prototype, 'query');
  const spy = vi.spyOn(PostgresSession.prototype, 'query').mockImplementation(function (
    this: PostgresSession,
    ...asked
  ) {
    // Whatever is asked with this one, and behind it, is answered by an error.
    if (asked[0].startsWith('SELECT n.nspname, c.relname, c.relkind, l.mode'))
      this.destroy(new Error('lost'));
    return (ask as PostgresSession['query']).apply(this, asked);
  });
  try {
    await expect(shop.target.dryRun([statement('CREATE TABLE lost (a int)')])).rejects.toThrow(TargetError);
  } finally {
    spy.mockRestore();
  }
});
