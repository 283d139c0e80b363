import { openTarget } from '@countersign/targets';
import type { Connection } from 'mysql2/promise';
import { startMariadb } from '../../test/servers/mariadb.ts';
import type { SqlServer } from '../../test/servers/daemon.ts';
import { openMysql, startMysql } from '../../test/servers/mysql.ts';
import { tableRows, type BenchedEngine } from './engine.ts';

interface Kind {
  readonly name: string;
  readonly scheme: 'mariadb' | 'mysql';
  readonly server: () => Promise<SqlServer>;
  /** What goes before a query over the numbers from 1 to `rows`, and the table of them. */
  readonly numbers: (rows: number) => readonly [before: string, table: string];
}

/** A million rows and their old versions fit in these. */
const memory = '--innodb-buffer-pool-size=512M';

/** MariaDB as installed, on a private server without durability; both sides reach it over a Unix socket. */
export const onMariadb = (): Promise<BenchedEngine> =>
  onServer({
    name: 'MariaDB',
    scheme: 'mariadb',
    server: () => startMariadb({ options: [memory, '--innodb-log-file-size=512M'] }),
    numbers: (rows) => ['', `seq_1_to_${rows}`],
  });

/** MySQL likewise, without its binary log. */
export const onMysql = (): Promise<BenchedEngine> =>
  onServer({
    name: 'MySQL',
    scheme: 'mysql',
    server: () => startMysql([memory, '--innodb-redo-log-capacity=1G']),
    numbers: (rows) => [
      `SET SESSION cte_max_recursion_depth = ${rows};`,
      `(WITH RECURSIVE n (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM n WHERE seq < ${rows}) SELECT seq FROM n) numbers`,
    ],
  });

async function onServer({ name, scheme, server: start, numbers }: Kind): Promise<BenchedEngine> {
  const server = await start();
  server.sql(`CREATE DATABASE shop; CREATE USER owner@localhost IDENTIFIED BY 'owner'; GRANT ALL ON shop.* TO owner@localhost;
    GRANT PROCESS ON *.* TO owner@localhost`);
  const own = await openMysql(server.socket, 'root', 'shop');
  const watch = await openMysql(server.socket, 'root', 'shop');
  await own.query(
    'CREATE TABLE accounts (id INTEGER PRIMARY KEY, owner VARCHAR(40) NOT NULL, balance INTEGER NOT NULL, note VARCHAR(40))',
  );
  const fill = async (rows: number): Promise<void> => {
    const [before, table] = numbers(rows);
    await own.query('TRUNCATE accounts');
    await own.query(`${before} INSERT INTO accounts SELECT seq, CONCAT('owner ', seq), seq * 7 % 10007, CONCAT('opened in branch ', seq % 40)
      FROM ${table}`);
  };
  await fill(tableRows);
  const url = `${scheme}://owner@/shop?socket=${server.socket}`;
  const target = openTarget({ name: 'shop', url, password: () => 'owner' });
  await target.prepare();
  return {
    name,
    target,
    fill,
    update: (rows) => `UPDATE accounts SET balance = balance + 1 WHERE id <= ${rows}`,
    plain: async (sql) => {
      await own.query('BEGIN');
      const [answer] = await own.query(sql);
      await own.query('ROLLBACK');
      return 'affectedRows' in answer ? answer.affectedRows : 0;
    },
    locks: () => locksOn(watch),
    stop: async () => {
      await target.close();
      own.destroy();
      watch.destroy();
      await server.stop();
    },
  };
}

async function locksOn(watch: Connection): Promise<readonly string[]> {
  const tries: readonly (readonly [what: string, sql: string])[] = [
    ['a read of the changed row', 'SELECT balance FROM accounts WHERE id = 1'],
    ['a change of it', 'SELECT id FROM accounts WHERE id = 1 FOR UPDATE NOWAIT'],
    ['a change of the next row', 'SELECT id FROM accounts WHERE id = 2 FOR UPDATE NOWAIT'],
    ['a change of a row elsewhere', 'SELECT id FROM accounts WHERE id = 50000 FOR UPDATE NOWAIT'],
    ['a change of the schema', 'SET SESSION lock_wait_timeout = 1; LOCK TABLES accounts WRITE'],
  ];
  const said: string[] = [];
  for (const [what, sql] of tries) {
    try {
      await watch.query(sql);
      said.push(`${what} goes on`);
    } catch (cause) {
      said.push(`${what} waits (${cause instanceof Error ? cause.message : 'refused'})`);
    } finally {
      await watch.query('UNLOCK TABLES');
    }
  }
  return said;
}
