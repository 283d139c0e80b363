import { decodeResponse } from '@countersign/messages';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ask, type HttpAnswer } from '../../apps/executor/test/http-client.ts';
import { verifyCall } from '../../apps/executor/src/serve/http-signature.ts';
import { ServeRefused } from '../../apps/executor/src/serve/refusal.ts';
import { ServeStore } from '../../apps/executor/src/serve/serve-store.ts';
import { Lab, removeLabs } from './lab.ts';
import { changeRoster, newApprover, revoking } from './roster-lab.ts';
import { Client, serveLab, signedHeaders, type Serving, type Signing } from './serving.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

const update = "UPDATE orders SET status = 'paid' WHERE id = 101";
let lab: Lab;
let serving: Serving;
/** A request of Olivia's that waits for approvers. */
let waiting = '';

beforeAll(async () => {
  lab = await Lab.make();
  waiting = await lab.submit(update);
  serving = await serveLab(lab);
});
afterAll(async () => {
  expect(await serving.stop()).toBe(0);
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
  expect(await lab.state(waiting)).toBe('pending');
  expect(lab.rows('SELECT status FROM orders WHERE id = 101')).not.toEqual([['paid']]);
  expect(serving.log().filter(({ event }) => event === 'defect')).toEqual([]);
  removeLabs();
});

const as = (name: string): Client => Client.of(serving.url, name);

function refusalOf({ status, json }: HttpAnswer): readonly unknown[] {
  return [status, json['code']];
}

/** Every route that is no health check, with something in its place for each of its parts. */
async function everyRoute(): Promise<
  readonly { readonly method: string; readonly path: string; readonly type: string | undefined }[]
> {
  const { json } = await ask(serving.url, '/openapi.json');
  const paths = json['paths'] as Readonly<
    Record<string, Readonly<Record<string, { readonly requestBody?: { readonly content: object } }>>>
  >;
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { requestBody }]) => ({
      method: method.toUpperCase(),
      path: path.replace('{id}', waiting).replace('{name}', 'demo'),
      type: Object.keys(requestBody?.content ?? {}).at(-1),
    })),
  );
}

const open = ['/healthz', '/readyz', '/metrics', '/openapi.json'];

test('without credentials nothing is open but what names nobody', async () => {
  const routes = await everyRoute();
  expect(routes.length).toBeGreaterThan(20);
  for (const { method, path, type } of routes) {
    const body = type === undefined ? {} : { body: '{}', headers: { 'content-type': type } };
    const answer = await ask(serving.url, path, { method, ...body });
    if (open.includes(path)) expect(answer.status, path).toBe(200);
    else expect(refusalOf(answer), `${method} ${path}`).toEqual([401, 'serve/credentials']);
  }
});

test.each(['ada', 'ben', 'carol', 'executor', 'root-1'])(
  'the key of %s opens nothing: approvers, executors and roots do not submit',
  async (name) => {
    for (const { method, path, type } of await everyRoute()) {
      if (open.includes(path)) continue;
      const { status, json } = await as(name).call(
        method,
        path,
        type === undefined ? {} : { body: '{}', type },
      );
      expect([401, 403], `${method} ${path}`).toContain(status);
      expect(json['code']).toMatch(/^(?:identity\/not-allowed|http-signature\/key)$/);
    }
  },
);

test.each(['agent-7', 'ci'])(
  '%s sees and moves nothing of anybody else, and carries no decision in',
  async (name) => {
    for (const part of ['', '/wait?wait=0', '/events', '/diff', '/entries'])
      expect(refusalOf(await as(name).get(`/v1/requests/${waiting}${part}`)), part).toEqual([
        404,
        'request/not-found',
      ]);
    for (const verb of ['run', 'export'])
      expect(refusalOf(await as(name).call('POST', `/v1/requests/${waiting}/${verb}`)), verb).toEqual([
        404,
        'request/not-found',
      ]);
    expect(
      refusalOf(await as(name).post(`/v1/requests/${waiting}/withdraw`, { reason: 'mine now' })),
    ).toEqual([404, 'request/not-found']);
    const listed = (await as(name).get('/v1/requests')).json['requests'] as readonly { submitter: string }[];
    expect(listed.filter(({ submitter }) => submitter !== name)).toEqual([]);
    const decision = lab.approver('carol').forge(await lab.export(waiting));
    const carried = await as(name).call('POST', '/v1/decisions', {
      body: decision,
      type: 'application/vnd.countersign.response',
    });
    expect(refusalOf(carried)).toEqual([403, 'serve/role']);
  },
);

