import { readFileSync, readdirSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { openTarget } from '@countersign/targets';
import type { Target } from '@countersign/targets';
import { codeOf, statement, temporaryDatabase } from './temporary-database.ts';

const { path } = temporaryDatabase('CREATE TABLE t (a INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)');
const targets: Target[] = [];
afterAll(() => Promise.all(targets.map((target) => target.close())));

function open(): Target {
  const target = openTarget({ name: 'test', url: `sqlite:${path}` });
  targets.push(target);
  return target;
}

/** Ids of the session processes of this process. */
function sessions(): ReadonlySet<string> {
  const children = readdirSync('/proc/self/task').flatMap((task) =>
    readFileSync(`/proc/self/task/${task}/children`, 'utf8').split(' '),
  );
  return new Set(children.filter((pid) => pid !== '' && commandOf(pid).includes('session-main')));
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

const read = [statement('SELECT a FROM t')];
/** For a machine at its limit. */
const patient = { timeoutMs: 60_000 };
/** Never ends by itself. */
const slow = [
  statement('WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n'),
];

test('many reads at once share a few sessions, which serve the next ones too', async () => {
  const target = open();
  const before = sessions();
  const seen = new Set<string>();
  const watch = setInterval(() => {
    for (const pid of sessions()) if (!before.has(pid)) seen.add(pid);
  }, 5);
  for (let round = 0; round < 5; round += 1)
    await Promise.all(Array.from({ length: 40 }, () => target.read(read, patient)));
  clearInterval(watch);
  expect(seen.size).toBeGreaterThan(1);
  // More than the four that are kept only when none comes back in time, on a machine at its limit.
  expect(seen.size).toBeLessThan(20);
}, 60_000);

test('reads that take long keep no other from being answered', async () => {
  const target = open();
  const long = Array.from({ length: 6 }, () => codeOf(target.read(slow, patient)));
  const quick = target.read(read, patient).then(({ results }) => results.length);
  expect(await Promise.race([quick, ...long])).toBe(1);
  await target.close();
  expect(new Set(await Promise.all(long))).toEqual(new Set(['target/session-lost']));
}, 90_000);

test('a read that gets no session in its time is told so', async () => {
  const target = open();
  const long = Array.from({ length: 4 }, () => codeOf(target.read(slow, patient)));
  expect(await codeOf(target.read(read, { timeoutMs: 100 }))).toBe('target/busy');
  await target.close();
  await Promise.all(long);
}, 90_000);

test('what waits for a session when the target is closed is told so', async () => {
  const target = open();
  const all = Array.from({ length: 12 }, () => codeOf(target.read(slow, patient)));
  await target.close();
  const codes = new Set(await Promise.all(all));
  expect([...codes].toSorted()).toEqual(['target/closed', 'target/session-lost']);
  expect(await codeOf(target.read(read))).toBe('target/closed');
}, 60_000);
