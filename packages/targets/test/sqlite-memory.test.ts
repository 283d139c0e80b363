import { readFileSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { statement, temporaryDatabase } from './temporary-database.ts';

const mebibyte = 1024;
/** Old rows of 200 MiB in all. */
const rows = 100_000;

/** The most memory that a session of this process ever held, in KiB. */
function peakOfSessions(): number {
  const children = readdirSync('/proc/self/task').flatMap((task) =>
    readFileSync(`/proc/self/task/${task}/children`, 'utf8')
      .split(' ')
      .filter((pid) => pid !== ''),
  );
  const sessions = children.filter((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('session-main'),
  );
  expect(sessions).not.toEqual([]);
  return Math.max(
    ...sessions.map((pid) =>
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
