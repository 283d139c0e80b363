import { decodeNote, encodeNote, exportBundle, verifyBundle } from '@countersign/ledger';
import { loadRootFile, nodeTokenClaims, nodeVerifier } from '@countersign/program';
import { createHash, createPublicKey, verify, type JsonWebKey } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ask, type HttpAnswer } from '../../apps/executor/test/http-client.ts';
import { record } from '../../apps/executor/src/stages/record.ts';
import { submissionOfRow } from '../../apps/executor/src/commands/describe.ts';
import { auditOf } from './audit-apart.ts';
import { Lab, removeLabs } from './lab.ts';
import { changeRoster, revoking } from './roster-lab.ts';
import { Client, serveLab, type Serving } from './serving.ts';
import { Issuer, pinKeys, trustIssuers } from './tokens.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

const github = new Issuer('https://token.actions.example');
const cluster = new Issuer('https://cluster.example', 'ES256');
const office = new Issuer('https://office.example', 'RS256');
let lab: Lab;
let serving: Serving;

beforeAll(async () => {
  lab = await Lab.make();
  trustIssuers(lab, [
    [github],
    [cluster, 'lifetime: 60'],
    [office, "subjects: [{ pattern: 'user:*', identity: olivia }, { pattern: other, identity: nobody-1 }]"],
  ]);
  serving = await serveLab(lab);
});
afterAll(async () => {
  expect(await serving.stop()).toBe(0);
  // The auditor verifies the tokens as well.
  expect(await auditOf(lab)).toMatchObject({ exit_code: 0 });
  expect(serving.log().filter(({ event }) => event === 'defect')).toEqual([]);
  removeLabs();
});

const get = (token: string, path = '/v1/requests'): Promise<HttpAnswer> =>
  ask(serving.url, path, { headers: { authorization: `Bearer ${token}` } });
const post = (token: string, path: string, body: object, more: object = {}): Promise<HttpAnswer> =>
  ask(serving.url, path, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...more },
  });
const draft = { target: 'demo', sql: 'SELECT id FROM orders', reason: 'a nightly report' };
const now = (): number => Math.floor(Date.now() / 1000);

test('a token speaks for the service that its subject is', async () => {
  const { status, json } = await post(github.token(), '/v1/requests', draft);
  expect([status, json['code']]).toEqual([200, 'request/ran']);
  const [row] = (await get(github.token())).json['requests'] as readonly unknown[];
  expect(row).toMatchObject({ submitter: 'ci' });
  expect((await post(github.token({ sub: 'robot' }), '/v1/policy/explain', draft)).status).toBe(200);
  const listed = (await get(github.token({ sub: 'robot' }))).json['requests'];
  expect(listed).toEqual([]);
});

test('the ledger keeps the token and its key, so that anybody can verify what was verified', async () => {
  const token = github.token({ jti: 'job-4711' });
  const { json } = await post(token, '/v1/requests', draft);
  const id = new Uint8Array(Buffer.from(String(json['request_id']), 'hex'));
  const { context, notes } = await lab.inWorld((world) => {
    const row = world.store.request(id);
    if (row === undefined) throw new Error('no such request');
    return {
      context: new Map(submissionOfRow(row).context ?? []),
      notes: world.ledger.bodiesOf('operator').map((body) => decodeNote('operator', body)),
    };
  });
  const hash = createHash('sha256').update(token).digest('hex');
  expect(context.get('token_sha256')).toBe(hash);
  const kept = notes.find(
    ({ verb, text }) => verb === 'token' && createHash('sha256').update(text).digest('hex') === hash,
  );
  const key = notes.findLast(({ verb }) => verb === 'token-key');
  expect(kept).toMatchObject({ person: 'ci', text: token });
  const [header, payload, signature = ''] = token.split('.');
  const jwk = JSON.parse(key?.text ?? '{}') as JsonWebKey;
  expect(Object.keys(jwk).toSorted()).toEqual(['crv', 'kid', 'kty', 'x']);
  const input = Buffer.from(`${header ?? ''}.${payload ?? ''}`);
  expect(
    verify(null, input, createPublicKey({ key: jwk, format: 'jwk' }), Buffer.from(signature, 'base64url')),
  ).toBe(true);
  const { life, notices } = await lab.inWorld((world) => {
    const { threshold, keys } = loadRootFile(world.paths.rootFile);
    const ledger = verifyBundle(new Uint8Array(Buffer.concat([...exportBundle(world.ledger)])), {
      anchor: { threshold, keys: keys.map((one) => one.key) },
      verifier: nodeVerifier,
      tokenClaims: nodeTokenClaims,
    });
    return { life: ledger.lives.get(String(json['request_id'])), notices: ledger.notices };
  });
  expect(life?.token).toMatchObject({ person: 'ci', claims: { issuer: github.name } });
  expect(notices).toEqual([]);
  const before = await lab.inWorld((world) => world.ledger.countOf('operator'));
  await post(token, '/v1/requests', draft);
  expect(await lab.inWorld((world) => world.ledger.countOf('operator'))).toBe(before);
});

