import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { settleInterrupted } from '../../apps/executor/src/serve/settle-interrupted.ts';
import { Lab, removeLabs } from './lab.ts';
import { serveLab } from './serving.ts';

vi.setConfig({ testTimeout: 120_000 });
afterAll(removeLabs);

const update = "UPDATE orders SET status = 'paid' WHERE id = 101";
let lab: Lab;

beforeEach(async () => {
  lab = await Lab.make();
});

/** A request whose executor died right after the commit. */
async function cutOff(): Promise<string> {
  const id = await lab.approved(update);
  expect((await lab.die(['run', id], { FAULT_POINT: 'committed' })).signal).toBe('SIGKILL');
  return id;
}

/** Moves the target away and returns what brings it back. */
function takeTargetAway(): () => void {
  renameSync(lab.database, `${lab.database}.away`);
  return () => renameSync(`${lab.database}.away`, lab.database);
}

test('a run that was cut off stays as it is until its target answers, and is settled then', async () => {
  const id = await cutOff();
  const bringBack = takeTargetAway();
  const serving = await serveLab(lab);
  expect(serving.log()).toMatchObject([{ event: 'not-settled', request_id: id }, { event: 'listening' }]);
  expect(await serving.stop()).toBe(0);
  expect(await lab.state(id)).toBe('running');
  const events: string[] = [];
  await lab.inWorld(async (world) => {
    const settle = (): Promise<void> =>
      settleInterrupted(world, (_level, event) => events.push(event), new AbortController().signal);
    await settle();
    bringBack();
    await settle();
  });
  expect(events).toEqual(['not-settled', 'settled']);
  expect(await lab.state(id)).toBe('executed');
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
});

test('a lock that cannot be taken ends no server: not that of a run, and not that of the notifications', async () => {
  const id = await cutOff();
  const locks = [id, 'notify'].map((name) => lab.path('home', 'locks', `${name}.lock`));
  for (const lock of locks) {
    rmSync(lock, { force: true });
    mkdirSync(lock);
  }
  writeFileSync(lab.path('home', 'hook'), 'https://hooks.example/services/a\n');
  lab.configure((text) => `${text}\nnotify:\n  hook: { kind: slack, url: file:hook }\n`);
  const serving = await serveLab(lab);
  await expect.poll(() => serving.log().map(({ event }) => event)).toContain('notify-failed');
  expect(serving.log()).toContainEqual(expect.objectContaining({ event: 'not-settled', request_id: id }));
  expect(await serving.stop()).toBe(0);
});
