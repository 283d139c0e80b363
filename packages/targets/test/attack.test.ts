import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Diff } from '@countersign/diff';
import { codeOf, statement, temporaryDatabase } from './temporary-database.ts';
import type { Temporary } from './temporary-database.ts';

let temporary: Temporary;
beforeAll(async () => {
  temporary = temporaryDatabase(
    `CREATE TABLE any_key(k ANY PRIMARY KEY, v TEXT) STRICT, WITHOUT ROWID;
     INSERT INTO any_key VALUES ('1', 'text'), (1, 'integer');
     CREATE TABLE auto(id INTEGER PRIMARY KEY AUTOINCREMENT, v); INSERT INTO auto(v) VALUES (1), (2);
     CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, CAST(x'ff41' AS TEXT)), (2, 'a');
     CREATE TABLE odd(k PRIMARY KEY, v) WITHOUT ROWID; INSERT INTO odd VALUES (CAST(x'ff' AS TEXT), 1), (x'ff', 2);
     CREATE INDEX t_v ON t(v); ANALYZE;`,
  );
  await temporary.target.prepare();
});
afterAll(() => temporary.end());

async function diffOf(...texts: readonly string[]): Promise<Diff> {
  return (await temporary.target.dryRun(texts.map((sql) => statement(sql)))).diff;
}

/** Each changed row as its values before and after. */
function rowsOf({ tables }: Diff): unknown[] {
  return tables.flatMap(({ table, changes }) =>
    changes.map(({ before, after }) => [
      table,
      ...[before, after].map((row) => row?.map((cell) => (cell.type === 'null' ? null : cell.value)) ?? null),
    ]),
  );
}

test("keys '1' and 1 of a strict table are two rows", async () => {
  const text = "typeof(k) = 'text'";
  expect(rowsOf(await diffOf(`UPDATE any_key SET v = 'x' WHERE ${text}`))).toEqual([
    ['any_key', ['1', 'text'], ['1', 'x']],
  ]);
  expect(rowsOf(await diffOf(`DELETE FROM any_key WHERE ${text}`))).toEqual([
    ['any_key', ['1', 'text'], null],
  ]);
  expect(rowsOf(await diffOf("UPDATE any_key SET v = 'x' WHERE k IS NOT NULL"))).toHaveLength(2);
});

for (const sql of [
  "UPDATE sqlite_stat1 SET stat = '1 1' WHERE tbl = 't'",
  "INSERT INTO sqlite_stat1 VALUES ('t', 'anything at all', '1')",
  'DELETE FROM sqlite_stat1',
  'ANALYZE',
]) {
  test(`names statistics as not previewed: ${sql}`, async () => {
    const { notPreviewed } = await diffOf(sql);
    expect(notPreviewed).toContain('rows of sqlite_stat1, the statistics of the query planner');
  });
}

test('shows a second counter that the engine finds before the first', async () => {
  const sql = "INSERT INTO sqlite_sequence(rowid, name, seq) VALUES (-1, 'auto', 99)";
  expect(rowsOf(await diffOf(sql))).toEqual([['sqlite_sequence', null, ['auto', 99]]]);
  const own = "INSERT INTO sqlite_sequence(name, seq) VALUES ('_countersign', 1)";
  expect(rowsOf(await diffOf(own))).toEqual([['sqlite_sequence', null, ['_countersign', 1]]]);
});

test('shows text that is not Unicode made bytes', async () => {
  for (const more of [[], ['CREATE TABLE other(a)']]) {
    const diff = await diffOf('UPDATE t SET v = CAST(v AS BLOB) WHERE id = 1', ...more);
    expect(diff.tables.map(({ table, updated }) => [table, updated])).toEqual([['t', 1]]);
    expect(diff.notPreviewed).toEqual(['text that is not Unicode is shown as bytes']);
  }
});

test('tells keys of text that is not Unicode from keys of the same bytes', async () => {
  const diff = await diffOf('UPDATE odd SET v = v + 10 WHERE v > 0', 'CREATE TABLE other(a)');
  expect(diff.tables.map(({ table, updated, inserted }) => [table, updated, inserted])).toEqual([
    ['odd', 2, 0],
  ]);
  expect((await diffOf('CREATE TABLE other(a)')).tables).toEqual([]);
});

test('refuses to rename a table into one that nobody watches', async () => {
  for (const sql of ['ALTER TABLE t RENAME TO _countersign_t', 'ALTER TABLE t RENAME TO "_Countersign"']) {
    const before = temporary.sql('SELECT name, sql FROM sqlite_schema');
    expect(await codeOf(diffOf(sql))).toBe('statement/own-tables');
    expect(temporary.sql('SELECT name, sql FROM sqlite_schema')).toEqual(before);
  }
});

test('shows UTF-16 text whose lone surrogates the engine pairs up', async () => {
  const other = temporaryDatabase(
    `PRAGMA encoding = 'UTF-16le'; CREATE TABLE t(id INTEGER PRIMARY KEY, v);
     INSERT INTO t VALUES (1, CAST(x'00d84100' AS TEXT));`,
  );
  await other.target.prepare();
  const sql = "UPDATE t SET v = CAST(x'00d841dc' AS TEXT) WHERE id = 1";
  const { diff } = await other.target.dryRun([statement(sql)]);
  expect(diff.tables.map(({ updated }) => updated)).toEqual([1]);
  await other.end();
});

test.each([
  "SELECT replace(hex(zeroblob(100000)), '0', hex(zeroblob(2000)))",
  'SELECT randomblob(200000000), randomblob(200000000), randomblob(200000000)',
  'WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x, zeroblob(10000000) AS y FROM n ORDER BY y',
])('a read is held to its share of memory: %s', async (sql) => {
  expect(await codeOf(temporary.target.read([statement(sql)], { timeoutMs: 60_000 }))).toBe('limit/bytes');
  const { results } = await temporary.target.read([statement('SELECT 1')]);
  expect(results).toHaveLength(1);
});

for (const [sql, text] of [
  ["UPDATE t SET v = json_extract('{}', 'secret of ' || v) WHERE id = 2", 'bad JSON path'],
  ["UPDATE t SET v = (SELECT count(*) FROM f WHERE f MATCH '\"' || t.v) WHERE id = 2", undefined],
  [
    "UPDATE t SET v = (SELECT count(*) FROM f WHERE f MATCH 'secret_' || t.v || ':x') WHERE id = 2",
    undefined,
  ],
] as const) {
  test(`an error of a run tells no value of a row: ${sql}`, async () => {
    temporary.sql('CREATE VIRTUAL TABLE IF NOT EXISTS f USING fts5(body)');
    const failure: unknown = await temporary.target.dryRun([statement(sql)]).catch((cause: unknown) => cause);
    if (!(failure instanceof Error)) throw new Error('expected a refusal');
    expect(failure.message).not.toMatch(/secret|"/);
    expect(failure).toMatchObject({
      code: 'statement/failed',
      ...(text === undefined ? {} : { message: text }),
    });
  });
}
