import { connect } from 'node:net';
import { request as httpRequest, type OutgoingHttpHeaders } from 'node:http';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { scanBodyBytesMax } from '../src/scan/guard.ts';
import { openScanServer, type ScanServer } from '../src/scan/server.ts';

const page = { html: '<!doctype html>the page', policy: "default-src 'none'" };
const bodyTimeoutMs = 400;
let reached: string[] = [];
let server: ScanServer;
let port = 0;
let token = '';

beforeEach(async () => {
  reached = [];
  const desk = {
    requests: (): object => {
      reached.push('requests');
      return { requests: [] };
    },
    exportBundle: (id: string): Uint8Array => {
      reached.push(`export ${id}`);
      return Uint8Array.of(1, 2, 3);
    },
    admit: (response: Uint8Array): object => {
      reached.push(`admit ${response.length}`);
      return { decisions: [] };
    },
  };
  server = await openScanServer(desk, page, { bodyTimeoutMs });
  const url = new URL(server.url);
  port = Number(url.port);
  token = url.pathname.slice(1, -1);
});
afterEach(() => server.close());

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** Asks as exactly this path: nothing tidies it up on the way. */
function ask(
  path: string,
  options: {
    readonly method?: string;
    readonly headers?: OutgoingHttpHeaders;
    readonly body?: Uint8Array;
  } = {},
): Promise<Answer> {
  const { method = 'GET', headers = {}, body } = options;
  return new Promise((resolve, reject) => {
    const asked = httpRequest({ host: '127.0.0.1', port, path, method, headers }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

const here = (): string => `http://127.0.0.1:${port}`;
const post = (): OutgoingHttpHeaders => ({ origin: here(), 'content-type': 'application/octet-stream' });

test('the page and what it asks for are served at the secret address, never to be kept or framed', async () => {
  const served = await ask(`/${token}/`, { headers: { 'sec-fetch-site': 'none' } });
  expect(served).toMatchObject({ status: 200, text: page.html });
  expect(served.headers).toMatchObject({
    'content-security-policy': page.policy,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'cross-origin-resource-policy': 'same-origin',
  });
  expect(served.headers['access-control-allow-origin']).toBeUndefined();
  expect((await ask(`/${token}/requests`, { headers: { origin: here() } })).status).toBe(200);
  const body = new Uint8Array(scanBodyBytesMax);
  expect((await ask(`/${token}/decisions`, { method: 'POST', headers: post(), body })).status).toBe(200);
  expect(
    (await ask(`/${token}/export`, { method: 'POST', headers: post(), body: Buffer.from('ab12') })).status,
  ).toBe(200);
  expect(reached).toEqual(['requests', `admit ${scanBodyBytesMax}`, 'export ab12']);
});

test('every server has a token of its own, of 32 random bytes', async () => {
  const other = await openScanServer(
    { requests: () => ({}), exportBundle: () => new Uint8Array(), admit: () => ({}) },
    page,
  );
  expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/u);
  expect(other.url).not.toContain(token);
  await other.close();
});

test('another host, as a name that was made to point here, is refused', async () => {
  const others = ['localhost', `localhost:${port}`, 'evil.example', `evil.example:${port}`, '127.0.0.1'];
  for (const host of [...others, `127.0.0.1:${port + 1}`, `[::1]:${port}`, `127.1:${port}`]) {
    const answer = await ask(`/${token}/requests`, { headers: { host } });
    expect(answer).toMatchObject({ status: 403, text: '{"code":"scan/host"}' });
  }
  const start = `GET /${token}/requests HTTP/1.1\r\nconnection: close\r\n`;
  const own = `host: 127.0.0.1:${port}\r\n`;
  for (const lines of ['host:\r\n', '', `host: evil.example\r\n${own}`]) {
    expect(await raw(`${start}${lines}\r\n`)).toMatch(/^HTTP\/1.1 (?:400|403) /u);
  }
  expect(await raw(`GET /${token}/requests HTTP/1.0\r\n\r\n`)).toMatch(/^HTTP\/1.1 403 /u);
  expect(reached).toEqual([]);
});

test('another origin, and a POST without one, is refused', async () => {
  for (const origin of [
    'null',
    'http://evil.example',
    `http://localhost:${port}`,
    `https://127.0.0.1:${port}`,
    `${here()}.evil.example`,
    `${here()}/`,
    '',
  ]) {
    for (const [path, method] of [
      ['requests', 'GET'],
      ['decisions', 'POST'],
      ['export', 'POST'],
    ] as const) {
      const answer = await ask(`/${token}/${path}`, { method, headers: { ...post(), origin } });
      expect(answer).toMatchObject({ status: 403, text: '{"code":"scan/origin"}' });
    }
  }
  const without = await ask(`/${token}/decisions`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
  });
  expect(without).toMatchObject({ status: 403, text: '{"code":"scan/origin"}' });
  for (const site of ['cross-site', 'same-site']) {
    const answer = await ask(`/${token}/`, { headers: { 'sec-fetch-site': site } });
    expect(answer).toMatchObject({ status: 403, text: '{"code":"scan/cross-site"}' });
  }
  expect(reached).toEqual([]);
});

test('without the exact token there is nothing', async () => {
  const wrong = `${token.slice(1)}${token.slice(0, 1)}`;
  for (const path of [
    '/',
    `/${wrong}/requests`,
    `/${token.slice(0, -1)}/requests`,
    `/${token}x/requests`,
    `/${token.toUpperCase()}/`,
    `//${token}/requests`,
    '/requests',
    `/x/${token}/requests`,
    `/%${token}/`,
    `/${encodeURIComponent('../')}${token}/`,
  ]) {
    const { status, text } = await ask(path);
    expect([404, 400]).toContain(status);
    expect(text).not.toContain('page');
  }
  expect(reached).toEqual([]);
});

test('no trick with paths, queries or methods goes past the list of routes', async () => {
  for (const rest of [
    '../',
    './requests',
    'requests/',
    'requests/..',
    '..%2frequests',
    'requests%00',
    'Requests',
    'requests?x=1',
    'requests#x',
    '%72equests',
    '__proto__',
    'constructor',
    'toString',
    '/requests',
    'etc/passwd',
    '..\\requests',
    'requests;x',
  ]) {
    expect(await ask(`/${token}/${rest}`)).toMatchObject({ status: 404 });
  }
  expect(await ask(`${here()}/${token}/requests`)).toMatchObject({ status: 404 });
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
    expect(await ask(`/${token}/requests`, { method, headers: post() })).toMatchObject({ status: 405 });
  }
  expect(await ask(`/${token}/decisions`)).toMatchObject({ status: 405 });
  expect(reached).toEqual([]);
});

test('a body too large, of another type or too slow is refused and read no further', async () => {
  const path = `/${token}/decisions`;
  const body = new Uint8Array(scanBodyBytesMax + 1);
  const large = await ask(path, { method: 'POST', headers: post(), body }).catch(() => undefined);
  expect(large?.status ?? 413).toBe(413);
  const typed = await ask(path, {
    method: 'POST',
    headers: { ...post(), 'content-type': 'text/plain' },
    body: Uint8Array.of(1),
  });
  expect(typed).toMatchObject({ status: 415, text: '{"code":"scan/body-type"}' });
  for (const length of ['content-length: 5000000', 'transfer-encoding: chunked']) {
    const head = [
      'POST ' + path + ' HTTP/1.1',
      `host: 127.0.0.1:${port}`,
      `origin: ${here()}`,
      'content-type: application/octet-stream',
      length,
    ];
    expect(await raw(`${head.join('\r\n')}\r\n\r\n`)).toMatch(/^HTTP\/1.1 (?:413|408) /u);
  }
  const slow = [
    `POST ${path} HTTP/1.1`,
    `host: 127.0.0.1:${port}`,
    `origin: ${here()}`,
    'content-type: application/octet-stream',
    'content-length: 9',
  ];
  const began = performance.now();
  expect(await raw(`${slow.join('\r\n')}\r\n\r\nabc`)).toMatch(/^HTTP\/1.1 408 [^]*scan\/slow-body/u);
  expect(performance.now() - began).toBeLessThan(bodyTimeoutMs + 4000);
  const endless = [
    `POST ${path} HTTP/1.1`,
    `host: 127.0.0.1:${port}`,
    `origin: ${here()}`,
    'content-type: application/octet-stream',
    'transfer-encoding: chunked',
  ];
  const chunk = `10000\r\n${'x'.repeat(65_536)}\r\n`;
  expect(await raw(`${endless.join('\r\n')}\r\n\r\n${chunk.repeat(40)}`)).toMatch(/^(?:HTTP\/1.1 413 |$)/u);
  expect(reached).toEqual([]);
});

/** Sends text as it stands and returns what came back until the server closed. */
function raw(text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect({ host: '127.0.0.1', port }, () => socket.write(text));
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    socket.on('error', () => resolve(answer));
    socket.on('close', () => resolve(answer));
  });
}
