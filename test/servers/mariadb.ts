import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { copyFolder, keptFolder, runDaemon } from './daemon.ts';
import type { SqlServer } from './daemon.ts';

export type MariadbServer = SqlServer;

/** A test changes little: the usual log takes most of the time of a start. */
const smallLog = '--innodb-log-file-size=16M';
/** MariaDB refuses to run as root; elsewhere the account of the test serves. */
const account = process.getuid?.() === 0 ? ['--user=mysql'] : [];

/** Where the server's folder is made, and options of the server beyond the usual. */
export interface MariadbChoices {
  readonly parent?: string;
  readonly options?: readonly string[];
}

function installed(): string {
  const version = execFileSync('mariadbd', ['--version'], { encoding: 'utf8' });
  const name = `mariadb-${createHash('sha256').update(version).digest('hex').slice(0, 16)}`;
  return keptFolder(name, (data) => {
    chmodSync(dirname(data), 0o777);
    const install = [
      '--no-defaults',
      smallLog,
      `--datadir=${data}`,
      '--auth-root-authentication-method=normal',
    ];
    execFileSync('mariadb-install-db', [...install, '--skip-test-db', ...account], { stdio: 'ignore' });
  });
}

/** Makes a data folder in a temporary folder and starts a server on it. */
export function startMariadb(choices: MariadbChoices = {}): Promise<MariadbServer> {
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
  return runDaemon({
    name: 'MariaDB',
    folder,
    socket,
    start: () => spawn('mariadbd', ['--no-defaults', ...paths, ...settings, ...account], { stdio: 'ignore' }),
  });
}
