import { decodeBundle, signSubmission } from '@countersign/messages';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ask, type HttpAnswer } from '../../apps/executor/test/http-client.ts';
import { Lab, removeLabs } from './lab.ts';
import { Client, serveLab, type Serving } from './serving.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

const update = "UPDATE orders SET status = 'paid' WHERE id = 101";
const endless =
  'SELECT (WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n)';
let lab: Lab;
let serving: Serving;

beforeAll(async () => {
  lab = await Lab.make();
  lab.configure((text) => `${text.replace('statement: 30s', 'statement: 4s')}\nserve:\n  rate: 5\n`);
  serving = await serveLab(lab);
});
afterAll(async () => {
  expect(await serving.stop()).toBe(0);
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
  removeLabs();
});

const as = (name: string): Client => Client.of(serving.url, name);

/** Lets what a test asked be forgotten by the rates. */
const rest = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2_500));

/** What anybody with a bundle can send. */
async function carriedOut(name: string): Promise<{ readonly id: string; readonly bytes: Uint8Array }> {
  const { json } = await as(name).submit(update);
  const id = String(json['request_id']);
  await lab.approve(id, 'ada');
  return { id, bytes: decodeBundle(await lab.export(id)).submission };
}

/** Sends bytes without saying who does. */
function replay(bytes: Uint8Array, query = ''): Promise<HttpAnswer> {
  const headers = { 'content-type': 'application/vnd.countersign.submission' };
  return ask(serving.url, `/v1/requests${query}`, { method: 'POST', headers, body: bytes });
}

const alone = ['code', 'exit_code', 'hint', 'message', 'request_id', 'schema_version', 'state'];

test('a submission out of a bundle, sent again by anybody, tells its state and no more', async () => {
  const { id, bytes } = await carriedOut('ci');
  const stranger = await replay(bytes);
  expect(Object.keys(stranger.json).toSorted()).toEqual(alone);
  expect(stranger.json).toMatchObject({ code: 'request/approved', exit_code: 0, request_id: id });
  expect(stranger.status).toBe(200);
  // Nor do those who sign the call and did not submit it.
  for (const name of ['agent-7', 'olivia'])
    expect(Object.keys((await as(name).sendAs(bytes)).json).toSorted(), name).toEqual(alone);
  const own = await as('ci').sendAs(bytes);
  expect(own.json).toMatchObject({ code: 'request/approved', exit_code: 0, request_id: id });
  expect(own.json['decisions']).toHaveLength(1);
  await rest();
  await as('ci').post(`/v1/requests/${id}/withdraw`, { reason: 'a test' });
  const ended = await replay(bytes);
  expect(Object.keys(ended.json).toSorted()).toEqual(alone);
  expect([ended.status, ended.json['code'], ended.json['exit_code']]).toEqual([200, 'request/withdrawn', 1]);
});

test.each(['token_sha256', 'undo_conflicts'])(
  'nobody signs what the executor alone says: %s',
  async (name) => {
    const bytes = await lab.inWorld((world) =>
      signSubmission(
        {
          version: 1,
          domain: world.domain,
          id: world.random(16),
          madeAt: world.clock(),
          target: 'demo',
          statements: [{ sql: update, params: [] }],
          reason: 'a test',
          context: [[name, 'none']],
        },
        as('ci').signer,
      ),
    );
    const { status, json } = await replay(bytes);
    expect([status, json['code']]).toEqual([422, 'serve/body']);
  },
);

test('an undo out of a bundle, sent again by anybody, tells its state', async () => {
  await rest();
  const done = await lab.approved("UPDATE orders SET status = 'paid' WHERE id = 102");
  expect((await lab.ask('run', done)).exitCode).toBe(0);
  lab.write("UPDATE orders SET status = 'sent' WHERE id = 102");
  const { document } = await lab.ask('undo', done, '--reason', 'it was wrong');
  const id = String(document['request_id']);
  const { submission } = decodeBundle(await lab.export(id));
  expect(Buffer.from(submission).toString('latin1')).toContain('undo_conflicts');
  expect((await replay(submission)).json).toMatchObject({ code: 'request/pending', request_id: id });
});

test('whoever sends it again and again uses up nothing of its submitter', async () => {
  const { id, bytes } = await carriedOut('ci');
  await rest();
  const answers = await Promise.all(Array.from({ length: 30 }, () => replay(bytes)));
  const refused = answers.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThan(10);
  expect(refused[0]?.json).toMatchObject({
    code: 'serve/rate',
    hint: expect.stringContaining('sign') as string,
  });
  for (let index = 0; index < 5; index += 1)
    expect((await as('ci').get(`/v1/requests/${id}`)).status).toBe(200);
  await rest();
});

test('a client whose answer was lost sends again: signed it is told all, unsigned it goes on by the id', async () => {
  await rest();
  const bytes = await as('ci').drafted({ target: 'demo', sql: endless, reason: 'a test' });
  const lost = as('ci').sendAs(bytes, '?wait=50');
  await vi.waitFor(async () =>
    expect((await replay(bytes, '?wait=50')).json['code']).toBe('request/submitted'),
  );
  const began = performance.now();
  const unsigned = await replay(bytes, '?wait=50');
  // Nobody is waited for, and so nothing is told that comes of it.
  expect(performance.now() - began).toBeLessThan(2_000);
  expect([unsigned.status, unsigned.json['exit_code']]).toEqual([202, 7]);
  const [signed, first] = await Promise.all([as('ci').sendAs(bytes, '?wait=50'), lost]);
  expect(signed.json).toEqual(first.json);
  const waited = await as('ci').get(`/v1/requests/${String(unsigned.json['request_id'])}/wait?wait=10`);
  expect(waited.json).toMatchObject({ state: 'failed', timed_out: false });
});
