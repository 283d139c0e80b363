import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ask } from '../../apps/executor/test/http-client.ts';
import { Collector, facts, named, place } from './collector.ts';
import { Lab, removeLabs } from './lab.ts';
import { Client, serveLab, signedHeaders } from './serving.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const sql = "UPDATE orders SET status = 'value-of-nobody' WHERE id = 101";
const reason = 'words-of-nobody';
let collector: Collector;
let lab: Lab;

beforeAll(async () => {
  collector = await Collector.open();
  lab = await Lab.make();
  lab.configure((text) => `${text}\ntraces: ${collector.url}\n`);
});
afterAll(() => {
  collector.close();
  removeLabs();
});

test('a request is one story over HTTP: what is done days later links to the span in which it was submitted', async () => {
  const serving = await serveLab(lab);
  const agent = Client.of(serving.url, 'agent-7');
  const caller = { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8) };
  const { json, status } = await ask(serving.url, '/v1/requests', {
    method: 'POST',
    body: await agent.drafted({ target: 'demo', sql, reason }),
    headers: {
      'content-type': 'application/vnd.countersign.submission',
      traceparent: `00-${caller.traceId}-${caller.spanId}-00`,
    },
  });
  expect([status, json['code']]).toEqual([202, 'request/pending']);
  const id = String(json['request_id']);
  expect(await serving.stop()).toBe(0);
  const told = collector.bodies.join('');
  const submitted = collector.take();
  const submit = named(submitted, 'submit');
  // Another's trace is linked to, not joined: whether ours is kept is not for a caller to say.
  expect(submit.links).toMatchObject([caller]);
  expect([submit.parentSpanId ?? '', submit.traceId === caller.traceId]).toEqual(['', false]);
  expect(facts(submit)).toEqual({
    'countersign.request_id': id,
    'countersign.target': 'demo',
    'countersign.outcome': 'pending',
  });
  for (const name of ['classify', 'decide', 'dry-run'])
    expect(named(submitted, name)).toMatchObject({ traceId: submit.traceId, parentSpanId: submit.spanId });
  expect(facts(named(submitted, 'decide'))).toEqual({ 'countersign.outcome': 'require' });

  const again = await serveLab(lab);
  const olivia = Client.of(again.url, 'olivia');
  for (const name of ['ada', 'ben']) {
    const body = lab.approver(name).decide(await lab.export(id), { choice: 'approve' });
    const type = 'application/vnd.countersign.response';
    expect((await olivia.call('POST', '/v1/decisions', { body, type })).json['code']).toBe('import/done');
  }
  const ran = await Client.of(again.url, 'agent-7').post(`/v1/requests/${id}/run`);
  expect(ran.json).toMatchObject({ code: 'request/executed' });
  expect(await again.stop()).toBe(0);
  const all = told + collector.bodies.join('');
  const later = collector.take();
  const run = named(later, 'run');
  expect(run.links).toMatchObject([place(submit)]);
  expect(facts(run)).toMatchObject({ 'countersign.request_id': id, 'countersign.outcome': 'executed' });
  const imports = later.filter(({ name }) => name === 'import');
  expect(imports.map(({ links }) => links.length)).toEqual([1, 1]);
  for (const one of imports) expect(one.links).toMatchObject([place(submit)]);
  expect(new Set([submit, run, ...imports].map(({ traceId }) => traceId)).size).toBe(4);
  for (const secret of ['value-of-nobody', 'orders', 'UPDATE', reason]) expect(all).not.toContain(secret);
});

