import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { classify } from '@countersign/sql';
import { createConnection } from 'mysql2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPlace, type ReadPlace } from '../src/mariadb/read-account.ts';
import { readStatements } from '../src/mariadb/read-wall.ts';
import { MariadbSession } from '../src/mariadb/session.ts';
import { parseServerUrl } from '../src/server-address.ts';
import type { ServerAccount } from '../src/server-address.ts';
import type { SqlServer } from '../../../test/servers/daemon.ts';
import { numbersTo } from './mariadb-shop.ts';
import { sqlServers } from '../../../test/servers/sql-servers.ts';
import { codeOf, statement } from './temporary-database.ts';

describe.each(sqlServers)('%s', (engine, startServer) => {
  const endless = `WITH n AS (SELECT seq FROM ${numbersTo(1_000)}) SELECT count(*) FROM n a JOIN n b JOIN n c JOIN n d WHERE a.seq + b.seq + c.seq + d.seq = 0`;
  const limits = { timeoutMs: 5_000, busyMs: 1_000, rowsMax: 100, bytesMax: 100_000 };
  let server: SqlServer;
  let reader: ServerAccount;
  let place: ReadPlace;
  let untouched: string;

  function account(user: string, password = 'pw'): ServerAccount {
    const address = parseServerUrl(`mariadb://${user}@/shop?socket=${server.socket}`);
    return { address, password: () => password, tls: {} };
  }

  beforeAll(async () => {
    server = await startServer();
    writeFileSync(join(server.folder, 'secret'), 'secret', { mode: 0o644 });
    server.sql(
      `CREATE DATABASE shop; USE shop;
     CREATE TABLE t (a INT PRIMARY KEY, b BIGINT, c DECIMAL(20,4), d VARCHAR(20), e VARBINARY(9), f DOUBLE) ENGINE = InnoDB;
     INSERT INTO t VALUES (1, 9007199254740993, 1.5000, 'x', x'00ff', 0.5), (2, NULL, NULL, '', NULL, NULL)`,
    );
    if (engine === 'mariadb') server.sql('CREATE SEQUENCE s', 'shop');
    server.sql(
      'DELIMITER $$\nCREATE FUNCTION w() RETURNS INT BEGIN INSERT INTO t (a) VALUES (9); RETURN 1; END$$\nCREATE PROCEDURE p() DELETE FROM t$$',
      'shop',
    );
    server.sql('CREATE VIEW v AS SELECT w() AS x', 'shop');
    server.sql("CREATE USER reader@localhost IDENTIFIED BY 'pw'; GRANT SELECT ON shop.* TO reader@localhost");
    server.sql(
      "CREATE USER writer@localhost IDENTIFIED BY 'pw'; GRANT SELECT, INSERT ON shop.* TO writer@localhost",
    );
    reader = account('reader');
    const session = new MariadbSession(reader);
    place = await readPlace(session);
    await session.end();
    untouched = stateOf();
  }, 90_000);
  afterAll(() => server.stop(), 60_000);

  const read = (sql: string, some = {}): ReturnType<typeof readStatements> =>
    readStatements(reader, [statement(sql)], { ...limits, ...some }, place);

  test('cells keep their type', async () => {
    const [result] = await read('/* a comment */ SELECT b, c, d, e, f FROM t ORDER BY a');
    expect(result).toEqual({
      columns: ['b', 'c', 'd', 'e', 'f'],
      rows: [
        [
          { type: 'number', value: '9007199254740993' },
          { type: 'number', value: '1.5000' },
          { type: 'text', value: 'x' },
          { type: 'bytes', value: Uint8Array.of(0, 255) },
          { type: 'number', value: '0.5' },
        ],
        [{ type: 'null' }, { type: 'null' }, { type: 'text', value: '' }, { type: 'null' }, { type: 'null' }],
      ],
      truncated: false,
    });
  });

  const held: readonly string[] = [
  'CREATE TABLE z (a INT)', 'DROP TABLE t', 'TRUNCATE t', 'ALTER TABLE t ADD z INT', 'DELETE FROM t', 'INSERT INTO t (a) VALUES (5)',
  "SELECT * FROM t INTO OUTFILE 'OUT'", "SELECT 'x' INTO DUMPFILE 'OUT'", "(SELECT 1) INTO OUTFILE 'OUT'",
  'SELECT 1; DELETE FROM t', 'HANDLER t OPEN', 'CALL p()', 'SELECT w()', 'SELECT * FROM v', 'SET GLOBAL general_log = 1',
  'SELECT NEXTVAL(s)', 'SELECT SETVAL(s, 100)', 'WITH x AS (SELECT 1) DELETE FROM t', '/*!50000 DELETE FROM t */', '/*M! DELETE FROM t */',
  'BEGIN NOT ATOMIC DELETE FROM t; END', "EXECUTE IMMEDIATE 'DELETE FROM t'", 'SET STATEMENT max_statement_time=1 FOR DELETE FROM t',
  'COMMIT', 'LOCK TABLES t WRITE', 'FLUSH TABLES', 'EXPLAIN SELECT w()', 'ANALYZE DELETE FROM t', "LOAD DATA INFILE 'OUT' INTO TABLE t",
  'SELECT 1 /*! INTO OUTFILE \'OUT\' */',
]; // prettier-ignore

  for (const sql of held) {
    test(`holds back: ${sql}`, async () => {
      const out = join(server.folder, 'out');
      expect(await codeOf(read(sql.replace('OUT', out)))).toMatch(/^statement\//);
      expect(existsSync(out)).toBe(false);
      expect(server.sql('SELECT count(*), @@general_log FROM t', 'shop')).toBe('2\t0\n');
    });
  }

  /** Sends a text as it is, past every check of ours: account and, where asked for, transaction are all that holds. */
  function sendUnguarded(sql: string, begin: string): Promise<void> {
    const connection = createConnection({
      socketPath: server.socket,
      user: 'reader',
      password: 'pw',
      database: 'shop',
      multipleStatements: false,
    });
    return new Promise((done) => {
      connection.query(begin, () => {
        connection.query(sql, () => {
          connection.destroy();
          done();
        });
      });
    });
  }

  const stateOf = (): string =>
    server.sql('SELECT count(*), max(a), @@general_log FROM t; SHOW TABLES; CHECKSUM TABLE t', 'shop');

  for (const sql of held) {
    test(`account and transaction by themselves hold back: ${sql}`, async () => {
      const out = join(server.folder, 'out');
      await sendUnguarded(sql.replace('OUT', out), 'START TRANSACTION READ ONLY');
      expect(existsSync(out)).toBe(false);
      expect(stateOf()).toBe(untouched);
    });
  }

  test('a view that runs with the rights of its definer writes past the account: only the transaction stops it', async () => {
    const before = stateOf();
    await sendUnguarded('SELECT * FROM v', 'DO 0');
    expect(stateOf()).not.toBe(before);
    server.sql('DELETE FROM t WHERE a = 9', 'shop');
  });

  test('a file is not read, and a lock and a variable do not outlive their statement', async () => {
    const [file] = await read(`SELECT LOAD_FILE('${join(server.folder, 'secret')}')`);
    expect(file?.rows).toEqual([[{ type: 'null' }]]);
    await read("SELECT GET_LOCK('l', 0), @a := 1");
    const [after] = await read("SELECT IS_FREE_LOCK('l'), @a");
    expect(after?.rows).toEqual([[{ type: 'integer', value: 1 }, { type: 'null' }]]);
  });

  test('rows, bytes and time are capped, and nothing is left running', async () => {
    const many =
      'WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 900) SELECT x FROM n';
    const [rows] = await read(many, { rowsMax: 10 });
    expect(rows).toMatchObject({ truncated: true });
    expect(rows?.rows).toHaveLength(10);
    const [bytes] = await read(many, { bytesMax: 80 });
    expect(bytes?.rows).toHaveLength(10);
    expect(
      await codeOf(
        read(endless, {
          timeoutMs: 300,
        }),
      ),
    ).toBe('limit/time');
    expect(
      server.sql(
        "SELECT count(*) FROM information_schema.processlist WHERE user = 'reader' AND command <> 'Sleep'",
      ),
    ).toBe('0\n');
  });

  test('an account that may write is refused before the statement is sent', async () => {
    const writing = readStatements(account('writer'), [statement('SELECT 1')], limits, place);
    expect(await codeOf(writing)).toBe('target/account-writes');
  });

  if (engine === 'mariadb') {
    test('what everybody may do counts as what the account may do', async () => {
      server.sql('GRANT FILE ON *.* TO PUBLIC');
      try {
        expect(await codeOf(read('SELECT 1'))).toBe('target/account-writes');
      } finally {
        server.sql('REVOKE FILE ON *.* FROM PUBLIC');
      }
      expect(await read('SELECT 1')).toHaveLength(1);
    });
  }

  test('a text or parameter that would arrive changed, or is too long, is not sent', async () => {
    expect(await codeOf(read("SELECT '\ud800'"))).toBe('statement/bad-text');
    expect(await codeOf(read('\ufeffSELECT 1'))).toBe('statement/bad-text');
    expect(await codeOf(read(`SELECT '${'x'.repeat(1_000_000)}'`))).toBe('statement/too-long');
    const lone = statement('SELECT ?', { type: 'text', value: '\ud800' });
    expect(await codeOf(readStatements(reader, [lone], limits, place))).toBe('statement/bad-parameter');
  });

  test('an account that the server does not let in reads nothing', async () => {
    const wrong = readStatements(account('reader', 'no'), [statement('SELECT 1')], limits, place);
    expect(await codeOf(wrong)).toBe('target/unreachable');
  });

  test('the time is that of all statements together, and a lock is waited for no longer than allowed', async () => {
    const nap = statement(endless);
    const started = performance.now();
    expect(
      await codeOf(
        readStatements(reader, [statement('SELECT 1'), nap, nap], { ...limits, timeoutMs: 600 }, place),
      ),
    ).toBe('limit/time');
    expect(performance.now() - started).toBeLessThan(3_000);
    const other = createConnection({ socketPath: server.socket, user: 'root', database: 'shop' });
    const ask = (sql: string): Promise<void> => new Promise((done) => other.query(sql, () => { done(); })); // prettier-ignore
    await ask('LOCK TABLES t WRITE');
    expect(await codeOf(read('SELECT * FROM t', { busyMs: 900 }))).toBe('target/busy');
    other.destroy();
  });

  test('a session that the server ends is told as such, and is no answer', async () => {
    const reading = codeOf(read(endless));
    const find =
      "SELECT coalesce(max(id), 0) FROM information_schema.processlist WHERE user = 'reader' AND info LIKE 'WITH n %'";
    let id = '0';
    for (let tries = 0; tries < 200 && id === '0'; tries += 1) {
      await sleep(20);
      id = server.sql(find).trim();
    }
    server.sql(`KILL CONNECTION ${id}`);
    expect(await reading).toBe('target/session-lost');
  });

  test('a server that no longer answers is given up by the client', async () => {
    const reading = codeOf(
      read(endless, {
        timeoutMs: 1_500,
      }),
    );
    await sleep(700);
    server.signal('SIGSTOP');
    try {
      expect(await reading).toBe('limit/time');
    } finally {
      server.signal('SIGCONT');
    }
  });

  test('numbers of single precision show as they were written, and places as their bytes', async () => {
    server.sql(
      "CREATE TABLE k (f FLOAT, g GEOMETRY); INSERT INTO k VALUES (0.1, ST_GeomFromText('POINT(1 2)')), (16777216, NULL), (-1.5e30, NULL)",
      'shop',
    );
    const [result] = await read('SELECT f, g FROM k');
    const [first, second, third] = result?.rows ?? [];
    expect(first?.[0]).toEqual({ type: 'number', value: '0.1' });
    expect(first?.[1]).toMatchObject({ type: 'bytes' });
    expect(first?.[1]?.type === 'bytes' ? first[1].value.length : 0).toBe(25);
    expect([second?.[0], third?.[0]]).toEqual([
      { type: 'number', value: '16777216.0' },
      { type: 'number', value: '-1.5e+30' },
    ]);
    expect(second?.[1]).toEqual({ type: 'null' });
    server.sql('DROP TABLE k', 'shop');
  });

  test.each([
    'SHOW COLUMNS FROM t',
    'show full fields in `t` from shop',
    'SHOW INDEX FROM shop.t',
    'SHOW KEYS IN t',
    '/* what is it? */ DESCRIBE t',
    'desc `shop` . `t`',
    'EXPLAIN t ',
  ])('columns and indexes of a table are shown: %s', async (sql) => {
    const [result] = await read(sql);
    expect(result?.rows.flat()).toContainEqual({ type: 'text', value: 'a' });
    expect(classify(sql, engine)).toMatchObject({
      readOnly: true,
      statements: [{ reads: [expect.stringMatching(/(?:^|\.)t$/) as string] }],
    });
  });

  test.each([
    'SHOW GRANTS',
    'SHOW GRANTS FOR reader@localhost',
    'SHOW CREATE USER reader@localhost',
    'SHOW CREATE TABLE t',
    'SHOW PROCESSLIST',
    'SHOW VARIABLES',
    'SHOW TABLES',
    "SHOW COLUMNS FROM t LIKE 'a'",
    'SHOW COLUMNS FROM t WHERE w() = 1',
    'SHOW COLUMNS FROM t /*!50000 WHERE w() = 1 */',
    'DESCRIBE SELECT * FROM t',
    'DESC t a',
    'EXPLAIN FORMAT=JSON SELECT * FROM t',
    'EXPLAIN SELECT w()',
    'EXPLAIN TABLE t',
    'HELP select',
    '/* SHOW COLUMNS FROM t */ SHOW GRANTS',
  ])('nothing else that asks the server itself: %s', async (sql) => {
    expect(await codeOf(read(sql))).toBe('statement/not-offered');
    expect(stateOf()).toBe(untouched);
  });
});
