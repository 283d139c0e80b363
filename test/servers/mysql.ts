import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from 'mysql2/promise';
import type { Connection } from 'mysql2/promise';

/** A MySQL server of this test alone: private folder, Unix socket only, no durability. */
export interface MysqlServer {
  readonly folder: string;
  readonly socket: string;
  /** Stops the server and removes everything it had. */
  readonly stop: () => Promise<void>;
}

/** Laid there by `scripts/fetch-mysql`; `scripts/setup tests` goes on without it. */
const program = join(import.meta.dirname, '..', '..', 'node_modules', '.mysql', 'usr');
const startTimeoutMs = 120_000;
const memory = '/dev/shm';

/** Whether there is a MySQL server to ask on this machine. */
export const hasMysql: boolean = existsSync(join(program, 'sbin', 'mysqld'));

/** Makes a data folder and starts a server on it; its `root` has no password. */
export async function startMysql(): Promise<MysqlServer> {
  const folder = mkdtempSync(join(existsSync(memory) ? memory : tmpdir(), 'countersign-mysql-'));
  const socket = join(folder, 'socket');
  const libraries = join(program, 'lib', readdirSync(join(program, 'lib')).find(holdsLoader) ?? '');
  const loader = readdirSync(libraries).find((name) => name.startsWith('ld-linux')) ?? '';
  const share = join(program, 'share', 'mysql');
  const server = [
    ...['--library-path', libraries, join(program, 'sbin', 'mysqld'), '--no-defaults', '--user=root'],
    ...[
      `--basedir=${program}`,
      `--lc-messages-dir=${share}`,
      `--character-sets-dir=${join(share, 'charsets')}`,
    ],
    ...[`--datadir=${join(folder, 'data')}`, '--innodb-buffer-pool-size=32M', '--skip-log-bin'],
  ];
  execFileSync(join(libraries, loader), [...server, '--initialize-insecure'], { stdio: 'ignore' });
  const files = [`--socket=${socket}`, `--pid-file=${join(folder, 'pid')}`, '--secure-file-priv='];
  const speed = ['--innodb-flush-log-at-trx-commit=0', '--innodb-doublewrite=0'];
  const running = spawn(
    join(libraries, loader),
    [...server, ...files, ...speed, '--skip-networking', '--mysqlx=OFF'],
    { stdio: 'ignore' },
  );
  const stop = async (): Promise<void> => {
    const ended = once(running, 'exit');
    running.kill('SIGKILL');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const until = performance.now() + startTimeoutMs;
  while (!(await listens(socket))) {
    if (running.exitCode !== null || performance.now() > until) {
      running.kill('SIGKILL');
      throw new Error('MySQL did not start');
    }
    await sleep(50);
  }
  return { folder, socket, stop };
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

async function listens(socket: string): Promise<boolean> {
  try {
    (await openMysql(socket)).destroy();
    return true;
  } catch {
    return false;
  }
}
