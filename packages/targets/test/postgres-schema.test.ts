import type { Diff } from '@countersign/diff';
import { checkDiff, digest } from '@countersign/diff';
import { toHex } from '@countersign/codec';
import type { RunJob } from '@countersign/targets';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startShop } from './postgres-server.ts';
import type { Shop } from './postgres-server.ts';
import { jobFor, statement } from './temporary-database.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await startShop([], { keepSessions: true });
  await shop.target.prepare();
}, 60_000);
afterAll(() => shop.stop(), 60_000);

const setup = [
  'CREATE TABLE t (a int PRIMARY KEY, b text, c int)',
  "INSERT INTO t VALUES (1, 'x', 10), (2, 'y', NULL), (3, NULL, 30)",
  'CREATE TABLE u (a int REFERENCES t, n serial)',
  'INSERT INTO u VALUES (1), (1), (2)',
  'CREATE VIEW v AS SELECT a FROM t',
  'CREATE MATERIALIZED VIEW m AS SELECT a, b FROM t',
  `CREATE TYPE mood AS ENUM ('glad', 'sad')`,
  `CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'`,
  'CREATE SEQUENCE s',
  'CREATE TYPE pair AS (x int, y int)',
];
beforeEach(async () => {
  await shop.sql(
    'DROP SCHEMA IF EXISTS more CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION owner; GRANT USAGE ON SCHEMA public TO reader',
  );
  await shop.sql(setup.join(';'), 'owner');
});

let jobs = 0;
const texts = (list: readonly string[]) => list.map((sql) => statement(sql));

/** Dry run twice: the second, which the job is made of, must come to the same, and what it says must hold together. */
async function dryRun(...list: string[]): Promise<{ readonly diff: Diff; readonly job: RunJob }> {
  jobs += 1;
  const first = await shop.target.dryRun(texts(list));
  const job = await jobFor(shop.target, texts(list), jobs);
  expect(toHex(job.expectedDigest), JSON.stringify(first.diff)).toBe(toHex(first.digest));
  expect(digest(checkDiff(first.diff))).toEqual(first.digest);
  return { diff: first.diff, job };
}

const changesOf = ({ schema }: Diff): string[] =>
  schema.map(
    ({ object, name, before, after }) =>
      `${before === null ? '+' : after === null ? '-' : '~'} ${object} ${name}`,
  );
const countsOf = ({ tables }: Diff): string[] =>
  tables.map(({ table, inserted, updated, deleted }) => `${table} +${inserted} ~${updated} -${deleted}`);
const settingsOf = ({ environment }: Diff): string[] =>
  environment.flatMap(([name, value]) =>
    /^(?:lock|rewrite|dropped) /.test(name) ? [`${name}: ${value}`] : [],
  );

interface Case {
  readonly sql: readonly string[];
  readonly schema: readonly string[];
  readonly rows?: readonly string[];
  readonly settings?: readonly string[];
  readonly unseen?: readonly string[];
}

