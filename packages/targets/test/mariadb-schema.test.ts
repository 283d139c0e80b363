import type { Diff } from '@countersign/diff';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startMariadbShop } from './mariadb-shop.ts';
import type { MariadbShop } from './mariadb-shop.ts';
import { changesOf, countsOf, tryDefinition } from './mariadb-trying.ts';
import { codeOf, statement } from './temporary-database.ts';

let shop: MariadbShop;
beforeAll(async () => {
  shop = await startMariadbShop([], '/usr/sbin/mariadbd');
}, 90_000);
afterAll(() => shop.stop(), 60_000);

const setup = `CREATE TABLE t (a INT PRIMARY KEY AUTO_INCREMENT, b VARCHAR(20) DEFAULT 'x', c INT NOT NULL DEFAULT 0);
  INSERT INTO t (b, c) VALUES ('one', 1), (NULL, 2), ('three', 3);
  CREATE TABLE u (a INT, n INT UNIQUE, FOREIGN KEY (a) REFERENCES t (a)); INSERT INTO u VALUES (1, 1), (2, 2);
  CREATE TABLE w (x INT PRIMARY KEY);
  CREATE DEFINER = owner@localhost VIEW v AS SELECT a, b FROM t; CREATE VIEW vv AS SELECT a FROM v WHERE b = 'é';
  CREATE SEQUENCE s; CREATE TABLE g (d BIGINT DEFAULT (NEXT VALUE FOR s), e INT AS (d + 1)) DEFAULT CHARSET latin1;
  CREATE TRIGGER tr AFTER DELETE ON u FOR EACH ROW DELETE FROM w WHERE x = OLD.n;
  CREATE DEFINER = owner@localhost PROCEDURE pr() SELECT 1; CREATE DEFINER = owner@localhost FUNCTION fu() RETURNS INT RETURN 1;
  CREATE TABLE p (k INT, PRIMARY KEY (k)) PARTITION BY RANGE (k) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE)`;
beforeEach(() => shop.remake(setup), 30_000);

const settingsOf = ({ environment }: Diff): string[] =>
  environment.flatMap(([name, value]) =>
    /^(?:lock|rewrite|dropped) /.test(name) ? [`${name}: ${value.replace(/:.*/, '')}`] : [],
  );

interface Case {
  readonly sql: string;
  readonly schema: readonly string[];
  readonly rows?: readonly string[];
  readonly settings?: readonly string[];
  /** What must be among the words on what was not previewed. */
  readonly unseen?: readonly string[];
}
const moment = (table: string): string => `lock shop.${table}: nobody else can use it for a moment`;
const allows =
  'whether the rows of shop.t allow it: duplicates, NULL and values that do not fit make it fail';

