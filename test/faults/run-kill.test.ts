import { afterAll, expect, test, vi } from 'vitest';
import { Lab, removeLabs } from './lab.ts';

afterAll(removeLabs);
vi.setConfig({ testTimeout: 120_000 });

// Not idempotent on purpose: run twice, each of them shows.
const transfer =
  "UPDATE orders SET total_cents = total_cents + 1 WHERE id = 101; INSERT INTO audit (customer, old_tier, new_tier) VALUES (6, 'a', 'b')";
const effect = 'SELECT (SELECT total_cents FROM orders WHERE id = 101), (SELECT count(*) FROM audit)';
const before = [[4990, 0]];
const after = [[4991, 1]];

/** The points a run passes, each with whether the effect is in the target when the executor dies there. */
const points: readonly (readonly [point: string, time: string, done: boolean])[] = [
  ['intent-recorded', '1', false],
  ['opened', '1', false],
  ['begun', '1', false],
  ['marked', '1', false],
  ['statement', '1', false],
  ['statement', '2', false],
  ['ran', '1', false],
  ['compared', '1', false],
  ['committing', '1', false],
  ['committed', '1', true],
  ['target-returned', '1', true],
  ['receipt-recorded', '1', true],
];

test.each(points)('killed at %s (%s): run again, and it ran once', async (point, time, done) => {
  const lab = await Lab.make();
  const id = await lab.approved(transfer);
  const killed = await lab.die(['run', id], { FAULT_POINT: point, FAULT_TIME: time });
  expect(killed.signal).toBe('SIGKILL');
  expect(lab.rows(effect)).toEqual(done ? after : before);
  const again = await lab.ask('run', id);
  if (point === 'receipt-recorded') expect([again.exitCode, again.code]).toEqual([1, 'run/replayed']);
  else expect([again.exitCode, again.code]).toEqual([0, 'request/executed']);
  expect(lab.rows(effect)).toEqual(after);
  expect(await lab.state(id)).toBe('executed');
  expect((await lab.ask('run', id)).code).toBe('run/replayed');
  expect(lab.rows(effect)).toEqual(after);
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
});
