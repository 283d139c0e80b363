import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A MariaDB server of this test alone: private folder, Unix socket only, no durability. */
export interface MariadbServer {
  /** Folder that holds the socket and the data; the server may write here. */
  readonly folder: string;
  readonly socket: string;
  /** Runs a text as the administrator by the engine's own client; rows as lines, columns apart by tabs. */
  readonly sql: (text: string, database?: string) => string;
  /** Sends the server's process a signal, such as one that freezes it. */
  readonly signal: (name: NodeJS.Signals) => void;
  /** Kills the server's process where it stands and starts another on the same data. */
  readonly restart: () => Promise<void>;
  /** Stops the server and removes everything it had. */
  readonly stop: () => Promise<void>;
}

const startTimeoutMs = 60_000;
/** A test changes little: the usual log takes most of the time of a start. */
const smallLog = '--innodb-log-file-size=16M';
/** MariaDB refuses to run as root; elsewhere the account of the test serves. */
const account = process.getuid?.() === 0 ? ['--user=mysql'] : [];

/** Where the server's folder is made, and options of the server beyond the usual. */
export interface MariadbChoices {
  readonly parent?: string;
  readonly options?: readonly string[];
}

/**
 * Returns a data folder as the engine installs it. It is made once for a version of the engine: that takes seconds, and a copy
 * tenths of one.
 */
function installed(): string {
  const version = execFileSync('mariadbd', ['--version'], { encoding: 'utf8' });
  const name = `mariadb-${createHash('sha256').update(version).digest('hex').slice(0, 16)}`;
  const kept = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'countersign', name);
  if (existsSync(kept)) return kept;
  const folder = mkdtempSync(join(tmpdir(), 'countersign-mariadb-'));
  chmodSync(folder, 0o777);
  const data = join(folder, 'data');
  const install = [
    '--no-defaults',
    smallLog,
    `--datadir=${data}`,
    '--auth-root-authentication-method=normal',
  ];
  execFileSync('mariadb-install-db', [...install, '--skip-test-db', ...account], { stdio: 'ignore' });
  mkdirSync(dirname(kept), { recursive: true });
  const copy = mkdtempSync(`${kept}-`);
  copyFolder(data, join(copy, 'data'));
  rmSync(folder, { recursive: true });
  try {
    renameSync(join(copy, 'data'), kept);
  } catch (cause) {
    // Another test was first.
    if (!existsSync(kept)) throw cause;
  }
  rmSync(copy, { recursive: true });
  return kept;
}

/** Copies a folder with the owners of its files. */
function copyFolder(from: string, to: string): void {
  execFileSync('cp', ['-a', from, to]);
}

/** Makes a data folder in a temporary folder and starts a server on it. */
export async function startMariadb(choices: MariadbChoices = {}): Promise<MariadbServer> {
  const folder = mkdtempSync(join(choices.parent ?? tmpdir(), 'countersign-mariadb-'));
  chmodSync(folder, 0o777);
  const data = join(folder, 'data');
  const socket = join(folder, 'socket');
  copyFolder(installed(), data);
  const usual = [smallLog, '--skip-networking', '--innodb-flush-log-at-trx-commit=0', '--secure-file-priv='];
  const settings = [...usual, ...(choices.options ?? [])];
  // A server that starts deletes the temporary tables of all that share its folder for them.
  const own = [`--tmpdir=${folder}`, `--pid-file=${join(folder, 'pid')}`];
  const paths = [`--datadir=${data}`, `--socket=${socket}`, ...own];
  const start = (): ChildProcess =>
    spawn('mariadbd', ['--no-defaults', ...paths, ...settings, ...account], { stdio: 'ignore' });
  let server = start();
  const sql = (text: string, database = 'mysql'): string => {
    // Texts are UTF-8, whatever the terminal is set to.
    const form = ['--default-character-set=utf8mb4', '--batch', '--skip-column-names'];
    const args = ['--no-defaults', `--socket=${socket}`, '--user=root', ...form];
    return execFileSync('mariadb', [...args, database], { input: text, encoding: 'utf8', stdio: 'pipe' });
  };
  await answering(server, socket, sql);
  const kill = async (): Promise<void> => {
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  };
  const restart = async (): Promise<void> => {
    await kill();
    rmSync(socket, { force: true });
    server = start();
    await answering(server, socket, sql);
  };
  const stop = async (): Promise<void> => {
    await kill();
    rmSync(folder, { recursive: true, force: true });
  };
  const signal = (name: NodeJS.Signals): void => {
    server.kill(name);
  };
  return { folder, socket, sql, signal, restart, stop };
}

async function answering(server: ChildProcess, socket: string, sql: (text: string) => string): Promise<void> {
  const until = performance.now() + startTimeoutMs;
  while (performance.now() < until && server.exitCode === null) {
    if (existsSync(socket) && listens(sql)) return;
    await sleep(50);
  }
  server.kill('SIGKILL');
  throw new Error('MariaDB did not start');
}

/** The socket's name is there a moment before anybody listens at it. */
function listens(sql: (text: string) => string): boolean {
  try {
    sql('SELECT 1');
    return true;
  } catch {
    return false;
  }
}
