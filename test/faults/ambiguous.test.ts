import { renameSync, rmSync } from 'node:fs';
import { afterAll, expect, test, vi } from 'vitest';
import { Lab, removeLabs } from './lab.ts';

afterAll(removeLabs);
vi.setConfig({ testTimeout: 120_000 });

const sql = "INSERT INTO orders (customer_id, status, total_cents) VALUES (1, 'open', 77), (2, 'open', 77)";
const effect = 'SELECT count(*) FROM orders WHERE total_cents = 77';

async function cutOff(point: string): Promise<{ readonly lab: Lab; readonly id: string }> {
  const lab = await Lab.make();
  const id = await lab.approved(sql);
  expect((await lab.die(['run', id], { FAULT_POINT: point })).signal).toBe('SIGKILL');
  return { lab, id };
}

/** Moves the target away and returns what brings it back. */
function takeTargetAway(lab: Lab): () => void {
  renameSync(lab.database, `${lab.database}.away`);
  return () => renameSync(`${lab.database}.away`, lab.database);
}

test('cut off after the commit, target away: ambiguous, until it is back and the marker tells', async () => {
  const { lab, id } = await cutOff('committed');
  const bringBack = takeTargetAway(lab);
  for (const attempt of [1, 2]) {
    const answer = await lab.ask('run', id);
    expect([attempt, answer.exitCode, answer.code]).toEqual([attempt, 11, 'run/ambiguous']);
    expect(await lab.state(id)).toBe('ambiguous');
  }
  bringBack();
  const settled = await lab.ask('run', id);
  expect([settled.exitCode, settled.document['state']]).toEqual([0, 'resolved']);
  expect(lab.rows(effect)).toEqual([[2]]);
  expect((await lab.ask('run', id)).exitCode).toBe(1);
  expect(lab.rows(effect)).toEqual([[2]]);
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
});

test('cut off before the commit, target away: ambiguous, then resolved as not run, and it stays so', async () => {
  const { lab, id } = await cutOff('ran');
  const bringBack = takeTargetAway(lab);
  expect((await lab.ask('run', id)).exitCode).toBe(11);
  bringBack();
  const settled = await lab.ask('run', id);
  expect([settled.exitCode, settled.code]).toEqual([1, 'request/state']);
  expect(await lab.state(id)).toBe('resolved');
  expect(lab.rows(effect)).toEqual([[0]]);
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
});

test.each(['ran', 'did-not-run'])(
  'a target that is gone for good: a person resolves it as %s',
  async (word) => {
    const { lab, id } = await cutOff('committed');
    for (const suffix of ['', '-wal', '-shm', '-journal'])
      rmSync(`${lab.database}${suffix}`, { force: true });
    expect((await lab.ask('run', id)).exitCode).toBe(11);
    const resolved = await lab.ask('resolve', id, '--outcome', word, '--reason', 'looked at the backup');
    expect([resolved.exitCode, resolved.code, resolved.document['resolved_by']]).toEqual([
      0,
      'request/resolved',
      'person',
    ]);
    expect((await lab.ask('run', id)).code).toBe('request/state');
    expect((await lab.ask('resolve', id, '--outcome', word, '--reason', 'again')).code).toBe('request/state');
    expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
  },
);

test('where the marker can be read, it decides and not the person', async () => {
  const { lab, id } = await cutOff('committed');
  const bringBack = takeTargetAway(lab);
  expect((await lab.ask('run', id)).exitCode).toBe(11);
  bringBack();
  const claimed = await lab.ask('resolve', id, '--outcome', 'did-not-run', '--reason', 'I think so');
  expect([claimed.exitCode, claimed.document['resolved_by']]).toEqual([0, 'marker']);
  const { document } = await lab.ask('show', id);
  expect(document['detail']).toContain('marker');
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
});

test('another database in the place of the target: ambiguous, never asked', async () => {
  const { lab, id } = await cutOff('committed');
  const other = await Lab.make();
  other.write('UPDATE _countersign_identity SET id = randomblob(16)');
  const bringBack = takeTargetAway(lab);
  renameSync(other.database, lab.database);
  expect((await lab.ask('run', id)).exitCode).toBe(11);
  bringBack();
  expect((await lab.ask('run', id)).exitCode).toBe(0);
  expect(lab.rows(effect)).toEqual([[2]]);
});

test('a target that is only busy is no reason for doubt', async () => {
  const { lab, id } = await cutOff('ran');
  const release = lab.lock();
  const answer = await lab.ask('run', id);
  expect([answer.exitCode, answer.code]).toEqual([1, 'run/busy']);
  expect(await lab.state(id)).toBe('running');
  release();
  expect((await lab.ask('run', id)).code).toBe('request/executed');
  expect(lab.rows(effect)).toEqual([[2]]);
});

test('a target that is busy or away when the run begins costs no approval', async () => {
  const lab = await Lab.make();
  const id = await lab.approved(sql);
  const release = lab.lock();
  expect((await lab.ask('run', id)).code).toBe('run/busy');
  release();
  expect(await lab.state(id)).toBe('approved');
  const bringBack = takeTargetAway(lab);
  const away = await lab.ask('run', id);
  expect([away.exitCode, away.code]).toEqual([1, 'target/unreachable']);
  bringBack();
  expect(await lab.state(id)).toBe('approved');
  expect((await lab.ask('run', id)).code).toBe('request/executed');
  expect(lab.rows(effect)).toEqual([[2]]);
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
});