test('the same key is the same submission, whichever token brings it', async () => {
  const key = { 'idempotency-key': 'run-17/attempt-1' };
  const first = await post(github.token(), '/v1/requests', draft, key);
  const second = await post(github.token({ jti: 'again' }), '/v1/requests', draft, key);
  expect([second.status, second.json['request_id']]).toEqual([200, first.json['request_id']]);
  expect(second.json['results']).toBeUndefined();
  const other = await post(github.token(), '/v1/requests', { ...draft, sql: 'SELECT 2' }, key);
  expect([other.status, other.json['code']]).toEqual([409, 'serve/idempotency']);
  const elsewhere = await post(github.token({ sub: 'robot' }), '/v1/requests', draft, key);
  expect(elsewhere.json['request_id']).not.toBe(first.json['request_id']);
});

const main = 'repo:acme/shop:ref:main';

test.each<readonly [string, string, () => string]>([
  ['no JWT', 'token/form', () => 'a.b.c'],
  ['two parts', 'token/form', () => 'a.b'],
  ['an unknown issuer', 'token/issuer', () => new Issuer('https://evil.example').token()],
  ['no issuer', 'token/issuer', () => github.token({ iss: undefined })],
  ['another audience', 'token/invalid', () => github.token({ aud: 'elsewhere' })],
  ['no audience', 'token/invalid', () => github.token({ aud: undefined })],
  ['a time that is over', 'token/invalid', () => github.token({ exp: now() - 10 })],
  ['no end', 'token/invalid', () => github.token({ exp: undefined })],
  ['no beginning', 'token/invalid', () => github.token({ iat: undefined })],
  ['a time to come', 'token/invalid', () => github.token({ nbf: now() + 60 })],
  ['a beginning to come', 'token/invalid', () => github.token({ iat: now() + 3_600, exp: now() + 3_700 })],
  ['no subject', 'token/invalid', () => github.token({ sub: undefined })],
  ['no signature', 'token/form', () => github.token({}, { alg: 'none' })],
  ['a shared secret', 'token/invalid', () => github.token({}, { alg: 'HS256' })],
  ['another algorithm', 'token/invalid', () => github.token({}, { alg: 'ES256' })],
  ['an unknown key', 'token/invalid', () => github.token({}, { kid: 'key-2' })],
  ["somebody else's key under this name", 'token/invalid', () => new Issuer(github.name).token()],
  ['another issuer with this key', 'token/invalid', () => cluster.token({ iss: github.name })],
  ['a key inside the token', 'token/invalid', () => new Issuer(github.name).token({}, { jwk: github.jwk })],
  ['an unknown critical header', 'token/invalid', () => github.token({}, { crit: ['b64'], b64: false })],
  ['a longer life than is taken', 'token/lifetime', () => cluster.token({ sub: main })],
  ['too much of it', 'token/too-large', () => github.token({ more: 'x'.repeat(3_000) })],
  ['another subject', 'token/subject', () => github.token({ sub: 'repo:evil/shop:ref:main' })],
  ['a subject with one part more', 'token/subject', () => github.token({ sub: `${main}/x` })],
  [
    'a subject with nothing for the star',
    'token/subject',
    () => github.token({ sub: 'repo:acme/shop:ref:' }),
  ],
  ['a subject with a line more', 'token/subject', () => github.token({ sub: 'x\nrobot' })],
  ['a person', 'token/subject', () => office.token({ sub: 'user:olivia' })],
])('a token is refused: %s', async (_what, code, token) => {
  const { status, json, headers } = await get(token());
  expect(json['code']).toBe(code);
  expect(status).toBe(code === 'token/subject' ? 403 : 401);
  if (status === 401) expect(headers['www-authenticate']).toContain('Bearer');
});

test('an identity without a key in this home is refused', async () => {
  expect((await get(office.token({ sub: 'other' }))).json['code']).toBe('identity/unknown');
});

test('tokens of other algorithms verify, within their own lifetime', async () => {
  expect((await get(cluster.token({ sub: main, exp: now() + 50 }))).status).toBe(200);
});

