import { sign1, type Signer } from '@countersign/codec';
import { encodeSubmission, signSubmission, type Param, type Submission } from '@countersign/messages';
import { randomBytes } from 'node:crypto';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ask, type HttpAnswer } from '../../apps/executor/test/http-client.ts';
import { Lab, removeLabs } from './lab.ts';
import { Client, serveLab, type Serving } from './serving.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 120_000 });

const open = `version: 1
default:
  require: { dba: 1 }
  reason: somebody looks
rules:
  - name: reads
    when: facts.read_only
    allow: true
`;
let lab: Lab;
let serving: Serving;
let known = '';

beforeAll(async () => {
  lab = await Lab.make();
  lab.configure((text) => `${text}\nserve:\n  rate: 100000\n`);
  // Let through as far as can be: what a policy denies is not tried.
  const policy = join(lab.home, 'policy');
  for (const name of readdirSync(policy)) rmSync(join(policy, name), { recursive: true });
  writeFileSync(join(policy, 'main.yaml'), open);
  known = await lab.submit("UPDATE orders SET status = 'paid' WHERE id = 101", '--as', 'ci');
  serving = await serveLab(lab);
});
afterAll(async () => {
  await serving.stop();
  removeLabs();
});

const awkward = ['0', "'", '"', '\u{202e}', '\u{0}', '/*', '--', ';', '\u{feff}', 'a'.repeat(5_000)];

const sqlOf = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...statements()) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }) },
  { weight: 1, arbitrary: fc.constantFrom(...awkward) },
);

function statements(): readonly string[] {
  return [
    'SELECT 1',
    'SELECT ?',
    'SELECT ?, ?2, :a, $b, @c',
    'SELECT * FROM orders WHERE id = ?',
    'UPDATE orders SET status = ? WHERE id = 101',
    'UPDATE orders SET status = ?2 WHERE id = ?1',
    'INSERT INTO orders SELECT * FROM orders',
    'DELETE FROM orders',
    'CREATE TABLE t (a, b)',
    'ATTACH ? AS other',
    'PRAGMA journal_mode = off',
    'SELECT 1; SELECT 2',
    'SELECT \u{0}',
    '-- nothing',
    'SELECT "no such column"',
    'SELECT zeroblob(?)',
    `SELECT ${'('.repeat(3_000)}1${')'.repeat(3_000)}`,
  ];
}

const paramOf: fc.Arbitrary<Param> = fc.oneof(
  fc.constant<Param>({ type: 'null' }),
  fc.maxSafeInteger().map((value): Param => ({ type: 'integer', value })),
  fc.string({ unit: 'binary', maxLength: 40 }).map((value): Param => ({ type: 'text', value })),
  fc.uint8Array({ maxLength: 40 }).map((value): Param => ({ type: 'bytes', value })),
  fc
    .constantFrom('1.50', '-0', '1e999', '1e-999', '9'.repeat(400), '0x10', 'NaN', '', ' 1')
    .map((value): Param => ({ type: 'number', value })),
  fc.boolean().map((value): Param => ({ type: 'boolean', value })),
);

/** Mostly with as many parameters as the text has places for. */
const statementOf = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(...statements()).chain((sql) => {
      const length = sql.split('?').length - 1;
      return fc.record({
        sql: fc.constant(sql),
        params: fc.array(paramOf, { minLength: length, maxLength: length }),
      });
    }),
  },
  { weight: 1, arbitrary: fc.record({ sql: sqlOf, params: fc.array(paramOf, { maxLength: 3 }) }) },
);

const contextOf = fc
  .dictionary(
    fc.oneof(
      fc.constantFrom(
        'ticket',
        'intent',
        'backup',
        'backup_at',
        'on_behalf_of',
        'token_sha256',
        'undo_conflicts',
        '__proto__',
      ),
      fc.string({ minLength: 1, maxLength: 20 }),
    ),
    fc.oneof(
      fc.constantFrom('2026-01-31T09:00:00Z', 'x'),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
    ),
    { maxKeys: 4 },
  )
  .map((members) =>
    Object.entries(members).toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
  );

function seldom<T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | null> {
  return fc.oneof({ weight: 7, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: one });
}

const submissionOf = fc.record({
  id: fc.constantFrom(...Array.from({ length: 12 }, () => 'new'), 'known', 'zero'),
  madeAt: fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(0, 30, -30, -590) },
    { weight: 1, arbitrary: fc.constantFrom(-601, 700, -1e9, 1e12) },
  ),
  target: fc.constantFrom(...Array.from({ length: 12 }, () => 'demo'), 'other', 'x'),
  ours: seldom(fc.constant(false)),
  statements: fc.oneof(
    { weight: 4, arbitrary: fc.tuple(statementOf) },
    { weight: 1, arbitrary: fc.array(statementOf, { minLength: 2, maxLength: 2 }) },
  ),
  reason: fc.oneof(
    fc.constantFrom('a test', ' ', '\u{202e}x'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }),
  ),
  context: contextOf,
  breakGlass: seldom(fc.constant(true as const)),
  /** One byte of the payload is another before it is signed. */
  flip: seldom(fc.nat()),
  who: fc.constantFrom(...Array.from({ length: 4 }, () => ['ci', 'agent-7', 'olivia']).flat(), 'ada'),
  how: fc.constantFrom('unsigned', 'signed', 'twice'),
  key: seldom(fc.string({ minLength: 1, maxLength: 20 }).map(encodeURIComponent)),
  wait: fc.constantFrom('', '', '', '?wait=0', '?wait=0', '', '', '', '', '', '', '', '?wait=1', '?wait=51'),
});

