import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ask } from '../../apps/executor/test/http-client.ts';
import { Lab, removeLabs } from './lab.ts';
import { Client, serveLab, type Serving } from './serving.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });
afterAll(removeLabs);

const update = "UPDATE orders SET status = 'paid' WHERE id = 101";
let lab: Lab;
let serving: Serving;
let [agent, ci, olivia]: Client[] = [];

const client = (one: Client | undefined): Client => {
  if (one === undefined) throw new Error('no client');
  return one;
};

beforeEach(async () => {
  lab = await Lab.make();
  serving = await serveLab(lab);
  [agent, ci, olivia] = ['agent-7', 'ci', 'olivia'].map((name) => Client.of(serving.url, name));
});
afterEach(async () => {
  expect(await serving.stop()).toBe(0);
  // Nothing that was done over HTTP is anything that an auditor refuses, and nothing was a defect.
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
  expect(serving.log().filter(({ event }) => event === 'defect')).toEqual([]);
});

test('a read that policy allows is answered at once with its rows', async () => {
  const { status, json } = await client(agent).submit('SELECT id, name FROM customers ORDER BY id LIMIT 2');
  expect([status, json['code'], json['exit_code']]).toEqual([200, 'request/ran', 0]);
  expect(json['results']).toMatchObject([{ columns: ['id', 'name'], rows: [{}, {}] }]);
});

test('values go by name too, where the engine knows names', async () => {
  const sql = 'SELECT name, @x FROM customers WHERE id = :id';
  const params = { id: 1, x: { hex: '00ff' } };
  const read = await client(olivia).submit(sql, { params });
  expect(read.json).toMatchObject({ code: 'request/ran' });
  expect(JSON.stringify(read.json['results'])).toContain('00ff');
  const draft = { target: 'demo', sql, reason: 'a test', params: { id: 1 } };
  const missing = await client(olivia).post('/v1/drafts', draft);
  expect(missing.json['code']).toBe('submission/parameter-missing');
});

test('a change waits for approvers, is carried out, decided offline, carried in and run', async () => {
  const { status, json, headers } = await client(ci).submit(update);
  expect([status, json['code'], json['exit_code']]).toEqual([202, 'request/pending', 8]);
  const id = String(json['request_id']);
  expect(headers['location']).toBe(`/v1/requests/${id}`);
  expect((await client(ci).get(`/v1/requests/${id}/wait?wait=1`)).json).toMatchObject({
    timed_out: true,
    state: 'pending',
    exit_code: 7,
  });
  const waiting = client(ci).get(`/v1/requests/${id}/wait?wait=50`);
  const carry = async (name: string): Promise<void> => {
    const bundle = await client(olivia).call('POST', `/v1/requests/${id}/export`);
    expect([bundle.status, bundle.headers['content-type']]).toEqual([
      200,
      'application/vnd.countersign.bundle',
    ]);
    const decision = lab.approver(name).decide(await lab.export(id), { choice: 'approve' });
    const imported = await client(olivia).call('POST', '/v1/decisions', {
      body: decision,
      type: 'application/vnd.countersign.response',
    });
    expect([imported.status, imported.json['code']]).toEqual([200, 'import/done']);
  };
  await carry('ada');
  expect((await waiting).json).toMatchObject({ timed_out: false, state: 'approved', exit_code: 0 });
  const run = await client(ci).call('POST', `/v1/requests/${id}/run`);
  expect([run.status, run.json['code']]).toEqual([200, 'request/executed']);
  const again = await client(ci).call('POST', `/v1/requests/${id}/run`);
  expect([again.status, again.json['code']]).toEqual([422, 'run/replayed']);
  expect(lab.rows('SELECT status FROM orders WHERE id = 101')).toEqual([['paid']]);
});

test("an approver's no is carried in as import ends", async () => {
  const id = await lab.submit(update);
  const { status, json } = await client(olivia).call('POST', '/v1/decisions', {
    body: lab.approver('ada').decide(await lab.export(id), { choice: 'deny', note: 'no' }),
    type: 'application/vnd.countersign.response',
  });
  expect([status, json['code'], json['exit_code']]).toEqual([200, 'import/done', 5]);
});

test('what policy denies says so, and is no error of the call', async () => {
  const { status, json } = await client(agent).submit('DELETE FROM customers');
  expect([status, json['state'], json['exit_code']]).toEqual([200, 'denied', 3]);
});

