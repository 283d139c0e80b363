import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, chownSync, constants, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerAccount } from '../server-address.ts';
import { TargetError } from '../target-error.ts';
import { visible } from '../visible-text.ts';
import { MariadbSession } from './session.ts';
import { makeShadowFolder, refused, removeLeftovers, shadowOwner } from './shadow-folder.ts';

const startMs = 20_000;
const pauseMs = 15;
/** How long its guard may take to end it and to remove its folder. */
const endMs = 5_000;

/**
 * Starts the server and waits on a pipe whose other end the executor holds: when the executor is gone, in whatever way, the pipe
 * ends, and with it the server and its folder. The file `server` holds the server's number, `ended` says that it is gone.
 */
const guard = `trap '' HUP INT TERM
( "$@" </dev/null >/dev/null 2>&1 &
  echo "$!" >server
  wait "$!"
  : >ended ) &
read -r line
until [ -s server ]; do sleep 0.05; done
kill -9 "$(cat server)"
wait
cd / && rm -rf -- "$SHADOW_FOLDER"`;

/** Nothing of it is kept, so that it takes little memory and never waits for the disk. */
const small: readonly string[] = [
  '--skip-networking', '--skip-grant-tables', '--skip-log-bin', '--skip-symbolic-links', '--skip-slave-start', '--event-scheduler=DISABLED',
  '--local-infile=0', '--performance-schema=0', '--max-connections=8', '--key-buffer-size=1M', '--aria-pagecache-buffer-size=1M',
  '--innodb-buffer-pool-size=32M', '--innodb-log-file-size=8M', '--innodb-flush-log-at-trx-commit=0', '--innodb-doublewrite=0',
  '--innodb-use-native-aio=0', '--innodb-fast-shutdown=2', '--skip-stack-trace',
]; // prettier-ignore

/** A server without rows for one rehearsal, that nobody but this process can reach. */
export class ShadowServer {
  readonly #folder: string;
  readonly #guard: ChildProcess;

  private constructor(folder: string, guarding: ChildProcess) {
    this.#folder = folder;
    this.#guard = guarding;
  }

  /**
   * Starts one in a private folder, as nobody who may do anything, with settings by their names.
   * @param program absolute path of the server program
   * @throws TargetError `target/shadow`
   */
  static async start(program: string, settings: ReadonlyMap<string, string>): Promise<ShadowServer> {
    requireProgram(program);
    const owner = shadowOwner();
    removeLeftovers(owner);
    const folder = makeShadowFolder(owner);
    for (const name of ['data', 'files']) {
      mkdirSync(join(folder, name), { mode: 0o700 });
      chownSync(join(folder, name), owner.uid, owner.gid);
    }
    const places = {
      datadir: join(folder, 'data'),
      tmpdir: join(folder, 'files'),
      'secure-file-priv': join(folder, 'files'),
      socket: join(folder, 'socket'),
      'pid-file': join(folder, 'pid'),
      'log-error': join(folder, 'log'),
    };
    const words = [...Object.entries(places), ...settings].map(([name, value]) => `--${name}=${value}`);
    const child = spawn('/bin/sh', ['-c', guard, 'sh', program, '--no-defaults', ...words, ...small], {
      ...owner,
      cwd: folder,
      detached: true,
      // Nothing of the executor's secrets is needed there.
      env: { PATH: '/usr/bin:/bin', SHADOW_FOLDER: folder },
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    child.on('error', () => undefined);
    child.stdin.on('error', () => undefined);
    const server = new ShadowServer(folder, child);
    try {
      await server.#answering();
      return server;
    } catch (cause) {
      await server.stop();
      throw cause;
    }
  }

  /** The one account that there is. It may do everything. */
  account(database: string): ServerAccount {
    const address = {
      scheme: 'mariadb',
      host: join(this.#folder, 'socket'),
      port: 0,
      user: 'shadow',
      database,
    } as const;
    return { address, tls: {} };
  }

  /** Ends the server and removes all it had. Never rejects for a server that has ended by itself. */
  async stop(): Promise<void> {
    const child = this.#guard;
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      // The guard ends the server, waits until it is gone, and then removes its folder.
      child.stdin?.end();
      const waiting = new AbortController();
      const late = sleep(endMs, true, { signal: waiting.signal }).catch(() => false);
      if (await Promise.race([ended.then(() => false), late])) killGroup(child.pid);
      waiting.abort();
      await ended;
    }
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #answering(): Promise<void> {
    const until = performance.now() + startMs;
    while (performance.now() < until) {
      if (await this.#answers()) return;
      if (this.#isGone()) throw refused(`did not start: ${visible(this.#fault())}`);
      await sleep(pauseMs);
    }
    throw refused(`did not start within ${startMs} ms`);
  }

  async #answers(): Promise<boolean> {
    const session = new MariadbSession(this.account(''));
    try {
      await session.own('SELECT 1');
      return true;
    } catch (cause) {
      if (cause instanceof TargetError) return false;
      throw cause;
    } finally {
      await session.end();
    }
  }

  #isGone(): boolean {
    const { pid, exitCode } = this.#guard;
    return pid === undefined || exitCode !== null || existsSync(join(this.#folder, 'ended'));
  }

  /** The first error of a server that gave up. */
  #fault(): string {
    return /\[ERROR\] (.*)/.exec(readLog(join(this.#folder, 'log')))?.[1] ?? 'it ended by itself';
  }
}

/** The guard leads a group of its own, in which the server is. */
function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ESRCH')) throw cause;
  }
}

function readLog(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return '';
    throw cause;
  }
}

function requireProgram(program: string): void {
  try {
    accessSync(program, constants.X_OK);
  } catch (cause) {
    throw refused(`is not there or cannot be run, expected the path of mariadbd in the key shadow`, cause);
  }
}
