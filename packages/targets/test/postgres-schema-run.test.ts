import { setTimeout as sleep } from 'node:timers/promises';
import type { Diff } from '@countersign/diff';
import { checkDiff } from '@countersign/diff';
import { openTarget } from '@countersign/targets';
import type { RunOutcome, RunStep, Statement } from '@countersign/targets';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { printSchema } from '../src/postgres/catalog-print.ts';
import { PostgresSession } from '../src/postgres/session.ts';
import { startShop } from './postgres-server.ts';
import type { Shop } from './postgres-server.ts';
import { codeOf, jobFor, statement } from './temporary-database.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await startShop([], { keepSessions: true });
  await shop.target.prepare();
  await shop.sql('CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw');
}, 60_000);
afterAll(() => shop.stop(), 60_000);

const setup = [
  'CREATE TABLE t (a int PRIMARY KEY, b text)',
  "INSERT INTO t SELECT g, 'x' || g FROM generate_series(1, 20) AS g",
  'CREATE TABLE other (a int)',
];
beforeEach(async () => {
  await shop.sql('DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION owner');
  await shop.sql(setup.join(';'), 'owner');
});

const texts = (list: readonly string[]): Statement[] => list.map((sql) => statement(sql));
const dryRun = async (list: readonly string[], limits = {}): Promise<Diff> =>
  checkDiff((await shop.target.dryRun(texts(list), limits)).diff);

let jobs = 0;

/** Runs what a dry run was made of, with something done at a step of the run. */
async function run(
  list: readonly string[],
  at: {
    readonly before?: () => Promise<unknown>;
    readonly step?: RunStep;
    readonly work?: () => Promise<unknown>;
  } = {},
): Promise<RunOutcome> {
  jobs += 1;
  const job = await jobFor(shop.target, texts(list), jobs);
  await at.before?.();
  return shop.target.run({
    ...job,
    onStep: async (step) => {
      if (step === at.step) await at.work?.();
    },
  });
}

const count = async (table: string): Promise<string | null | undefined> =>
  (await shop.sql(`SELECT count(*) FROM ${table}`))[0]?.[0];

test(
  'what is injected between dry run and run is drift, and nothing is written',
  { timeout: 60_000 },
  async () => {
    const changes = [
      "UPDATE t SET b = 'other' WHERE a = 1",
      'ALTER TABLE t ADD COLUMN late int',
      'CREATE INDEX late ON t (b)',
      'GRANT SELECT ON t TO reader',
      'CREATE TABLE late_too (a int)',
    ];
    for (const change of changes) {
      const outcome = await run(['ALTER TABLE t DROP COLUMN b'], { before: () => shop.sql(change, 'owner') });
      expect(outcome.kind, change).toBe('drifted');
    }
    expect(await count("pg_attribute WHERE attrelid = 't'::regclass AND attname = 'b'")).toBe('1');
  },
);

test(
  'a change of the schema by another session inside the run gives it up',
  { timeout: 60_000 },
  async () => {
    const outcome = await run(['ALTER TABLE t DROP COLUMN b'], {
      step: 'ran',
      work: () => shop.sql('ALTER TABLE other ADD COLUMN late int', 'owner'),
    });
    expect(outcome).toMatchObject({ kind: 'failed', code: 'target/busy' });
    const early = await run(['CREATE INDEX i ON t (b)'], {
      step: 'marked',
      work: () => shop.sql('CREATE TABLE late (a int)', 'owner'),
    });
    expect(early).toMatchObject({ kind: 'failed', code: 'target/busy' });
    expect((await run(['CREATE INDEX i ON t (b)'])).kind).toBe('executed');
  },
);

test('rows and temporary tables of others are no change of the schema', { timeout: 60_000 }, async () => {
  const session = await shop.server.open('shop', 'owner');
  const outcome = await run(['CREATE INDEX i ON t (b)'], {
    step: 'ran',
    work: () => session.query('CREATE TEMP TABLE mine (a int); INSERT INTO other VALUES (1); ANALYZE other'),
  });
  session.close();
  expect(outcome.kind).toBe('executed');
});

const strengths = [
  'ShareUpdateExclusiveLock',
  'ShareLock',
  'ShareRowExclusiveLock',
  'ExclusiveLock',
  'AccessExclusiveLock',
];

