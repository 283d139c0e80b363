import type { Diff } from '@countersign/diff';
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

const setup = `CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(20)) ; CREATE TABLE log (n INT PRIMARY KEY AUTO_INCREMENT, what VARCHAR(40));
  INSERT INTO t VALUES (1, 'one');
  CREATE TRIGGER first AFTER UPDATE ON t FOR EACH ROW SET @first = 1; CREATE TRIGGER last AFTER UPDATE ON t FOR EACH ROW SET @last = 1`;
beforeEach(() => shop.remake(setup), 30_000);

/** What the diff shows of one object afterwards. */
const shownOf = ({ schema }: Diff, name: string): string =>
  schema.find((one) => one.name === name)?.after ?? '';
const refused = (sql: string): Promise<string> => codeOf(shop.target.dryRun([statement(sql)]));
const made = 'CREATE TRIGGER n AFTER UPDATE ON t FOR EACH ROW';

test('a trigger is shown with its whole text, in whose name it runs, and what its text means', async () => {
  const { diff, job } = await tryDefinition(
    shop,
    "CREATE TRIGGER n BEFORE INSERT ON t FOR EACH ROW BEGIN -- é; DEFINER=`` \n SET NEW.b = 'DEFINER=``@`` ü'; END",
  );
  expect(shownOf(diff, 'shop.n')).toBe(
    `CREATE DEFINER=\`owner\`@\`localhost\` TRIGGER n BEFORE INSERT ON t FOR EACH ROW BEGIN -- é; DEFINER=\`\` \n SET NEW.b = 'DEFINER=\`\`@\`\` ü'; END
-- made in utf8mb4, utf8mb4_bin, sql_mode STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION, in a database of latin1_swedish_ci`,
  );
  expect((await shop.target.run(job)).kind).toBe('executed');
  expect(shop.sql("INSERT INTO t VALUES (2, 'x'); SELECT b FROM t WHERE a = 2")).toBe('DEFINER=``@`` ü\n');
});

test('the order of triggers is shown, and is what the run makes', async () => {
  const { diff, job } = await tryDefinition(shop, `${made} PRECEDES last SET @n = 1`);
  expect(changesOf(diff)).toEqual(['~ trigger shop.last', '+ trigger shop.n']);
  expect(shownOf(diff, 'shop.n')).toContain('\n-- runs after trigger `first`\n');
  expect(shownOf(diff, 'shop.last')).toContain('\n-- runs after trigger `n`\n');
  expect((await shop.target.run(job)).kind).toBe('executed');
});

test('another account in whose name it runs is shown and named; the server says whether there may be one', async () => {
  const { diff, job } = await tryDefinition(shop, "CREATE DEFINER = 'root'@'localhost' TRIGGER n AFTER DELETE ON t FOR EACH ROW DELETE FROM log"); // prettier-ignore
  expect(shownOf(diff, 'shop.n')).toContain('CREATE DEFINER=`root`@`localhost` TRIGGER n ');
  expect(diff.notPreviewed).toContain(
    'what `root`@`localhost` may do, in whose name trigger shop.n will run, and whether there is such an account',
  );
  expect(await shop.target.run(job)).toMatchObject({ kind: 'failed', code: 'statement/denied' });
  shop.server.sql('GRANT SET USER ON *.* TO owner@localhost');
  expect((await shop.target.run(job)).kind).toBe('executed');
  shop.server.sql('REVOKE SET USER ON *.* FROM owner@localhost');
});

test('one that another session changes before the run is drift, also its order and the collation of the database', async () => {
  for (const meddling of [
    'CREATE OR REPLACE TRIGGER first AFTER UPDATE ON t FOR EACH ROW SET @first = 2',
    'CREATE OR REPLACE TRIGGER last AFTER UPDATE ON t FOR EACH ROW PRECEDES first SET @last = 1',
    'ALTER DATABASE COLLATE latin1_german1_ci',
  ]) {
    await shop.remake(setup);
    const { job } = await tryDefinition(shop, `${made} SET @n = 1`);
    shop.sql(meddling);
    expect((await shop.target.run(job)).kind, meddling).toBe('drifted');
    expect(shop.sql("SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE TRIGGER_NAME = 'n'")).toBe('0\n');
  }
});

