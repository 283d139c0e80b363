import { execFileSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A server of MariaDB or MySQL of this test alone: private folder, Unix socket only, no durability. */
export interface SqlServer {
  /** Folder that holds the socket and the data; the server may write here. */
  readonly folder: string;
  readonly socket: string;
  /** Runs a text as the administrator by MariaDB's own client; rows as lines, columns apart by tabs. */
  readonly sql: (text: string, database?: string) => string;
  /** Sends the server's process a signal, such as one that freezes it. */
  readonly signal: (name: NodeJS.Signals) => void;
  /** Kills the server's process where it stands and starts another on the same data. */
  readonly restart: () => Promise<void>;
  /** Stops the server and removes everything it had. */
  readonly stop: () => Promise<void>;
}

const startTimeoutMs = 120_000;

/** Where a server's folder and socket are, and how its process is started there. */
export interface Daemon {
  readonly name: string;
  readonly folder: string;
  readonly socket: string;
  readonly start: () => ChildProcess;
}

/** Starts the server and waits until it answers. */
export async function runDaemon({ name, folder, socket, start }: Daemon): Promise<SqlServer> {
  const sql = (text: string, database = 'mysql'): string => {
    return runClient([`--socket=${socket}`, '--user=root'], text, database);
  };
  const answering = async (server: ChildProcess): Promise<void> => {
    const until = performance.now() + startTimeoutMs;
    while (performance.now() < until && server.exitCode === null) {
      if (existsSync(socket) && listens(sql)) return;
      await sleep(50);
    }
    server.kill('SIGKILL');
    throw new Error(`${name} did not start`);
  };
  let server = start();
  await answering(server);
  const kill = async (): Promise<void> => {
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  };
  const restart = async (): Promise<void> => {
    await kill();
    for (const file of [socket, `${socket}.lock`]) rmSync(file, { force: true });
    server = start();
    await answering(server);
  };
  const stop = async (): Promise<void> => {
    await kill();
    rmSync(folder, { recursive: true, force: true });
  };
  const signal = (word: NodeJS.Signals): void => {
    server.kill(word);
  };
  return { folder, socket, sql, signal, restart, stop };
}

/** Runs a text by MariaDB's own client as whom and where the options say; rows as lines, columns apart by tabs. */
export function runClient(options: readonly string[], text: string, database: string, password = ''): string {
  // Texts are UTF-8, whatever the terminal is set to.
  const form = ['--default-character-set=utf8mb4', '--batch', '--skip-column-names'];
  return execFileSync('mariadb', ['--no-defaults', ...options, ...form, database], {
    input: text,
    encoding: 'utf8',
    stdio: 'pipe',
    env: { ...process.env, ...(password === '' ? {} : { MYSQL_PWD: password }) },
  });
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

/**
 * Returns a data folder as the engine installs it. It is made once for a version of the engine: that takes seconds, and a copy
 * tenths of one.
 */
export function keptFolder(name: string, install: (data: string) => void): string {
  const kept = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'countersign', name);
  if (existsSync(kept)) return kept;
  const folder = mkdtempSync(join(tmpdir(), 'countersign-install-'));
  const data = join(folder, 'data');
  install(data);
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
export function copyFolder(from: string, to: string): void {
  execFileSync('cp', ['-a', from, to]);
}
