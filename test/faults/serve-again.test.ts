import { parseEnvelope } from '@countersign/codec';
import { decodeSubmission, encodeSubmission, signSubmission } from '@countersign/messages';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ask } from '../../apps/executor/test/http-client.ts';
import { Lab, removeLabs } from './lab.ts';
import { Client, serveLab, type Serving } from './serving.ts';
import { Issuer, trustIssuers } from './tokens.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const github = new Issuer('https://token.actions.example');
const update = 'UPDATE orders SET status = :status WHERE id = 101';
const first = { target: 'demo', sql: update, params: { status: 'paid' }, reason: 'a first time' };
let lab: Lab;
let serving: Serving;

beforeAll(async () => {
  lab = await Lab.make();
  trustIssuers(lab, [[github]]);
  serving = await serveLab(lab);
});
afterAll(async () => {
  expect(await serving.stop()).toBe(0);
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
  expect(serving.log().filter(({ event }) => event === 'defect')).toEqual([]);
  removeLabs();
});

const as = (name: string): Client => Client.of(serving.url, name);

/** A request of somebody's that was withdrawn. */
async function withdrawn(name: string): Promise<string> {
  const { json } = await as(name).send(await as(name).drafted({ ...first, ticket: '4711' }));
  const id = String(json['request_id']);
  await as(name).post(`/v1/requests/${id}/withdraw`, { reason: 'a test' });
  return id;
}

/** Which request another one follows, as approvers are told. */
async function followed(id: string): Promise<unknown> {
  const { request } = lab.approver('ada').review(await lab.export(id));
  return request.record.follows === undefined
    ? undefined
    : Buffer.from(request.record.follows.id).toString('hex');
}

test('what was withdrawn is submitted again, with the same statements, values and claims', async () => {
  const id = await withdrawn('ci');
  const preview = await as('ci').post('/v1/previews', { again: id });
  expect(preview.json).toMatchObject({ verdict: { decision: 'require' } });
  const bytes = await as('ci').drafted({ again: id, correlation_id: 'c-1' });
  const submission = decodeSubmission(parseEnvelope(bytes).payload ?? new Uint8Array());
  expect(submission).toMatchObject({
    statements: [{ sql: update, params: [{ type: 'text', value: 'paid' }] }],
    reason: first.reason,
    context: [
      ['correlation_id', 'c-1'],
      ['ticket', '4711'],
    ],
  });
  const { json } = await as('ci').send(bytes);
  expect(json['code']).toBe('request/pending');
  expect(await followed(String(json['request_id']))).toBe(id);
  expect((await as('ci').get(`/v1/requests/${String(json['request_id'])}`)).json).toMatchObject({
    follows: id,
  });
});

test('an amendment is taken up', async () => {
  const { json } = await as('ci').send(await as('ci').drafted(first));
  const id = String(json['request_id']);
  const proposal = [{ sql: "UPDATE orders SET status = 'open' WHERE id = 101", params: [] }];
  const note = 'not yet';
  await lab.import(lab.approver('ada').decide(await lab.export(id), { choice: 'amend', note, proposal }));
  const next = await as('ci').send(await as('ci').drafted({ amendment: id, ticket: '4712' }));
  expect(next.json).toMatchObject({ code: 'request/pending' });
  const follower = String(next.json['request_id']);
  expect(await followed(follower)).toBe(id);
  expect(lab.approver('ada').review(await lab.export(follower)).request.record.statements).toEqual(proposal);
});

test('a token submits again too', async () => {
  const id = await withdrawn('ci');
  const { json } = await ask(serving.url, '/v1/requests', {
    method: 'POST',
    body: JSON.stringify({ again: id }),
    headers: { authorization: `Bearer ${github.token()}`, 'content-type': 'application/json' },
  });
  expect(json['code']).toBe('request/pending');
  expect(await followed(String(json['request_id']))).toBe(id);
});

test('other bytes than were drafted follow nothing, and nobody else gives them a request to follow', async () => {
  const id = await withdrawn('ci');
  const bytes = await as('ci').drafted({ again: id });
  const submission = decodeSubmission(parseEnvelope(bytes).payload ?? new Uint8Array());
  const other = { ...submission, reason: 'another reason' };
  expect(encodeSubmission(other)).not.toEqual(encodeSubmission(submission));
  const answer = await as('ci').send(signSubmission(other, as('ci').signer));
  expect(answer.json['code']).toBe('request/pending');
  expect(await followed(String(answer.json['request_id']))).toBeUndefined();
  const second = decodeSubmission(
    parseEnvelope(await as('ci').drafted({ again: id })).payload ?? new Uint8Array(),
  );
  const taken = await as('agent-7').send(signSubmission(second, as('agent-7').signer));
  expect(await followed(String(taken.json['request_id']))).toBeUndefined();
});

test('what is not the caller’s, not over or an undo is not submitted again', async () => {
  const id = await withdrawn('ci');
  const drafts = (name: string, body: object): Promise<readonly unknown[]> =>
    as(name)
      .post('/v1/drafts', body)
      .then(({ status, json }) => [status, json['code']]);
  expect(await drafts('agent-7', { again: id })).toEqual([404, 'request/not-found']);
  expect(await drafts('agent-7', { amendment: id })).toEqual([404, 'request/not-found']);
  expect(await drafts('ci', { amendment: id })).toEqual([422, 'request/state']);
  const { json } = await as('ci').send(await as('ci').drafted({ ...first, reason: 'it waits' }));
  expect(await drafts('ci', { again: String(json['request_id']) })).toEqual([422, 'request/state']);
  const done = await lab.approved("UPDATE orders SET status = 'sent' WHERE id = 102");
  expect((await lab.ask('run', done)).exitCode).toBe(0);
  const undo = String((await lab.ask('undo', done, '--reason', 'it was wrong')).document['request_id']);
  await lab.ask('withdraw', undo);
  expect(await drafts('olivia', { again: undo })).toEqual([422, 'serve/body']);
});

test.each([
  { again: '0'.repeat(32), sql: 'SELECT 1' },
  { again: '0'.repeat(32), target: 'demo' },
  { again: '0'.repeat(32), params: [1] },
  { again: '0'.repeat(32), amendment: '0'.repeat(32) },
  { amendment: '0'.repeat(32), sql: 'SELECT 1' },
  { again: 'abc' },
  { target: 'demo', sql: 'SELECT 1' },
  { target: 'demo', reason: 'no statement' },
  { reason: 'nothing else' },
  {},
])('a draft is one of three: %j is refused', async (body) => {
  const { status, json } = await as('ci').post('/v1/drafts', body);
  expect([status, json['code']]).toEqual([422, 'serve/body']);
});