test('no route takes a word for a decision: only what an approver signed, by the rules of import', async () => {
  const bundle = await lab.export(waiting);
  const type = 'application/vnd.countersign.response';
  const good = lab.approver('ada').forge(bundle);
  for (const [what, body] of Object.entries({
    'a word': new TextEncoder().encode('approve'),
    'the bundle itself': bundle,
    'a signed submission': await as('ci').drafted({ target: 'demo', sql: update, reason: 'a test' }),
    'a decision without its container': decodeResponse(good).decisions[0] ?? new Uint8Array(),
    nothing: new Uint8Array(1),
  })) {
    const { status } = await as('olivia').call('POST', '/v1/decisions', { body, type });
    expect([400, 422], what).toContain(status);
  }
  for (const name of ['olivia', 'agent-7', 'ci', 'executor']) {
    const forged = await as('olivia').call('POST', '/v1/decisions', {
      body: lab.approver(name).forge(bundle),
      type,
    });
    expect(refusalOf(forged), name).toEqual([200, 'import/refused']);
    expect(forged.json).toMatchObject({
      exit_code: 10,
      message: 'nothing that was carried in counts',
      hint: expect.stringContaining('export again') as string,
    });
  }
  const stranger = await as('olivia').call('POST', '/v1/decisions', {
    body: newApprover('stranger').forge(bundle),
    type,
  });
  expect(stranger.json['code']).toBe('import/refused');
  expect(await lab.state(waiting)).toBe('pending');
});

test('a flag that would approve is no member of anything', async () => {
  const draft = { target: 'demo', sql: update, reason: 'a test' };
  for (const more of [
    { confirm: true },
    { approved: true },
    { force: true },
    { admin: 1 },
    { as: 'olivia' },
    { context: { token_sha256: 'a' } },
    { context: { undo_conflicts: 'none' } },
  ])
    for (const path of ['/v1/drafts', '/v1/previews', '/v1/policy/explain'])
      expect(refusalOf(await as('agent-7').post(path, { ...draft, ...more }))).toEqual([422, 'serve/body']);
  expect(
    refusalOf(await as('agent-7').post(`/v1/requests/${waiting}/withdraw`, { reason: 'x', approve: true })),
  ).toEqual([422, 'serve/body']);
  for (const path of ['approve', 'decide', 'resolve', 'admit'])
    expect((await as('olivia').post(`/v1/requests/${waiting}/${path}`, {})).json['code'], path).toBe(
      'serve/path',
    );
});

test('a signature is good for one call', async () => {
  const url = `${serving.url}/v1/ledger/head`;
  const headers = signedHeaders(as('ci').signer, as('ci').kid, { method: 'GET', url });
  expect((await ask(serving.url, '/v1/ledger/head', { headers })).status).toBe(200);
  expect(refusalOf(await ask(serving.url, '/v1/ledger/head', { headers }))).toEqual([
    401,
    'http-signature/replayed',
  ]);
  for (const path of ['/v1/requests', '/v1/ledger/head?x=1', '/v1/ledger/inclusion?index=0'])
    expect(refusalOf(await ask(serving.url, path, { headers })), path).toEqual([
      401,
      'http-signature/invalid',
    ]);
  const other = `localhost:${new URL(serving.url).port}`;
  expect(
    refusalOf(await ask(serving.url, '/v1/ledger/head', { headers: { ...headers, host: other } })),
  ).toEqual([401, 'http-signature/invalid']);
  const fresh = signedHeaders(as('ci').signer, as('ci').kid, {
    method: 'GET',
    url: `http://${other}/v1/ledger/head`,
  });
  expect((await ask(serving.url, '/v1/ledger/head', { headers: { ...fresh, host: other } })).status).toBe(
    200,
  );
});

test('a nonce that was spent stays spent when the server is another process', async () => {
  const url = `${serving.url}/v1/ledger/head`;
  const { port } = new URL(serving.url);
  const headers = signedHeaders(as('ci').signer, as('ci').kid, { method: 'GET', url });
  expect((await ask(serving.url, '/v1/ledger/head', { headers })).status).toBe(200);
  expect(await serving.stop()).toBe(0);
  serving = await serveLab(lab, '--listen', `127.0.0.1:${port}`);
  expect(refusalOf(await ask(serving.url, '/v1/ledger/head', { headers }))).toEqual([
    401,
    'http-signature/replayed',
  ]);
});

const now = (): number => Math.floor(Date.now() / 1000);

