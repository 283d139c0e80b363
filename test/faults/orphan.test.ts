import { execFileSync } from 'node:child_process';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, test, vi } from 'vitest';
import { Lab, removeLabs } from './lab.ts';

afterAll(removeLabs);
vi.setConfig({ testTimeout: 120_000 });

const endless = '(WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n)';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Returns the ids of the sessions that this very process's children have started. */
function sessionsOf(parent: number): readonly number[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
  const words = lines.filter((line) => line.includes('session-main')).map((line) => line.trim().split(/\s+/));
  return words.filter(([, ppid]) => Number(ppid) === parent).map(([pid]) => Number(pid));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test.each([
  ['read', `SELECT ${endless}`],
  ['dry run', `UPDATE orders SET status = ${endless} WHERE id = 101`],
])('an executor killed during a %s without end takes its session with it', async (_what, sql) => {
  const lab = await Lab.make();
  const { pid, ended } = lab.begin(['submit', sql, '--reason', 'a test']);
  let sessions: readonly number[] = [];
  for (let times = 0; times < 200 && sessions.length === 0; times += 1) {
    await pause(50);
    sessions = sessionsOf(pid);
  }
  expect(sessions).not.toEqual([]);
  await pause(1_000);
  process.kill(pid, 'SIGKILL');
  expect((await ended).signal).toBe('SIGKILL');
  for (let times = 0; times < 100 && sessions.some(isAlive); times += 1) await pause(50);
  const left = sessions.filter(isAlive);
  for (const one of left) process.kill(one, 'SIGKILL');
  expect(left).toEqual([]);
  using database = new DatabaseSync(lab.database);
  database.exec('BEGIN IMMEDIATE; ROLLBACK');
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
});
