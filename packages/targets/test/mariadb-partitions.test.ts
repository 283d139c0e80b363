import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { startMariadbShop } from './mariadb-shop.ts';
import type { MariadbShop } from './mariadb-shop.ts';
import { changesOf, countsOf, tryDefinition } from './mariadb-trying.ts';
import { codeOf, statement } from './temporary-database.ts';

vi.setConfig({ testTimeout: 60_000 });

let shop: MariadbShop;
beforeAll(async () => {
  shop = await startMariadbShop([], '/usr/sbin/mariadbd');
}, 90_000);
afterAll(() => shop.stop(), 60_000);

const setup = `CREATE TABLE r (a INT PRIMARY KEY, b INT) PARTITION BY RANGE (a) (PARTITION low VALUES LESS THAN (10), PARTITION high VALUES LESS THAN (20));
  INSERT INTO r VALUES (1, 1), (2, 2), (11, 3);
  CREATE TABLE l (a INT, b INT) PARTITION BY LIST (a) (PARTITION odd VALUES IN (1, 3), PARTITION even VALUES IN (2, 4)); INSERT INTO l VALUES (1, 1), (2, 2), (4, 4);
  CREATE TABLE d (a INT) PARTITION BY LIST COLUMNS (a) (PARTITION one VALUES IN (1), PARTITION rest DEFAULT); INSERT INTO d VALUES (1), (7), (NULL);
  CREATE TABLE m (a INT, b INT) PARTITION BY LIST COLUMNS (a, b) (PARTITION \`a \`\` DEFAULT\` VALUES IN ((1, 1)), PARTITION b VALUES IN ((2, 2)) COMMENT 'PARTITION x DEFAULT');
  CREATE TABLE e (a INT) PARTITION BY LIST (a) (PARTITION one VALUES IN (1), PARTITION rest DEFAULT);
  CREATE TABLE h (a INT PRIMARY KEY) PARTITION BY KEY (a) PARTITIONS 3; INSERT INTO h VALUES (1), (2), (3);
  CREATE TABLE s (a INT, b INT) PARTITION BY RANGE (a) SUBPARTITION BY HASH (b) SUBPARTITIONS 2 (PARTITION p VALUES LESS THAN (10), PARTITION q VALUES LESS THAN (20));
  INSERT INTO s VALUES (1, 1), (2, 2), (11, 1); CREATE TABLE w (x INT)`;
beforeEach(() => shop.remake(setup), 30_000);

/** A definition, the objects that it changes, the rows that get lost, and how many rows its table has after it. */
type Case = readonly [sql: string, schema: readonly string[], rows: readonly string[], left: string];

const cases: readonly Case[] = [
  ['ALTER TABLE r DROP PARTITION low', ['~ table shop.r'], ['shop.r +0 ~0 -2'], 'r 1'],
  ['ALTER TABLE r DROP PARTITION IF EXISTS High, nowhere', ['~ table shop.r'], ['shop.r +0 ~0 -1'], 'r 2'],
  ['ALTER TABLE r DROP PARTITION IF EXISTS nowhere', [], [], 'r 3'],
  ['ALTER TABLE d DROP PARTITION rest', ['~ table shop.d'], ['shop.d +0 ~0 -2'], 'd 1'],
  ['ALTER TABLE r TRUNCATE PARTITION low', [], ['shop.r +0 ~0 -2'], 'r 1'],
  ['ALTER TABLE s TRUNCATE PARTITION ALL', [], ['shop.s +0 ~0 -3'], 's 0'],
  ['ALTER TABLE s DROP PARTITION p', ['~ table shop.s'], ['shop.s +0 ~0 -2'], 's 1'],
  ['ALTER TABLE r ADD PARTITION (PARTITION top VALUES LESS THAN MAXVALUE)', ['~ table shop.r'], [], 'r 3'],
  ['ALTER TABLE m ADD PARTITION (PARTITION c VALUES IN ((3, 3)))', ['~ table shop.m'], [], 'm 0'],
  ['ALTER TABLE l ADD PARTITION (PARTITION six VALUES IN (6))', ['~ table shop.l'], [], 'l 3'],
  ['ALTER TABLE h ADD PARTITION PARTITIONS 2', ['~ table shop.h'], [], 'h 3'],
  ['ALTER TABLE h COALESCE PARTITION 2', ['~ table shop.h'], [], 'h 3'],
  ['ALTER TABLE r REORGANIZE PARTITION low, high INTO (PARTITION a VALUES LESS THAN (2), PARTITION b VALUES LESS THAN (30))', ['~ table shop.r'], [], 'r 3'],
  ['ALTER TABLE l PARTITION BY LIST (a) (PARTITION x VALUES IN (1, 2, 3, 4))', ['~ table shop.l'], [], 'l 3'],
  ['ALTER TABLE r REMOVE PARTITIONING', ['~ table shop.r'], [], 'r 3'],
  ['ALTER TABLE w PARTITION BY HASH (x) PARTITIONS 2', ['~ table shop.w'], [], 'w 0'],
  ['CREATE TABLE w2 (a INT) PARTITION BY RANGE (a) (PARTITION p VALUES LESS THAN (3))', ['+ table shop.w2'], [], 'w2 0'],
]; // prettier-ignore