test('who has a token signs nothing, approves nothing and carries nothing in', async () => {
  expect((await post(github.token(), '/v1/drafts', draft)).json['code']).toBe('serve/role');
  const carried = await ask(serving.url, '/v1/decisions', {
    method: 'POST',
    body: 'x',
    headers: {
      authorization: `Bearer ${github.token()}`,
      'content-type': 'application/vnd.countersign.response',
    },
  });
  expect(carried.json['code']).toBe('serve/role');
  const claimed = await post(github.token(), '/v1/requests', { ...draft, context: { token_sha256: 'x' } });
  expect(claimed.json['code']).toBe('serve/body');
});

test('what a token submitted is submitted again without it', async () => {
  const sql = "UPDATE orders SET status = 'paid' WHERE id = 102";
  const { json } = await post(github.token({ jti: 'again' }), '/v1/requests', { ...draft, sql });
  expect(json['code']).toBe('request/pending');
  const id = String(json['request_id']);
  expect((await lab.ask('withdraw', id, '--reason', 'a mistake', '--as', 'ci')).exitCode).toBe(0);
  const again = await lab.ask('submit', '--again', id, '--as', 'olivia');
  expect(again.code).toBe('request/pending');
  expect(JSON.stringify(again.document)).not.toContain('token_sha256');
});

test('a key that its issuer calls by another name is written down again', async () => {
  const restore = readFileSync(join(lab.home, 'issuer-0.json'), 'utf8');
  expect((await post(github.token({ jti: 'first' }), '/v1/requests', draft)).status).toBe(200);
  writeFileSync(
    join(lab.home, 'issuer-0.json'),
    JSON.stringify({ keys: [{ ...github.jwk, kid: 'renamed' }] }),
  );
  const token = github.token({ jti: 'second' }, { kid: 'renamed' });
  expect((await post(token, '/v1/requests', draft)).json['code']).toBe('request/ran');
  writeFileSync(join(lab.home, 'issuer-0.json'), restore);
});

test('a token that ends while its call waits in line submits nothing', async () => {
  const slow =
    'WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 9000000) SELECT count(*) FROM c';
  const call = (token: string, sql: string): Promise<HttpAnswer> => {
    const params = { name: 'submit_query', arguments: { ...draft, sql } };
    const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params };
    const accept = 'application/json, text/event-stream';
    return post(token, '/mcp', message, { accept, 'mcp-protocol-version': '2025-06-18' });
  };
  const first = call(github.token({ jti: 'slow' }), slow);
  // Good for another second, with the five that clocks may differ by.
  const late = await call(github.token({ jti: 'late', exp: now() - 4, iat: now() - 100 }), draft.sql);
  expect((await first).text).toContain('request/ran');
  expect(late.text).toContain('token/invalid');
});

test("the executor's own check of its ledger verifies tokens as well", async () => {
  const other = await Lab.make();
  const noted = { person: 'ci', verb: 'token', text: github.token() };
  await other.inWorld((world) =>
    record(world, (append) => append('operator', encodeNote('operator', noted))),
  );
  expect((await other.ask('ledger', 'verify')).code).toBe('ledger/token-invalid');
});

test('keys that the operator exchanges hold from the next call on', async () => {
  const old = github.token();
  const newer = new Issuer(github.name, 'EdDSA', 'key-2');
  expect((await get(newer.token())).json['code']).toBe('token/invalid');
  pinKeys(lab, 'issuer-0.json', [newer]);
  expect((await get(newer.token())).status).toBe(200);
  expect((await get(old)).json['code']).toBe('token/invalid');
  pinKeys(lab, 'issuer-0.json', [github]);
});

test('a service that is revoked has no tokens and no key any more, from the next call on', async () => {
  expect((await get(github.token())).status).toBe(200);
  const revoked = await lab.ask('identity', 'revoke', 'ci', '--reason', 'the key was in a build log');
  expect(revoked.code).toBe('identity/revoked');
  const answer = await get(github.token());
  expect([answer.status, answer.json['code']]).toEqual([403, 'identity/not-valid']);
  expect((await Client.of(serving.url, 'ci').get('/v1/requests')).json['code']).toBe('identity/not-valid');
  expect((await get(github.token({ sub: 'robot' }))).status).toBe(200);
  await changeRoster(lab, revoking(lab.approver('agent-7').kidText));
  expect((await get(github.token({ sub: 'robot' }))).json['code']).toBe('identity/not-valid');
});