test('the locks that are forecast are those that the run holds', { timeout: 120_000 }, async () => {
  const statements = [
    'ALTER TABLE t ADD COLUMN c int',
    'CREATE INDEX i ON t (b)',
    'ALTER TABLE t VALIDATE CONSTRAINT t_b',
    'CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()',
    'ALTER TABLE other ADD FOREIGN KEY (a) REFERENCES t',
    'ALTER TABLE t SET (fillfactor = 50)',
  ];
  await shop.sql('ALTER TABLE t ADD CONSTRAINT t_b CHECK (a > 0) NOT VALID', 'owner');
  for (const sql of statements) {
    const { environment } = await dryRun([sql]);
    const forecast = environment.flatMap(([name, mode]) =>
      name.startsWith('lock ') ? [`${name.slice(5)} ${mode}`] : [],
    );
    let held: string[] = [];
    await run([sql], {
      step: 'compared',
      work: async () => {
        const rows = await shop.sql(
          `SELECT 'public.' || relname, mode FROM pg_locks l JOIN pg_class c ON c.oid = l.relation JOIN pg_stat_activity a ON a.pid = l.pid
             WHERE a.application_name = 'countersign' AND c.relkind = 'r' AND c.relname IN ('t', 'other') AND granted`,
        );
        const strongest = new Map<string, number>();
        for (const [name, mode] of rows) {
          const rank = strengths.indexOf(mode ?? '');
          if (rank >= 0) strongest.set(name ?? '', Math.max(rank, strongest.get(name ?? '') ?? 0));
        }
        held = [...strongest].map(
          ([name, rank]) =>
            `${name} ${['SHARE UPDATE EXCLUSIVE', 'SHARE', 'SHARE ROW EXCLUSIVE', 'EXCLUSIVE', 'ACCESS EXCLUSIVE'][rank] ?? ''}`,
        );
      },
    });
    expect(forecast, sql).toEqual(held.toSorted());
    expect(forecast.length, sql).toBeGreaterThan(0);
  }
});

test('a table of many rows is counted and hashed', { timeout: 60_000 }, async () => {
  const few = { rowsScannedMax: 5 };
  const shape = async (...list: string[]): Promise<unknown> => {
    const { tables, complete, notPreviewed } = await dryRun(list, few);
    return [
      tables.map(({ table, inserted, updated, deleted, changes }) => [
        table,
        inserted,
        updated,
        deleted,
        changes.length,
      ]),
      complete,
      notPreviewed.length,
    ];
  };
  expect(await shape('DROP TABLE t')).toEqual([[['public.t', 0, 0, 20, 0]], false, 1]);
  expect(await shape('TRUNCATE t')).toEqual([[['public.t', 0, 0, 20, 0]], false, 1]);
  await shop.sql('UPDATE t SET b = NULL WHERE a > 12', 'owner');
  expect(await shape('ALTER TABLE t DROP COLUMN b')).toEqual([[['public.t', 0, 12, 0, 0]], false, 1]);
  expect(await shape('ALTER TABLE t ALTER COLUMN a TYPE bigint')).toEqual([
    [['public.t', 0, 20, 0, 0]],
    false,
    1,
  ]);
  expect(await shape('ALTER TABLE t ADD COLUMN c int DEFAULT 1')).toEqual([
    [['public.t', 0, 20, 0, 0]],
    false,
    1,
  ]);
  expect(await shape('ALTER TABLE t ADD COLUMN c int')).toEqual([[], true, 0]);
  expect(await shape('ALTER TABLE t SET UNLOGGED')).toEqual([[], true, 0]);
  expect(await shape('CREATE TABLE many AS SELECT * FROM t')).toEqual([
    [['public.many', 20, 0, 0, 0]],
    false,
    1,
  ]);
  expect(
    await codeOf(
      shop.target.dryRun(texts(['ALTER TABLE t DROP COLUMN b', 'DELETE FROM t WHERE a = 1']), few),
    ),
  ).toBe('limit/rows');
  // A row that is not shown is bound all the same.
  const one = await shop.target.dryRun(texts(['TRUNCATE t']), few);
  await shop.sql("UPDATE t SET b = 'other' WHERE a = 1", 'owner');
  expect((await shop.target.dryRun(texts(['TRUNCATE t']), few)).digest).not.toEqual(one.digest);
});

