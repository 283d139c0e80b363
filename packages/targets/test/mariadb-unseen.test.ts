import { openTarget } from '@countersign/targets';
import type { Cell, Diff } from '@countersign/diff';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultDryRunLimits } from '../src/limits.ts';
import { Rehearsal } from '../src/mariadb/rehearsal.ts';
import { linesOf, remaking, shops } from './mariadb-shop.ts';
import type { MariadbShop } from './mariadb-shop.ts';
import { codeOf, statement } from './temporary-database.ts';

/** What changed without standing in the diff, or looked as if it had not. */
describe.each(shops)('%s', (engine, startShop) => {
  let shop: MariadbShop;
  beforeAll(async () => {
    shop = await startShop();
    await shop.remake(setup);
  }, 90_000);
  afterAll(() => shop.stop(), 60_000);

  const setup = `
  CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(20), c INT UNIQUE); INSERT INTO t VALUES (1, 'x1', 1), (2, 'x2', 2);
  CREATE TABLE parent (id INT PRIMARY KEY, v INT); INSERT INTO parent VALUES (1, 1), (2, 2), (3, 3);
  CREATE TABLE orphan (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES parent (id) ON DELETE SET NULL ON UPDATE SET NULL);
  INSERT INTO orphan VALUES (1, 1), (2, 3);
`;
  /** A test that changes the database, and leaves it as it was. */
  const changing = remaking(() => shop, setup);

  const dryRun = async (...texts: string[]): Promise<Diff> =>
    (await shop.target.dryRun(texts.map((sql) => statement(sql)))).diff;

  const alike: readonly (readonly [what: string, type: string, before: string, after: string, shown: readonly [Cell['type'], string, string]])[] = [
    ['a code page with two codes for one character', 'VARCHAR(9) CHARACTER SET cp932', "x'8754'", "x'FA4A'", ['bytes', '8754', 'fa4a']],
    ['a code page with codes for none', 'VARCHAR(9) CHARACTER SET cp1250', "x'81'", "x'83'", ['bytes', '81', '83']],
    ['its question mark', 'VARCHAR(9) CHARACTER SET cp1250', "x'81'", "'?'", ['bytes', '81', '3f']],
    ['halves of characters', 'VARCHAR(9) CHARACTER SET ucs2', "x'D800'", "x'D801'", ['bytes', 'd800', 'd801']],
    ['the empty member and none', "ENUM('x', '')", "''", '0', ['integer', '2', '0']],
    ['zero with a sign', 'FLOAT', '0', '-0e0', ['number', '0.0', '-0.0']],
  ]; // prettier-ignore
  const alikeOnMariadb: typeof alike = [
    ['halves of characters in UTF-8', 'VARCHAR(9) CHARACTER SET utf8mb4', "x'EDA080'", "x'EDA081'", ['bytes', 'eda080', 'eda081']],
    ['ASCII that is none', 'VARCHAR(9) CHARACTER SET ascii', "x'81'", "x'83'", ['bytes', '81', '83']],
  ]; // prettier-ignore
  changing('values that look alike as texts are told apart', async () => {
    for (const [what, type, before, after, [cell, was, is]] of [...alike, ...(engine === 'mariadb' ? alikeOnMariadb : [])]) {
      // MariaDB keeps no sign of a zero.
      if (engine === 'mariadb' && type === 'FLOAT') continue;
      shop.sql(`DROP TABLE IF EXISTS alike; CREATE TABLE alike (k INT PRIMARY KEY, plain VARCHAR(9), v ${type}); INSERT IGNORE INTO alike VALUES (1, 'p', ${before}), (2, 'p', NULL)`);
      for (const rows of ['WHERE k = 1', 'WHERE k = (SELECT 1)']) {
        const { tables } = await dryRun(`UPDATE IGNORE alike SET v = ${after} ${rows}`);
        const change = tables[0]?.changes[0];
        const text = (one: Cell | undefined): readonly unknown[] => [one?.type, one?.type === 'bytes' ? Buffer.from(one.value).toString('hex') : one?.type === 'null' ? '' : String(one?.value)];
        expect([change?.before?.[1], text(change?.before?.[2]), text(change?.after?.[2])], what).toEqual([{ type: 'text', value: 'p' }, [cell, was], [cell, is]]);
      }
    }
  }); // prettier-ignore

  changing('a text that holds the sign for what cannot be said stays what it is', async () => {
    shop.sql(`CREATE TABLE said (k VARCHAR(9) CHARACTER SET ascii PRIMARY KEY, v VARCHAR(9) CHARACTER SET utf8mb4, w VARCHAR(9)); INSERT INTO said VALUES ('who?', x'EFBFBD', 'a'), ('b', 'c', 'd')`);
    const { tables } = await dryRun("UPDATE said SET w = 'z' WHERE k = 'who?'");
    expect(tables[0]).toMatchObject({ updated: 1, inserted: 0, deleted: 0 });
    expect(tables[0]?.changes[0]?.after?.map(({ type }) => type)).toEqual(['bytes', 'bytes', 'text']);
  }); // prettier-ignore

  test('an account with columns of a table alone is refused: others would change unseen', async () => {
    shop.server
      .sql(`DROP USER IF EXISTS narrow@localhost; CREATE USER narrow@localhost; GRANT PROCESS ON *.* TO narrow@localhost;
      GRANT SELECT (a, b), UPDATE (b), DELETE, TRIGGER ON shop.t TO narrow@localhost`);
    const as = (text: string): Promise<string> =>
      codeOf(openTarget({ name: 'x', url: shop.url('narrow') }).dryRun([statement(text)]));
    expect(await as("UPDATE t SET b = 'y' WHERE a = 1")).toBe('target/rights');
    expect(await as('DELETE FROM t WHERE a = 1')).toBe('target/rights');
    shop.server.sql('GRANT SELECT ON shop.t TO narrow@localhost');
    await expect(as("UPDATE t SET b = 'y' WHERE a = 1")).rejects.toThrow('expected a refusal');
  });

  test('of two tables of one name in several databases, the one that has the column is changed', async () => {
    shop.server
      .sql(`DROP DATABASE IF EXISTS other; CREATE DATABASE other; CREATE TABLE other.t (a INT PRIMARY KEY, z INT); INSERT INTO other.t VALUES (1, 1);
      GRANT ALL ON other.* TO owner@localhost`);
    const { tables } = await dryRun('UPDATE shop.t JOIN other.t ON shop.t.a = other.t.a SET t.z = 9');
    const both = 'DELETE t FROM other.t JOIN shop.t ON shop.t.a = other.t.a';
    expect(await codeOf(shop.target.dryRun([statement(both)]))).toBe('statement/unknown-effect');
    shop.server.sql('DROP DATABASE other; REVOKE ALL ON other.* FROM owner@localhost');
    expect(tables.map(({ table, updated }) => [table, updated])).toEqual([['other.t', 1]]);
  });

  changing('a key that is made after the schema was read, and its rows, do not go unseen', async () => {
    const rehearsal = await Rehearsal.open(shop.account, [statement('DELETE FROM parent WHERE id = 3')], defaultDryRunLimits); // prettier-ignore
    try {
      await rehearsal.begin();
      await rehearsal.watch();
      const made = `CREATE TABLE late (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES parent (id) ON DELETE CASCADE); INSERT INTO late VALUES (1, 3)`;
      // MySQL has it wait until the transaction is over.
      if (engine === 'mysql') {
        expect(() => shop.sql(`SET lock_wait_timeout = 1; ${made}`)).toThrow();
        await rehearsal.statement(0);
        expect((await rehearsal.finish()).diff.tables.map(({ table }) => table)).toEqual(['shop.orphan', 'shop.parent']);
      } else {
        shop.sql(made);
        await rehearsal.statement(0);
        expect(await codeOf(rehearsal.finish())).toBe('target/busy');
      }
    } finally {
      await rehearsal.close();
    }
  }); // prettier-ignore

  test('a key of a table that the account may read alone is found by the count, or its table asked for', async () => {
    shop.server
      .sql(`DROP DATABASE IF EXISTS other; CREATE DATABASE other; CREATE TABLE other.far (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES shop.parent (id) ON DELETE CASCADE);
    INSERT INTO other.far VALUES (1, 3); GRANT SELECT ON other.* TO owner@localhost`);
    const away = (): Promise<string> => codeOf(shop.target.dryRun([statement('DELETE FROM parent WHERE id = 3')])); // prettier-ignore
    expect(await away()).toBe('target/rights');
    shop.server.sql('GRANT TRIGGER ON other.* TO owner@localhost');
    const { tables } = await dryRun('DELETE FROM parent WHERE id = 3');
    shop.server.sql('DROP DATABASE other; REVOKE ALL ON other.* FROM owner@localhost');
    expect(tables.map(({ table, deleted }) => [table, deleted])).toContainEqual(['other.far', 1]);
  });

  const moved = [statement('UPDATE t SET a = 13 WHERE a = 2')];

  changing(
    'what is made after the transaction began, before its tables are open, is seen, or tried again',
    async () => {
      shop.sql(
        'CREATE TABLE log (x VARCHAR(9)); CREATE TABLE other (a INT PRIMARY KEY, up INT); INSERT INTO other VALUES (7, 2)',
      );
      const meeting = async (made: string): Promise<string[]> => {
        const rehearsal = await Rehearsal.open(shop.account, moved, defaultDryRunLimits);
        try {
          await rehearsal.begin();
          shop.sql(made);
          await rehearsal.watch();
          await rehearsal.statement(0);
          return linesOf((await rehearsal.finish()).diff).map((line) => line.slice(0, line.indexOf(' ') + 2));
        } finally {
          await rehearsal.close();
        }
      };
      const made = "CREATE TRIGGER late AFTER UPDATE ON t FOR EACH ROW INSERT INTO log VALUES ('late')";
      expect(await meeting(made)).toEqual(['shop.log +', 'shop.t +', 'shop.t -']);
      const key = 'ALTER TABLE other ADD FOREIGN KEY (up) REFERENCES t (a) ON UPDATE CASCADE';
      expect(await codeOf(meeting(key))).toBe('target/busy');
    },
  );

  test('while its transaction lasts nobody alters a table or puts a trigger on it', async () => {
    const rehearsal = await Rehearsal.open(shop.account, moved, defaultDryRunLimits);
    try {
      await rehearsal.begin();
      await rehearsal.watch();
      for (const text of [
        'CREATE TRIGGER late AFTER UPDATE ON t FOR EACH ROW SET @x = 1',
        'ALTER TABLE t ADD z INT',
      ])
        expect(() => shop.sql(`SET lock_wait_timeout = 1; ${text}`)).toThrow('Lock wait timeout');
    } finally {
      await rehearsal.close();
    }
  });
});