const cases: readonly Case[] = [
  { sql: 'CREATE TABLE n (a INT)', schema: ['+ table shop.n'] },
  { sql: 'CREATE TABLE n LIKE t', schema: ['+ table shop.n'] },
  { sql: 'CREATE TABLE n (a INT, FOREIGN KEY (a) REFERENCES w (x))', schema: ['+ table shop.n'] },
  { sql: 'CREATE OR REPLACE TABLE w (y INT)', schema: ['~ table shop.w'], settings: [moment('w')] },
  { sql: 'CREATE TABLE IF NOT EXISTS t (z INT)', schema: [], settings: [moment('t')] },
  { sql: 'ALTER TABLE t ADD COLUMN d INT', schema: ['~ table shop.t'], settings: ['lock shop.t: INSTANT'], unseen: [allows, 'values of new columns in the rows of shop.t: d'] },
  { sql: 'ALTER TABLE t ADD COLUMN d INT FIRST, ALGORITHM=COPY', schema: ['~ table shop.t'], settings: ['lock shop.t: as the text says'] },
  { sql: 'ALTER TABLE t DROP COLUMN b', schema: ['~ table shop.t', '~ view shop.v'], rows: ['shop.t +0 ~2 -0'], settings: ['lock shop.t: INSTANT', 'dropped shop.t: b'] },
  { sql: 'ALTER TABLE t DROP b, ADD b INT', schema: ['~ table shop.t'], rows: ['shop.t +0 ~2 -0'], settings: ['lock shop.t: INSTANT', 'dropped shop.t: b'], unseen: ['values of new columns in the rows of shop.t: b'] },
  { sql: 'ALTER TABLE t DROP b, DROP c, RENAME TO tt', schema: ['~ table shop.tt', '~ table shop.u', '~ view shop.v'], rows: ['shop.tt +0 ~3 -0'], settings: ['lock shop.t: INSTANT', 'dropped shop.tt: b, c'] },
  { sql: 'ALTER TABLE t CHANGE b bb VARCHAR(20)', schema: ['~ table shop.t', '~ view shop.v'], settings: ['lock shop.t: INSTANT'] },
  { sql: 'ALTER TABLE t RENAME COLUMN b TO bb', schema: ['~ table shop.t', '~ view shop.v'], settings: ['lock shop.t: INSTANT'] },
  { sql: 'ALTER TABLE t MODIFY b VARCHAR(7)', schema: ['~ table shop.t'], settings: ['lock shop.t: COPY', 'rewrite shop.t: table'], unseen: ['values of columns of shop.t that get another type, where fractions may be rounded and spaces cut off: b (varchar(20) latin1_swedish_ci to varchar(7) latin1_swedish_ci)'] },
  { sql: 'ALTER TABLE t MODIFY c BIGINT UNSIGNED FIRST', schema: ['~ table shop.t'], settings: ['lock shop.t: COPY', 'rewrite shop.t: table'] },
  { sql: 'ALTER TABLE w FORCE', schema: [], settings: ['lock shop.w: INPLACE'] },
  { sql: 'ALTER TABLE t ADD UNIQUE (b), AUTO_INCREMENT = 9', schema: ['~ table shop.t'], settings: ['lock shop.t: NOCOPY'], unseen: ['the counter of AUTO_INCREMENT'] },
  { sql: 'ALTER TABLE t ADD CHECK (c >= 0)', schema: ['~ table shop.t'], settings: ['lock shop.t: COPY', 'rewrite shop.t: table'] },
  { sql: 'ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4', schema: ['~ table shop.t'], settings: ['lock shop.t: COPY', 'rewrite shop.t: table'] },
  { sql: 'ALTER TABLE w ADD FOREIGN KEY (x) REFERENCES t (a)', schema: ['~ table shop.w'], settings: ['lock shop.w: COPY', 'rewrite shop.w: table'] },
  { sql: 'CREATE INDEX i ON t (b)', schema: ['~ table shop.t'], settings: ['lock shop.t: NOCOPY'], unseen: [allows] },
  { sql: 'DROP INDEX n ON u', schema: ['~ table shop.u'], settings: ['lock shop.u: NOCOPY'] },
  { sql: 'DROP TABLE u', schema: ['- table shop.u', '- trigger shop.tr'], rows: ['shop.u +0 ~0 -2'], settings: [moment('u')] },
  { sql: 'DROP TABLE IF EXISTS u, nowhere', schema: ['- table shop.u', '- trigger shop.tr'], rows: ['shop.u +0 ~0 -2'], settings: [moment('u')] },
  { sql: 'RENAME TABLE w TO ww', schema: ['~ table shop.ww'], settings: [moment('w')] },
  { sql: 'RENAME TABLE t TO old, u TO t', schema: ['~ table shop.old', '~ table shop.t', '~ trigger shop.tr', '~ view shop.v'], settings: [moment('t'), moment('u')] },
  { sql: 'TRUNCATE TABLE u', schema: [], rows: ['shop.u +0 ~0 -2'], settings: [moment('u')] },
  { sql: 'CREATE VIEW n AS SELECT * FROM t', schema: ['+ view shop.n'] },
  { sql: "CREATE OR REPLACE VIEW v AS SELECT a, b, c FROM t WHERE b <> 'é'", schema: ['~ view shop.v'] },
  { sql: 'ALTER VIEW v AS SELECT a, b FROM t WHERE c > 1', schema: ['~ view shop.v'] },
  { sql: 'DROP VIEW vv', schema: ['- view shop.vv'] },
  { sql: 'DROP TRIGGER tr', schema: ['- trigger shop.tr'] },
  { sql: 'DROP TRIGGER IF EXISTS nowhere', schema: [] },
  { sql: 'CREATE TRIGGER n AFTER DELETE ON u FOR EACH ROW BEGIN DELETE FROM w WHERE x = 1; INSERT INTO w VALUES (1); END', schema: ['+ trigger shop.n'], settings: [moment('u')], unseen: ['what trigger shop.n does when rows of shop.u change: its text is stored as it is shown, and was not run'] },
  { sql: 'CREATE OR REPLACE TRIGGER tr AFTER DELETE ON u FOR EACH ROW SET @gone = OLD.n', schema: ['~ trigger shop.tr'], settings: [moment('u')] },
  { sql: 'CREATE SEQUENCE n START WITH 5 INCREMENT BY 3 MAXVALUE 99 CYCLE NOCACHE', schema: ['+ sequence shop.n'] },
  { sql: 'CREATE SEQUENCE IF NOT EXISTS s', schema: [] },
  { sql: 'DROP SEQUENCE s', schema: ['- sequence shop.s'], unseen: ['who takes values of sequence shop.s, which gets lost with its position: the next value that is not cached is 1 in cycle 0'] },
  { sql: 'DROP SEQUENCE IF EXISTS nowhere', schema: [] },
  { sql: 'CREATE PROCEDURE n(IN a INT) BEGIN DELETE FROM u WHERE n = a; SELECT 1; END', schema: ['+ other procedure shop.n'], unseen: ['what procedure shop.n does when it is called: its text is stored as it is shown, and was not run', 'privileges on procedure shop.n that the server gives to the account that makes it'] },
  { sql: 'CREATE OR REPLACE PROCEDURE pr() SQL SECURITY INVOKER SELECT 2', schema: ['~ other procedure shop.pr'] },
  { sql: 'CREATE PROCEDURE IF NOT EXISTS pr() SELECT 3', schema: [] },
  { sql: 'DROP PROCEDURE pr', schema: ['- other procedure shop.pr'], unseen: ['privileges on procedure shop.pr, which the server takes from every account that has any'] },
  { sql: 'DROP PROCEDURE IF EXISTS nowhere', schema: [] },
  { sql: 'CREATE FUNCTION pr(a VARCHAR(9)) RETURNS VARCHAR(9) DETERMINISTIC RETURN a', schema: ['+ function shop.pr'] },
  { sql: 'CREATE AGGREGATE FUNCTION n(x INT) RETURNS INT BEGIN DECLARE s INT DEFAULT 0; DECLARE CONTINUE HANDLER FOR NOT FOUND RETURN s; LOOP FETCH GROUP NEXT ROW; SET s = s + x; END LOOP; END', schema: ['+ function shop.n'] },
  { sql: 'DROP FUNCTION shop.fu', schema: ['- function shop.fu'] },
  { sql: 'CREATE TRIGGER IF NOT EXISTS tr BEFORE INSERT ON t FOR EACH ROW SET NEW.c = 1', schema: [], settings: [moment('t')] },
]; // prettier-ignore