const shut = (name: string): string => `lock public.${name}: ACCESS EXCLUSIVE`;
const cases: readonly Case[] = [
  { sql: ['CREATE TABLE w (x int PRIMARY KEY)'], schema: ['+ index public.w_pkey', '+ other constraint public.w_pkey public.w -', '+ table public.w'] },
  { sql: ['ALTER TABLE t ADD COLUMN d int'], schema: ['~ table public.t'], settings: [shut('t')] },
  { sql: ["ALTER TABLE t ADD COLUMN d int DEFAULT 7"], schema: ['~ table public.t'], rows: ['public.t +0 ~3 -0'], settings: [shut('t')] },
  { sql: ['ALTER TABLE t ADD COLUMN d timestamptz NOT NULL DEFAULT now()'], schema: ['~ table public.t'], settings: [shut('t')], unseen: ['column d of table public.t is filled with values that are made when it runs'] },
  { sql: ['ALTER TABLE t ADD COLUMN d uuid DEFAULT gen_random_uuid()'], schema: ['~ table public.t'], settings: [shut('t'), 'rewrite public.t: table', 'rewrite public.t_pkey: index'], unseen: ['column d of table public.t is filled with values that are made when it runs'] },
  { sql: ['ALTER TABLE t DROP COLUMN c'], schema: ['~ table public.t'], rows: ['public.t +0 ~2 -0'], settings: ['dropped public.t: c', shut('t')] },
  { sql: ['ALTER TABLE t RENAME COLUMN c TO cc'], schema: ['~ table public.t'], settings: [shut('t')] },
  { sql: ['ALTER TABLE t ALTER COLUMN c TYPE bigint USING c * 2'], schema: ['~ table public.t'], rows: ['public.t +0 ~2 -0'], settings: [shut('t'), 'rewrite public.t: table', 'rewrite public.t_pkey: index'] },
  { sql: ['ALTER TABLE t ALTER COLUMN c SET DEFAULT 5', 'ALTER TABLE t ALTER COLUMN b SET STORAGE EXTERNAL'], schema: ['~ table public.t'], settings: [shut('t')] },
  { sql: ['ALTER TABLE t ADD CHECK (a > 0)'], schema: ['+ other constraint public.t_a_check public.t -'], settings: [shut('t')] },
  { sql: ['CREATE INDEX t_b ON t (b)'], schema: ['+ index public.t_b'], settings: ['lock public.t: SHARE'] },
  { sql: ['DROP TABLE u'], schema: ['- other constraint public.u_a_fkey public.u -', '- sequence public.u_n_seq', '- table public.u'], rows: ['public.u +0 ~0 -3'], settings: [shut('t'), shut('u'), shut('u_n_seq')] },
  { sql: ['TRUNCATE u RESTART IDENTITY'], schema: ['~ sequence public.u_n_seq'], rows: ['public.u +0 ~0 -3'], settings: [shut('u'), shut('u_n_seq'), 'rewrite public.u: table'] },
  { sql: ['CREATE OR REPLACE VIEW v AS SELECT a, b FROM t'], schema: ['~ view public.v'], settings: [shut('v')] },
  { sql: ['DROP MATERIALIZED VIEW m'], schema: ['- table public.m', '- view public.m'], rows: ['public.m +0 ~0 -3'], settings: [shut('m')] },
  { sql: ["UPDATE t SET b = 'z' WHERE a = 1", 'REFRESH MATERIALIZED VIEW m'], schema: [], rows: ['public.m +1 ~0 -1', 'public.t +0 ~1 -0'], settings: [shut('m'), 'rewrite public.m: materialized view'] },
  { sql: ["CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2'"], schema: ['~ function public.f()'] },
  { sql: ['CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()'], schema: ['+ trigger public.t tr'], settings: ['lock public.t: SHARE ROW EXCLUSIVE'] },
  { sql: ['CREATE RULE r AS ON DELETE TO u DO INSTEAD NOTHING'], schema: ['+ other rule public.u r'], settings: [shut('u')] },
  { sql: ['ALTER TABLE t ENABLE ROW LEVEL SECURITY', 'CREATE POLICY p ON t USING (a > 1)'], schema: ['+ other policy public.t p', '~ table public.t'], settings: [shut('t')] },
  { sql: ["ALTER TYPE mood ADD VALUE 'calm'", "CREATE DOMAIN pos AS int CHECK (VALUE > 0)"], schema: ['+ other constraint public.pos_check - public.pos', '+ type public.pos', '~ type public.mood'] },
  { sql: ['ALTER SEQUENCE s RESTART WITH 9'], schema: ['~ sequence public.s'], settings: ['lock public.s: SHARE ROW EXCLUSIVE'] },
  { sql: ['GRANT SELECT ON t TO reader'], schema: ['~ table public.t'] },
  { sql: ['ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO reader'], schema: ['+ other default rights of owner in schema public for tables'] },
  { sql: ["COMMENT ON COLUMN t.b IS 'what'"], schema: ['~ table public.t'], settings: ['lock public.t: SHARE UPDATE EXCLUSIVE'] },
  { sql: ['ALTER VIEW v ALTER COLUMN a SET DEFAULT 777'], schema: ['~ view public.v'], settings: [shut('v')] },
  { sql: ["COMMENT ON COLUMN pair.x IS 'what'"], schema: ['~ type public.pair'] },
  { sql: ['ALTER TABLE t RENAME TO tt'], schema: ['~ index public.t_pkey', '~ other constraint public.t_pkey public.tt -', '~ other constraint public.u_a_fkey public.u -', '~ table public.tt', '~ view public.m', '~ view public.v'], settings: [shut('t')] },
  { sql: ['CREATE TABLE w (x serial PRIMARY KEY, y int)', 'INSERT INTO w (y) VALUES (1), (2)', 'UPDATE t SET c = 1 WHERE a = 2', 'DROP MATERIALIZED VIEW m', 'ALTER TABLE t DROP COLUMN b'], schema: ['+ index public.w_pkey', '+ other constraint public.w_pkey public.w -', '+ sequence public.w_x_seq', '+ table public.w', '- table public.m', '- view public.m', '~ table public.t'], rows: ['public.m +0 ~0 -3', 'public.t +0 ~2 -0', 'public.w +2 ~0 -0'], settings: ['dropped public.t: b', shut('m'), shut('t')] },
  { sql: ['CREATE TABLE w (x serial PRIMARY KEY, at timestamptz DEFAULT now(), y int)', 'INSERT INTO w (y) VALUES (1), (2)', 'INSERT INTO u (a) VALUES (3)'], schema: ['+ index public.w_pkey', '+ other constraint public.w_pkey public.w -', '+ sequence public.w_x_seq', '+ table public.w'], rows: ['public.u +1 ~0 -0', 'public.w +2 ~0 -0'], unseen: ['sequence public.u_n_seq moves, also when nothing is committed'] },
  { sql: ['CREATE TABLE copy AS SELECT * FROM t'], schema: ['+ table public.copy'], rows: ['public.copy +3 ~0 -0'] },
  { sql: ['SELECT a INTO copy FROM t'], schema: ['+ table public.copy'], rows: ['public.copy +3 ~0 -0'] },
  { sql: ['DROP TABLE u', 'CREATE TABLE u (a int, z int)', 'INSERT INTO u VALUES (1, 1)'], schema: ['- other constraint public.u_a_fkey public.u -', '- sequence public.u_n_seq', '~ table public.u'], rows: ['public.u +1 ~0 -3'], settings: ['dropped public.u: n', shut('t'), shut('u'), shut('u_n_seq')] },
  { sql: ['CREATE SCHEMA more', 'ALTER TABLE u SET SCHEMA more'], schema: ['+ other schema more', '~ other constraint more.u_a_fkey more.u -', '~ sequence more.u_n_seq', '~ table more.u'], settings: [shut('u'), shut('u_n_seq')] },
  { sql: ['REINDEX TABLE t'], schema: [], settings: ['lock public.t: SHARE', shut('t_pkey'), 'rewrite public.t_pkey: index'] },
  { sql: ['CREATE STATISTICS st ON a, b FROM t'], schema: ['+ other statistics public.st'], settings: ['lock public.t: SHARE UPDATE EXCLUSIVE'] },
]; // prettier-ignore

test.each(cases)(
  '$sql',
  { timeout: 60_000 },
  async ({ sql, schema, rows = [], settings = [], unseen = [] }) => {
    const { diff, job } = await dryRun(...sql);
    expect({
      schema: changesOf(diff).toSorted(),
      rows: countsOf(diff),
      settings: settingsOf(diff).toSorted(),
      unseen: diff.notPreviewed,
    }).toEqual({ schema: [...schema].toSorted(), rows, settings: [...settings].toSorted(), unseen });
    // What was shown is what a run does, and nothing else is left of it.
    const outcome = await shop.target.run(job);
    expect(outcome.kind, JSON.stringify(outcome)).toBe('executed');
  },
);
