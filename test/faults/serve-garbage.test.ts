import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ask, type HttpAnswer } from '../../apps/executor/test/http-client.ts';
import { Lab, removeLabs } from './lab.ts';
import { Client, serveLab, type Serving } from './serving.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

/** Failures of an address a second; twice as many at once, and a tenth of it in the name of each. */
const rate = 20;
let lab: Lab;
let serving: Serving;

beforeAll(async () => {
  lab = await Lab.make();
  lab.configure((text) => `${text}\nserve:\n  rate: ${rate}\n`);
  serving = await serveLab(lab);
});
afterAll(async () => {
  expect(await serving.stop()).toBe(0);
  expect(serving.log().filter(({ event }) => event === 'defect')).toEqual([]);
  removeLabs();
});

const as = (name: string): Client => Client.of(serving.url, name);

/** How many of many calls at once were answered with each code. */
async function codesOf(count: number, call: () => Promise<HttpAnswer>): Promise<Record<string, number>> {
  const codes: Record<string, number> = {};
  const answers = await Promise.all(Array.from({ length: count }, call));
  for (const { status, json, headers } of answers) {
    const code = String(json['code']);
    codes[code] = (codes[code] ?? 0) + 1;
    if (code === 'serve/failures') expect([status, headers['retry-after']]).toEqual([429, '1']);
  }
  return codes;
}

/** A call in the name of one that another key has signed. */
const forged = (name: string) => (): Promise<HttpAnswer> =>
  as(name).call('GET', '/v1/requests', {}, { signer: as('agent-7').signer });

const refill = (): Promise<unknown> => new Promise((resolve) => setTimeout(resolve, 2_100));

const kinds: readonly (readonly [what: string, code: string, call: () => Promise<HttpAnswer>])[] = [
  ['calls with a false signature', 'http-signature/invalid', forged('ci')],
  [
    'calls by a key that is nobody’s',
    'http-signature/key',
    () =>
      as('ci').call('GET', '/v1/requests', {}, { parameters: { keyid: randomBytes(32).toString('hex') } }),
  ],
  [
    'bodies that are no submission',
    'cose/untagged',
    () => as('ci').send(new Uint8Array(randomBytes(64).fill(0xff))),
  ],
  [
    'submissions with a false signature',
    'signature/invalid',
    async () => {
      const bytes = await draft;
      const forgedBytes = Uint8Array.from(bytes);
      forgedBytes[forgedBytes.length - 1] = (forgedBytes.at(-1) ?? 0) ^ 1;
      return as('ci').send(forgedBytes);
    },
  ],
  [
    'tokens of nobody',
    'token/issuer',
    () => ask(serving.url, '/v1/requests', { headers: { authorization: 'Bearer e30.e30.AAAA' } }),
  ],
];
let draft: Promise<Uint8Array>;

test.each(kinds)(
  '%s are refused before they are verified, and others get through',
  async (_what, code, call) => {
    // What the kind before has used up.
    await refill();
    draft = as('ci').drafted({ target: 'demo', sql: 'SELECT 1', reason: 'a test' });
    await draft;
    await refill();
    const codes = await codesOf(120, call);
    expect(Object.keys(codes).toSorted()).toEqual([code, 'serve/failures'].toSorted());
    // What refills meanwhile is verified too.
    expect(codes[code]).toBeLessThan(90);
    expect((await as('olivia').get('/v1/requests')).status).toBe(200);
    expect((await as('olivia').submit('SELECT 1')).json['code']).toBe('request/ran');
    expect((await ask(serving.url, '/healthz')).status).toBe(200);
  },
);