test.each(cases)(
  '$sql',
  { timeout: 60_000 },
  async ({ sql, schema, rows = [], settings = [], unseen = [] }) => {
    const before = shop.sql('SHOW TABLES');
    const { diff, job } = await tryDefinition(shop, sql);
    expect(shop.sql('SHOW TABLES')).toBe(before);
    expect({ schema: changesOf(diff), rows: countsOf(diff), settings: settingsOf(diff) }).toEqual({
      schema,
      rows,
      settings,
    });
    expect(diff.notPreviewed).toEqual(expect.arrayContaining([...unseen]));
    // What was shown is what a run does: the schema afterwards is the one of the copy.
    const outcome = await shop.target.run(job);
    expect(outcome.kind, JSON.stringify(outcome)).toBe('executed');
    expect((await shop.target.run(job)).kind).toBe('already-ran');
  },
);

test.each([
  ['CREATE TABLE n ENGINE = MyISAM AS SELECT 1', 'statement/unknown-effect'],
  ['CREATE TABLE n AS SELECT * FROM t', 'statement/unknown-effect'],
  [
    "CREATE TABLE n (a INT) PARTITION BY HASH (a) (PARTITION p DATA  DIRECTORY '/tmp')",
    'statement/unknown-effect',
  ],
  ['CREATE TABLE n (a INT) ENGINE = MyISAM', 'statement/not-transactional'],
  ['ALTER TABLE w ENGINE = Aria', 'statement/not-transactional'],
  ['ALTER IGNORE TABLE t ADD UNIQUE (c)', 'statement/unknown-effect'],
  ['DROP TABLE t', 'statement/constraint'],
  ['DROP TABLE nowhere', 'statement/invalid'],
  ['DROP TABLE _countersign_runs', 'statement/own-tables'],
  ['CREATE TABLE mysql.n (a INT)', 'statement/unknown-effect'],
  ['RENAME TABLE w TO test.w', 'statement/unknown-effect'],
  ['DROP DATABASE shop', 'statement/unknown-effect'],
  ['CREATE USER x', 'statement/unknown-effect'],
  ['DROP TRIGGER IF EXISTS other.tr', 'statement/unknown-effect'],
  ['DROP TRIGGER nowhere', 'statement/failed'],
  ['CREATE OR REPLACE SEQUENCE w', 'statement/unknown-effect'],
  ['ALTER SEQUENCE s RESTART 9', 'statement/unknown-effect'],
  ['CREATE SEQUENCE n ENGINE = Aria', 'statement/not-transactional'],
  ['CREATE SEQUENCE other.n', 'statement/unknown-effect'],
  ['DROP SEQUENCE t', 'statement/failed'],
  ['DROP SEQUENCE nowhere', 'statement/failed'],
  ['CREATE TEMPORARY TABLE n (a INT)', 'statement/unknown-effect'],
  ['CREATE TABLE n (a INT); DROP TABLE u', 'statement/several'],
  ['ALTER TABLE', 'statement/unknown-effect'],
  ['GRANT SELECT ON shop.* TO owner@localhost', 'statement/changes-schema'],
  ['OPTIMIZE TABLE t', 'statement/changes-schema'],
] as const)('is refused: %s', async (sql, code) => {
  expect(await codeOf(shop.target.dryRun([statement(sql)]))).toBe(code);
});

