import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { compareDiffs, digest } from '@countersign/diff';
import { jobFor, statement, temporaryDatabase } from './temporary-database.ts';
import type { Temporary } from './temporary-database.ts';

let temporary: Temporary | undefined;
afterEach(() => temporary?.end());

async function prepared(setup: string): Promise<Temporary> {
  temporary = temporaryDatabase(setup);
  await temporary.target.prepare();
  return temporary;
}

/** An audited table: the trigger leaves a time and an id to the engine, and gives another time itself. */
const audited = `
  CREATE TABLE t(a INTEGER PRIMARY KEY, b);
  CREATE TABLE audit(id INTEGER PRIMARY KEY, was, b, at TEXT DEFAULT CURRENT_TIMESTAMP, said);
  CREATE TABLE trail(b, at);
  CREATE TRIGGER tr AFTER UPDATE ON t BEGIN
    INSERT INTO audit(was, b, said) VALUES (OLD.b, NEW.b, strftime('%s', 'now'));
    INSERT INTO trail VALUES (NEW.b, datetime('now'));
  END;
  INSERT INTO t VALUES (1, 10), (2, 20), (3, 30);`;
const raise = [statement('UPDATE t SET b = b + 1 WHERE a = 1')];

test('an audit row of another and a second that passes are no drift', async () => {
  const { target, sql } = await prepared(audited);
  const job = await jobFor(target, raise, 1);
  sql('UPDATE t SET b = 31 WHERE a = 3');
  await sleep(1100);
  const outcome = await target.run(job);
  expect(outcome).toMatchObject({ kind: 'executed', digest: job.expectedDigest });
  expect(sql('SELECT id, was, b FROM audit')).toEqual([[1, 30, 31], [2, 10, 11]]); // prettier-ignore
  expect(sql('SELECT count(DISTINCT at), count(DISTINCT said) FROM audit')).toEqual([[2, 2]]);
});

test('what the engine does not make up is bound beside what it does', async () => {
  const { target, sql } = await prepared(audited);
  const job = await jobFor(target, raise, 1);
  sql('UPDATE t SET b = 50 WHERE a = 1');
  expect((await target.run(job)).kind).toBe('drifted');
});

const drifts: readonly (readonly [name: string, setup: string, request: string, between: string])[] = [
  [
    'an id that the statement works out',
    'CREATE TABLE t(a INTEGER PRIMARY KEY, b)',
    'INSERT INTO t(a, b) SELECT coalesce(max(a), 0) + 1, 7 FROM t',
    'INSERT INTO t(b) VALUES (1)',
  ],
  [
    'chance in the statement itself',
    'CREATE TABLE t(a INTEGER PRIMARY KEY, b)',
    'INSERT INTO t(b) VALUES (random())',
    'SELECT 1',
  ],
  [
    'an id that another row holds',
    `CREATE TABLE t(a INTEGER PRIMARY KEY, b); CREATE TABLE u(k TEXT PRIMARY KEY, a);
     CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO u VALUES (NEW.b, NEW.a); END`,
    "INSERT INTO t(b) VALUES ('x')",
    "INSERT INTO t(b) VALUES ('y')",
  ],
  [
    'a row that REPLACE finds now',
    'CREATE TABLE t(a INTEGER PRIMARY KEY, b UNIQUE)',
    "REPLACE INTO t(b) VALUES ('x')",
    "INSERT INTO t(b) VALUES ('x')",
  ],
  [
    'a row that the upsert finds now',
    'CREATE TABLE t(a INTEGER PRIMARY KEY, b UNIQUE, c)',
    "INSERT INTO t(b) VALUES ('x') ON CONFLICT DO UPDATE SET c = 1",
    "INSERT INTO t(b) VALUES ('x')",
  ],
  [
    'another default',
    'CREATE TABLE t(a INTEGER PRIMARY KEY, b, at DEFAULT CURRENT_TIMESTAMP)',
    "INSERT INTO t(b) VALUES ('x')",
    "DROP TABLE t; CREATE TABLE t(a INTEGER PRIMARY KEY, b, at DEFAULT (datetime('now', '-1 year')))",
  ],
  [
    'a constant default',
    'CREATE TABLE t(a INTEGER PRIMARY KEY, b, at DEFAULT CURRENT_TIMESTAMP)',
    "INSERT INTO t(b) VALUES ('x')",
    "DROP TABLE t; CREATE TABLE t(a INTEGER PRIMARY KEY, b, at DEFAULT '1999-01-01')",
  ],
  [
    'another time in the trigger',
    `CREATE TABLE t(b); CREATE TABLE audit(id INTEGER PRIMARY KEY, at);
     CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO audit(at) VALUES (datetime('now')); END`,
    'INSERT INTO t VALUES (1)',
    `DROP TRIGGER tr;
     CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO audit(at) VALUES (datetime('now', '-1 day')); END`,
  ],
  [
    'a trigger that gives what it left out',
    `CREATE TABLE t(b); CREATE TABLE audit(id INTEGER PRIMARY KEY, b);
     CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO audit(b) VALUES (NEW.b); END`,
    'INSERT INTO t VALUES (1)',
    `DROP TRIGGER tr;
     CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO audit(id, b) VALUES (1, NEW.b); END`,
  ],
];
for (const [name, setup, request, between] of drifts) {
  test(`still drift: ${name}`, async () => {
    const { target, sql } = await prepared(setup);
    const signed = await target.dryRun([statement(request)]);
    const job = await jobFor(target, [statement(request)], 1);
    for (const one of between.split(/;\s*(?=DROP|CREATE)/)) sql(one);
    const outcome = await target.run(job);
    expect(outcome.kind).toBe('drifted');
    if (outcome.kind !== 'drifted') return;
    const { tables, environment } = compareDiffs(signed.diff, outcome.diff);
    expect(tables.length + environment.first.length + environment.second.length).toBeGreaterThan(0);
  });
}