test.each<readonly [string, string, () => Signing]>([
  [
    'no method',
    'http-signature/components',
    () => ({ components: ['@target-uri', 'content-type', 'content-digest'] }),
  ],
  [
    'no address',
    'http-signature/components',
    () => ({ components: ['@method', 'content-type', 'content-digest'] }),
  ],
  [
    'no digest',
    'http-signature/components',
    () => ({ components: ['@method', '@target-uri', 'content-type'] }),
  ],
  [
    'no type',
    'http-signature/components',
    () => ({ components: ['@method', '@target-uri', 'content-digest'] }),
  ],
  [
    'a component twice',
    'http-signature/components',
    () => ({ components: ['@method', '@target-uri', 'content-type', 'content-digest', '@method'] }),
  ],
  [
    'a component more',
    'http-signature/components',
    () => ({ components: ['@method', '@target-uri', 'content-type', 'content-digest', '@authority'] }),
  ],
  ['another tag', 'http-signature/components', () => ({ parameters: { tag: 'other' } })],
  ['another algorithm', 'http-signature/algorithm', () => ({ parameters: { alg: 'hmac-sha256' } })],
  [
    'a time that is over',
    'http-signature/time',
    () => ({ parameters: { created: now() - 100, expires: now() - 1 } }),
  ],
  [
    'a time to come',
    'http-signature/time',
    () => ({ parameters: { created: now() + 60, expires: now() + 120 } }),
  ],
  ['a long time', 'http-signature/time', () => ({ parameters: { expires: now() + 301 } })],
  [
    'an end before its beginning',
    'http-signature/time',
    () => ({ parameters: { created: now() + 20, expires: now() + 10 } }),
  ],
  ['a key that is none', 'http-signature/key', () => ({ parameters: { keyid: 'ci' } })],
  ['a key of nobody', 'http-signature/key', () => ({ parameters: { keyid: '00'.repeat(32) } })],
  [
    "somebody else's key",
    'http-signature/invalid',
    () => ({ parameters: { keyid: Client.of('http://x', 'olivia').kid } }),
  ],
  ['another signer', 'http-signature/invalid', () => ({ signer: newApprover('stranger').signer })],
  ['another address', 'http-signature/invalid', () => ({ uri: 'http://evil.example/v1/policy/explain' })],
  ['a nonce that is too short', 'http-signature/form', () => ({ parameters: { nonce: 'short' } })],
  ['a parameter more', 'http-signature/form', () => ({ parameters: { admin: 1 } })],
  ['no time', 'http-signature/form', () => ({ parameters: { created: 'now' } })],
  ['the digest of another body', 'http-signature/digest', () => ({ digestOf: '{}' })],
])('a signature is refused: %s', async (_what, code, signing) => {
  const body = JSON.stringify({ target: 'demo', sql: 'SELECT 1', reason: 'a test' });
  const answer = await as('ci').call('POST', '/v1/policy/explain', { body }, signing());
  expect(answer.json['code']).toBe(code);
});

test('what was signed before this machine began is refused, for what it saw then may be forgotten', async () => {
  const { signer, kid } = as('ci');
  const url = 'http://127.0.0.1:1/v1/requests';
  const code = await lab.inWorld((world) => {
    const nonces = new ServeStore(lab.path('other-serve.db'));
    const call = (bootedAt: number): string => {
      const signed = signedHeaders(signer, kid, { method: 'GET', url });
      const headers = { ...signed, host: '127.0.0.1:1' };
      const ground = { world, nonces, scheme: 'http', bootedAt } as const;
      return verifyCall(ground, { method: 'GET', url: '/v1/requests', headers }, false).person.id;
    };
    try {
      expect(call(now() - 5)).toBe('ci');
      return call(now() + 5);
    } catch (thrown) {
      return thrown instanceof ServeRefused ? thrown.code : String(thrown);
    } finally {
      nonces.close();
    }
  });
  expect(code).toBe('http-signature/before-start');
});

test('headers that were put in another order, doubled or taken from another call', async () => {
  const body = JSON.stringify({ target: 'demo', sql: 'SELECT 1', reason: 'a test' });
  const path = '/v1/policy/explain';
  const sign = (what = body): Readonly<Record<string, string>> =>
    signedHeaders(as('ci').signer, as('ci').kid, {
      method: 'POST',
      url: `${serving.url}${path}`,
      body: what,
    });
  const send = (headers: Readonly<Record<string, string>>, what = body): Promise<HttpAnswer> =>
    ask(serving.url, path, { method: 'POST', headers, body: what });
  const good = sign();
  const input = good['signature-input'] ?? '';
  const swapped = input.replace('"@method" "@target-uri"', '"@target-uri" "@method"');
  expect((await send({ ...good, 'signature-input': swapped })).json['code']).toBe('http-signature/invalid');
  expect((await send({ ...good, signature: sign()['signature'] ?? '' })).json['code']).toBe(
    'http-signature/invalid',
  );
  const doubled = {
    'signature-input': `${input}, ${input.replace('sig=', 'two=')}`,
    signature: `${good['signature'] ?? ''}, ${(good['signature'] ?? '').replace('sig=', 'two=')}`,
  };
  expect((await send({ ...good, ...doubled })).json['code']).toBe('http-signature/several');
  expect((await send({ ...good, 'signature-input': input.replace('sig=', 'two=') })).json['code']).toBe(
    'http-signature/form',
  );
  expect((await send({ ...good, signature: `${good['signature'] ?? ''}x` })).json['code']).toBe(
    'http-signature/form',
  );
  expect(
    (await send({ ...good, 'signature-input': `${input};created=${'1'.repeat(2_000)}` })).json['code'],
  ).toBe('http-signature/form');
  expect((await send({ ...good, authorization: 'Bearer a.b.c' })).json['code']).toBe('serve/credentials');
  expect((await send({ ...good, 'idempotency-key': 'a' })).json['code']).toBe('http-signature/components');
  const longer = `${body} `;
  expect((await send(good, longer)).json['code']).toBe('http-signature/digest');
  const without = Object.fromEntries(Object.entries(sign()).filter(([name]) => name !== 'content-digest'));
  expect((await send(without)).json['code']).toBe('http-signature/invalid');
  expect((await send(sign())).status).toBe(200);
});

