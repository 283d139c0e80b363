import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openTarget } from '@countersign/targets';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ShadowServer } from '../src/mariadb/shadow-server.ts';
import { startMariadbShop } from './mariadb-shop.ts';
import type { MariadbShop } from './mariadb-shop.ts';
import { codeOf, statement } from './temporary-database.ts';

const shadow = '/usr/sbin/mariadbd';
const definition = 'ALTER TABLE t ADD COLUMN c INT';
vi.setConfig({ testTimeout: 60_000 });

let shop: MariadbShop;
beforeAll(async () => {
  shop = await startMariadbShop([], shadow);
  await shop.remake('CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(9))');
}, 90_000);
afterAll(() => shop.stop(), 60_000);

const foldersOf = (pid: number): string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith(`countersign-shadow-${pid}-`));

test('two copies are there at once at most, the other trials wait', async () => {
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, foldersOf(process.pid).length);
  }, 5);
  await Promise.all([1, 2, 3, 4, 5].map(() => shop.target.dryRun([statement(definition)])));
  clearInterval(timer);
  expect(most).toBe(2);
});

/** Starts an executor that tries a definition, and waits until its server has a copy to make. */
async function startTrying(): Promise<{ readonly pid: number; readonly folder: string }> {
  const words = [shop.url('owner'), 'none', '', '', definition, '01'.repeat(16), shadow];
  const child = spawn(process.execPath, [join(import.meta.dirname, 'run-child.ts'), ...words], {
    env: { NODE_NO_WARNINGS: '1', RUN_CHILD_PASSWORD: 'owner', RUN_CHILD_DRY: '1' },
    stdio: 'ignore',
  });
  const pid = child.pid ?? 0;
  const folder = await vi.waitFor(() => {
    const [name = ''] = foldersOf(pid);
    expect(existsSync(join(tmpdir(), name, 'socket'))).toBe(true);
    return join(tmpdir(), name);
  }, { timeout: 20_000, interval: 5 }); // prettier-ignore
  return { pid, folder };
}

/** Processes whose words name the folder. */
function processesOf(folder: string): number[] {
  return readdirSync('/proc').flatMap((name) => {
    try {
      return /^[0-9]+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(folder)
        ? [Number(name)]
        : [];
    } catch {
      return [];
    }
  });
}

const gone = (folder: string): Promise<void> =>
  vi.waitFor(() => { expect([existsSync(folder), processesOf(folder)]).toEqual([false, []]); }, { timeout: 20_000, interval: 50 }); // prettier-ignore

test('the server for copies and its folder go with the executor that is killed', async () => {
  const { pid, folder } = await startTrying();
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  process.kill(pid, 'SIGKILL');
  await gone(folder);
});

test('once it is stopped nothing of it is left, not even for a moment', async () => {
  const server = await ShadowServer.start(shadow, new Map());
  const folder = dirname(server.account('').address.host);
  const pids = processesOf(folder);
  expect(pids.length).toBeGreaterThan(1);
  await server.stop();
  expect(pids.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
  expect(existsSync(folder)).toBe(false);
});

test('and with the next trial, when what watches over them was killed as well', async () => {
  const { pid, folder } = await startTrying();
  const guards = processesOf(folder).filter((one) =>
    readFileSync(`/proc/${one}/cmdline`, 'utf8').startsWith('/bin/sh'),
  );
  for (const one of [...guards, pid]) process.kill(one, 'SIGKILL');
  // A killed process has its name until the system has taken it apart.
  await vi.waitFor(() => { expect(processesOf(folder)).toHaveLength(1); }, { timeout: 20_000, interval: 5 }); // prettier-ignore
  await shop.target.dryRun([statement(definition)]);
  await gone(folder);
});

test('a program that is none, or of another series, is told as such, and nothing is left of it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-no-server-'));
  chmodSync(folder, 0o755);
  const make = (program: string): ReturnType<typeof openTarget> =>
    openTarget({ name: 'x', url: shop.url('owner'), password: () => 'owner', shadow: program });
  const dryRun = (program: string): Promise<string> => codeOf(make(program).dryRun([statement(definition)]));
  expect(await dryRun('/nowhere/mariadbd')).toBe('target/shadow');
  const older = join(folder, 'older');
  writeFileSync(older, `#!/bin/sh\nexec ${shadow} "$@" --version=10.6.1-MariaDB\n`, { mode: 0o755 });
  expect(await dryRun(older)).toBe('target/shadow-version');
  const broken = join(folder, 'broken');
  writeFileSync(broken, `#!/bin/sh\nexec ${shadow} "$@" --no-such-option\n`, { mode: 0o755 });
  expect(await dryRun(broken)).toBe('target/shadow');
  rmSync(folder, { recursive: true });
  expect(foldersOf(process.pid)).toEqual([]);
});