test(
  'old and new rows have to fit together: more are counted, never left out',
  { timeout: 60_000 },
  async () => {
    const room = { rowsScannedMax: 30 };
    const seen: unknown[] = [];
    await shop.sql('UPDATE t SET b = NULL WHERE a > 12', 'owner');
    for (const sql of [
      'ALTER TABLE t DROP COLUMN b',
      'ALTER TABLE t ADD COLUMN c int DEFAULT 1',
      'ALTER TABLE t SET UNLOGGED',
      'DROP TABLE t',
    ]) {
      const { tables, complete } = await dryRun([sql], room);
      seen.push([
        tables.map(({ updated, deleted, changes }) => [updated, deleted, changes.length]),
        complete,
      ]);
    }
    expect(seen).toEqual([
      [[[12, 0, 0]], false],
      [[[20, 0, 0]], false],
      [[], true],
      [[[0, 20, 20]], true],
    ]);
    // A table that grows in the request that changes it.
    const grown = [
      'DROP TABLE other',
      'CREATE TABLE other AS SELECT g AS a FROM generate_series(1, 40) AS g',
    ];
    expect(await codeOf(shop.target.dryRun(texts(grown), room))).toBe('limit/rows');
  },
);

test('what no text shows is refused', { timeout: 120_000 }, async () => {
  const refused: readonly (readonly [sql: string, code: string, role?: string])[] = [
    ['CREATE TEMP TABLE x (a int)', 'statement/temporary'],
    ["CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS 'SELECT 1'", 'statement/temporary'],
    ['ALTER TABLE _countersign.runs ADD COLUMN x int', 'statement/own-tables'],
    ['DROP SCHEMA _countersign CASCADE', 'statement/own-tables'],
    ["CREATE FUNCTION _countersign.f() RETURNS int LANGUAGE sql AS 'SELECT 1'", 'statement/own-tables'],
    ['TRUNCATE _countersign.runs', 'statement/own-tables'],
    ['GRANT ALL ON _countersign.runs TO reader', 'statement/own-tables'],
    ['CREATE OPERATOR FAMILY fam USING btree', 'statement/denied'],
    ['CREATE TEXT SEARCH DICTIONARY d (TEMPLATE = simple)', 'statement/changes-schema'],
    ['CREATE PUBLICATION p', 'statement/changes-schema'],
    ["CREATE COLLATION c (LOCALE = 'C')", 'statement/changes-schema'],
    ['CREATE INDEX CONCURRENTLY i ON t (b); SELECT 1', 'statement/runs-alone'],
    ['CREATE TABLE x (a int); CREATE TABLE y (a int)', 'statement/invalid'],
    ['BEGIN', 'statement/transaction-control'],
    ['SET work_mem = 1000', 'statement/unknown-verb'],
    ['ALTER TABLE missing ADD COLUMN x int', 'statement/invalid'],
    ["SELECT * FROM t WHERE b = 'into'; DROP TABLE t", 'statement/invalid'],
  ];
  for (const [sql, code] of refused) expect(await codeOf(shop.target.dryRun(texts([sql]))), sql).toBe(code);
  const make = Array.from({ length: 260 }, (_, index) => `CREATE TABLE many_${index} (a int)`).join('; ');
  expect(await codeOf(shop.target.dryRun(texts([`CREATE SCHEMA more ${make.replaceAll(';', '')}`])))).toBe(
    'limit/objects',
  );
  expect(await count('t')).toBe('20');
});

