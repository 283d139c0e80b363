import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ask, type HttpAnswer } from '../../apps/executor/test/http-client.ts';
import { Lab, removeLabs } from './lab.ts';
import { Client, serveLab, signedHeaders, type Serving } from './serving.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

/** More than the server takes connections, `connectionsMax`. */
const crowd = 1_100;
let lab: Lab;
let serving: Serving;
const sockets: Socket[] = [];

beforeAll(async () => {
  lab = await Lab.make();
  lab.configure((text) => `${text}\nserve:\n  rate: 100000\n`);
  serving = await serveLab(lab);
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  expect(await serving.stop()).toBe(0);
  expect(serving.log().filter(({ event }) => event === 'defect')).toEqual([]);
  removeLabs();
});

interface Line {
  readonly socket: Socket;
  readonly heard: () => string;
}

async function line(text: string): Promise<Line> {
  const { hostname, port } = new URL(serving.url);
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  let heard = '';
  socket.on('data', (chunk: Buffer) => (heard += chunk.toString()));
  await new Promise<void>((resolve) => {
    socket.once('connect', () => resolve());
    socket.on('error', () => resolve());
  });
  socket.write(text);
  return { socket, heard: () => heard };
}

function callOf(client: Client, path: string): string {
  const { host } = new URL(serving.url);
  const headers = signedHeaders(client.signer, client.kid, { method: 'GET', url: `${serving.url}${path}` });
  const lines = Object.entries({ host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

async function expectServed(): Promise<void> {
  for (let index = 0; index < 5; index += 1) {
    expect((await ask(serving.url, '/healthz')).json['code']).toBe('serve/alive');
    const submitted = await Client.of(serving.url, 'agent-7').submit('SELECT id FROM orders');
    expect(submitted.json, submitted.text).toMatchObject({ exit_code: 0 });
  }
}

test('previews that are refused at once take no place', async () => {
  const ci = Client.of(serving.url, 'ci');
  const preview = (reason: string): Promise<HttpAnswer> =>
    ci.post('/v1/previews', { target: 'demo', sql: 'DELETE FROM orders', reason });
  for (let index = 0; index < 70; index += 1)
    expect((await preview(' ')).json['code']).toBe('submission/reason');
  expect((await preview('a test')).status).toBe(200);
});

test('1,100 streams with one key shut nobody out', async () => {
  const ci = Client.of(serving.url, 'ci');
  const waiting = await ci.submit("UPDATE orders SET status = 'paid' WHERE id = 101");
  const id = String(waiting.json['request_id']);
  const lines: Line[] = [];
  for (let index = 0; index < crowd; index += 1)
    lines.push(await line(callOf(ci, `/v1/requests/${id}/events`)));
  await vi.waitFor(() => expect(lines.filter(({ heard }) => heard() === '')).toEqual([]), 30_000);
  const streams = lines.filter(({ heard }) => heard().startsWith('HTTP/1.1 200'));
  expect(streams.length).toBe(128);
  const refused = lines.filter(({ heard }) => heard().startsWith('HTTP/1.1 429'));
  expect(refused.length).toBe(crowd - 128);
  expect(refused[0]?.heard()).toContain('serve/open-calls');
  await expectServed();
  // Not even the key's own short calls.
  expect((await ci.get('/v1/requests')).status).toBe(200);
  expect(streams.filter(({ socket }) => socket.destroyed)).toEqual([]);
  for (const { socket } of streams) socket.destroy();
  await vi.waitFor(
    async () => expect((await ci.get(`/v1/requests/${id}/wait?wait=0`)).status).toBe(200),
    10_000,
  );
});

test('1,100 connections that say nothing shut nobody out', async () => {
  for (let index = 0; index < crowd; index += 1) await line('');
  await expectServed();
});