test('the digest covers which columns the engine makes up', async () => {
  const { target } = await prepared(audited);
  const { diff, digest: signed } = await target.dryRun(raise);
  expect(digest(diff)).toEqual(signed);
  for (const [place, table] of diff.tables.entries()) {
    const other = { ...table, generated: table.generated.length === 0 ? [0] : [] };
    expect(digest({ ...diff, tables: diff.tables.with(place, other) })).not.toEqual(signed);
  }
});

/** Which columns of inserted rows are the engine's, by table, for each table that changed. */
async function madeBy(setup: string, ...request: string[]): Promise<Record<string, string[]>> {
  const { target } = await prepared(setup);
  const { diff } = await target.dryRun(request.map((sql) => statement(sql)));
  return Object.fromEntries(
    diff.tables.map(({ table, columns, generated }) => [table, generated.map((at) => columns[at] ?? '')]),
  );
}

const t = `CREATE TABLE t(id INTEGER PRIMARY KEY, b, at DEFAULT CURRENT_TIMESTAMP); INSERT INTO t(id, b) VALUES (1, 1)`;
const uuid =
  "CREATE TABLE t(k TEXT PRIMARY KEY DEFAULT (lower(hex(randomblob(16)))), b, e DEFAULT (date('2020-01-01')))";
