import { readFileSync, readdirSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { openTarget } from '@countersign/targets';
import { statement, temporaryDatabase } from './temporary-database.ts';

const mebibyte = 1024;
/** Old rows of 200 MiB in all. */
const rows = 100_000;

function sessionsOf(): readonly string[] {
  const children = readdirSync('/proc/self/task').flatMap((task) =>
    readFileSync(`/proc/self/task/${task}/children`, 'utf8')
      .split(' ')
      .filter((pid) => pid !== ''),
  );
  const sessions = children.filter((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('session-main'),
  );
  expect(sessions).not.toEqual([]);
  return sessions;
}

/** The most memory that a session of this process ever held, in KiB. */
function peakOfSessions(): number {
  return Math.max(
    ...sessionsOf().map((pid) =>
      Number(/^VmHWM:\s+([0-9]+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]),
    ),
  );
}

test(
  'old rows of a dry run lie in a file when they are many, not in memory',
  { timeout: 120_000 },
  async () => {
    const { target } = temporaryDatabase(`CREATE TABLE t (a INTEGER PRIMARY KEY, b INT, c TEXT);
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
    INSERT INTO t SELECT i, 0, printf('%.2048c', 'x') FROM n`);
    await target.dryRun([statement('UPDATE t SET b = 1 WHERE a = 1')]);
    const before = peakOfSessions();
    const { diff } = await target.dryRun([statement('UPDATE t SET b = 1')]);
    expect(diff.tables.map(({ updated }) => updated)).toEqual([rows]);
    expect(peakOfSessions() - before).toBeLessThan(160 * mebibyte);
  },
);

test('a session is told where the engine may put temporary files, and nothing else of the environment', async () => {
  vi.stubEnv('SQLITE_TMPDIR', '/tmp/countersign-elsewhere');
  vi.stubEnv('COUNTERSIGN_SECRET', 'secret');
  const { path } = temporaryDatabase('CREATE TABLE t (a INTEGER PRIMARY KEY, b INT)');
  const fresh = openTarget({ name: 'fresh', url: `sqlite:${path}` });
  await fresh.read([statement('SELECT 1')]);
  vi.unstubAllEnvs();
  const environments = sessionsOf().map((pid) => readFileSync(`/proc/${pid}/environ`, 'utf8'));
  await fresh.close();
  expect(environments.some((text) => text.includes('SQLITE_TMPDIR=/tmp/countersign-elsewhere'))).toBe(true);
  expect(environments.some((text) => text.includes('COUNTERSIGN_SECRET'))).toBe(false);
});
