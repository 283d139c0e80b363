import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import type { Connection } from 'mysql2/promise';
import { copyFolder, keptFolder, runDaemon } from './daemon.ts';
import type { SqlServer } from './daemon.ts';

/** Laid there by `scripts/fetch-mysql`; `scripts/setup tests` goes on without it. */
const program = join(import.meta.dirname, '..', '..', 'node_modules', '.mysql', 'usr');
const memory = '/dev/shm';

/** Whether there is a MySQL server to ask on this machine. */
export const hasMysql: boolean = existsSync(join(program, 'sbin', 'mysqld'));

/** The program with the loader and the libraries of its own suite. */
function command(): readonly [loader: string, ...rest: string[]] {
  const libraries = join(program, 'lib', readdirSync(join(program, 'lib')).find(holdsLoader) ?? '');
  const loader = readdirSync(libraries).find((name) => name.startsWith('ld-linux')) ?? '';
  const share = join(program, 'share', 'mysql');
  return [
    join(libraries, loader),
    ...['--library-path', libraries, join(program, 'sbin', 'mysqld'), '--no-defaults'],
    ...(process.getuid?.() === 0 ? ['--user=root'] : []),
    ...[`--basedir=${program}`, `--lc-messages-dir=${share}`],
    ...[`--character-sets-dir=${join(share, 'charsets')}`, '--innodb-buffer-pool-size=32M', '--skip-log-bin'],
  ];
}

function installed(): string {
  const name = `mysql-${createHash('sha256').update(realpathSync(program)).digest('hex').slice(0, 16)}`;
  const [loader, ...server] = command();
  return keptFolder(name, (data) => {
    execFileSync(loader, [...server, `--datadir=${data}`, '--initialize-insecure'], { stdio: 'ignore' });
    // Each server gives itself a number of its own.
    rmSync(join(data, 'auto.cnf'), { force: true });
  });
}

/**
 * Makes a data folder and starts a server on it; its `root` has no password.
 * @param options of the server beyond the usual, whose commits need not outlive it
 */
export function startMysql(options: readonly string[] = []): Promise<SqlServer> {
  const folder = mkdtempSync(join(existsSync(memory) ? memory : tmpdir(), 'countersign-mysql-'));
  const [data, socket] = [join(folder, 'data'), join(folder, 'socket')];
  copyFolder(installed(), data);
  const [loader, ...server] = command();
  const files = [`--datadir=${data}`, `--socket=${socket}`, `--pid-file=${join(folder, 'pid')}`];
  const usual = ['--innodb-flush-log-at-trx-commit=0', '--innodb-doublewrite=0', '--secure-file-priv='];
  const settings = [...usual, '--skip-networking', '--mysqlx=OFF', ...options];
  return runDaemon({
    name: 'MySQL',
    folder,
    socket,
    start: () => spawn(loader, [...server, ...files, ...settings], { stdio: 'ignore' }),
  });
}

/** Opens a session over the socket of a server of MySQL or MariaDB. */
export async function openMysql(socket: string, user = 'root', database?: string): Promise<Connection> {
  const connection = await createConnection({
    socketPath: socket,
    user,
    multipleStatements: true,
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    charset: 'utf8mb4_general_ci',
    ...(database === undefined ? {} : { database }),
  });
  // A text may cut its own connection.
  connection.on('error', () => undefined);
  return connection;
}

function holdsLoader(folder: string): boolean {
  return readdirSync(join(program, 'lib', folder)).some((name) => name.startsWith('ld-linux'));
}
