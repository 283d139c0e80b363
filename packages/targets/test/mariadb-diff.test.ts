import { setTimeout as sleep } from 'node:timers/promises';
import { toHex } from '@countersign/codec';
import type { Cell, Diff } from '@countersign/diff';
import { openTarget } from '@countersign/targets';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MariadbSession } from '../src/mariadb/session.ts';
import {
  compareDumps,
  dump,
  dumpAfter,
  dumpTexts,
  linesOf,
  remaking,
  numbersTo,
  shops,
} from './mariadb-shop.ts';
import type { Dump, MariadbShop } from './mariadb-shop.ts';
import { codeOf, statement } from './temporary-database.ts';

describe.each(shops)('%s', (engine, startShop) => {
  let shop: MariadbShop;
  let queries: string;
  let untouched: Dump;
  beforeAll(async () => {
    shop = await startShop();
    await shop.remake(setup);
    queries = dumpTexts(shop);
    untouched = dump(shop, queries);
  }, 90_000);
  afterAll(() => shop.stop(), 60_000);

  const setup = `
  CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(20), c INT UNIQUE);
  INSERT INTO t SELECT seq, CONCAT('x', seq), seq FROM ${numbersTo(20)};
  CREATE TABLE made (id INT AUTO_INCREMENT PRIMARY KEY, at DATETIME(6) DEFAULT CURRENT_TIMESTAMP(6), u CHAR(36) DEFAULT (UUID()), v VARCHAR(9), n INT DEFAULT 7);
  CREATE TABLE parent (id INT PRIMARY KEY, v INT);
  CREATE TABLE child (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES parent (id) ON DELETE CASCADE ON UPDATE CASCADE);
  CREATE TABLE orphan (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES parent (id) ON DELETE SET NULL ON UPDATE SET NULL);
  INSERT INTO parent VALUES (1, 1), (2, 2), (3, 3); INSERT INTO child VALUES (1, 1), (2, 1), (3, 2); INSERT INTO orphan VALUES (1, 1), (2, 3);
  CREATE TABLE heap (a INT, b VARCHAR(9)); INSERT INTO heap VALUES (1, 'x'), (1, 'x'), (2, NULL), (2, '');
  CREATE TABLE part (id INT, k INT, v INT, PRIMARY KEY (id, k)) PARTITION BY HASH (k) PARTITIONS 3; INSERT INTO part SELECT seq, seq, seq FROM ${numbersTo(9)};
  CREATE TABLE computed (id INT PRIMARY KEY, v INT, w INT AS (v * 2) STORED, x VARCHAR(9) AS (CONCAT('v', v)) VIRTUAL); INSERT INTO computed (id, v) VALUES (1, 1), (2, 2);
  CREATE TABLE watched (id INT PRIMARY KEY, v INT); INSERT INTO watched VALUES (1, 1), (2, 2);
  CREATE TABLE log (what VARCHAR(9), was INT, is_now INT);
  CREATE TRIGGER w_i AFTER INSERT ON watched FOR EACH ROW INSERT INTO log VALUES ('insert', NULL, NEW.v);
  CREATE TRIGGER w_u AFTER UPDATE ON watched FOR EACH ROW INSERT INTO log VALUES ('update', OLD.v, NEW.v);
  CREATE TRIGGER w_d BEFORE DELETE ON watched FOR EACH ROW UPDATE t SET c = NULL WHERE a = OLD.id;
  CREATE TABLE Watched2 (a INT PRIMARY KEY); CREATE TABLE \`Log 2\` (a INT); CREATE TRIGGER \`Note 2\` AFTER INSERT ON Watched2 FOR EACH ROW INSERT INTO \`Log 2\` VALUES (NEW.a);
  CREATE TABLE pair (a VARCHAR(9), b INT, v INT, PRIMARY KEY (a, b)); INSERT INTO pair VALUES ('x', 1, 1), ('x', 2, 2), ('y', 1, 3);
  CREATE TABLE odd (f FLOAT PRIMARY KEY, v INT); INSERT INTO odd VALUES (0.1, 1), (0.5, 2);
  CREATE TABLE uniq (a INT NOT NULL UNIQUE, v INT); INSERT INTO uniq VALUES (1, 1), (2, 2);
`;
  /** A test that changes the database, and leaves it as it was. */
  const changing = remaking(() => shop, setup);

  const dryRun = async (...texts: string[]): Promise<Diff> =>
    (await shop.target.dryRun(texts.map((sql) => statement(sql)))).diff;

  const exact: readonly (readonly [what: string, ...texts: string[]])[] = [
  ['a row by its key', "UPDATE t SET b = 'y' WHERE a = 3"],
  ['rows with ORDER BY and LIMIT', "UPDATE t AS q SET b = 'y' WHERE q.a > 3 ORDER BY q.a DESC LIMIT 4"],
  ['another key', 'UPDATE t SET a = a + 100 WHERE a < 4'],
  ['keys moved along', 'UPDATE t SET a = a + 1 ORDER BY a DESC'],
  ['text to NULL, NULL to the empty text', "UPDATE heap SET b = IF(b = 'x', NULL, IFNULL(b, ''))"],
  ['rows inserted', "INSERT INTO t VALUES (30, 'n', 30), (31, 'm', NULL)"],
  ['rows by SET', "INSERT INTO t SET a = 40, b = 'n'"],
  ['rows of a query', "INSERT INTO t SELECT a + 100, b, NULL FROM t WHERE a < 5"],
  ['IGNORE on the key and on another', "INSERT IGNORE INTO t VALUES (1, 'no', 50), (51, 'no', 2), (52, 'yes', 52)"],
  ['IGNORE in an update', 'UPDATE IGNORE t SET c = c + 1 WHERE a > 10'],
  ['an upsert that finds its row', "INSERT INTO t VALUES (5, 'up', 5), (60, 'new', 60) ON DUPLICATE KEY UPDATE b = VALUES(b)"],
  ['an upsert that finds another row', "INSERT INTO t VALUES (70, 'up', 6) ON DUPLICATE KEY UPDATE b = CONCAT(b, '!')"],
  ['REPLACE of one row and of two', "REPLACE INTO t VALUES (5, 'r', 5), (6, 's', 7), (80, 't', 80)"],
  ['rows deleted', 'DELETE FROM t WHERE a IN (1, 2) OR c = 9'],
  ['all rows', 'DELETE FROM t'],
  ['a cascade', 'DELETE FROM parent WHERE id = 1'],
  ['a cascade of a new key', 'UPDATE parent SET id = id + 10 WHERE id <> 2'],
  ['rows deleted of several tables', 'DELETE t, parent FROM t JOIN parent ON parent.id = t.a WHERE parent.id > 1'],
  ['rows updated of several tables', 'UPDATE t JOIN parent ON parent.id = t.a SET t.b = parent.v, parent.v = t.c + 1'],
  ['an alias with the name of another table, behind that of the database', 'UPDATE t AS x JOIN parent AS t ON x.a = t.id SET shop.t.v = 99'],
  ['triggers', 'UPDATE watched SET v = v + 1', 'INSERT INTO watched VALUES (9, 9)', 'DELETE FROM watched WHERE id = 2'],
  ['a trigger whose names have capitals and blanks', 'INSERT INTO Watched2 VALUES (1), (2)'],
  ['partitions and a row that moves', 'UPDATE part SET k = k + 1 WHERE id < 4', 'DELETE FROM part WHERE id = 9'],
  ['computed columns', 'UPDATE computed SET v = 5 WHERE id = 1', 'INSERT INTO computed (id, v) VALUES (3, 3)'],
  ['a table without a key, equal rows', 'DELETE FROM heap WHERE a = 1 LIMIT 1', "INSERT INTO heap VALUES (2, '')"],
  ['a key of two columns', "INSERT INTO pair VALUES ('x', 3, 1), ('z', 1, 1)", "UPDATE pair SET v = 9 WHERE a = 'x'"],
  ['a key of a type that is not found again', 'UPDATE odd SET v = 9'],
  ['a unique index for a key', 'UPDATE uniq SET v = 9 WHERE a = 1', 'INSERT INTO uniq VALUES (3, 3)'],
  ['one row by several statements', "UPDATE t SET b = 'y' WHERE a = 1", "UPDATE t SET c = 99 WHERE a = 1", "INSERT INTO t VALUES (90, 'n', 90)", 'DELETE FROM t WHERE a = 90'],
  ['a condition that is not the same twice', 'UPDATE t SET b = a WHERE a % 2 = 0 AND RAND() >= 0'],
  ['a subquery', 'UPDATE t SET b = (SELECT MAX(v) FROM parent) WHERE a IN (SELECT id FROM child)'],
  ['a key in another case', "INSERT INTO pair VALUES ('q', 1, 1)", "UPDATE pair SET a = 'Q' WHERE a = 'q'"],
  ['a read beside', 'SELECT * FROM t', "UPDATE t SET b = 'y' WHERE a = 3"],
]; // prettier-ignore
  for (const [what, ...texts] of exact) {
    test(`exact: ${what}`, async () => {
      const { diff } = await shop.target.dryRun(texts.map((sql) => statement(sql)));
      expect(compareDumps(untouched, dump(shop, queries))).toEqual([]);
      const expected = compareDumps(untouched, dumpAfter(shop, texts, queries));
      expect(linesOf(diff)).toEqual(expected);
      expect(expected.length).toBeGreaterThan(0);
    });
  }

  test('a row changed back, and one set to what it was, are no change', async () => {
    expect((await dryRun("UPDATE t SET b = 'y'", "UPDATE t SET b = CONCAT('x', a)")).tables).toEqual([]);
    expect((await dryRun('UPDATE t SET b = b')).tables).toEqual([]);
    expect((await dryRun('SELECT * FROM t')).tables).toEqual([]);
    expect((await dryRun("INSERT INTO t VALUES (50, 'n', 50)", 'DELETE FROM t WHERE a = 50')).tables).toEqual(
      [],
    );
  });

  changing('every column keeps its type, and NULL is not the empty text', async () => {
    shop.sql(`CREATE TABLE kinds (k INT PRIMARY KEY, e ENUM('glad', 'sad'), s SET('a', 'b', 'c'), n DECIMAL(30, 4), d DATE, z DATETIME(3), ts TIMESTAMP NULL, tm TIME(2), y YEAR,
      f FLOAT, g DOUBLE, o BOOLEAN, l BIGINT, ul BIGINT UNSIGNED, bits BIT(5), j JSON, bl BLOB, vb VARBINARY(9), ch CHAR(5), tx TEXT, la VARCHAR(9) CHARACTER SET latin1, pt POINT${engine === 'mariadb' ? ', uu UUID, i6 INET6' : ', vec VECTOR(2), doc JSON'});
    INSERT INTO kinds VALUES (1, 'glad', 'a,c', 1.5, '2024-02-29', '2024-02-29 12:00:00.120', '2024-02-29 12:00:00', '-100:00:01.5', 2024, 0.1, 1, TRUE, -9007199254740993, 18446744073709551615, b'10101',
      '{"k": 1}', x'00ff', x'', 'é', '', 'é', ST_GeomFromText('POINT(1 2)'), ${engine === 'mariadb' ? "'123e4567-e89b-12d3-a456-426655440000', '::1'" : "TO_VECTOR('[1, 2]'), '[1, null]'"})`);
    const diff = await dryRun(
      "UPDATE kinds SET e = 'sad', s = '', n = 2.5, z = NULL, f = 16777216, g = 1e300, o = 0, l = 2, bits = 0, bl = x'', ch = NULL, tx = NULL, d = '0000-00-00'",
    );
    const [table] = diff.tables;
    const [change] = table?.changes ?? [];
    const cells = Object.fromEntries(
      (table?.columns ?? []).map((name, index) => [name, [change?.before?.[index], change?.after?.[index]]]),
    );
    const text = (value: string): Cell => ({ type: 'text', value });
    const number = (value: string): Cell => ({ type: 'number', value });
    const none: Cell = { type: 'null' };
    expect(cells).toMatchObject({
    e: [text('glad'), text('sad')], s: [text('a,c'), text('')], n: [number('1.5000'), number('2.5000')], d: [text('2024-02-29'), text('0000-00-00')],
    z: [text('2024-02-29 12:00:00.120'), none], ts: [text('2024-02-29 12:00:00'), text('2024-02-29 12:00:00')], tm: [text('-100:00:01.5'), text('-100:00:01.5')],
    y: [{ type: 'integer', value: 2024 }, { type: 'integer', value: 2024 }], f: [number('0.1'), number('16777216.0')], g: [number('1.0'), number('1e+300')],
    l: [number('-9007199254740993'), { type: 'integer', value: 2 }], ul: [number('18446744073709551615'), number('18446744073709551615')],
    bits: [{ type: 'bytes', value: Uint8Array.of(21) }, { type: 'bytes', value: Uint8Array.of(0) }], j: [text('{"k": 1}'), text('{"k": 1}')],
    bl: [{ type: 'bytes', value: Uint8Array.of(0, 255) }, { type: 'bytes', value: new Uint8Array() }], vb: [{ type: 'bytes', value: new Uint8Array() }, { type: 'bytes', value: new Uint8Array() }],
    ch: [text('é'), none], tx: [text(''), none], la: [text('é'), text('é')],
    ...(engine === 'mariadb'
      ? { i6: [text('::1'), text('::1')], uu: [text('123e4567-e89b-12d3-a456-426655440000'), text('123e4567-e89b-12d3-a456-426655440000')] }
      : { doc: [text('[1, null]'), text('[1, null]')], vec: [{ type: 'bytes', value: Uint8Array.of(0, 0, 128, 63, 0, 0, 0, 64) }, { type: 'bytes', value: Uint8Array.of(0, 0, 128, 63, 0, 0, 0, 64) }] }),
  }); // prettier-ignore
  });

  changing('parameters lose nothing on their way', async () => {
    shop.sql(
      'CREATE TABLE p (k INT PRIMARY KEY, l BIGINT UNSIGNED, n DECIMAL(40, 10), g DOUBLE, v VARCHAR(40), b BLOB)',
    );
    const number = (value: string): Cell => ({ type: 'number', value });
    const params: Cell[] = [
    { type: 'integer', value: 1 }, number('18446744073709551615'), number('123456789012345678901234567890.0123456789'), number('0.1'),
    { type: 'integer', value: 9007199254740991 }, { type: 'bytes', value: Uint8Array.of(0, 128, 255) },
  ]; // prettier-ignore
    const { diff } = await shop.target.dryRun([
      statement('INSERT INTO p VALUES (?, ?, ?, ?, ?, ?)', ...params),
    ]);
    expect(diff.tables[0]?.changes[0]?.after).toEqual(
      params.with(4, { type: 'text', value: '9007199254740991' }),
    );
    expect(await codeOf(shop.target.dryRun([statement('DELETE FROM t WHERE a = ?', number('Infinity'))]))).toBe('statement/bad-parameter'); // prettier-ignore
    const limited = await shop.target.dryRun([statement('DELETE FROM t WHERE a > ? LIMIT ?', ...[3, 2].map((value): Cell => ({ type: 'integer', value })))]); // prettier-ignore
    expect(limited.diff.tables[0]).toMatchObject({ deleted: 2 });
  });

  if (engine === 'mariadb') {
    test('rows that a statement returns are counted as changed, those of a query not', async () => {
      const counts = async (...texts: string[]): Promise<readonly number[]> =>
        (await shop.target.dryRun(texts.map((sql) => statement(sql)))).statements.map(
          ({ changed }) => changed,
        );
      expect(
        await counts(
          "INSERT INTO t VALUES (30, 'n', 30), (31, 'm', NULL) RETURNING a",
          'DELETE FROM t WHERE a < 4 RETURNING a, b',
          'SELECT * FROM t',
        ),
      ).toEqual([2, 3, 0]);
      // No table need be compared whole for numbers that the engine gave: it says the first one.
      const numbered = [statement("INSERT INTO made (v) VALUES ('a'), ('b') RETURNING id")];
      const { diff } = await shop.target.dryRun(numbered, { rowsScannedMax: 0 });
      expect(diff.tables[0]).toMatchObject({ table: 'shop.made', inserted: 2 });
    });
  }

  test('what the engine makes up is shown and not bound, and the counter that moves is named', async () => {
    const insert = [statement("INSERT INTO made (v) VALUES ('a'), ('b')")];
    const first = await shop.target.dryRun(insert);
    const second = await shop.target.dryRun(insert);
    expect(toHex(first.digest)).toBe(toHex(second.digest));
    expect(first.diff.tables[0]).toMatchObject({ generated: [0, 1, 2], inserted: 2, key: [0] });
    expect(first.diff.notPreviewed).toEqual([
      'AUTO_INCREMENT counter of table shop.made moves, also when nothing is committed',
    ]);
    expect(new Map(first.diff.environment).get('made_by_engine')).toMatch(/current_timestamp\(6\)/i);
  });

  const left: readonly (readonly [what: string, generated: readonly number[], ...texts: string[]])[] = [
  ['NULL and DEFAULT for the number', [0, 1, 2], "INSERT INTO made VALUES (NULL, DEFAULT, DEFAULT, 'a', 1), (0, DEFAULT, DEFAULT, 'b', 2)"],
  ['no row of values', [0, 1, 2], 'INSERT INTO made () VALUES ()'],
  ['a query', [0, 1, 2], 'INSERT INTO made (v) SELECT b FROM t WHERE a < 3'],
  ['a number that is given', [1, 2], "INSERT INTO made (id, v) VALUES (5, 'a')"],
  ['a number given in one row of two', [1, 2], "INSERT INTO made (id, v) VALUES (5, 'a'), (NULL, 'b')"],
  ['a query that gives it', [1, 2], "INSERT INTO made (id, v) SELECT NULL, 'a'"],
  ['a time that is given', [0, 2], "INSERT INTO made (at, v) VALUES ('2024-01-01', 'a')"],
  ['NULL for a time', [0, 2], "INSERT INTO made (at, v) VALUES (NULL, 'a')"],
  ['a later update of the time', [0, 2], "INSERT INTO made (v) VALUES ('a')", "UPDATE made SET at = '2024-01-01'"],
  ['a later update of something else', [0, 1, 2], "INSERT INTO made (v) VALUES ('a')", "UPDATE made SET v = 'b'"],
  ['a later update of the key', [], "INSERT INTO made (v) VALUES ('a')", 'UPDATE made SET id = 500'],
  ['an upsert that sets the time', [0, 2], "INSERT INTO made (v) VALUES ('a') ON DUPLICATE KEY UPDATE at = NULL"],
  ['a trigger elsewhere', [], "INSERT INTO made (v) VALUES ('a')", 'UPDATE watched SET v = 0'],
]; // prettier-ignore
  for (const [what, generated, ...texts] of left) {
    test(`left to the engine: ${what}`, async () => {
      const { tables } = await dryRun(...texts);
      expect(tables.find(({ table }) => table === 'shop.made')?.generated).toEqual(generated);
    });
  }

  if (engine === 'mariadb') {
    changing('a sequence behind a default is named', async () => {
      shop.sql('CREATE SEQUENCE s; CREATE TABLE numbered (id INT PRIMARY KEY DEFAULT NEXTVAL(s), v INT)');
      const { notPreviewed, tables } = await dryRun('INSERT INTO numbered (v) VALUES (1)');
      expect([notPreviewed, tables[0]?.generated]).toEqual([
        ['sequence nextval(`shop`.`s`) moves, also when nothing is committed'],
        [0],
      ]);
    });
  }

  const refused: readonly (readonly [what: string, text: string, code: string])[] = [
  ['a schema change', 'ALTER TABLE t ADD c2 INT', 'statement/changes-schema'],
  ['TRUNCATE', 'TRUNCATE t', 'statement/changes-schema'],
  ['a table made', 'CREATE TABLE u AS SELECT * FROM t', 'statement/changes-schema'],
  ['a temporary table', 'CREATE TEMPORARY TABLE u (a INT)', 'statement/changes-schema'],
  ['a right', 'GRANT ALL ON shop.* TO owner@localhost', 'statement/changes-schema'],
  ['a transaction', 'COMMIT', 'statement/transaction-control'],
  ['a transaction by a setting', 'SET autocommit = 1', 'statement/transaction-control'],
  ['another setting', 'SET foreign_key_checks = 0', 'statement/unknown-verb'],
  ['CALL, which may commit', 'CALL p()', 'statement/unknown-verb'],
  ['a compound block', 'BEGIN NOT ATOMIC DELETE FROM t; COMMIT; END', 'statement/transaction-control'],
  ['a text run as a statement', "EXECUTE IMMEDIATE 'COMMIT'", 'statement/unknown-verb'],
  ['LOAD DATA', "LOAD DATA INFILE '/etc/passwd' INTO TABLE t", 'statement/unknown-verb'],
  ['an executable comment', '/*!50000 COMMIT */', 'statement/unknown-verb'],
  ['an executable comment behind a verb', 'DELETE FROM t /*!50000 WHERE a = 1 */', 'statement/unknown-effect'],
  ['a file written', "SELECT * FROM t INTO OUTFILE '/tmp/countersign-no'", 'statement/denied'],
  ['two statements', 'DELETE FROM t; COMMIT', 'statement/several'],
  ['a stored function', 'UPDATE t SET c = f()', 'statement/unknown-effect'],
  ['a lock that outlives the transaction', "UPDATE t SET c = GET_LOCK('x', 1)", 'statement/unknown-effect'],
  ['a trigger that is not read', 'INSERT INTO opaque VALUES (1)', 'statement/unknown-effect'],
  ['a trigger that writes MyISAM', 'INSERT INTO sly VALUES (1)', 'statement/not-transactional'],
  ['MyISAM', 'DELETE FROM old', 'statement/not-transactional'],
  ['MEMORY', 'DELETE FROM memory', 'statement/not-transactional'],
  ['a view', 'DELETE FROM v', 'statement/unknown-effect'],
  ['our own tables', 'DELETE FROM _countersign_runs', 'statement/own-tables'],
  ['nothing', ' -- x', 'statement/empty'],
  ['a broken constraint', "INSERT INTO t VALUES (1, 'x', 1)", 'statement/constraint'],
  ['a broken foreign key', 'INSERT INTO child VALUES (50, 99)', 'statement/constraint'],
  ['a value of another type', "UPDATE t SET c = 'secret'", 'statement/failed'],
  ['a table that is not there', 'DELETE FROM nowhere', 'statement/invalid'],
  ['a column that is not there', 'UPDATE t SET nowhere = 1', 'statement/invalid'],
  ['a trigger that says no', "INSERT INTO strict VALUES (1)", 'statement/failed'],
]; // prettier-ignore
  const refusedOnMariadb: typeof refused = [
  ['a sequence called', 'UPDATE t SET c = NEXTVAL(sq)', 'statement/unknown-effect'],
  ['a sequence', 'INSERT INTO sq VALUES (1, 1, 1, 1, 1, 1, 1, 1)', 'statement/unknown-effect'],
  ['Aria', 'DELETE FROM aria', 'statement/not-transactional'],
  ['a table with a history', 'DELETE FROM versioned', 'statement/system-versioned'],
]; // prettier-ignore
  changing('what cannot be tried and taken back is refused, and nothing stays', async () => {
    shop.sql(
      `CREATE FUNCTION f() RETURNS INT RETURN 1; CREATE VIEW v AS SELECT * FROM t;
     CREATE TABLE old (a INT) ENGINE = MyISAM; CREATE TABLE memory (a INT) ENGINE = MEMORY;
     INSERT INTO old VALUES (1); INSERT INTO memory VALUES (1);
     CREATE TABLE sly (a INT PRIMARY KEY); CREATE TRIGGER sly AFTER INSERT ON sly FOR EACH ROW INSERT INTO old VALUES (NEW.a);
     CREATE PROCEDURE p() DELETE FROM t; CREATE TABLE opaque (a INT PRIMARY KEY); CREATE TRIGGER opaque AFTER INSERT ON opaque FOR EACH ROW CALL p();
     CREATE TABLE strict (a INT PRIMARY KEY); CREATE TRIGGER strict BEFORE INSERT ON strict FOR EACH ROW SIGNAL SQLSTATE '45000'`,
    );
    if (engine === 'mariadb') {
      shop.sql(`CREATE SEQUENCE sq; CREATE TABLE aria (a INT) ENGINE = Aria; INSERT INTO aria VALUES (1);
        CREATE TABLE versioned (a INT) WITH SYSTEM VERSIONING; INSERT INTO versioned VALUES (1)`);
    }
    const before = dump(shop);
    for (const [what, text, code] of [...refused, ...(engine === 'mariadb' ? refusedOnMariadb : [])]) {
      expect(await codeOf(shop.target.dryRun([statement(text)])), what).toBe(code);
    }
    expect(compareDumps(before, dump(shop))).toEqual([]);
    const failed = await shop.target.dryRun([statement("UPDATE t SET c = 'secret'")]).catch(String);
    expect(failed).not.toContain('secret');
  });

  test('an account that does not see what the proof takes is refused', async () => {
    const as = (user: string): Promise<string> =>
      codeOf(
        openTarget({ name: 'x', url: shop.url(user) }).dryRun([
          statement("UPDATE t SET b = 'y' WHERE a = 1"),
        ]),
      );
    shop.server
      .sql(`DROP USER IF EXISTS blind@localhost; CREATE USER blind@localhost; GRANT SELECT, INSERT, UPDATE, DELETE, TRIGGER ON shop.* TO blind@localhost;
    DROP USER IF EXISTS dull@localhost; CREATE USER dull@localhost; GRANT SELECT, INSERT, UPDATE, DELETE ON shop.* TO dull@localhost; GRANT PROCESS ON *.* TO dull@localhost`);
    expect(await as('blind')).toBe('target/rights');
    expect(await as('dull')).toBe('target/rights');
    // The server takes the more specific of two names, and names by their case.
    shop.server.sql(
      'GRANT SELECT, TRIGGER ON `sho%`.* TO dull@localhost; GRANT TRIGGER ON SHOP.* TO dull@localhost',
    );
    expect(await as('dull')).toBe('target/rights');
    shop.server.sql('GRANT TRIGGER ON shop.t TO dull@localhost');
    await expect(as('dull')).rejects.toThrow('expected a refusal');
    shop.server.sql(
      'REVOKE TRIGGER ON shop.t FROM dull@localhost; GRANT TRIGGER ON shop.* TO dull@localhost',
    );
    await expect(as('dull')).rejects.toThrow('expected a refusal');
  });

  test('a query for keys that fails ends the dry run: it may have ended the transaction', async () => {
    const text = 'INSERT IGNORE INTO t (a) VALUES (9223372036854775807 + 1)';
    expect(await codeOf(shop.target.dryRun([statement(text)]))).toBe('statement/failed');
  });

  test('a key of a table that the account does not see is found by the count', async () => {
    shop.server
      .sql(`DROP DATABASE IF EXISTS other; CREATE DATABASE other; CREATE TABLE other.far (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES shop.parent (id) ON DELETE CASCADE);
    INSERT INTO other.far VALUES (1, 3)`);
    expect(await codeOf(shop.target.dryRun([statement('DELETE FROM parent WHERE id = 3')]))).toBe(
      'target/rights',
    );
    shop.server.sql('DROP DATABASE other');
  });

  test('a key of a table among those of the server itself is found by the count', async () => {
    shop.server
      .sql(`CREATE TABLE sys.far (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES shop.parent (id) ON DELETE CASCADE);
    INSERT INTO sys.far VALUES (1, 3); GRANT SELECT ON sys.* TO owner@localhost`);
    const code = await codeOf(shop.target.dryRun([statement('DELETE FROM parent WHERE id = 3')]));
    shop.server.sql('DROP TABLE sys.far; REVOKE SELECT ON sys.* FROM owner@localhost');
    expect(code).toBe('target/rights');
  });

  changing(
    'rows, bytes and time are bounded, more rows than are imaged are a sample, and no session is left',
    async () => {
      const all = [statement("UPDATE t SET b = 'y'")];
      expect(await codeOf(shop.target.dryRun(all, { rowsMax: 5 }))).toBe('limit/rows');
      expect(await codeOf(shop.target.dryRun(all, { bytesMax: 50 }))).toBe('limit/bytes');
      const scanned = [statement('UPDATE watched SET v = 0')];
      expect(await codeOf(shop.target.dryRun(scanned, { rowsScannedMax: 3 }))).toBe('limit/rows');
      shop.sql(`CREATE TABLE part0 AS SELECT seq AS a FROM ${numbersTo(50)}`);
      const slow = [
        statement(
          'UPDATE t SET c = (SELECT SUM(x.a * y.a * z.a * w.a * v.a * u.a) FROM part0 x JOIN part0 y JOIN part0 z JOIN part0 w JOIN part0 v JOIN part0 u)',
        ),
      ];
      expect(await codeOf(shop.target.dryRun(slow, { timeoutMs: 1_500 }))).toBe('limit/time');
      const { diff } = await shop.target.dryRun(all, { rowsImagedMax: 4 });
      expect(diff.complete).toBe(false);
      expect(diff.tables[0]).toMatchObject({ updated: 20 });
      expect(diff.tables[0]?.changes).toHaveLength(4);
      const other = new MariadbSession(shop.account);
      await other.control('START TRANSACTION');
      await other.own("UPDATE t SET b = 'held' WHERE a = 1");
      expect(await codeOf(shop.target.dryRun(all, { busyMs: 100 }))).toBe('target/busy');
      await other.end();
      await sleep(200);
      expect(shop.ownersLeft()).toBe(0);
    },
    60_000,
  );

  test('rows that others hold, have changed meanwhile or change right after are not taken for changed', async () => {
    const other = new MariadbSession(shop.account);
    await other.control('START TRANSACTION');
    await other.own("UPDATE t SET b = 'not yet' WHERE a = 1");
    const { tables } = await dryRun("UPDATE t SET b = 'z' WHERE a IN (5, 11)");
    await other.end();
    expect(tables[0]).toMatchObject({ table: 'shop.t', updated: 2, inserted: 0, deleted: 0 });
  });

  test('many dry runs at once each get a count of their own', async () => {
    const diffs = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        dryRun(`UPDATE t SET b = 'z' WHERE a BETWEEN ${index + 1} AND ${index + 1}`),
      ),
    );
    expect(diffs.map((diff) => diff.tables[0]?.updated)).toEqual(Array<number>(8).fill(1));
  }, 60_000);

  test('a dry run may have an account of its own, on the same database', async () => {
    shop.server
      .sql(`DROP USER IF EXISTS tester@localhost; CREATE USER tester@localhost; GRANT SELECT, INSERT, UPDATE, DELETE, TRIGGER ON *.* TO tester@localhost; GRANT PROCESS ON *.* TO tester@localhost;
    DROP DATABASE IF EXISTS elsewhere; CREATE DATABASE elsewhere`);
    const make = (url: string): Promise<unknown> =>
      openTarget({ name: 'x', url: shop.url('owner'), password: () => 'owner', dryRun: { url } }).dryRun([
        statement('DELETE FROM t WHERE a = 1'),
      ]);
    expect(await make(shop.url('tester'))).toMatchObject({ statements: [{ changed: 1 }] });
    expect(await codeOf(make(shop.url('tester').replace('/shop', '/elsewhere')))).toBe(
      'target/other-database',
    );
  });
});