test('the same signed bytes are one submission, however often they come', async () => {
  const bytes = await client(ci).drafted({ target: 'demo', sql: update, reason: 'a test' });
  const answers = await Promise.all([1, 2, 3].map(() => client(ci).send(bytes)));
  const ids = answers.map(({ json }) => json['request_id']);
  expect(new Set(ids).size).toBe(1);
  expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
  const [row] = (await client(ci).get('/v1/requests')).json['requests'] as readonly unknown[];
  expect(row).toMatchObject({ request_id: ids[0], submitter: 'ci', state: 'pending' });
  const later = await client(ci).send(bytes);
  expect([later.status, later.json['request_id']]).toEqual([202, ids[0]]);
  expect(later.json).toMatchObject({ code: 'request/pending', exit_code: 8, state: 'pending' });
  const key = 'the same key';
  const first = await client(ci).send(
    await client(ci).drafted({ target: 'demo', sql: update, reason: 'one' }, key.replaceAll(' ', '-')),
  );
  const second = await client(ci).send(
    await client(ci).drafted({ target: 'demo', sql: update, reason: 'one' }, key.replaceAll(' ', '-')),
  );
  const third = await client(ci).send(
    await client(ci).drafted({ target: 'demo', sql: update, reason: 'another' }, key.replaceAll(' ', '-')),
  );
  expect(second.json['request_id']).toBe(first.json['request_id']);
  expect([third.status, third.json['code']]).toEqual([409, 'serve/idempotency']);
});

test("what an idempotency key's id is made of is not public: nobody takes it first", async () => {
  const draft = { target: 'demo', sql: update, reason: 'a test' };
  const idFor = async (who: Client | undefined, key: string): Promise<unknown> =>
    (await client(who).post('/v1/drafts', draft, key)).json['request_id'];
  const domain = await lab.inWorld((world) => world.domain);
  const label = `countersign idempotency key v1\nci\nrun-17`;
  const ids = await Promise.all([idFor(ci, 'run-17'), idFor(ci, 'run-17'), idFor(olivia, 'run-17')]);
  expect(ids[1]).toBe(ids[0]);
  expect(ids[2]).not.toBe(ids[0]);
  for (const zero of [[], [0]]) {
    const worked = createHash('sha256')
      .update(Uint8Array.from(zero))
      .update(domain)
      .update(label)
      .digest('hex');
    expect(ids[0]).not.toBe(worked.slice(0, 32));
  }
});

test('events tell every change until the end', async () => {
  const { json } = await client(agent).submit(update);
  const id = String(json['request_id']);
  const following = client(agent).get(`/v1/requests/${id}/events`);
  const withdrawn = await client(agent).post(`/v1/requests/${id}/withdraw`, { reason: 'wrong customer' });
  expect([withdrawn.status, withdrawn.json['state']]).toEqual([200, 'withdrawn']);
  const { status, headers, text } = await following;
  expect([status, headers['content-type']]).toEqual([200, 'text/event-stream']);
  const states = [...text.matchAll(/^data: (.*)$/gm)].map(
    ([, data = '']) => (JSON.parse(data) as { state: string }).state,
  );
  expect(states.at(-1)).toBe('withdrawn');
});

test('a list comes in pages, each request once', async () => {
  for (let count = 0; count < 5; count += 1) await client(agent).submit(`SELECT ${count}`);
  const seen: unknown[] = [];
  for (let cursor = ''; ;) {
    const { json } = await client(agent).get(`/v1/requests?limit=2${cursor}`);
    seen.push(...(json['requests'] as readonly { request_id: string }[]).map(({ request_id }) => request_id));
    const next = json['next_cursor'];
    if (typeof next !== 'string') break;
    cursor = `&cursor=${next}`;
  }
  expect([seen.length, new Set(seen).size]).toEqual([5, 5]);
  expect((await client(agent).get('/v1/requests?state=denied')).json['requests']).toEqual([]);
});