test('a view that the copy cannot have is named, and what it names is not defined anew', async () => {
  shop.sql('CREATE FUNCTION f() RETURNS INT RETURN 1; CREATE VIEW lost AS SELECT f() AS one, x FROM w');
  const { diff, job } = await tryDefinition(shop, 'ALTER TABLE t ADD d INT');
  expect(diff.notPreviewed).toContain('views that could not be made on the copy: lost');
  expect((await shop.target.run(job)).kind).toBe('executed');
  expect(await codeOf(shop.target.dryRun([statement('ALTER TABLE w ADD d INT')]))).toBe('target/shadow');
  expect(await codeOf(shop.target.dryRun([statement('DROP VIEW lost')]))).toBe('target/shadow');
});

test('a sequence that moved since is not dropped', async () => {
  const { job } = await tryDefinition(shop, 'DROP SEQUENCE s');
  shop.sql('SELECT NEXT VALUE FOR s');
  expect((await shop.target.run(job)).kind).toBe('drifted');
});

test('more rows than are read get counted', async () => {
  const { diff } = await shop.target.dryRun([statement('DROP TABLE u')], { rowsScannedMax: 1 });
  expect(countsOf(diff)).toEqual(['shop.u +0 ~0 -2']);
  expect(diff.tables[0]?.changes).toEqual([]);
  expect(diff.notPreviewed).toContain('rows of table shop.u are counted, not shown (2 get lost)');
});