test('what only a superuser may change is shown, or refused', { timeout: 60_000 }, async () => {
  await shop.sql("CREATE ROLE chief LOGIN SUPERUSER PASSWORD 'chief'");
  const chief = openTarget({ name: 'shop', url: shop.url('chief'), password: () => 'chief' });
  for (const text of [
    'ALTER TABLE other ADD CONSTRAINT other_t FOREIGN KEY (a) REFERENCES t',
    `CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'`,
    'CREATE TYPE span AS RANGE (subtype = int)',
    `CREATE AGGREGATE tally(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0')`,
    'CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq)',
  ])
    await shop.sql(text, 'owner');
  const shown: readonly (readonly [sql: readonly string[], change: string, text: string])[] = [
    [
      ['ALTER TABLE other DISABLE TRIGGER ALL'],
      '~ other constraint public.other_t public.other -',
      '"RI_FKey_check_ins" on public.other disabled',
    ],
    [['ALTER EXTENSION plpgsql ADD FUNCTION f()'], '~ other extension plpgsql', 'member function public.f()'],
    [
      ['ALTER FUNCTION f() DEPENDS ON EXTENSION plpgsql'],
      '~ other extension plpgsql',
      'needed by function public.f()',
    ],
    [
      ['DROP TYPE span', 'CREATE TYPE span AS RANGE (subtype = bigint)'],
      '~ type public.span',
      'bigint, class pg_catalog.int8_ops',
    ],
    [
      [
        `CREATE OR REPLACE AGGREGATE tally(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0', PARALLEL = SAFE)`,
      ],
      '~ function public.tally(integer)',
      '"parallel": "s"',
    ],
    [
      [
        'DROP OPERATOR === (int, int)',
        'CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq, COMMUTATOR = ===, HASHES)',
      ],
      '~ other operator public.===(integer,integer)',
      'hashes true',
    ],
  ];
  for (const [list, change, text] of shown) {
    const { schema } = checkDiff((await chief.dryRun(texts(list))).diff);
    const found = schema.find(
      ({ object, name, before, after }) =>
        `${before === null ? '+' : after === null ? '-' : '~'} ${object} ${name}` === change,
    );
    expect(found?.after, `${list.join('; ')} ${JSON.stringify(schema)}`).toContain(text);
    expect(found?.before).not.toContain(text);
  }
  for (const sql of [
    `CREATE FUNCTION pg_catalog.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'`,
    'REVOKE EXECUTE ON FUNCTION pg_catalog.lower(text) FROM PUBLIC',
    `COMMENT ON FUNCTION pg_catalog.lower(text) IS 'mine'`,
    'GRANT CREATE ON SCHEMA pg_catalog TO reader',
    'GRANT INSERT ON information_schema.sql_features TO reader',
  ]) {
    expect(await codeOf(chief.dryRun(texts([sql]))), sql).toBe('statement/changes-schema');
  }
  await chief.close();
});

test('every change of the schema is another print of it', async () => {
  const session = await PostgresSession.open(shop.account('owner'));
  const prints = [await printSchema(session)];
  for (const sql of [
    `COMMENT ON TABLE other IS 'late'`,
    `COMMENT ON SCHEMA public IS 'late'`,
    'CREATE STATISTICS late ON a, b FROM t',
    'ALTER STATISTICS late SET STATISTICS 7',
    'CREATE TYPE late AS RANGE (subtype = int)',
    'CREATE TABLE late_too (a int) PARTITION BY LIST (a)',
    `CREATE AGGREGATE late(int) (SFUNC = int4pl, STYPE = int)`,
  ]) {
    await shop.sql(sql, 'owner');
    prints.push(await printSchema(session));
  }
  await session.close();
  expect(new Set(prints).size).toBe(8);
});

test('a function that changes the schema is refused unless a text shows that the schema changes', async () => {
  await shop.sql(
    `CREATE FUNCTION make() RETURNS int LANGUAGE plpgsql AS $$BEGIN CREATE TABLE made (a int); RETURN 1; END$$`,
    'owner',
  );
  expect(await codeOf(shop.target.dryRun(texts(['SELECT make()'])))).toBe('statement/changes-schema');
});

test('locks are given up in time, and nobody is kept waiting', { timeout: 60_000 }, async () => {
  const slow = ['ALTER TABLE t ADD COLUMN c int', 'SELECT pg_sleep(20)'];
  const began = performance.now();
  const refusal = codeOf(shop.target.dryRun(texts(slow), { lockedMs: 500 }));
  await sleep(400);
  expect(await count('t')).toBe('20');
  expect(await refusal).toBe('limit/time');
  expect(performance.now() - began).toBeLessThan(15_000);
  const holder = await shop.server.open('shop', 'owner');
  await holder.query('BEGIN; SELECT * FROM t');
  expect(await codeOf(shop.target.dryRun(texts(['ALTER TABLE t ADD COLUMN c int']), { busyMs: 200 }))).toBe(
    'target/busy',
  );
  holder.close();
});