test('triggers of other modes, character sets and collations are copied as they are', async () => {
  shop.sql(`SET sql_mode = 'ANSI_QUOTES'; CREATE TRIGGER quotes BEFORE INSERT ON t FOR EACH ROW SET NEW."b" = 'x'; SET sql_mode = DEFAULT;
    ALTER DATABASE COLLATE latin1_german1_ci; CREATE TRIGGER other BEFORE DELETE ON t FOR EACH ROW SET @a = 'x'; ALTER DATABASE COLLATE utf8mb4_bin`);
  const { diff, job } = await tryDefinition(shop, `${made} SET @n = 'ä'`);
  expect(changesOf(diff)).toEqual(['+ trigger shop.n']);
  expect(shownOf(diff, 'shop.n')).toContain('in a database of utf8mb4_bin');
  expect((await shop.target.run(job)).kind).toBe('executed');
});

test('a change of rows sees the trigger that was made, and is refused where its text is not read', async () => {
  const { job } = await tryDefinition(shop, `${made} INSERT INTO log (what) VALUES (NEW.b)`);
  expect((await shop.target.run(job)).kind).toBe('executed');
  const change = statement("UPDATE t SET b = 'two' WHERE a = 1");
  expect(await refused(change.sql)).toBe('statement/unknown-effect');
  shop.sql('DROP TRIGGER first; DROP TRIGGER last');
  const { diff } = await shop.target.dryRun([change]);
  expect(countsOf(diff)).toEqual(['shop.log +1 ~0 -0', 'shop.t +0 ~1 -0']);
});

test.each([
  [`${made} DELETE FROM log; DROP TABLE log`, 'statement/invalid'],
  [`${made} BEGIN DELETE FROM log; END //`, 'statement/invalid'],
  [`DELIMITER //\n${made} DELETE FROM log //`, 'statement/unknown-verb'],
  [`${made} /*!50001 DELETE FROM log */`, 'statement/unknown-effect'],
  [`/*M! CREATE */ TRIGGER n AFTER UPDATE ON t FOR EACH ROW DELETE FROM log`, 'statement/unknown-verb'],
  [`${made} DELETE FROM`, 'statement/invalid'],
  [`${made} DELETE FROM log WHERE n = ?`, 'statement/invalid'],
  [`${made} FOLLOWS nowhere DELETE FROM log`, 'statement/failed'],
  ['CREATE TRIGGER last AFTER UPDATE ON t FOR EACH ROW DELETE FROM log', 'statement/failed'],
  ['CREATE OR REPLACE TRIGGER last AFTER UPDATE ON log FOR EACH ROW DELETE FROM t', 'statement/failed'],
  ['CREATE TRIGGER n AFTER UPDATE ON nowhere FOR EACH ROW DELETE FROM t', 'statement/invalid'],
  ['CREATE TRIGGER other.n AFTER UPDATE ON t FOR EACH ROW DELETE FROM t', 'statement/unknown-effect'],
  ['CREATE TRIGGER n AFTER UPDATE ON other.t FOR EACH ROW DELETE FROM t', 'statement/unknown-effect'],
  ['CREATE TRIGGER n AFTER UPDATE ON _countersign_runs FOR EACH ROW DELETE FROM t', 'statement/own-tables'],
  ['CREATE DEFINER = somebody TRIGGER n AFTER UPDATE ON t FOR EACH ROW DELETE FROM t', 'statement/unknown-effect'],
  ["CREATE DEFINER = ''@localhost TRIGGER n AFTER UPDATE ON t FOR EACH ROW DELETE FROM t", 'statement/unknown-effect'],
] as const)('is refused: %s', async (sql, code) => {
  expect(await refused(sql)).toBe(code);
}); // prettier-ignore