test.each(cases)('%s', async (sql, schema, rows, left) => {
  const { diff, job } = await tryDefinition(shop, sql);
  expect({ schema: changesOf(diff), rows: countsOf(diff) }).toEqual({ schema, rows });
  expect((await shop.target.run(job)).kind).toBe('executed');
  const [table = '', count = ''] = left.split(' ');
  expect(shop.sql(`SELECT COUNT(*) FROM ${table}`)).toBe(`${count}\n`);
});

test('rows that come into the partition before the run are drift, those of others are not', async () => {
  const { diff, job } = await tryDefinition(shop, 'ALTER TABLE r DROP PARTITION low');
  expect(diff.tables[0]?.changes.map(({ before }) => before?.[0])).toMatchObject([
    { value: 1 },
    { value: 2 },
  ]);
  shop.sql('INSERT INTO r VALUES (5, 5)');
  expect((await shop.target.run(job)).kind).toBe('drifted');
  shop.sql('DELETE FROM r WHERE a = 5; INSERT INTO r VALUES (15, 5)');
  expect((await shop.target.run(job)).kind).toBe('executed');
  expect(shop.sql('SELECT COUNT(*) FROM r')).toBe('2\n');
});

test('partitions that another session makes before the run are drift', async () => {
  const { job } = await tryDefinition(shop, 'ALTER TABLE r DROP PARTITION low');
  shop.sql('ALTER TABLE r ADD PARTITION (PARTITION top VALUES LESS THAN (30))');
  expect((await shop.target.run(job)).kind).toBe('drifted');
});

test('rows that fit into no partition make the run fail, and are all there', async () => {
  for (const sql of [
    'ALTER TABLE l PARTITION BY LIST (a) (PARTITION x VALUES IN (1, 2))',
    'ALTER TABLE r PARTITION BY RANGE (a) (PARTITION x VALUES LESS THAN (10))',
  ]) {
    const { diff, job } = await tryDefinition(shop, sql);
    expect(diff.notPreviewed.join()).toContain('allow it: duplicates, NULL and values that do not fit');
    expect(await shop.target.run(job), sql).toMatchObject({ kind: 'failed', code: 'statement/failed' });
  }
  expect(shop.sql('SELECT COUNT(*) FROM l; SELECT COUNT(*) FROM r')).toBe('3\n3\n');
});

test.each([
  ['ALTER TABLE l REORGANIZE PARTITION even INTO (PARTITION even VALUES IN (2))', 'statement/unknown-effect'],
  ['ALTER TABLE d REORGANIZE PARTITION rest INTO (PARTITION rest DEFAULT)', 'statement/unknown-effect'],
  ['ALTER TABLE d ADD PARTITION (PARTITION seven VALUES IN (7))', 'statement/unknown-effect'],
  ['ALTER TABLE e ADD PARTITION (PARTITION seven VALUES IN (7))', 'statement/unknown-effect'],
  ['ALTER TABLE r DROP PARTITION nowhere', 'statement/unknown-effect'],
  ['ALTER TABLE s TRUNCATE PARTITION psp0', 'statement/unknown-effect'],
  ['ALTER TABLE w DROP PARTITION p', 'statement/unknown-effect'],
  ['ALTER TABLE w COALESCE PARTITION 1', 'statement/failed'],
  ['ALTER TABLE r REORGANIZE PARTITION high INTO (PARTITION high VALUES LESS THAN (15))', 'statement/failed'],
  ['ALTER TABLE r EXCHANGE PARTITION low WITH TABLE w', 'statement/unknown-effect'],
  ['ALTER TABLE r CONVERT PARTITION low TO TABLE n', 'statement/unknown-effect'],
  ['ALTER TABLE r REBUILD PARTITION low', 'statement/unknown-effect'],
  ['ALTER IGNORE TABLE l PARTITION BY LIST (a) (PARTITION x VALUES IN (1))', 'statement/unknown-effect'],
  ['ALTER TABLE _countersign_runs PARTITION BY KEY () PARTITIONS 2', 'statement/own-tables'],
  [
    'CREATE TABLE n (a INT) ENGINE = MyISAM PARTITION BY HASH (a) PARTITIONS 2',
    'statement/not-transactional',
  ],
  ['ALTER TABLE w ADD b INT PARTITION BY HASH (x)', 'statement/unknown-effect'],
] as const)('is refused: %s', async (sql, code) => {
  expect(await codeOf(shop.target.dryRun([statement(sql)]))).toBe(code);
});
