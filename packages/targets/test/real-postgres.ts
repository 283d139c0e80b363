import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import type { PostgresServer, PostgresSession, QueryResult } from '../../../test/servers/postgres.ts';
import { forward, realServer } from '../../../test/servers/real.ts';

/** A server that need not be this test's own. */
export interface UsedServer extends Omit<PostgresServer, 'stop'> {
  /** Does what the test's database needs before it is used. */
  readonly databaseIsMade?: () => Promise<void>;
  readonly stop: () => void | Promise<void>;
}

/**
 * A server of PostgreSQL that is there already, through a port of ours. What a test makes must not be there, and is removed at the end.
 * Roles of the test have their names for passwords.
 * @param settings as `name=value`, for the test's database alone
 */
export async function useRealPostgres(url: string, settings: readonly string[]): Promise<UsedServer> {
  const real = realServer(url, 5432);
  const listener = forward(real).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const open = (database: string, role = 'postgres'): Promise<PostgresSession> => {
    const [user, password] = role === 'postgres' ? [real.user, real.password] : [role, role];
    return openSession({ ...real, user, password, database });
  };
  const admin = await open('postgres');
  const [left] = await admin.rows("SELECT 1 FROM pg_database WHERE datname = 'shop'");
  if (left !== undefined)
    throw new Error('the server has a database shop; tests want one without, and one at a time');
  const clear = async (): Promise<void> => {
    await admin.rows('DROP DATABASE IF EXISTS shop WITH (FORCE)');
    for (const role of ['owner', 'reader']) await admin.rows(`DROP ROLE IF EXISTS ${role}`);
    admin.close();
    listener.close();
  };
  const databaseIsMade = async (): Promise<void> => {
    for (const setting of settings) {
      const [name = '', value = ''] = setting.split('=', 2);
      const { error } = await admin.query(`ALTER DATABASE shop SET ${name} = '${value}'`);
      if (error === undefined) continue;
      await clear();
      throw new Error(`the test wants a server with ${setting}: leave its URL out`);
    }
  };
  return {
    socketFolder: '',
    dataFolder: '',
    port: (listener.address() as AddressInfo).port,
    open,
    databaseIsMade,
    stop: clear,
  };
}

async function openSession(config: pg.ClientConfig): Promise<PostgresSession> {
  const client = new pg.Client({ ...config, types: { getTypeParser: () => (text: unknown) => text } });
  let closed = false;
  client.on('error', () => {
    closed = true;
  });
  client.on('end', () => {
    closed = true;
  });
  await client.connect();
  const query = async (text: string): Promise<QueryResult> => {
    try {
      const answer: unknown = await client.query({ text, rowMode: 'array' });
      const all = (Array.isArray(answer) ? answer : [answer]) as pg.QueryArrayResult[];
      return { rows: all.flatMap(({ rows }) => rows as (string | null)[][]), error: undefined };
    } catch (cause) {
      return { rows: [], error: cause instanceof Error ? cause.message : 'error' };
    }
  };
  return {
    get closed(): boolean {
      return closed;
    },
    query,
    rows: async (text) => {
      const { rows, error } = await query(text);
      if (error !== undefined) throw new Error(`${error}: ${text.slice(0, 200)}`);
      return rows;
    },
    close: () => void client.end(),
  };
}
