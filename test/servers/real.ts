import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { createConnection } from 'mysql2/promise';
import { runClient } from './daemon.ts';
import type { SqlServer } from './daemon.ts';

/** Servers that are there already, as administrators reach them: `SCHEME://USER:PASSWORD@HOST:PORT`. Without one a test starts its own. */
export const realServers: Readonly<Record<'mariadb' | 'mysql' | 'postgres', string | undefined>> = {
  mariadb: process.env['COUNTERSIGN_TEST_MARIADB_URL'],
  mysql: process.env['COUNTERSIGN_TEST_MYSQL_URL'],
  postgres: process.env['COUNTERSIGN_TEST_POSTGRES_URL'],
};

/** What a URL names, decoded. */
export interface RealServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

export function realServer(url: string, usualPort: number): RealServer {
  const { hostname, port, username, password } = new URL(url);
  return {
    host: hostname,
    port: port === '' ? usualPort : Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
  };
}

/** Has whoever connects to a listener on this machine talk to the server. */
export function forward({ host, port }: RealServer): Server {
  return createServer((client) => {
    const other = connect(port, host);
    const end = (): void => {
      client.destroy();
      other.destroy();
    };
    for (const one of [client, other]) {
      one.on('error', end);
      one.on('close', end);
    }
    client.pipe(other);
    other.pipe(client);
  });
}

/**
 * A server of MariaDB or MySQL that is there already, through a Unix socket of ours. What a test makes must not be there, and is
 * removed at the end. It is neither stopped nor restarted.
 */
export async function useRealSql(url: string): Promise<SqlServer> {
  const real = realServer(url, 3306);
  const folder = mkdtempSync(join(tmpdir(), 'countersign-real-'));
  const socket = join(folder, 'socket');
  const listener = forward(real).listen(socket);
  await once(listener, 'listening');
  const place = ['--protocol=tcp', `--host=${real.host}`, `--port=${real.port}`, `--user=${real.user}`];
  // To it, whoever comes over the net is no local one.
  const sql = (text: string, database = 'mysql'): string =>
    runClient(place, text.replaceAll('@localhost', "@'%'"), database, real.password);
  const left = sql("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'shop'");
  if (left !== '')
    throw new Error('the server has a database shop; tests want one without, and one at a time');
  const isOurs = (): never => {
    throw new Error('the server is none of this test');
  };
  return {
    folder,
    socket,
    sql,
    signal: isOurs,
    restart: isOurs,
    stop: () => {
      sql('DROP DATABASE IF EXISTS shop; DROP USER IF EXISTS owner@localhost, blind@localhost, dull@localhost, tester@localhost'); // prettier-ignore
      listener.close();
      rmSync(folder, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}

/** Logs an account in over the net once: MySQL believes a password only then that comes over what it takes for the net. */
export async function logInOnce(url: string, user: string, password: string): Promise<void> {
  const { host, port } = realServer(url, 3306);
  await (await createConnection({ host, port, user, password })).end();
}
