import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import Type from 'typebox';
import { defaultListen, placeOf } from '../src/serve/place.ts';
import { serveStatuses } from '../src/serve/refusal.ts';
import { document, type Route } from '../src/serve/route.ts';
import { defaultServerLimits, openServer, type AnsweredCall, type HttpServer } from '../src/serve/server.ts';
import { answerBroken } from '../src/serve/translated.ts';
import { noTrace } from '../src/trace/trace.ts';
import { ask, raw } from './http-client.ts';

const limits = {
  ...defaultServerLimits,
  jsonBytesMax: 200_000,
  headersTimeoutMs: 400,
  requestTimeoutMs: 900,
};
let server: HttpServer;
let reached: unknown[] = [];
let answered: AnsweredCall[] = [];
let stop = new AbortController();

const routes: readonly Route[] = [
  {
    method: 'POST',
    path: '/things/{id}',
    summary: 'takes a thing',
    access: 'open',
    answers: { 200: 'taken' },
    params: Type.Object({ id: Type.String({ pattern: '^[a-f]{1,8}$' }) }, { additionalProperties: false }),
    query: Type.Object(
      { n: Type.Optional(Type.String({ pattern: '^[0-9]$' })) },
      { additionalProperties: false },
    ),
    bodies: [
      {
        type: 'json',
        schema: Type.Object(
          { name: Type.String({ maxLength: 8 }), list: Type.Optional(Type.Array(Type.Integer())) },
          { additionalProperties: false },
        ),
      },
      { type: 'bytes', mediaType: 'application/vnd.countersign.test', bytesMax: 1000 },
    ],
    answer: ({ params, query, body }) => {
      reached.push([params, query, body]);
      return document({ code: 'things/taken' });
    },
  },
  {
    method: 'GET',
    path: '/defect',
    summary: 'throws',
    access: 'open',
    answers: {},
    answer: () => {
      throw new Error('a secret of the inside');
    },
  },
  {
    method: 'GET',
    path: '/guarded',
    summary: 'asks who calls',
    access: 'caller',
    answers: {},
    answer: () => document({ code: 'guarded/open' }),
  },
];

beforeEach(async () => {
  reached = [];
  answered = [];
  stop = new AbortController();
  server = await openServer({
    place: { host: '127.0.0.1', port: 0, scheme: 'http', names: ['countersign.example'] },
    tls: undefined,
    limits,
    routes,
    log: () => undefined,
    trace: noTrace,
    stopping: stop.signal,
    doorkeeper: {
      identify: () => {
        throw new Error('nobody is to be identified here');
      },
      enter: () => () => undefined,
      answered: (call) => answered.push(call),
    },
  });
});
afterEach(() => server.close());

const json = { 'content-type': 'application/json' };
const post = (body: string | Uint8Array, headers: object = json, path = '/things/abc') =>
  ask(server.url, path, { method: 'POST', body, headers: { ...headers } });

