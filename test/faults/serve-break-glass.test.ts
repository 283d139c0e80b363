import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ask, type HttpAnswer } from '../../apps/executor/test/http-client.ts';
import { Lab, removeLabs } from './lab.ts';
import { Client, serveLab, type Serving } from './serving.ts';
import { Issuer, trustIssuers } from './tokens.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const github = new Issuer('https://token.actions.example');
const update = "UPDATE customers SET tier = 'gold' WHERE id < 4";
const draft = { target: 'demo', sql: update, reason: 'the shop is down' };
let lab: Lab;
let serving: Serving;

beforeAll(async () => {
  lab = await Lab.make();
  trustIssuers(lab, [[github]]);
  lab.policy('main.yaml', (text) => `${text}\nscopes:\n  - { who: { kinds: [human] }, break_glass: true }\n`);
  serving = await serveLab(lab);
});
afterAll(async () => {
  expect(await serving.stop()).toBe(0);
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
  removeLabs();
});

const as = (name: string): Client => Client.of(serving.url, name);

async function metric(name: string): Promise<string | undefined> {
  const { text } = await ask(serving.url, '/metrics');
  return text.split('\n').find((line) => line.startsWith(`${name}{`));
}

test('an emergency is declared in what is signed, and counted', async () => {
  const declared = await as('olivia').submit(update, { break_glass: true });
  expect(declared.json).toMatchObject({ code: 'request/pending', break_glass: true });
  const id = String(declared.json['request_id']);
  expect(await metric('countersign_break_glass_submitted_total')).toBe(
    'countersign_break_glass_submitted_total{target="demo"} 1',
  );
  expect(await metric('countersign_break_glass_executed_total')).toBeUndefined();
  await lab.approve(id, 'ada', 'ben');
  expect((await as('olivia').post(`/v1/requests/${id}/run`)).json['code']).toBe('request/executed');
  expect(await metric('countersign_break_glass_executed_total')).toBe(
    'countersign_break_glass_executed_total{target="demo"} 1',
  );
});

test('nothing beside the signed bytes declares one', async () => {
  const bytes = await as('olivia').drafted({ ...draft, break_glass: false });
  const asked = await as('olivia').send(bytes, '?break_glass=true');
  expect([asked.status, asked.json['code']]).toEqual([400, 'serve/parameters']);
  const plain = await as('olivia').send(bytes);
  expect([plain.json['code'], plain.json['break_glass']]).toEqual(['request/pending', undefined]);
  const unsigned = await as('olivia').post('/v1/requests', { ...draft, break_glass: true });
  expect([unsigned.status, unsigned.json['code']]).toEqual([422, 'serve/unsigned']);
  for (const wrong of ['true', 1, null])
    expect((await as('olivia').post('/v1/drafts', { ...draft, break_glass: wrong })).status).toBe(422);
});

test('an idempotency key is good for one of the two', async () => {
  const plain = await as('olivia').send(await as('olivia').drafted(draft, 'one'));
  expect(plain.json['code']).toBe('request/pending');
  const declared = await as('olivia').send(
    await as('olivia').drafted({ ...draft, break_glass: true }, 'one'),
  );
  expect([declared.status, declared.json['code']]).toEqual([409, 'serve/idempotency']);
});

test('neither an agent nor a token whose service has no scope declares one', async () => {
  const agent = await as('agent-7').submit(update, { break_glass: true });
  expect(agent.json).toMatchObject({ code: 'identity/break-glass', exit_code: 4, state: 'denied' });
  const token = (): Promise<HttpAnswer> =>
    ask(serving.url, '/v1/requests', {
      method: 'POST',
      body: JSON.stringify({ ...draft, break_glass: true }),
      headers: { authorization: `Bearer ${github.token()}`, 'content-type': 'application/json' },
    });
  expect((await token()).json).toMatchObject({ code: 'identity/break-glass', exit_code: 4 });
  lab.policy('main.yaml', (text) => text.replace('kinds: [human]', 'kinds: [human, service]'));
  expect((await token()).json).toMatchObject({ code: 'request/pending', break_glass: true });
});
