import { toHex } from '@countersign/codec';
import type { Diff } from '@countersign/diff';
import { openTarget } from '@countersign/targets';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasMysql } from '../../../test/servers/mysql.ts';
import { defaultDryRunLimits } from '../src/limits.ts';
import { ChangedRows } from '../src/mariadb/changed-rows.ts';
import { readScene } from '../src/mariadb/scene.ts';
import { MariadbSession } from '../src/mariadb/session.ts';
import { readKind, requireChanging } from '../src/mariadb/settings.ts';
import {
  builderOf,
  compareDumps,
  dump,
  dumpAfter,
  dumpTexts,
  linesOf,
  startMysqlShop,
} from './mariadb-shop.ts';
import type { MariadbShop } from './mariadb-shop.ts';
import { codeOf, jobFor, statement } from './temporary-database.ts';

test.each([
  ['5.7.44-log', false],
  ['8.0.29', false],
  ['8.0.30', true],
  ['8.4.0-commercial', true],
  ['9.7.4-2', true],
  ['what is this', false],
])('rows are changed where the server has what that takes: %s', (version, changes) => {
  const tried = (): void => {
    requireChanging({ engine: 'mysql', version });
  };
  if (changes) tried();
  else expect(tried).toThrow('run on MySQL 8.0.30 and later');
});

