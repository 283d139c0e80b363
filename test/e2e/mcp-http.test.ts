import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ask } from '../../apps/executor/test/http-client.ts';
import { submissionOfRow } from '../../apps/executor/src/commands/describe.ts';
import { Lab, removeLabs } from '../faults/lab.ts';
import { changeRoster, revoking } from '../faults/roster-lab.ts';
import { Client as Caller, serveLab, signedHeaders, type Serving } from '../faults/serving.ts';
import { Issuer, trustIssuers } from '../faults/tokens.ts';
import { toolAnswerOf, toolNames, type Era, type ToolAnswer } from './mcp-client.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

const update = "UPDATE customers SET tier = 'gold' WHERE id = 1";
const reason = 'loyalty campaign';
const issuer = new Issuer('https://cluster.example');
let lab: Lab;
let serving: Serving;

beforeAll(async () => {
  lab = await Lab.make();
  trustIssuers(lab, [[issuer]]);
  serving = await serveLab(lab);
});
afterAll(async () => {
  expect(await serving.stop()).toBe(0);
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
  expect(serving.log().filter(({ event }) => event === 'defect')).toEqual([]);
  removeLabs();
});

/** A fetch that brings a fresh token of the agent with each call. */
const withToken: typeof fetch = (url, init) => {
  const headers = new Headers(init?.headers);
  headers.set('authorization', `Bearer ${issuer.token({ sub: 'robot' })}`);
  return fetch(url, { ...init, headers });
};

/** A fetch that signs each call with a key of the roster. */
function signedBy(name: string): typeof fetch {
  const { signer, kid } = Caller.of(serving.url, name);
  return (url, init) => {
    const { method = 'GET', body } = init ?? {};
    const signed = signedHeaders(signer, kid, {
      method,
      url: url instanceof Request ? url.url : String(url),
      ...(typeof body === 'string' ? { body } : {}),
    });
    const headers = new Headers(init?.headers);
    for (const [header, value] of Object.entries(signed)) headers.set(header, value);
    return fetch(url, { ...init, headers });
  };
}

async function connect(era: Era, fetchAs: typeof fetch): Promise<Client> {
  const mode = era === 'legacy' ? 'legacy' : { pin: '2026-07-28' };
  const client = new Client({ name: 'countersign-test', version: '1.0.0' }, { versionNegotiation: { mode } });
  await client.connect(new StreamableHTTPClientTransport(new URL(`${serving.url}/mcp`), { fetch: fetchAs }));
  return client;
}

async function call(client: Client, name: string, input: object): Promise<ToolAnswer> {
  return toolAnswerOf(await client.callTool({ name, arguments: { ...input } }));
}

describe.each<readonly [Era, string, () => typeof fetch]>([
  ['legacy', 'a token', () => withToken],
  ['modern', 'signatures', () => signedBy('agent-7')],
])('the official client of the %s era with %s', (era, _with, fetchAs) => {
  test('goes the whole road: reads, asks, waits, is approved, runs once', async () => {
    const client = await connect(era, fetchAs());
    expect(client.getProtocolEra()).toBe(era);
    expect((await client.listTools()).tools.map(({ name }) => name).toSorted()).toEqual(toolNames);
    const sql = 'SELECT count(*) FROM customers';
    const read = await call(client, 'submit_query', { sql, reason });
    expect(read).toMatchObject({ isError: false, structured: { code: 'request/ran' } });
    expect(read.data['results']).toMatchObject([{ rows: [[6]] }]);
    lab.write("UPDATE customers SET tier = 'basic' WHERE id = 1");
    const asked = await call(client, 'submit_query', { sql: update, reason });
    expect(asked.structured, asked.text).toMatchObject({ code: 'request/pending' });
    const id = String(asked.data['request_id']);
    const waited = await call(client, 'wait_request', { request_id: id, timeout_seconds: 1 });
    expect(waited.structured).toMatchObject({ timed_out: true, data: { state: 'pending' } });
    const early = await call(client, 'run_approved', { request_id: id });
    expect(early).toMatchObject({ isError: true, structured: { code: 'request/pending' } });
    await lab.approve(id, 'ada', 'ben', 'carol');
    const done = await call(client, 'run_approved', { request_id: id });
    expect(done).toMatchObject({ isError: false, structured: { code: 'request/executed' } });
    expect(lab.rows('SELECT tier FROM customers WHERE id = 1')).toEqual([['gold']]);
    await client.close();
  });

  test('a flag that would approve is refused, and a tool that would is none', async () => {
    const client = await connect(era, fetchAs());
    const answer = await call(client, 'submit_query', { sql: update, reason, approve: true });
    expect(answer.isError).toBe(true);
    await expect(client.callTool({ name: 'approve_request', arguments: {} })).rejects.toThrow();
    await client.close();
  });
});

