import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Script } from './scripts.ts';
import type { Trial } from './trial.ts';

const CHILD = join(import.meta.dirname, 'sqlite-child.ts');
const SCRIPTS_A_CHILD = 20;
const CHILD_TIMEOUT_MS = 60_000;

/**
 * Runs every script on a database of its own, in processes that are ended when they take too long: what a script
 * did until then counts, and the next process begins with the script after it.
 */
export function tryOnSqlite(scripts: readonly Script[], each: (name: string) => void): Trial[] {
  const trials: Trial[] = [];
  for (let next = 0; next < scripts.length;) {
    const lines = runSome(scripts.slice(next, next + SCRIPTS_A_CHILD));
    const begun = lines.filter((line): line is string => typeof line === 'string');
    begun.forEach(each);
    if (begun.length === 0) throw new Error('the process that runs scripts did not begin');
    next += begun.length;
    trials.push(...lines.filter((line) => typeof line !== 'string'));
  }
  return trials;
}

/** The name of each script begun, and after it its trials. */
function runSome(scripts: readonly Script[]): (string | Trial)[] {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-rates-'));
  const { stdout } = spawnSync(process.execPath, [CHILD], {
    cwd: folder,
    input: JSON.stringify(scripts),
    timeout: CHILD_TIMEOUT_MS,
    killSignal: 'SIGKILL',
    stdio: ['pipe', 'pipe', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  rmSync(folder, { recursive: true, force: true });
  // The last line is empty, or was cut.
  const lines = stdout.split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as string | Trial);
}