type Fuzzed = typeof submissionOf extends fc.Arbitrary<infer T> ? T : never;

/** Returns the bytes that this person can sign; undefined for what the record has no room for. */
function signedBytes(domain: Uint8Array, fuzzed: Fuzzed, signer: Signer): Uint8Array | undefined {
  const { id, madeAt, ours, target, statements: texts, reason, context, breakGlass, flip } = fuzzed;
  const submission: Submission = {
    version: 1,
    domain: (ours ?? true) ? domain : new Uint8Array(16),
    id: new Uint8Array(
      id === 'new' ? randomBytes(16) : id === 'zero' ? Buffer.alloc(16) : Buffer.from(known, 'hex'),
    ),
    madeAt: Math.max(0, Math.floor(Date.now() / 1000) + madeAt),
    target,
    statements: texts,
    reason,
    ...(context.length === 0 ? {} : { context }),
    ...(breakGlass === null ? {} : { breakGlass }),
  };
  try {
    if (flip === null) return signSubmission(submission, signer);
    const payload = encodeSubmission(submission);
    const at = flip % payload.length;
    const other = payload.with(at, (payload[at] ?? 0) ^ (1 << (flip % 8)));
    return sign1({ type: 'submission', payload: other, signer });
  } catch {
    return undefined;
  }
}

test('what is signed as it must be is taken or refused, whatever it holds', async () => {
  const domain = await lab.inWorld((world) => world.domain);
  const codes = new Map<string, number>();
  const told = (answer: HttpAnswer): void => {
    const { status, json, text, headers } = answer;
    expect(status, text).not.toBe(500);
    codes.set(String(json['code']), (codes.get(String(json['code'])) ?? 0) + 1);
    if (status >= 400) expect(headers['content-type']).toMatch(/^application\/problem\+json/);
    else expect([200, 202]).toContain(status);
  };
  const type = 'application/vnd.countersign.submission';
  await fc.assert(
    fc.asyncProperty(submissionOf, async (fuzzed) => {
      const { who, how, key, wait } = fuzzed;
      const client = Client.of(serving.url, who);
      const bytes = signedBytes(domain, fuzzed, client.signer);
      if (bytes === undefined) return;
      const headers = { 'content-type': type, ...(key === null ? {} : { 'idempotency-key': key }) };
      const send = (): Promise<HttpAnswer> =>
        how === 'unsigned'
          ? ask(serving.url, `/v1/requests${wait}`, { method: 'POST', headers, body: bytes })
          : client.call('POST', `/v1/requests${wait}`, {
              body: bytes,
              type,
              ...(key === null ? {} : { key }),
            });
      const answers = await within(Promise.all(how === 'twice' ? [send(), send()] : [send()]), 30_000);
      answers.forEach(told);
    }),
    { numRuns: 500, seed: 20_261_130, endOnFailure: true },
  );
  // They came past the door: many have a verdict, and each way of refusing what is inside was met.
  const count = (...named: readonly string[]): number =>
    named.reduce((sum, code) => sum + (codes.get(code) ?? 0), 0);
  const tried = [...codes.keys()].filter((code) => /^(?:statement|request)\//.test(code));
  expect(count(...tried), JSON.stringify([...codes])).toBeGreaterThan(150);
  expect(count('request/ran')).toBeGreaterThan(5);
  expect(count('request/pending')).toBeGreaterThan(5);
  for (const code of [
    'submission/stale',
    'serve/idempotency',
    'serve/parameters',
    'target/unknown',
    'identity/not-allowed',
  ])
    expect(count(code), code).toBeGreaterThan(0);
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
  expect(serving.log().filter(({ event }) => event === 'defect')).toEqual([]);
});

/** @throws when it is not there in time */
function within<T>(work: Promise<T>, ms: number): Promise<T> {
  return Promise.race([
    work,
    new Promise<never>((_resolve, reject) => setTimeout(() => reject(new Error('no answer')), ms).unref()),
  ]);
}

test('an idempotency key of any form gives a draft or a refusal', async () => {
  const draft = { target: 'demo', sql: 'SELECT 1', reason: 'a test' };
  const statuses = new Set<number>();
  const keyOf = fc.oneof(
    fc.string({ unit: 'binary-ascii', maxLength: 140 }).map((text) => text.replaceAll(/[^\t -~]/g, '')),
    fc.constantFrom('', ' ', 'a b', 'a,b', 'a'.repeat(128), 'a'.repeat(129), '"a"', '\u00e9', '\u0080'),
  );
  await fc.assert(
    fc.asyncProperty(keyOf, fc.constantFrom('ci', 'olivia'), async (key, who) => {
      const { status, text } = await within(
        Client.of(serving.url, who).post('/v1/drafts', draft, key),
        30_000,
      );
      statuses.add(status);
      expect([200, 400, 401], text).toContain(status);
    }),
    { numRuns: 100, seed: 20_261_130, endOnFailure: true },
  );
  expect([...statuses].toSorted()).toEqual(expect.arrayContaining([200, 400]));
  expect(serving.log().filter(({ event }) => event === 'defect')).toEqual([]);
});