test('the submission of a token names it, and the ledger keeps it', async () => {
  const client = await connect('modern', withToken);
  const asked = await call(client, 'submit_query', { sql: update, reason, ticket: 'T-1' });
  const id = new Uint8Array(Buffer.from(String(asked.data['request_id']), 'hex'));
  const names = await lab.inWorld((world) => {
    const row = world.store.request(id);
    return row === undefined ? [] : (submissionOfRow(row).context ?? []).map(([name]) => name);
  });
  expect(names).toEqual(['ticket', 'token_sha256']);
  await client.close();
});

test("whoever's key is not in the home looks and runs, and is told where to sign what it submits", async () => {
  const { status, json } = await Caller.of(serving.url, 'ci').submit(update);
  expect([status, json['state']]).toEqual([202, 'pending']);
  const client = await connect('modern', signedBy('ci'));
  rmSync(lab.path('home', 'identities', 'ci.cskey'));
  const refused = await call(client, 'submit_query', { sql: update, reason });
  expect(refused).toMatchObject({ isError: true, structured: { code: 'serve/unsigned' } });
  await client.close();
  const elder = await connect('legacy', signedBy('ci'));
  const seen = await call(elder, 'get_request', { request_id: String(json['request_id']) });
  expect(seen.structured).toMatchObject({ code: 'request/pending' });
  await elder.close();
  const other = await connect('modern', withToken);
  const foreign = await call(other, 'get_request', { request_id: String(json['request_id']) });
  expect(foreign).toMatchObject({ isError: true, structured: { code: 'request/not-found' } });
  await other.close();
});

const hello = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
});

test('nobody unknown, no page in a browser, no name that was made to point here, and one message at a time', async () => {
  const accept = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' };
  const authorization = `Bearer ${issuer.token({ sub: 'robot' })}`;
  const send = async (headers: object, body = hello): Promise<readonly unknown[]> => {
    const answer = await ask(serving.url, '/mcp', {
      method: 'POST',
      body,
      headers: { ...accept, ...headers },
    });
    return [answer.status, answer.json['code']];
  };
  expect(await send({})).toEqual([401, 'serve/credentials']);
  expect(await send({ authorization: 'Bearer a.b.c' })).toEqual([401, 'token/form']);
  expect(await send({ authorization, origin: 'https://evil.example' })).toEqual([403, 'serve/origin']);
  expect(await send({ authorization, origin: serving.url })).toEqual([403, 'serve/origin']);
  expect(await send({ authorization, host: 'evil.example' })).toEqual([421, 'serve/host']);
  expect(await send({ authorization }, `[${hello}]`)).toEqual([422, 'serve/body']);
  expect(await send({ authorization }, '{"jsonrpc":"2.0","jsonrpc":"2.0"}')).toEqual([
    400,
    'serve/json-repeated',
  ]);
  expect(await send({ authorization })).toEqual([200, undefined]);
  const listened = await ask(serving.url, '/mcp', {
    headers: { authorization, accept: 'text/event-stream' },
  });
  expect([listened.status, listened.json['code']]).toEqual([405, 'serve/method']);
});

test('waits are bounded in number over all connections, and end when the server is to stop', async () => {
  const client = await connect('legacy', withToken);
  const asked = await call(client, 'submit_query', { sql: update, reason });
  const id = String(asked.data['request_id']);
  const wait = (seconds: number): Promise<ToolAnswer> =>
    call(client, 'wait_request', { request_id: id, timeout_seconds: seconds });
  const waiting = Array.from({ length: 32 }, () => wait(50));
  await expect.poll(async () => (await wait(0)).structured['code'], { timeout: 20_000 }).toBe('mcp/busy');
  const stopped = serving.stop();
  for (const { structured } of await Promise.all(waiting))
    expect(structured).toMatchObject({ timed_out: true, data: { state: 'pending' } });
  expect(await stopped).toBe(0);
  await client.close();
  serving = await serveLab(lab);
});

test('a key that is revoked is refused by the next message', async () => {
  const client = await connect('modern', signedBy('agent-7'));
  await changeRoster(lab, revoking(lab.approver('agent-7').kidText));
  await expect(call(client, 'describe_target', {})).rejects.toThrow();
  await client.close();
});