/** Status and code of an answer, which must be a problem document that keeps nothing open. */
async function refusal(answer: ReturnType<typeof ask>): Promise<readonly [number, unknown]> {
  const { status, json: problem, headers } = await answer;
  expect(headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
  expect(headers['access-control-allow-origin']).toBeUndefined();
  expect(problem).toMatchObject({ type: 'about:blank', status, detail: expect.any(String) as string });
  return [status, problem['code']];
}

test('what is of the form expected is handed on, and nothing else', async () => {
  expect((await post('{"name":"a","list":[1]}')).json).toEqual({
    schema_version: 1,
    exit_code: 0,
    code: 'things/taken',
  });
  const bytes = Uint8Array.of(0, 255, 1);
  expect(
    (await post(bytes, { 'content-type': 'application/vnd.countersign.test' }, '/things/a?n=1')).status,
  ).toBe(200);
  expect(reached).toEqual([
    [{ id: 'abc' }, {}, { name: 'a', list: [1] }],
    [{ id: 'a' }, { n: '1' }, bytes],
  ]);
  expect(answered.map(({ route, status, code }) => [route, status, code])).toEqual([
    ['/things/:id', 200, undefined],
    ['/things/:id', 200, undefined],
  ]);
});

test.each([
  ['a member that nobody knows', '{"name":"a","other":1}', 'serve/body'],
  ['a number for a text', '{"name":1}', 'serve/body'],
  ['a text for a number', '{"list":["1"],"name":"a"}', 'serve/body'],
  ['a text that is too long', '{"name":"much too long"}', 'serve/body'],
  ['an array', '[]', 'serve/body'],
  ['null', 'null', 'serve/body'],
  ['nothing', '', 'serve/json'],
  ['no end', '{"name":"a"', 'serve/json'],
  ['more than one value', '{"name":"a"}}', 'serve/json'],
  ['a byte order mark', '\u{feff}{"name":"a"}', 'serve/json'],
  ['a name twice', '{"name":"a","name":"b"}', 'serve/json-repeated'],
  ['a name twice, once escaped', '{"name":"a","n\\u0061me":"b"}', 'serve/json-repeated'],
  ['a name twice deep inside', '{"name":"a","list":[{"x":[],"y":{"z":1,"z":2}}]}', 'serve/json-repeated'],
  ['17 levels', `{"name":${'['.repeat(17)}${']'.repeat(17)}}`, 'serve/json-depth'],
  ['100,000 levels', '['.repeat(100_000), 'serve/json-depth'],
  ['quotes without end', '"'.repeat(99_999), 'serve/json'],
  ['a prototype', '{"__proto__":{"name":"a"},"name":"a"}', 'serve/body'],
])('a body is refused: %s', async (_what, body, code) => {
  const known = serveStatuses[code as 'serve/body'];
  expect(await refusal(post(body))).toEqual([known, code]);
  expect(reached).toEqual([]);
});

test('bytes that are no UTF-8 are no JSON', async () => {
  expect(await refusal(post(Uint8Array.of(0x22, 0xff, 0x22)))).toEqual([400, 'serve/json']);
});

test('parts of the address are held to their forms', async () => {
  const good = '{"name":"a"}';
  for (const path of ['/things/xyz', '/things/abc?n=12', '/things/abc?n=1&n=2', '/things/abc?m=1'])
    expect(await refusal(post(good, json, path))).toEqual([400, 'serve/parameters']);
  for (const path of [
    '/things',
    '/things/',
    '/things/abc/',
    '/Things/abc',
    '/things//abc',
    '/things/abc/../abc',
    '/%74hings/%2e%2e',
  ])
    expect((await refusal(post(good, json, path)))[1], path).toMatch(
      /^serve\/(?:path|parameters|target-form)$/,
    );
  for (const path of ['//things/abc', '/things\\abc', '/things/abc#x', 'http://evil.example/things/abc', '*'])
    expect(await refusal(post(good, json, path)), path).toEqual([400, 'serve/target-form']);
  expect(await refusal(post(good, json, '/things/%zz'))).toEqual([400, 'serve/target-form']);
  expect(await refusal(post(good, json, `/things/${'a'.repeat(65)}`))).toEqual([404, 'serve/path']);
  expect(await refusal(ask(server.url, '/things/abc'))).toEqual([404, 'serve/path']);
  expect(reached).toEqual([]);
});

test('another host is refused: a name that was made to point here', async () => {
  const { port } = new URL(server.url);
  for (const host of [
    'evil.example',
    `evil.example:${port}`,
    '127.0.0.1',
    `127.0.0.1:${Number(port) + 1}`,
    `127.1:${port}`,
  ])
    expect(await refusal(ask(server.url, '/defect', { headers: { host } })), host).toEqual([
      421,
      'serve/host',
    ]);
  expect(await raw(server.url, ['GET /defect HTTP/1.0\r\n\r\n'])).toContain('serve/host');
  for (const host of [`localhost:${port}`, 'countersign.example'])
    expect((await post('{"name":"a"}', { ...json, host })).status).toBe(200);
});

test('whatever comes from a page in a browser is refused', async () => {
  for (const origin of ['null', 'http://evil.example', server.url])
    expect(await refusal(post('{"name":"a"}', { ...json, origin }))).toEqual([403, 'serve/origin']);
  expect(await refusal(post('{"name":"a"}', { ...json, 'sec-fetch-site': 'same-origin' }))).toEqual([
    403,
    'serve/cross-site',
  ]);
  const preflight = ask(server.url, '/things/abc', {
    method: 'OPTIONS',
    headers: { origin: 'http://evil.example', 'access-control-request-method': 'POST' },
  });
  expect(await refusal(preflight)).toEqual([403, 'serve/origin']);
  expect(reached).toEqual([]);
});

test('a body of another media type, a coded one, and one where none belongs', async () => {
  const good = '{"name":"a"}';
  for (const type of [
    'text/plain',
    'application/json; charset=utf-16',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
  ])
    expect(await refusal(post(good, { 'content-type': type }))).toEqual([415, 'serve/media-type']);
  expect(await refusal(post(good, {}))).toEqual([415, 'serve/media-type']);
  expect(await refusal(post(good, { ...json, 'content-encoding': 'gzip' }))).toEqual([415, 'serve/encoding']);
  const brought = ask(server.url, '/defect', { headers: json, body: good });
  expect(await refusal(brought)).toEqual([422, 'serve/body']);
  expect(reached).toEqual([]);
});

test('a header that says who calls stands once', async () => {
  const { host } = new URL(server.url);
  const start = `GET /defect HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n`;
  for (const name of ['authorization', 'signature', 'Signature-Input', 'content-digest', 'idempotency-key'])
    expect(await raw(server.url, [`${start}${name}: a\r\n${name.toUpperCase()}: b\r\n\r\n`]), name).toContain(
      'serve/repeated-header',
    );
  expect(await raw(server.url, [`${start}host: ${host}\r\n\r\n`])).toMatch(
    /serve\/(?:repeated-header|malformed)/,
  );
});

test('too large and too slow is refused before anything is done with it', async () => {
  const large = post(`{"name":"${'a'.repeat(200_000)}"}`);
  expect(await refusal(large)).toEqual([413, 'serve/large-body']);
  const type = { 'content-type': 'application/vnd.countersign.test' };
  expect((await post(new Uint8Array(1000), type)).status).toBe(200);
  const { host } = new URL(server.url);
  const head = `POST /things/abc HTTP/1.1\r\nhost: ${host}\r\n`;
  expect(await raw(server.url, [`${head}x: ${'a'.repeat(20_000)}\r\n\r\n`])).toContain('serve/large-headers');
  expect(
    await raw(server.url, [head, 'x: 1\r\n', 'y: 1\r\n', 'z: 1\r\n', '', '', '', '', '', ''], 300),
  ).toContain('serve/slow-request');
  const slow = [
    `${head}content-type: application/json\r\ncontent-length: 12\r\n\r\n`,
    '{',
    '"',
    'n',
    'a',
    'm',
    'e',
  ];
  expect(await raw(server.url, slow, 400)).toContain('408');
  expect(await raw(server.url, ['\u0000\u0001 nonsense\r\n\r\n'])).toContain('serve/malformed');
  const smuggled = `${head}content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`;
  expect(await raw(server.url, [smuggled])).toContain('serve/malformed');
  expect(reached).toHaveLength(1);
}, 20_000);

test('a client that reset its connection is told nothing', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const arrived = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  let told = '';
  client.on('data', (chunk: Buffer) => (told += chunk.toString()));
  answerBroken(Object.assign(new Error('reset'), { code: 'ECONNRESET' }), await arrived);
  await new Promise((resolve) => client.once('close', resolve));
  expect(told).toBe('');
  server.close();
});

