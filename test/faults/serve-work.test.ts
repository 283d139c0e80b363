import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ExecutorError } from '../../apps/executor/src/executor-error.ts';
import { localAgent } from '../../apps/executor/src/mcp/agent.ts';
import { AgentDesk } from '../../apps/executor/src/mcp/agent-desk.ts';
import { requireGood, type Caller } from '../../apps/executor/src/serve/caller.ts';
import { Room } from '../../apps/executor/src/serve/room.ts';
import { ServeStore } from '../../apps/executor/src/serve/serve-store.ts';
import { Submissions } from '../../apps/executor/src/serve/submissions.ts';
import { submitOnce } from '../../apps/executor/src/serve/submitting.ts';
import { takeIn, type Identity } from '../../apps/executor/src/stages/intake.ts';
import type { World } from '../../apps/executor/src/world.ts';
import { Lab, removeLabs } from './lab.ts';

vi.setConfig({ testTimeout: 120_000 });
afterAll(removeLabs);

const update = "UPDATE orders SET status = 'paid' WHERE id = 101";
let lab: Lab;

beforeAll(async () => {
  lab = await Lab.make();
});

function identityOf(world: World, name: string): Identity {
  const person = world.chain().current.person(name);
  if (person === undefined) throw new Error(`nobody is ${name}`);
  return { person, signer: lab.approver(name).signer };
}

test('work has so many places and no more; what is held is waited for', async () => {
  const room = new Room({ all: 1, each: 1 });
  let end = (): void => undefined;
  const held = room.hold('ci', () => new Promise<void>((resolve) => (end = resolve)));
  await expect(room.hold('agent-7', () => Promise.resolve(1))).rejects.toMatchObject({
    code: 'serve/busy',
    status: 503,
  });
  const empty = room.empty();
  end();
  await Promise.all([held, empty]);
  await expect(room.hold('ci', () => Promise.reject(new Error('a defect')))).rejects.toThrow('a defect');
  expect(await room.hold('ci', () => Promise.resolve(2))).toBe(2);
});

test('work that throws before it returns a promise gives its place back', async () => {
  const room = new Room({ all: 1, each: 1 });
  const throwing = (): Promise<never> => {
    throw new Error('at once');
  };
  await expect(room.hold('ci', throwing)).rejects.toThrow('at once');
  expect(await room.hold('ci', () => Promise.resolve(1))).toBe(1);
});

test('one identity takes its part of the places, and no more', async () => {
  const room = new Room({ all: 3, each: 2 });
  const ends: (() => void)[] = [];
  const begin = (who: string): Promise<void> =>
    room.hold(who, () => new Promise<void>((resolve) => ends.push(resolve)));
  const held = [begin('ci'), begin('ci')];
  await expect(begin('ci')).rejects.toMatchObject({ code: 'serve/own-queue', status: 429, retryAfter: 1 });
  held.push(begin('agent-7'));
  await expect(begin('olivia')).rejects.toMatchObject({ code: 'serve/busy' });
  for (const end of ends) end();
  await Promise.all(held);
  expect(await room.hold('ci', () => Promise.resolve(1))).toBe(1);
});

test('a client that is gone before the work began waits for nothing; the work goes on', async () => {
  await lab.inWorld(async (world) => {
    const store = new ServeStore(lab.path('work.db'));
    const room = new Room({ all: 1, each: 1 });
    const submissions = new Submissions({ world, store, room, log: () => undefined });
    const draft = {
      target: 'demo',
      statements: [{ sql: update, params: [] }],
      reason: 'a test',
      context: [],
      follows: null,
    };
    const intake = takeIn(world, draft, identityOf(world, 'ci'));
    const { finished } = await submitOnce({ world, room, submissions }, intake, {
      isOwn: true,
      waitMs: 3_600_000,
      gone: AbortSignal.abort(),
      beforeWork: () => undefined,
    });
    expect(finished).toBe(false);
    await room.empty();
    expect(world.store.request(intake.submission.id)?.state).toBe('pending');
    store.close();
  });
});

test('whoever waits goes on waiting while a read is on its way', async () => {
  const id = await lab.submit(update, '--as', 'agent-7');
  lab.store("UPDATE request SET state = 'allowed' WHERE state = 'pending'");
  const answer = await lab.inWorld((world) =>
    new AgentDesk(world, localAgent(world, identityOf(world, 'agent-7'))).wait(
      { request_id: id, timeout_seconds: 0 },
      new AbortController().signal,
    ),
  );
  expect(answer).toMatchObject({ timedOut: true, data: { state: 'allowed' } });
});

test('a store of calls that is none says so and how to mend it', () => {
  const path = lab.path('no-store.db');
  writeFileSync(path, 'no database at all, but long enough to look like one'.repeat(100));
  expect(() => new ServeStore(path)).toThrow(ExecutorError);
  expect(() => new ServeStore(path)).toThrow(
    expect.objectContaining({ code: 'home/store-damaged' }) as Error,
  );
});

test('a token that is over while its call waits is refused', async () => {
  await lab.inWorld((world) => {
    const { person, signer } = identityOf(world, 'ci');
    const callerUntil = (exp: number): Caller => ({
      person,
      key: signer.publicKey,
      by: 'token',
      identity: { person, signer },
      token: { ...token, claims: { exp } },
    });
    requireGood(world, callerUntil(world.clock() + 60));
    expect(() => requireGood(world, callerUntil(world.clock() - 60))).toThrow(
      expect.objectContaining({ code: 'token/invalid' }) as Error,
    );
  });
});

const token = {
  text: 'a.b.c',
  hash: '',
  setting: { issuer: undefined, audience: '', jwks: '', algorithms: [], lifetimeSeconds: 60, subjects: [] },
  subject: { pattern: '', identity: 'ci' },
  key: {},
} as const;
