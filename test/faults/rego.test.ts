import { once } from 'node:events';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, test } from 'vitest';
import { fromHex } from '@countersign/codec';
import { decodeNote } from '@countersign/ledger';
import { policyDigest, regoDocument } from '@countersign/policy';
import { systemClock } from '@countersign/program';
import { inputsAgain, type SaidAgain } from '../../apps/executor/src/stages/ask-again.ts';
import { requireReady, requireStanding } from '../../apps/executor/src/stages/ready.ts';
import { requireSealed } from '../../apps/executor/src/stages/known-request.ts';
import { requireRequest } from '../../apps/executor/src/stages/request.ts';
import type { World } from '../../apps/executor/src/world.ts';
import { freePort, startOpa } from '../servers/opa.ts';
import { Lab, removeLabs, type Answer } from './lab.ts';

const bundles = join(import.meta.dirname, '..', 'rego');
const sql = "UPDATE customers SET tier = 'gold' WHERE id = 1";
const wide = "UPDATE customers SET tier = 'gold' WHERE id < 4";

afterAll(removeLabs);

/** A home whose target has a Rego policy, as `rego:` of countersign.yaml says. */
async function labWith(rego: string, bundle = 'verdict'): Promise<Lab> {
  const lab = await Lab.make();
  mkdirSync(join(lab.home, 'rego'));
  use(lab, bundle);
  lab.configure((text) => text.replace('"sqlite:demo.db"\n', `"sqlite:demo.db"\n    rego: ${rego}\n`));
  return lab;
}

function use(lab: Lab, bundle: string): void {
  cpSync(join(bundles, `${bundle}.tar.gz`), join(lab.home, 'rego', 'bundle.tar.gz'));
}

const inside = '{ bundle: rego/bundle.tar.gz, entrypoint: countersign/verdict, timeout: 20s }';

function verdictOf({ document }: Answer): {
  decision: string;
  rules: string[];
  reason: string;
  quorum: unknown;
} {
  return document['verdict'] as { decision: string; rules: string[]; reason: string; quorum: unknown };
}

/** The events of Rego's decisions in the ledger, oldest first. */
function eventsOf(lab: Lab): Promise<Record<string, unknown>[]> {
  return lab.inWorld(({ ledger }) =>
    ledger
      .bodiesOf('operator')
      .map((body) => decodeNote('operator', body))
      .filter(({ person, verb }) => person === 'executor' && verb === 'rego')
      .map(({ text }) => JSON.parse(text) as Record<string, unknown>),
  );
}

