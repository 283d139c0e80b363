import { afterAll, expect, test, vi } from 'vitest';
import { admissions, Lab, removeLabs, type Answer } from './lab.ts';
import { responseOf } from './signer.ts';

afterAll(removeLabs);
vi.setConfig({ testTimeout: 120_000 });

const sql = "UPDATE customers SET tier = 'gold' WHERE city = 'Leeds'";

async function onlyRequest(lab: Lab): Promise<Readonly<Record<string, unknown>>> {
  const { document } = await lab.ask('list');
  const requests = document['requests'] as readonly Readonly<Record<string, unknown>>[];
  expect(requests).toHaveLength(1);
  return requests[0] ?? {};
}

async function verified(lab: Lab): Promise<void> {
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
}

test('killed before the dry run ended: nothing waits for approvers, and it can be taken back', async () => {
  const lab = await Lab.make();
  const killed = await lab.die(['submit', sql, '--reason', 'a test'], { FAULT_POINT: 'submission-recorded' });
  expect(killed.signal).toBe('SIGKILL');
  const { request_id: id, state } = await onlyRequest(lab);
  expect(state).toBe('submitted');
  expect((await lab.ask('export', String(id))).code).toBe('request/not-sealed');
  expect((await lab.ask('run', String(id))).code).toBe('request/not-sealed');
  const taken = await lab.ask('withdraw', String(id), '--reason', 'the machine died');
  expect([taken.exitCode, taken.document['state']]).toEqual([0, 'withdrawn']);
  const { document } = await lab.ask('ledger', 'show', String(id));
  expect((document['entries'] as readonly { type: string }[]).map(({ type }) => type)).toEqual([
    'submission',
    'verdict',
  ]);
  await verified(lab);
});

test('killed before an allowed read ran: nothing was read, and it can be closed', async () => {
  const lab = await Lab.make();
  const killed = await lab.die(['submit', 'SELECT * FROM orders', '--reason', 'a test'], {
    FAULT_POINT: 'verdict-recorded',
  });
  expect(killed.signal).toBe('SIGKILL');
  const { request_id: id, state } = await onlyRequest(lab);
  expect(state).toBe('allowed');
  const taken = await lab.ask('withdraw', String(id), '--reason', 'the machine died');
  expect([taken.exitCode, taken.document['state']]).toEqual([0, 'failed']);
  await verified(lab);
});

test('killed after the seal: the request waits, whole', async () => {
  const lab = await Lab.make();
  const killed = await lab.die(['submit', sql, '--reason', 'a test'], { FAULT_POINT: 'request-sealed' });
  expect(killed.signal).toBe('SIGKILL');
  const { request_id: id, state } = await onlyRequest(lab);
  expect(state).toBe('pending');
  await lab.approve(String(id), 'ada', 'ben');
  expect((await lab.ask('run', String(id))).code).toBe('request/executed');
  await verified(lab);
});

test.each(['1', '2'])(
  'killed after recording decision %s: carried in again, each counts once',
  async (time) => {
    const lab = await Lab.make();
    const id = await lab.submit(sql);
    const bundle = await lab.export(id);
    const signed = ['ada', 'ben'].map((name) => lab.approver(name).sign(bundle, { choice: 'approve' }));
    const file = lab.carry(responseOf(lab.approver('ada').domain, signed));
    const killed = await lab.die(['import', file], { FAULT_POINT: 'decision-recorded', FAULT_TIME: time });
    expect(killed.signal).toBe('SIGKILL');
    expect(await lab.state(id)).toBe(time === '1' ? 'pending' : 'approved');
    const again = await lab.ask('import', file);
    expect(admissions(again)).toEqual(
      time === '1' ? ['repeated logged', 'counted logged'] : ['repeated logged', 'repeated logged'],
    );
    expect((await lab.ask('run', id)).code).toBe('request/executed');
    await verified(lab);
  },
);

test('two processes carry the same decisions in at once: each counts once', async () => {
  const lab = await Lab.make();
  const id = await lab.submit(sql);
  const bundle = await lab.export(id);
  const signed = ['ada', 'ben'].map((name) => lab.approver(name).sign(bundle, { choice: 'approve' }));
  const file = lab.carry(responseOf(lab.approver('ada').domain, signed));
  const answers = await Promise.all([lab.spawn(['import', file]), lab.spawn(['import', file])]);
  expect(answers.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  const outcomes = answers.flatMap(admissions).sort();
  expect(outcomes).toEqual(['counted logged', 'counted logged', 'repeated logged', 'repeated logged']);
  expect(await lab.state(id)).toBe('approved');
  await verified(lab);
});

test('two processes run the same request at once: it runs once', async () => {
  const lab = await Lab.make();
  const id = await lab.approved('UPDATE orders SET total_cents = total_cents + 1 WHERE id < 103');
  const slow = lab.die(['run', id], { FAULT_POINT: 'ran', FAULT_HOLD_MS: '2500' });
  const others: Answer[] = await Promise.all([lab.spawn(['run', id]), lab.spawn(['run', id])]);
  const all = [await slow, ...others];
  expect(all.filter(({ code }) => code === 'request/executed')).toHaveLength(1);
  for (const { code } of all) expect(['request/executed', 'home/busy', 'run/replayed']).toContain(code);
  expect(lab.rows('SELECT total_cents FROM orders WHERE id = 101')).toEqual([[4991]]);
  expect(await lab.state(id)).toBe('executed');
  await verified(lab);
});

test('a denial that comes in while a run is held after its intent is too late, and logged', async () => {
  const lab = await Lab.make();
  const id = await lab.approved(sql);
  const bundle = await lab.export(id);
  const held = lab.die(['run', id], { FAULT_POINT: 'intent-recorded', FAULT_HOLD_MS: '4000' });
  while ((await lab.state(id)) === 'approved') await new Promise((resolve) => setTimeout(resolve, 50));
  const late = await lab.import(lab.approver('carol').decide(bundle, { choice: 'deny' }));
  expect(admissions(late)).toEqual(['refused decision/request-finished logged']);
  expect((await held).code).toBe('request/executed');
  await verified(lab);
});
