import { afterAll, expect, test, vi } from 'vitest';
import { Lab, removeLabs } from './lab.ts';

afterAll(removeLabs);
vi.setConfig({ testTimeout: 120_000 });

const sql = 'UPDATE orders SET total_cents = total_cents + 1 WHERE id = 101 OR id = 102';
const effect = 'SELECT total_cents FROM orders WHERE id = 101';

test.each(['opened', 'begun', 'marked', 'statement', 'ran', 'compared'])(
  'the session killed at %s: nothing is written, and the request is not lost',
  async (point) => {
    const lab = await Lab.make();
    const id = await lab.approved(sql);
    const ended = await lab.die(['run', id], { FAULT_POINT: point, FAULT_VICTIM: 'session' });
    expect([ended.signal, ended.exitCode, ended.code]).toEqual([null, 1, 'run/busy']);
    expect(lab.rows(effect)).toEqual([[4990]]);
    expect(await lab.state(id)).toBe('approved');
    expect((await lab.ask('run', id)).code).toBe('request/executed');
    expect(lab.rows(effect)).toEqual([[4991]]);
    expect((await lab.ask('run', id)).code).toBe('run/replayed');
    expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
  },
);

test.each([
  ['committing', 4990],
  ['committed', 4991],
])('the session killed at %s: the marker decides', async (point, cents) => {
  const lab = await Lab.make();
  const id = await lab.approved(sql);
  const ended = await lab.die(['run', id], { FAULT_POINT: point, FAULT_VICTIM: 'session' });
  expect(ended.signal).toBeNull();
  expect(lab.rows(effect)).toEqual([[cents]]);
  const state = await lab.state(id);
  expect(state).toBe(cents === 4991 ? 'executed' : 'approved');
  expect((await lab.ask('run', id)).code).toBe(cents === 4991 ? 'run/replayed' : 'request/executed');
  expect(lab.rows(effect)).toEqual([[4991]]);
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
});
