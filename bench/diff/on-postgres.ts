import { provideParser } from '@countersign/sql';
import { openTarget } from '@countersign/targets';
import { postgresParser } from '@countersign/program';
import { startPostgres } from '../../test/servers/postgres.ts';
import { tableRows, type BenchedEngine } from './engine.ts';

/** PostgreSQL as installed, on a private server without durability; both sides reach it over TCP. */
export async function onPostgres(): Promise<BenchedEngine> {
  // As the programs do: it says where changed rows are looked for.
  provideParser(postgresParser);
  const server = startPostgres({ tcp: true });
  const admin = await server.open('postgres');
  await admin.rows("CREATE ROLE owner LOGIN PASSWORD 'owner'");
  await admin.rows('CREATE DATABASE shop OWNER owner');
  admin.close();
  const own = await server.open('shop', 'owner');
  await own.rows(
    'CREATE TABLE accounts (id integer PRIMARY KEY, owner text NOT NULL, balance integer NOT NULL, note text)',
  );
  const watch = await server.open('shop');
  const fill = async (rows: number): Promise<void> => {
    await own.rows('TRUNCATE accounts');
    await own.rows(`INSERT INTO accounts SELECT i, 'owner ' || i, i * 7 % 10007, 'opened in branch ' || (i % 40)
         FROM generate_series(1, ${rows}) AS i`);
    await watch.rows('VACUUM ANALYZE accounts');
  };
  await fill(tableRows);
  const target = openTarget({
    name: 'shop',
    url: `postgres://owner@127.0.0.1:${server.port}/shop`,
    password: () => 'owner',
  });
  await target.prepare();
  return {
    name: 'PostgreSQL',
    target,
    fill,
    update: (rows) => `UPDATE accounts SET balance = balance + 1 WHERE id <= ${rows}`,
    plain: async (sql) => {
      await own.rows('BEGIN');
      const [[changed] = []] = await own.rows(`WITH done AS (${sql} RETURNING 1) SELECT count(*) FROM done`);
      await own.rows('ROLLBACK');
      return Number(changed);
    },
    locks: async () => {
      const rows =
        await watch.rows(`SELECT DISTINCT l.mode, c.relname FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
           JOIN pg_stat_activity a USING (pid)
         WHERE a.application_name = 'countersign' AND c.relnamespace = 'public'::regnamespace ORDER BY 2, 1`);
      return rows.map(([mode, name]) => `${mode ?? ''} on ${name ?? ''}`);
    },
    stop: async () => {
      await target.close();
      own.close();
      watch.close();
      server.stop();
    },
  };
}