test('what an agent submits over /mcp links to the span of its call, and waiting in line mixes no callers up', async () => {
  const serving = await serveLab(lab);
  const { signer, kid } = Client.of(serving.url, 'agent-7');
  const callers = ['11', '22', '33'].map((byte) => ({ traceId: byte.repeat(16), spanId: byte.repeat(8) }));
  const answers = await Promise.all(
    callers.map(({ traceId, spanId }, index) => {
      const body = JSON.stringify({
        jsonrpc: '2.0',
        id: index,
        method: 'tools/call',
        params: { name: 'submit_query', arguments: { sql: `SELECT ${index}`, reason } },
      });
      const headers = {
        ...signedHeaders(signer, kid, { method: 'POST', url: `${serving.url}/mcp`, body }),
        accept: 'application/json, text/event-stream',
        traceparent: `00-${traceId}-${spanId}-01`,
      };
      return ask(serving.url, '/mcp', { method: 'POST', body, headers });
    }),
  );
  for (const { text } of answers) expect(text).toContain('request/ran');
  expect(await serving.stop()).toBe(0);
  const submits = collector.take().filter(({ name }) => name === 'submit');
  expect(submits.map(({ links }) => links.length)).toEqual([1, 1, 1]);
  const linked = submits.flatMap(({ links }) => links.map(({ traceId, spanId }) => `${traceId} ${spanId}`));
  expect(linked.toSorted()).toEqual(callers.map(({ traceId, spanId }) => `${traceId} ${spanId}`));
});

test('the same over the command line, each command a process of its own', async () => {
  const id = await lab.approved(sql.replace('101', '102'));
  const before = collector.take();
  const submit = named(before, 'submit');
  expect(named(before, 'import').links).toMatchObject([place(submit)]);
  expect((await lab.ask('run', id)).exitCode).toBe(0);
  expect(named(collector.take(), 'run').links).toMatchObject([place(submit)]);
});

test('a failure is told by its code, not by its words', async () => {
  const { exitCode } = await lab.ask(
    'submit',
    "UPDATE orders SET id = 102, status = 'value-of-nobody' WHERE id = 101",
    '--reason',
    reason,
  );
  expect(exitCode).not.toBe(8);
  const told = collector.bodies.join('');
  const submit = named(collector.take(), 'submit');
  expect(submit.status).toEqual({ code: 2 });
  expect(facts(submit)['error.type']).toMatch(/^[a-z]+\/[a-z-]+$/);
  expect(told).not.toContain('nobody');
});

test('what carries no request of ours links to nothing', async () => {
  const elsewhere = await Lab.make();
  const id = await elsewhere.submit(sql);
  const answer = elsewhere.approver('ada').decide(await elsewhere.export(id), { choice: 'deny' });
  collector.take();
  expect((await lab.import(answer)).exitCode).toBe(10);
  expect(named(collector.take(), 'import').links).toEqual([]);
});

test('a collector that is not there is in nobody’s way', async () => {
  const gone = await Collector.open();
  const alone = await Lab.make();
  alone.configure((text) => `${text}\ntraces: ${gone.url}\n`);
  gone.close();
  expect(await alone.submit(sql)).toMatch(/^[0-9a-f]{32}$/);
});

test('spans that no collector takes are counted', async () => {
  const gone = await Collector.open();
  const alone = await Lab.make();
  alone.configure((text) => `${text}\ntraces: ${gone.url}\n`);
  gone.close();
  const serving = await serveLab(alone);
  const unsent = async (): Promise<number> => {
    const { text } = await ask(serving.url, '/metrics');
    return Number(/^countersign_trace_spans_unsent (\d+)$/m.exec(text)?.[1]);
  };
  expect(await unsent()).toBe(0);
  await Client.of(serving.url, 'agent-7').submit('SELECT 1');
  // A batch is sent, and given up, after some seconds.
  await expect.poll(unsent, { timeout: 60_000, interval: 500 }).toBeGreaterThan(0);
  expect(await serving.stop()).toBe(0);
});

test('nothing of OpenTelemetry is loaded where nobody asked for traces', async () => {
  const loaded = async (home: Lab, folder: string): Promise<boolean> => {
    mkdirSync(home.path(folder));
    const { exitCode } = await home.spawn(['list'], { NODE_V8_COVERAGE: home.path(folder) });
    expect(exitCode).toBe(0);
    return readdirSync(home.path(folder)).some((name) =>
      readFileSync(home.path(folder, name), 'utf8').includes('/node_modules/@opentelemetry/'),
    );
  };
  expect(await loaded(lab, 'on')).toBe(true);
  expect(await loaded(await Lab.make(), 'off')).toBe(false);
});
