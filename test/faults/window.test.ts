import { afterAll, expect, test, vi } from 'vitest';
import { Lab, removeLabs } from './lab.ts';

afterAll(removeLabs);
vi.setConfig({ testTimeout: 120_000 });

const change = "UPDATE customers SET tier = 'gold' WHERE city = 'Leeds'";
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const now = (): number => Math.floor(Date.now() / 1000);
/** Noon of the day so many days ahead, in UTC. */
const noon = (ahead: number): number => (Math.floor(now() / 86_400) + ahead) * 86_400 + 43_200;
const dayOf = (unix: number): string => days[(Math.floor(unix / 86_400) + 4) % 7] ?? '';

function obligation(value: string): (text: string) => string {
  return (text) => `${text}\n  - name: bound\n    obligations: ${value}\n`;
}

test('a change waits for its window, whatever else is complete', async () => {
  const lab = await Lab.make();
  lab.policy('changes.yaml', obligation(`{ window: { days: [${dayOf(noon(1))}] } }`));
  const id = await lab.approved(change);
  const before = lab.dump();
  const early = await lab.ask('run', id);
  expect([early.exitCode, early.code]).toEqual([8, 'run/outside-window']);
  expect(String(early.document['message'])).toContain(
    `${dayOf(noon(1))} 00:00 - ${dayOf(noon(2))} 00:00 UTC`,
  );
  expect([lab.dump(), await lab.state(id)]).toEqual([before, 'approved']);
  const open = await lab.askAt(() => noon(1), 'run', id);
  expect([open.exitCode, open.code]).toEqual([0, 'request/executed']);
});

test('a window set after the approval binds the run, and the signed one stays when policy drops it', async () => {
  const lab = await Lab.make();
  const free = await lab.approved(change);
  const mend = lab.policy('changes.yaml', obligation(`{ window: { days: [${dayOf(noon(1))}] } }`));
  expect((await lab.ask('run', free)).code).toBe('run/outside-window');
  const bound = await lab.approved("UPDATE customers SET tier = 'silver' WHERE id = 2");
  mend();
  expect((await lab.ask('run', bound)).code).toBe('run/outside-window');
  expect((await lab.ask('run', free)).code).toBe('request/executed');
  // Signed for one day, allowed on the other only: no moment is left.
  lab.policy('changes.yaml', obligation(`{ window: { days: [${dayOf(noon(2))}] } }`));
  expect((await lab.askAt(() => noon(1), 'run', bound)).code).toBe('run/outside-window');
});

test('a read outside its window is denied, and inside it runs', async () => {
  const lab = await Lab.make();
  lab.policy('changes.yaml', obligation(`{ window: { days: [${dayOf(noon(1))}] } }`));
  const read = ['submit', 'SELECT name FROM customers', '--reason', 'a test'] as const;
  const shut = await lab.ask(...read);
  expect([shut.exitCode, shut.code]).toEqual([3, 'request/denied']);
  expect(JSON.stringify(shut.document)).not.toContain('Amara');
  expect((await lab.askAt(() => noon(1), ...read)).exitCode).toBe(0);
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
});

test('a change brings a backup that is still young when it runs', async () => {
  const lab = await Lab.make();
  lab.policy('changes.yaml', obligation('{ backup: 24h }'));
  const bare = await lab.ask('submit', change, '--reason', 'a test');
  expect([bare.exitCode, bare.code]).toEqual([3, 'request/denied']);
  const at = new Date((now() - 20 * 3600) * 1000).toISOString().replace(/\.\d+/, '');
  const id = await lab.approved(change, '--backup', 'nightly', '--backup-at', at);
  const late = await lab.askAt(() => now() + 5 * 3600, 'run', id);
  expect([late.exitCode, late.code]).toEqual([3, 'run/policy-denies']);
  expect(String(late.document['message'])).toContain('at most 24 hours old, this one is 25 hours old');
  expect((await lab.ask('run', id)).code).toBe('request/executed');
});