test('a trigger on a table of ours is neither dropped nor taken for one that is not there', async () => {
  shop.sql('CREATE TRIGGER hidden AFTER INSERT ON _countersign_runs FOR EACH ROW SET @x = 1');
  expect(await refused('DROP TRIGGER IF EXISTS hidden')).toBe('statement/own-tables');
  expect(await refused('CREATE TRIGGER IF NOT EXISTS Hidden AFTER UPDATE ON t FOR EACH ROW SET @x = 1')).toBe(
    'statement/own-tables',
  );
  shop.sql('CREATE TABLE plain (a INT) ENGINE = MyISAM');
  expect(await refused('CREATE TRIGGER n AFTER UPDATE ON plain FOR EACH ROW SET @x = 1')).toBe(
    'statement/not-transactional',
  );
});

test('a routine is shown with its whole text, in whose name and with whose rights it runs', async () => {
  const { diff, job } = await tryDefinition(
    shop,
    "CREATE FUNCTION f(a VARCHAR(9)) RETURNS VARCHAR(9) READS SQL DATA COMMENT 'é' BEGIN -- ü\n DECLARE n INT; SELECT COUNT(*) INTO n FROM t; RETURN CONCAT(a, n); END",
  );
  expect(shownOf(diff, 'shop.f')).toBe(
    `CREATE DEFINER=\`owner\`@\`localhost\` FUNCTION \`f\`(a VARCHAR(9)) RETURNS varchar(9) CHARSET latin1 COLLATE latin1_swedish_ci
    READS SQL DATA
    COMMENT 'é'
BEGIN -- ü\n DECLARE n INT; SELECT COUNT(*) INTO n FROM t; RETURN CONCAT(a, n); END
-- SQL SECURITY DEFINER
-- made in utf8mb4, utf8mb4_bin, sql_mode STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION, in a database of latin1_swedish_ci`,
  );
  expect((await shop.target.run(job)).kind).toBe('executed');
  expect(shop.sql("SELECT f('x')")).toBe('x1\n');
});

test('a routine of another DEFINER takes an account that sees such routines afterwards', async () => {
  const sql = "CREATE DEFINER = 'root'@'localhost' PROCEDURE p() SQL SECURITY DEFINER DELETE FROM t";
  expect(await refused(sql)).toBe('target/rights');
  shop.server.sql('GRANT SELECT ON mysql.proc TO owner@localhost; GRANT SET USER ON *.* TO owner@localhost');
  const { diff, job } = await tryDefinition(shop, sql);
  expect(diff.schema[0]?.after).toContain('CREATE DEFINER=`root`@`localhost` PROCEDURE `p`()');
  expect(diff.notPreviewed).toContain(
    'what `root`@`localhost` may do, in whose name procedure shop.p will run unless it says SQL SECURITY INVOKER, and whether there is such an account',
  );
  expect((await shop.target.run(job)).kind).toBe('executed');
  shop.server.sql('REVOKE SELECT ON mysql.proc FROM owner@localhost; REVOKE SET USER ON *.* FROM owner@localhost'); // prettier-ignore
});

test('a routine whose text is hidden is not replaced or dropped; a change of it is drift all the same', async () => {
  shop.sql('CREATE PROCEDURE hidden() SELECT 1; CREATE FUNCTION other() RETURNS INT RETURN 1');
  expect(await refused('CREATE OR REPLACE PROCEDURE Hidden() SELECT 2')).toBe('target/rights');
  expect(await refused('DROP PROCEDURE hidden')).toBe('target/rights');
  expect(await refused('DROP FUNCTION shop.other')).toBe('target/rights');
  const { job } = await tryDefinition(shop, 'ALTER TABLE t ADD c INT');
  // It is known by its age, in whole seconds.
  await new Promise((done) => setTimeout(done, 1_100));
  shop.sql('CREATE OR REPLACE PROCEDURE hidden() SELECT 2');
  expect((await shop.target.run(job)).kind).toBe('drifted');
});