const child = 'CREATE TABLE p(k INTEGER PRIMARY KEY, b); INSERT INTO p VALUES (1, 1)';
const cases: readonly (readonly [string, string, readonly string[], Record<string, string[]>])[] = [
  ['columns left out', t, ['INSERT INTO t(b) VALUES (2), (3)'], { t: ['id', 'at'] }],
  ['names in other letters', t, ['insert into main."T"(B) values (2)'], { t: ['id', 'at'] }],
  ['all of them', t, ['INSERT INTO t DEFAULT VALUES'], { t: ['id', 'at'] }],
  ['from rows', t, ['INSERT INTO t(b) SELECT b FROM t UNION ALL SELECT 5'], { t: ['id', 'at'] }],
  ['NULL for the row id', t, ['INSERT INTO t VALUES (NULL, 2, 3), (NULL, 4, 5)'], { t: ['id'] }],
  ['NULL in some rows only', t, ['INSERT INTO t VALUES (NULL, 2, 3), (7, 4, 5)'], { t: [] }],
  ['NULL for another column', t, ['INSERT INTO t(b, at) VALUES (2, NULL)'], { t: ['id'] }],
  ['an id that is given', t, ['INSERT INTO t(id, b) VALUES (7, 2)'], { t: ['at'] }],
  ['an id under its other name', t, ['INSERT INTO t(rowid, b) VALUES (7, 2)'], { t: ['at'] }],
  ['an id given twice', t, ['INSERT INTO t(b, id, _rowid_) VALUES (2, NULL, 9)'], { t: ['at'] }],
  ['rows not known by the text', t, ['INSERT INTO t SELECT NULL, 2, 3 UNION SELECT 8, 9, 9'], { t: [] }],
  ['a star', t, ['INSERT INTO t SELECT NULL, x.* FROM (SELECT 5, 6) AS x'], { t: [] }],
  ['one INSERT of two that gives it', t, ['INSERT INTO t(b) VALUES (2)', 'INSERT INTO t(b, at) VALUES (2, 3)'], { t: ['id'] }],
  ['a time in the statement', t, ["INSERT INTO t(b, at) VALUES (2, datetime('now'))"], { t: ['id'] }],
  ['an update afterwards', t, ['INSERT INTO t(b) VALUES (2)', "UPDATE t SET at = 'x' WHERE b = 2"], { t: ['id'] }],
  ['an update of the key', t, ['INSERT INTO t(b) VALUES (2)', 'UPDATE t SET id = 9 WHERE b = 2'], { t: [] }],
  ['an update of the row id', t, ['INSERT INTO t(b) VALUES (2)', 'UPDATE t SET rowid = 9 WHERE b = 1'], { t: [] }],
  ['an upsert that sets it', `${t}; CREATE UNIQUE INDEX i ON t(b)`, ["INSERT INTO t(b) VALUES (2) ON CONFLICT(b) DO UPDATE SET at = 'x'"], { t: ['id'] }],
  ['a trigger that updates it', `${t}; CREATE TRIGGER tr AFTER INSERT ON t BEGIN UPDATE t SET at = NEW.b; END`, ['INSERT INTO t(b) VALUES (2)'], { t: ['id'] }],
  ['a trigger for another event', `${t}; CREATE TRIGGER tr AFTER UPDATE ON t BEGIN UPDATE t SET at = 1; END`, ['INSERT INTO t(b) VALUES (2)'], { t: ['id', 'at'] }],
  ['a trigger that gives it', `${t}; CREATE TABLE u(x); CREATE TRIGGER tr AFTER INSERT ON u BEGIN INSERT INTO t VALUES (NEW.x, 1, NEW.x); END`, ['INSERT INTO t(b) VALUES (2)', 'INSERT INTO u VALUES (7)'], { t: [], u: ['rowid'] }],
  ['a time worked out from the row', `${t}; CREATE TABLE u(x); CREATE TRIGGER tr AFTER INSERT ON u BEGIN INSERT INTO t(at) VALUES (datetime('now', NEW.x)); END`, ["INSERT INTO u VALUES ('-1 day')"], { t: ['id'], u: ['rowid'] }],
  ['a time in a trigger', `${t}; CREATE TABLE u(x); CREATE TRIGGER tr AFTER INSERT ON u BEGIN INSERT INTO t(b, at) SELECT NEW.x, unixepoch() * 1000; END`, ['INSERT INTO u VALUES (7)'], { t: ['id', 'at'], u: ['rowid'] }],
  ['a row id by chance in a trigger', `${t}; CREATE TABLE u(x); CREATE TRIGGER tr AFTER INSERT ON u BEGIN INSERT INTO t(id) VALUES (abs(random())); END`, ['INSERT INTO u VALUES (7)'], { t: ['at'], u: ['rowid'] }],
  ['a view', `${t}; CREATE VIEW v AS SELECT b FROM t; CREATE TRIGGER tr INSTEAD OF INSERT ON v BEGIN INSERT INTO t(b) VALUES (NEW.b); END`, ['INSERT INTO v VALUES (7)'], { t: ['id', 'at'] }],
  ['a key that a cascade writes', `${child}; CREATE TABLE t(id INTEGER PRIMARY KEY REFERENCES p(k) ON UPDATE CASCADE, b); INSERT INTO t VALUES (1, 1); CREATE TRIGGER tr AFTER UPDATE ON p BEGIN INSERT INTO p(b) VALUES (5); INSERT INTO t(b) VALUES (6); END`, ['UPDATE p SET k = 2'], { p: [], t: [] }],
  ['a key by chance, a constant', uuid, ['INSERT INTO t(b) VALUES (2)'], { t: ['k'] }],
  ['no key', 'CREATE TABLE t(b)', ['INSERT INTO t VALUES (2)'], { t: ['rowid'] }],
  ['no key, its row id given', 'CREATE TABLE t(b)', ['INSERT INTO t(oid, b) VALUES (2, 3)'], { t: [] }],
  ['a column called rowid', 'CREATE TABLE t(b, rowid)', ['INSERT INTO t(b, rowid) VALUES (2, 3)'], { t: ['_rowid_'] }],
  ['WITHOUT ROWID', 'CREATE TABLE t(id INTEGER PRIMARY KEY, at DEFAULT (unixepoch())) WITHOUT ROWID', ['INSERT INTO t(id) VALUES (2)'], { t: ['at'] }],
  ['a default that reads the session', 'CREATE TABLE t(k TEXT PRIMARY KEY, a DEFAULT (last_insert_rowid() + random()))', ["INSERT INTO t(k) VALUES ('x')"], { t: [] }],
  ['a computed column', "CREATE TABLE t(id INTEGER PRIMARY KEY, b, g AS (b || 'x'), at DEFAULT CURRENT_DATE)", ['INSERT INTO t VALUES (NULL, 2, 3)'], { t: ['id'] }],
  ['rows of a full-text table', 'CREATE VIRTUAL TABLE f USING fts5(x)', ["INSERT INTO f VALUES ('word')"], { f_content: [] }],
  ['a schema change', t, ['INSERT INTO t(b) VALUES (2)', 'CREATE TABLE z(a)'], { t: [] }],
]; // prettier-ignore
for (const [name, setup, request, expected] of cases) {
  test(`made by the engine: ${name}`, async () => {
    expect(await madeBy(setup, ...request)).toEqual(expected);
  });
}

test('a row that was there shows what its update wrote, the time with it', async () => {
  const { target } =
    await prepared(`CREATE TABLE t(k TEXT PRIMARY KEY, b, at DEFAULT CURRENT_TIMESTAMP) WITHOUT ROWID;
     INSERT INTO t VALUES ('x', 1, 'then');`);
  const replace = [statement("REPLACE INTO t(k, b) VALUES ('x', 2), ('y', 2)")];
  const { diff } = await target.dryRun(replace);
  expect(diff.tables[0]).toMatchObject({ generated: [2], inserted: 1, updated: 1 });
  const job = await jobFor(target, replace, 1);
  await sleep(1100);
  expect((await target.run(job)).kind).toBe('drifted');
});
