import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Lab, removeLabs } from './lab.ts';
import { Client, serveLab, type Serving } from './serving.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const secret = 'Amara Okafor';
let lab: Lab;
let serving: Serving;
let unhide = (): void => undefined;

beforeAll(async () => {
  lab = await Lab.make();
  unhide = lab.policy(
    'changes.yaml',
    (text) => `${text}\n  - name: hide\n    obligations: { mask: [main.customers.name] }\n`,
  );
  serving = await serveLab(lab);
});
afterAll(async () => {
  expect(await serving.stop()).toBe(0);
  removeLabs();
});

const as = (name: string): Client => Client.of(serving.url, name);

async function submitted(name: string): Promise<string> {
  const { json } = await as(name).submit("UPDATE customers SET city = 'Hull' WHERE id = 1");
  return String(json['request_id']);
}

test.each(['ci', 'agent-7', 'olivia'])(
  '%s is not handed the values that policy masks in what it submitted',
  async (name) => {
    const path = `/v1/requests/${await submitted(name)}`;
    const diff = await as(name).get(`${path}/diff`);
    expect([diff.text.includes('(masked)'), diff.text.includes(secret)]).toEqual([true, false]);
    const refused = await as(name).call('POST', `${path}/export`);
    expect([refused.status, refused.json['code']]).toEqual([403, 'serve/masked']);
    expect(refused.text).not.toContain(secret);
    // Nothing was carried out, so nothing says that it was.
    expect((await as(name).get(`${path}/entries`)).text).not.toContain('export');
  },
);

test('another person carries it out', async () => {
  const path = `/v1/requests/${await submitted('ci')}`;
  const carried = await as('olivia').call('POST', `${path}/export`);
  expect([carried.status, carried.text.includes(secret)]).toEqual([200, true]);
});

test('what nothing is masked in goes to its submitter', async () => {
  unhide();
  const path = `/v1/requests/${await submitted('ci')}`;
  expect((await as('ci').call('POST', `${path}/export`)).status).toBe(200);
});