test('policy explains, previews preview, targets are described, the ledger proves', async () => {
  const draft = { target: 'demo', sql: update, reason: 'a test' };
  const explained = await client(agent).post('/v1/policy/explain', draft);
  expect(explained.json).toMatchObject({ code: 'policy/explained', verdict: { decision: 'require' } });
  const preview = await client(agent).post('/v1/previews', draft);
  expect(preview.json).toMatchObject({ code: 'request/dry-run', diff: { tables: [{ updated: 1 }] } });
  expect((await client(agent).get('/v1/targets')).json['targets']).toEqual([
    { name: 'demo', engine: 'sqlite', tags: [] },
  ]);
  const described = (await client(agent).get('/v1/targets/demo')).json;
  expect(JSON.stringify(described)).toContain('main.customers');
  expect(JSON.stringify(described)).not.toContain('sqlite:');
  const { json: head } = await client(agent).get('/v1/ledger/head');
  const size = Number(head['size']);
  const last = `/v1/ledger/inclusion?index=${size - 1}`;
  expect((await client(olivia).get(last)).json).toMatchObject({ size });
  expect((await client(agent).get(last)).json['code']).toBe('request/not-found');
  const own = String((await client(agent).submit('SELECT 1')).json['request_id']);
  const { json: about } = await client(agent).get(`/v1/requests/${own}/entries`);
  for (const { index } of about['entries'] as readonly { index: number }[]) {
    const path = `/v1/ledger/inclusion?index=${index}`;
    expect((await client(agent).get(path)).json).toMatchObject({ code: 'ledger/inclusion', index });
    expect((await client(ci).get(path)).json['code']).toBe('request/not-found');
  }
  expect((await client(agent).get(`/v1/ledger/consistency?from=1&to=${size}`)).json).toMatchObject({
    from: 1,
    to: size,
  });
  for (const path of [
    `inclusion?index=${size}&size=${size}`,
    'inclusion?index=0&size=0',
    'consistency?from=0',
    `consistency?from=2&to=1`,
    'consistency?from=01',
  ])
    expect((await client(agent).get(`/v1/ledger/${path}`)).status, path).toBe(400);
});

test('numbers are there for whoever watches', async () => {
  await client(agent).submit(update);
  await client(agent).call('GET', '/v1/requests', {}, { parameters: { expires: 1 } });
  const { text } = await ask(serving.url, '/metrics');
  expect(text).toContain('countersign_requests{state="pending"} 1');
  expect(text).toContain('countersign_verdicts_total{decision="require"} 1');
  expect(text).toContain('countersign_http_refusals_total{code="http-signature/time"} 1');
  expect(text).toMatch(/countersign_pending_oldest_seconds \d/);
});

test('what is being worked on is bounded; a client that waits no longer finds it by its id', async () => {
  const waiting = await lab.submit(update);
  await serving.stop();
  lab.configure((text) => `${text.replace('statement: 30s', 'statement: 4s')}\nserve:\n  queue: 1\n`);
  serving = await serveLab(lab);
  const [one, two, three] = ['agent-7', 'ci', 'olivia'].map((name) => Client.of(serving.url, name));
  const endless =
    'SELECT (WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n)';
  const firstBytes = await client(one).drafted({ target: 'demo', sql: endless, reason: 'a test' });
  const first = await client(one).send(firstBytes, '?wait=0');
  expect([first.status, first.json['code'], first.json['exit_code']]).toEqual([202, 'request/submitted', 7]);
  const path = `/v1/requests/${String(first.json['request_id'])}`;
  const second = await client(two).send(
    await client(two).drafted({ target: 'demo', sql: 'SELECT 1', reason: 'a test' }),
  );
  expect([second.status, second.json['code'], second.headers['retry-after']]).toEqual([
    503,
    'serve/busy',
    '1',
  ]);
  const draft = { target: 'demo', sql: 'SELECT 1', reason: 'a test' };
  for (const [method, path, body] of [
    ['POST', '/v1/previews', draft],
    ['POST', '/v1/policy/explain', draft],
    ['GET', '/v1/targets/demo', undefined],
    ['POST', `/v1/requests/${waiting}/run`, undefined],
  ] as const) {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    expect((await client(three).call(method, path, sent)).json['code'], path).toBe('serve/busy');
  }
  const known = await client(one).send(firstBytes, '?wait=0');
  expect([known.status, known.json['request_id']]).toEqual([202, first.json['request_id']]);
  expect((await client(one).get(path)).status).toBe(200);
  expect((await client(two).get(path)).status).toBe(404);
  for (let state: unknown = ''; state !== 'failed';)
    state = (await client(one).get(`${path}/wait?wait=1`)).json['state'];
  const third = await client(two).submit('SELECT 1');
  expect(third.json['code']).not.toBe('serve/busy');
});