test('a routine that another session changes before the run is drift', async () => {
  shop.sql('CREATE DEFINER = owner@localhost PROCEDURE p() SELECT 1');
  for (const meddling of [
    'CREATE OR REPLACE DEFINER = owner@localhost PROCEDURE p() SELECT 2',
    'ALTER PROCEDURE p SQL SECURITY INVOKER',
    "SET sql_mode = ''; CREATE OR REPLACE DEFINER = owner@localhost PROCEDURE p() SQL SECURITY INVOKER SELECT 2",
    'DROP PROCEDURE p',
  ]) {
    const { job } = await tryDefinition(shop, 'CREATE FUNCTION f() RETURNS INT RETURN 1');
    shop.sql(meddling);
    expect((await shop.target.run(job)).kind, meddling).toBe('drifted');
  }
});

test('views of functions are copied, and written out otherwise when the function goes', async () => {
  shop.sql(`CREATE DEFINER = owner@localhost FUNCTION f(x INT) RETURNS INT RETURN x + 1;
    CREATE DEFINER = owner@localhost VIEW v AS SELECT f(a) AS one FROM t`);
  const { diff, job } = await tryDefinition(shop, 'ALTER TABLE t DROP COLUMN b');
  expect(diff.notPreviewed.join()).not.toContain('views that could not be made');
  expect(changesOf(diff)).toEqual(['~ table shop.t']);
  expect((await shop.target.run(job)).kind).toBe('executed');
  const dropping = await tryDefinition(shop, 'DROP FUNCTION shop.f');
  expect(changesOf(dropping.diff)).toEqual(['- function shop.f', '~ view shop.v']);
  expect((await shop.target.run(dropping.job)).kind).toBe('executed');
});

test('a change of rows that calls a function that was made is refused, as its text is not read', async () => {
  const { job } = await tryDefinition(shop, 'CREATE FUNCTION f(x INT) RETURNS INT RETURN x + 1');
  expect((await shop.target.run(job)).kind).toBe('executed');
  expect(await refused('UPDATE log SET what = f(n)')).toBe('statement/unknown-effect');
});

test.each([
  ["CREATE FUNCTION f RETURNS STRING SONAME 'x.so'", 'statement/unknown-effect'],
  ['DROP FUNCTION f', 'statement/unknown-effect'],
  ['DROP FUNCTION IF EXISTS f', 'statement/unknown-effect'],
  ['CREATE PROCEDURE p() BEGIN SELECT 1; END; DROP TABLE log', 'statement/invalid'],
  ['CREATE PROCEDURE p() SELECT 1 /*! , 2 */', 'statement/unknown-effect'],
  ['CREATE PROCEDURE p() BEGIN SELECT 1; END $$', 'statement/invalid'],
  ['CREATE PROCEDURE other.p() SELECT 1', 'statement/unknown-effect'],
  ['CREATE PROCEDURE p() SELECT', 'statement/invalid'],
  ['CREATE DEFINER = somebody PROCEDURE p() SELECT 1', 'statement/unknown-effect'],
  ['ALTER PROCEDURE p SQL SECURITY INVOKER', 'statement/unknown-effect'],
  ['CREATE PACKAGE p AS PROCEDURE q(); END', 'statement/unknown-effect'],
  ['CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM log', 'statement/unknown-effect'],
  ['DROP PROCEDURE nowhere', 'statement/invalid'],
  ['DROP FUNCTION other.f', 'statement/unknown-effect'],
] as const)('is refused: %s', async (sql, code) => {
  expect(await refused(sql)).toBe(code);
});