test('signed bytes are taken as they were signed, and once', async () => {
  const bytes = await as('ci').drafted({ target: 'demo', sql: 'SELECT 1', reason: 'a test' });
  expect((await as('ci').send(bytes)).json['code']).toBe('request/ran');
  const again = await as('ci').send(bytes);
  expect([again.json['code'], again.json['results']]).toEqual(['request/ran', undefined]);
  for (const index of [0, 40, 80, bytes.length - 70, bytes.length - 1]) {
    const changed = bytes.with(index, (bytes.at(index) ?? 0) ^ 1);
    const { status } = await as('ci').send(changed);
    expect(status, String(index)).toBe(422);
  }
  expect((await as('ci').send(bytes.slice(0, -1))).status).toBe(422);
  const keyed = await ask(serving.url, '/v1/requests', {
    method: 'POST',
    body: bytes,
    headers: { 'content-type': 'application/vnd.countersign.submission', 'idempotency-key': 'a' },
  });
  expect(refusalOf(keyed)).toEqual([400, 'serve/parameters']);
  const unsigned = await as('ci').post('/v1/requests', { target: 'demo', sql: 'SELECT 1', reason: 'a test' });
  expect(refusalOf(unsigned)).toEqual([422, 'serve/unsigned']);
});

test('a stolen key of a service is worth what policy gives that service', async () => {
  const scoped = lab.policy(
    'main.yaml',
    (text) =>
      `${text}\nscopes:\n  - who: { ids: [ci] }\n    targets: [demo]\n    statements: [select]\n    tables: [main.orders]\n`,
  );
  const outside = await as('ci').submit(update);
  expect([outside.status, outside.json['code'], outside.json['exit_code']]).toEqual([
    200,
    'identity/out-of-scope',
    4,
  ]);
  expect((await as('ci').submit('SELECT name FROM customers')).json['code']).toBe('identity/out-of-scope');
  expect((await as('ci').submit('SELECT id FROM orders')).json['code']).toBe('request/ran');
  const described = (await as('ci').get('/v1/targets/demo')).text;
  expect([described.includes('main.orders'), described.includes('customers')]).toEqual([true, false]);
  scoped();
});

test('a key that is revoked is refused from that moment on, signed bytes that were made before too', async () => {
  const bytes = await as('agent-7').drafted({ target: 'demo', sql: 'SELECT 1', reason: 'a test' });
  const own = String((await as('agent-7').submit(update)).json['request_id']);
  const waits = as('agent-7').get(`/v1/requests/${own}/wait?wait=50`);
  const url = `${serving.url}/v1/requests/${own}/events`;
  const { signer, kid } = as('agent-7');
  const follows = await fetch(url, { headers: signedHeaders(signer, kid, { method: 'GET', url }) });
  await changeRoster(lab, revoking(lab.approver('agent-7').kidText));
  expect(refusalOf(await as('agent-7').get('/v1/requests'))).toEqual([403, 'identity/not-valid']);
  expect(refusalOf(await as('agent-7').send(bytes))).toEqual([403, 'identity/not-valid']);
  expect(refusalOf(await waits)).toEqual([403, 'identity/not-valid']);
  const text = await follows.text();
  expect(text).toMatch(/"state":"pending"[^]*event: refused[^]*"code":"identity\/not-valid"/);
});

test('the log names no SQL and no credentials', () => {
  const text = JSON.stringify(serving.log());
  for (const word of ['UPDATE', 'SELECT', 'orders', 'a test', 'Bearer', 'sig='])
    expect(text, word).not.toContain(word);
});