test('Rego that does not object leaves everything as it is, and its word is kept', async () => {
  const lab = await labWith(inside);
  const read = await lab.ask('submit', 'SELECT count(*) FROM customers', '--reason', 'how many');
  expect(read.exitCode).toBe(0);
  const id = await lab.approved(sql);
  expect((await lab.ask('run', id)).code).toBe('request/executed');
  const events = await eventsOf(lab);
  // The read once; the change before the dry run, after it, and before the run, where signed and stored facts are the same.
  expect(events.length).toBe(4);
  for (const event of events) {
    expect(event).toMatchObject({
      path: 'countersign/verdict',
      result: { decision: 'allow', rules: ['no-objection'], quorum: [] },
      erased: ['/input'],
      requested_by: 'olivia',
      bundles: { 'countersign/verdict': { revision: 'house-rules-1' } },
      labels: {
        target: 'demo',
        input_sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
        submission: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
      },
    });
    expect(event['decision_id']).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(event['timestamp']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  }
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
});

test('Rego denies what the home would let pass', async () => {
  const lab = await labWith(inside);
  const denied = await lab.ask('submit', sql, '--reason', 'during the freeze');
  expect([denied.exitCode, denied.code]).toEqual([3, 'request/denied']);
  expect(verdictOf(denied)).toMatchObject({ decision: 'deny', rules: ['rego:frozen'] });
  expect(lab.rows('SELECT count(*) FROM audit')).toEqual([[0]]);
});

test('Rego asks for more than the home, once the rows are known', async () => {
  const lab = await labWith(inside);
  const answer = await lab.ask('submit', wide, '--reason', 'loyalty campaign');
  expect(answer.exitCode).toBe(8);
  expect(verdictOf(answer).quorum).toEqual([{ role: 'dba', count: 3, step: 1 }]);
  expect(verdictOf(answer).rules).toContain('rego:many-rows');
});

test('the digest of the policy covers the bundle, and an auditor computes it from what is recorded', async () => {
  const lab = await labWith(inside);
  const digests: string[] = [];
  for (const bundle of ['verdict', 'broken']) {
    use(lab, bundle);
    if (bundle === 'broken') lab.configure((text) => text.replace('countersign/verdict', 'broken/good'));
    const answer = await lab.ask('policy', 'explain', sql);
    digests.push(String((answer.document['verdict'] as Record<string, unknown>)['policy_digest']));
  }
  expect(new Set(digests).size).toBe(2);
  const notes = await lab.inWorld(({ ledger }) =>
    ledger.bodiesOf('policy').map((body) => decodeNote('policy', body)),
  );
  const last = notes.slice(-2);
  for (const [at, { digest, files }] of last.entries()) {
    expect(Buffer.from(digest).toString('hex')).toBe(digests[at]);
    expect(policyDigest(files.map(([path, text]) => ({ path, text })))).toEqual(digest);
    expect(files.map(([path]) => path)).toContain('rego/targets.yaml');
  }
});

test('a bundle that is missing or none stops everything, and doctor says so', async () => {
  const lab = await labWith(inside);
  writeFileSync(join(lab.home, 'rego', 'bundle.tar.gz'), 'no bundle');
  const submitted = await lab.ask('submit', sql, '--reason', 'loyalty campaign');
  expect([submitted.exitCode, submitted.code]).toEqual([2, 'configuration/rego']);
  const { document } = await lab.ask('doctor');
  expect(JSON.stringify(document)).toContain('configuration/rego');
});

test.each<[what: string, entrypoint: string, code: string]>([
  ['says nothing', 'broken/nothing', 'rego/undefined'],
  ['contradicts itself', 'broken/conflict', 'rego/failed'],
  ['says something else', 'broken/permit', 'rego/answer-shape'],
])('a Rego policy that %s denies', async (_, entrypoint, code) => {
  const lab = await labWith(inside.replace('countersign/verdict', entrypoint), 'broken');
  for (const text of ['SELECT 1', sql]) {
    const answer = await lab.ask('submit', text, '--reason', 'loyalty campaign');
    expect([answer.exitCode, answer.code]).toEqual([3, 'request/denied']);
    expect(verdictOf(answer).rules).toEqual(['rego:no-answer']);
    expect(verdictOf(answer).reason).toContain(`${code}: `);
  }
  expect((await eventsOf(lab)).map(({ error }) => (error as { code: string }).code)).toEqual([code, code]);
  const { exitCode, document } = await lab.ask('doctor');
  expect(exitCode).toBe(2);
  expect(JSON.stringify(document)).toContain(`[${code}]`);
});

test('a policy that turns or goes silent after the approval stops the run and costs the request nothing', async () => {
  const lab = await labWith(inside);
  const id = await lab.approved(sql);
  use(lab, 'broken');
  for (const [entrypoint, words] of [
    ['broken/permit', 'rego/answer-shape'],
    ['broken/nothing', 'rego/undefined'],
  ]) {
    lab.configure((text) => text.replace(/entrypoint: [a-z/]+/, `entrypoint: ${entrypoint}`));
    const refused = await lab.ask('run', id);
    expect([refused.exitCode, refused.code]).toEqual([3, 'run/policy-denies']);
    expect(refused.document['message']).toContain(words);
    expect(lab.rows('SELECT count(*) FROM audit')).toEqual([[0]]);
  }
  use(lab, 'verdict');
  lab.configure((text) => text.replace(/entrypoint: [a-z/]+/, 'entrypoint: countersign/verdict'));
  expect((await lab.ask('run', id)).code).toBe('request/executed');
});

test('what Rego said holds for the same question alone, under the same policy, for a minute', async () => {
  const lab = await labWith(inside);
  const id = await lab.approved(sql);
  await lab.inWorld((world) => {
    const row = requireSealed(requireRequest(world, fromHex(id)));
    const said = saidOf(world, id);
    const stale = expect.objectContaining({ code: 'run/policy-stale' }) as Error;
    const cases: readonly SaidAgain[] = [
      { ...said, verdicts: new Map() },
      { ...said, at: said.at - 61 },
      { ...said, at: said.at + 62 },
      { ...said, policyDigest: new Uint8Array(32) },
      {
        ...said,
        verdicts: new Map([...said.verdicts].map(([subject, verdict]) => [`${subject}x`, verdict])),
      },
    ];
    for (const one of cases) expect(() => requireReady(world, row, one)).toThrow(stale);
    expect(requireReady(world, row, said).policyDigest).toEqual(world.policy().digest);
  });
});

/** What Rego would have said to everything that is asked before the run: no objection. */
function saidOf(world: World, id: string): SaidAgain {
  const row = requireSealed(requireRequest(world, fromHex(id)));
  const { request } = requireStanding(world, row);
  const { digest } = world.policy();
  const verdict = {
    decision: 'allow',
    rules: ['rego:r'],
    reason: 'fine',
    policyDigest: digest,
    quorum: [],
    matched: [],
    pending: [],
    obligations: [],
  } as const;
  const documents = inputsAgain(world, row, request).map((input) => regoDocument(world.policy(), input));
  const subjects = documents.map((document) =>
    document.type === 'document' ? document.subject : document.code,
  );
  return {
    at: systemClock(),
    policyDigest: digest,
    verdicts: new Map(subjects.map((subject) => [subject, verdict])),
  };
}

test('a server that goes away denies, and comes back', { timeout: 60_000 }, async () => {
  const gone = await labWith(`{ url: "http://127.0.0.1:${await freePort()}/v1/data/countersign/verdict" }`);
  const denied = await gone.ask('submit', sql, '--reason', 'loyalty campaign');
  expect([denied.exitCode, denied.code]).toEqual([3, 'request/denied']);
  expect(verdictOf(denied).reason).toContain('rego/unreachable: ');

  const opa = await startOpa([join(bundles, 'verdict.rego'), join(bundles, 'data.json')]);
  try {
    const lab = await labWith(`{ url: "${opa.data}countersign/verdict", timeout: 20s }`);
    const id = await lab.approved(sql);
    expect(verdictOf(await lab.ask('submit', sql, '--reason', 'the freeze')).rules).toEqual(['rego:frozen']);
    const explained = await lab.ask('policy', 'explain', sql);
    expect(explained.document).toMatchObject({
      policy_verdict: { decision: 'require' },
      rego: { verdict: { decision: 'allow' }, input: { version: 1, target: { name: 'demo' } } },
    });
    await opa.stop();
    const stopped = await lab.ask('run', id);
    expect([stopped.exitCode, stopped.code]).toEqual([3, 'run/policy-denies']);
    expect(lab.rows('SELECT count(*) FROM audit')).toEqual([[0]]);
  } finally {
    await opa.stop();
  }
});

test('a budget that another submission uses while Rego is asked denies', { timeout: 120_000 }, async () => {
  let inBetween = (): void => undefined;
  const opa = createServer((request, response) => {
    request.resume().on('end', () => {
      inBetween();
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ result: { decision: 'allow', rules: ['fine'], reason: 'fine' } }));
    });
  });
  opa.listen(0, '127.0.0.1');
  await once(opa, 'listening');
  try {
    const { port } = opa.address() as AddressInfo;
    const lab = await labWith(`{ url: "http://127.0.0.1:${port}/v1/data/x", timeout: 20s }`);
    const read = ['submit', 'SELECT count(*) FROM customers', '--reason', 'how many'] as const;
    expect((await lab.ask(...read)).exitCode).toBe(0);
    inBetween = (): void => {
      using store = new DatabaseSync(lab.path('home', 'state.db'));
      store.exec('INSERT INTO usage SELECT randomblob(16), person, at, 1, 1, 1, 1, 1 FROM usage LIMIT 1');
    };
    for (const argv of [read, ['submit', sql, '--reason', 'loyalty campaign']]) {
      const denied = await lab.ask(...argv);
      expect([denied.exitCode, verdictOf(denied).rules]).toEqual([3, ['rego:budget-outrun']]);
    }
    // What is used between the dry run's look and the sealing counts as well.
    let asked = 0;
    const use = inBetween;
    inBetween = (): void => {
      asked += 1;
      if (asked === 2) use();
    };
    const second = await lab.ask('submit', sql, '--reason', 'loyalty campaign');
    expect([asked, second.exitCode, verdictOf(second).rules]).toEqual([2, 3, ['rego:budget-outrun']]);
    inBetween = (): void => undefined;
    expect((await lab.ask('submit', sql, '--reason', 'loyalty campaign')).exitCode).toBe(8);
  } finally {
    opa.close();
  }
});

test('a policy recorded with a Rego policy is restored, and the list says which is in force', async () => {
  const lab = await labWith(inside);
  interface Recorded {
    readonly digest: string;
    readonly in_force: boolean;
  }
  const listed = async (): Promise<readonly Recorded[]> =>
    (await lab.ask('policy', 'list')).document['policies'] as readonly Recorded[];
  await lab.ask('submit', 'SELECT count(*) FROM customers', '--reason', 'how many');
  const before = await listed();
  const first = before.at(-1);
  expect(first?.in_force).toBe(true);
  lab.policy('changes.yaml', (text) => `${text}\n# another form\n`);
  await lab.ask('submit', 'SELECT count(*) FROM customers', '--reason', 'how many');
  const restored = await lab.ask('policy', 'restore', first?.digest ?? '', '--reason', 'back');
  expect(restored.document).toMatchObject({ exit_code: 0, policy_digest: first?.digest });
  const after = await listed();
  expect(after.length).toBe(before.length + 2);
  expect(after.map((one) => one.in_force)).toEqual([...after.slice(1).map(() => false), true]);
});
