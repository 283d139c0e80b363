import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { startMariadb } from '../servers/mariadb.ts';
import { startPostgres } from '../servers/postgres.ts';
import { Lab, removeLabs } from './lab.ts';

afterAll(removeLabs);
vi.setConfig({ testTimeout: 300_000 });

interface Server {
  readonly url: string;
  /** Where the engine's names of tables begin. */
  readonly schema: string;
  readonly sql: (text: string) => Promise<unknown>;
  readonly stop: () => void | Promise<void>;
}

const tables = [
  'CREATE TABLE crew (id INT PRIMARY KEY)',
  'CREATE TABLE t (id INT PRIMARY KEY, b VARCHAR(9), crew INT REFERENCES crew (id), Seen INT)',
  'INSERT INTO crew VALUES (1)',
  "INSERT INTO t VALUES (1, 'x', 1, 5), (2, 'x', 1, 5), (3, 'x', 1, 5)",
];

async function postgres(): Promise<Server> {
  const server = startPostgres({ tcp: true });
  const sql = async (text: string, database = 'shop', role = 'owner'): Promise<void> => {
    const session = await server.open(database, role);
    const { error } = await session.query(text);
    session.close();
    if (error !== undefined) throw new Error(error);
  };
  await sql("CREATE ROLE owner LOGIN PASSWORD 'owner'", 'postgres', 'postgres');
  await sql('CREATE DATABASE shop OWNER owner', 'postgres', 'postgres');
  return {
    url: `postgres://owner@127.0.0.1:${server.port}/shop`,
    schema: 'public',
    sql,
    stop: () => server.stop(),
  };
}

async function mariadb(): Promise<Server> {
  const server = await startMariadb();
  server.sql(
    "CREATE DATABASE shop; CREATE USER owner@localhost IDENTIFIED BY 'owner'; GRANT PROCESS ON *.* TO owner@localhost; GRANT ALL ON shop.* TO owner@localhost",
  );
  const sql = (text: string): Promise<string> => Promise.resolve(server.sql(text, 'shop'));
  return {
    url: `mariadb://owner@/shop?socket=${server.socket}`,
    schema: 'shop',
    sql,
    stop: () => server.stop(),
  };
}

async function labOn(server: Server, column: string): Promise<Lab> {
  const lab = await Lab.make();
  lab.configure((text) =>
    text.replace(
      'targets:\n',
      `targets:\n  shop:\n    url: ${server.url}\n    password: file:shop.password\n`,
    ),
  );
  writeFileSync(join(lab.home, 'shop.password'), 'owner\n', { mode: 0o600 });
  const obligations = `{ may_drift: [${server.schema}.t.${column}], fewer_rows: true }`;
  lab.policy(
    'changes.yaml',
    (text) =>
      `${text.replace('diff.rows > 1\n', `diff.rows > 1\n    obligations: ${obligations}\n`)}\n  - name: drift\n    when: target.name == "shop"\n    require: { dba: 1 }\n    obligations: ${obligations}\n`,
  );
  expect((await lab.ask('target', 'prepare', 'shop')).exitCode).toBe(0);
  return lab;
}

test.each([
  ['PostgreSQL', postgres],
  ['MariaDB', mariadb],
] as const)(
  '%s: what may drift is run, undone and verified; what may not is drift',
  async (_engine, start) => {
    const server = await start();
    try {
      for (const text of tables) await server.sql(text);
      const lab = await labOn(server, 'seen');
      const change = "UPDATE t SET b = 'y' WHERE b = 'x'";
      const id = await lab.approved(change, '-t', 'shop');
      await server.sql('UPDATE t SET Seen = 6 WHERE id = 1');
      await server.sql('DELETE FROM t WHERE id = 3');
      const ran = await lab.ask('run', id);
      expect([ran.code, ran.document['as_run']]).toMatchObject(['request/executed', { rows: 2 }]);
      const undo = await lab.ask('undo', id, '--reason', 'it was wrong');
      expect(undo).toMatchObject({ exitCode: 8, document: { restores: true } });
      const undoing = String(undo.document['request_id']);
      await lab.approve(undoing, 'ada', 'ben');
      expect((await lab.ask('run', undoing)).code).toBe('request/executed');
      const again = await lab.approved(change, '-t', 'shop');
      await server.sql('UPDATE t SET crew = NULL WHERE id = 2');
      expect((await lab.ask('run', again)).code).toBe('run/drifted');
      expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
      for (const column of ['id', 'crew', 'gone']) {
        lab.policy('changes.yaml', (text) => text.replaceAll(/\.t\.\w+\]/g, `.t.${column}]`));
        const refused = await lab.ask('submit', '-t', 'shop', change, '--reason', 'a test');
        expect(refused.code).toBe('configuration/may-drift');
      }
    } finally {
      await server.stop();
    }
  },
);