test('a defect is a 500 that tells nothing of the inside', async () => {
  const answer = await ask(server.url, '/defect');
  expect([answer.status, answer.json['code']]).toEqual([500, 'internal/unexpected']);
  expect(answer.text).not.toContain('secret');
});

test('a stopping server takes nothing new', async () => {
  stop.abort();
  expect(await refusal(ask(server.url, '/defect'))).toEqual([503, 'serve/closing']);
});

const at = (listen: string, more: object = {}) =>
  placeOf({ listen, tls: false, behindProxy: false, names: [], ...more });

test('an address that others can reach needs TLS, or a proxy that has it', () => {
  expect(at(defaultListen)).toEqual({ host: '127.0.0.1', port: 7070, scheme: 'http', names: [] });
  expect(at('[::1]:0').host).toBe('::1');
  for (const listen of ['0.0.0.0:8443', '[::]:8443', '192.168.1.7:8443', '[::ffff:10.0.0.1]:80'])
    expect(() => at(listen), listen).toThrow();
  expect(at('0.0.0.0:8443', { tls: true }).scheme).toBe('https');
  expect(at('10.0.0.1:8443', { behindProxy: true }).scheme).toBe('https');
  for (const listen of [
    'localhost:8443',
    '127.0.0.1',
    ':8443',
    '127.0.0.1:70000',
    '127.0.0.1:x',
    '::1:80',
    '',
  ])
    expect(() => at(listen), listen).toThrow('is no address and port');
  expect(() => at('127.0.0.1:1', { names: ['Evil Example'] })).toThrow('is no host name');
});