/** What MySQL has and MariaDB has not; what both have is tested with both in the files named after MariaDB. */
describe.each(hasMysql ? ['MySQL'] : [])('%s', () => {
  let shop: MariadbShop;
  beforeAll(async () => {
    // As it is installed: with a binary log, that a commit waits for.
    shop = await startMysqlShop([
      '--log-bin=binlog',
      '--sync-binlog=1',
      '--innodb-flush-log-at-trx-commit=1',
    ]);
    await shop.remake(setup);
  }, 240_000);
  afterAll(() => shop.stop(), 60_000);

  const setup = `
    CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(20), c INT UNIQUE); INSERT INTO t VALUES (1, 'x', 1), (2, 'y', 2), (3, 'z', 3);
    CREATE TABLE watched (a INT PRIMARY KEY); CREATE TABLE log (a INT);
    CREATE TRIGGER note AFTER INSERT ON watched FOR EACH ROW INSERT INTO log VALUES (NEW.a);
    CREATE TABLE made (id BINARY(16) DEFAULT (UUID_TO_BIN(UUID())) PRIMARY KEY, at DATETIME DEFAULT CURRENT_TIMESTAMP, said VARCHAR(9) DEFAULT 'uuid()', v INT);
    CREATE TABLE hidden (a INT, shy INT INVISIBLE DEFAULT 5); INSERT INTO hidden VALUES (1), (1);
    CREATE TABLE places (a INT PRIMARY KEY, doc JSON, UNIQUE ((CAST(doc->>'$.n' AS UNSIGNED)))); INSERT INTO places VALUES (1, '{"n": 1}')`;

  const dryRun = async (...texts: string[]): Promise<Diff> =>
    (await shop.target.dryRun(texts.map((sql) => statement(sql)))).diff;

  const exact: readonly (readonly [what: string, ...texts: string[]])[] = [
    ['an upsert with a name for its row', "INSERT INTO t VALUES (1, 'up', 1), (9, 'new', 9) AS fresh ON DUPLICATE KEY UPDATE b = fresh.b"],
    ['rows as ROW', "INSERT INTO t VALUES ROW(7, 'r', 7), ROW(8, 's', 8)"],
    ['a table as a query', 'INSERT INTO log TABLE watched', 'INSERT INTO watched VALUES (1)'],
    ['an invisible column', 'INSERT INTO hidden VALUES (3)', 'UPDATE hidden SET shy = 6 WHERE a = 1 LIMIT 1'],
    ['a document', `UPDATE places SET doc = JSON_SET(doc, '$.n', 2, '$.m', CAST('[1]' AS JSON))`],
    ['rows of a common table expression', 'WITH q AS (SELECT 2 AS a) DELETE FROM t WHERE a IN (SELECT a FROM q)'],
  ]; // prettier-ignore
  test.each(exact)('exact: %s', async (_, ...texts) => {
    const queries = dumpTexts(shop);
    const untouched = dump(shop, queries);
    const expected = compareDumps(untouched, dumpAfter(shop, texts, queries));
    expect(linesOf(await dryRun(...texts))).toEqual(expected);
    expect(expected.length).toBeGreaterThan(0);
  });

  test('defaults that the engine computes are shown and not bound, a text that looks like one is', async () => {
    const insert = [statement('INSERT INTO made (v) VALUES (1)')];
    const [first, second] = [await shop.target.dryRun(insert), await shop.target.dryRun(insert)];
    expect(toHex(first.digest)).toBe(toHex(second.digest));
    expect(first.diff.tables[0]).toMatchObject({ generated: [0, 1], inserted: 1 });
  });

  test('a run commits once, and its undo brings the rows back', async () => {
    const before = dump(shop);
    const job = await jobFor(shop.target, [statement("UPDATE t SET b = 'q' WHERE a < 3")], 1);
    expect((await shop.target.run(job)).kind).toBe('executed');
    expect((await shop.target.run(job)).kind).toBe('already-ran');
    const back = [
      statement("UPDATE t SET b = 'x' WHERE a = 1"),
      statement("UPDATE t SET b = 'y' WHERE a = 2"),
    ];
    expect((await shop.target.run(await jobFor(shop.target, back, 2))).kind).toBe('executed');
    expect(compareDumps(before, dump(shop))).toEqual([]);
  });

  test('a key that the server makes by itself and hides is seen', async () => {
    shop.sql(
      'SET GLOBAL show_gipk_in_create_table_and_information_schema = 0; SET sql_generate_invisible_primary_key = 1; CREATE TABLE keyless (v INT); INSERT INTO keyless VALUES (1), (2)',
    );
    const { tables } = await dryRun('UPDATE keyless SET v = 9 WHERE v = 2');
    shop.sql('SET GLOBAL show_gipk_in_create_table_and_information_schema = 1; DROP TABLE keyless');
    expect(tables[0]).toMatchObject({ columns: ['my_row_id', 'v'], key: [0], updated: 1, inserted: 0 });
  });

  test('TRIGGER that is granted everywhere and taken back here does not count, nor does that of a role', async () => {
    const as = (user: string): Promise<string> =>
      codeOf(
        openTarget({ name: 'x', url: shop.url(user) }).dryRun([statement('INSERT INTO watched VALUES (5)')]),
      );
    const rights = 'SELECT, INSERT, UPDATE, DELETE';
    shop.server.sql(`SET GLOBAL partial_revokes = 1;
      CREATE USER partly@localhost; GRANT ${rights}, TRIGGER ON *.* TO partly@localhost; GRANT PROCESS ON *.* TO partly@localhost;
      REVOKE TRIGGER ON shop.* FROM partly@localhost;
      CREATE USER likely@localhost; GRANT ${rights} ON *.* TO likely@localhost; GRANT TRIGGER ON \`sho_\`.* TO likely@localhost; GRANT PROCESS ON *.* TO likely@localhost;
      CREATE ROLE seer; GRANT TRIGGER ON shop.* TO seer; CREATE USER player@localhost DEFAULT ROLE seer; GRANT seer TO player@localhost;
      GRANT ${rights} ON shop.* TO player@localhost; GRANT PROCESS ON *.* TO player@localhost`);
    for (const user of ['partly', 'likely', 'player']) expect(await as(user), user).toBe('target/rights');
    for (const user of ['partly', 'likely', 'player']) {
      shop.server.sql(`GRANT TRIGGER ON shop.* TO ${user}@localhost`);
      await expect(as(user), user).rejects.toThrow('expected a refusal');
    }
    shop.server.sql(
      'DROP USER partly@localhost, likely@localhost, player@localhost; DROP ROLE seer; SET GLOBAL partial_revokes = 0',
    );
  });

  test('TRIGGER by a pattern does not count: the anonymous account may be granted less by the name, and that goes first', async () => {
    shop.server
      .sql(`CREATE USER ''@localhost; GRANT SELECT, INSERT ON shop.* TO ''@localhost; CREATE USER wide@localhost; GRANT PROCESS ON *.* TO wide@localhost;
      GRANT SELECT, INSERT, UPDATE, DELETE, TRIGGER ON \`sho%\`.* TO wide@localhost`);
    const insert = [statement('INSERT INTO watched VALUES (5)')];
    const target = openTarget({ name: 'x', url: shop.url('wide') });
    expect(await codeOf(target.dryRun(insert))).toBe('target/rights');
    shop.server.sql('GRANT SELECT, INSERT, TRIGGER ON shop.* TO wide@localhost');
    const { diff } = await target.dryRun(insert);
    shop.server.sql("DROP USER ''@localhost, wide@localhost");
    expect(diff.tables.map(({ table }) => table)).toEqual(['shop.log', 'shop.watched']);
  });

  test('a role that reads with more than SELECT is refused', async () => {
    shop.server
      .sql(`CREATE ROLE more; GRANT INSERT ON shop.* TO more; CREATE USER reader@localhost DEFAULT ROLE more;
      GRANT more TO reader@localhost; GRANT SELECT ON shop.* TO reader@localhost`);
    const target = openTarget({ name: 'x', url: shop.url('owner'), password: () => 'owner', read: { url: shop.url('reader') } }); // prettier-ignore
    expect(await codeOf(target.read([statement('SELECT 1')]))).toBe('target/account-writes');
    shop.server.sql('REVOKE more FROM reader@localhost');
    expect((await target.read([statement('SELECT b FROM t WHERE a = 1')])).results[0]?.rows).toEqual([
      [{ type: 'text', value: 'x' }],
    ]);
  });

  test('where rows are changed twice, a table that is not known to change is found by what the server locks', async () => {
    const [writer, observer] = [new MariadbSession(shop.account), new MariadbSession(shop.account)];
    const insert = statement('INSERT INTO watched VALUES (5)');
    const kind = await readKind(writer);
    await writer.control('START TRANSACTION');
    const scene = await readScene({ writer, observer }, [insert], kind);
    await writer.own(insert.sql);
    const seeing = (known: readonly string[]): Promise<unknown> => {
      const shapes = scene.shapes.filter(({ name }) => known.includes(name));
      return new ChangedRows(
        { writer, observer },
        { ...scene, shapes },
        kind.engine,
        defaultDryRunLimits,
      ).find(3, builderOf);
    };
    expect(await seeing(['shop.log', 'shop.watched'])).toHaveLength(2);
    await expect(seeing(['shop.watched'])).rejects.toThrow(
      'rows of shop.log changed, which the statements are not known to change',
    );
    await Promise.all([writer.end(), observer.end()]);
  });

  test('of an UPDATE of several tables those that are only read are no change, and the account has to see what is locked', async () => {
    const twice = ["UPDATE t JOIN watched w ON w.a <> t.a SET t.b = 'q'", "UPDATE t SET b = 'r' WHERE a < 3"];
    shop.sql('INSERT INTO watched VALUES (1)');
    const { tables } = await dryRun(...twice);
    expect(tables.map(({ table, updated }) => [table, updated])).toEqual([['shop.t', 3]]);
    shop.server.sql('REVOKE SELECT ON performance_schema.metadata_locks FROM owner@localhost');
    const { warnings } = await shop.target.inspect();
    const printed = (await shop.target.preparation()).map(({ sql }) => sql);
    const code = await codeOf(shop.target.dryRun(twice.map((sql) => statement(sql))));
    const once = await dryRun("UPDATE t SET b = 'r' WHERE a = 1");
    shop.server.sql('GRANT SELECT ON performance_schema.metadata_locks TO owner@localhost');
    shop.sql('DELETE FROM watched; DELETE FROM log');
    expect([code, warnings.map((one) => one.split(':')[0]), once.tables[0]?.updated]).toEqual([
      'target/rights',
      ['mysql/locks'],
      1,
    ]);
    expect(printed).toContain("GRANT SELECT ON performance_schema.metadata_locks TO 'owner'@'localhost'");
    expect((await shop.target.inspect()).warnings).toEqual([]);
  });

  test('definitions are refused, with a server program too', async () => {
    const target = openTarget({ name: 'x', url: shop.url('owner'), password: () => 'owner', shadow: '/usr/sbin/mariadbd' }); // prettier-ignore
    expect(await codeOf(target.dryRun([statement('ALTER TABLE t ADD z INT')]))).toBe('target/reads-only');
  });
});
