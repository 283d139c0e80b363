import { parseEnvelope } from '@countersign/codec';
import { decodeReceipt, decodeRequest, encodeSubmission, signSubmission } from '@countersign/messages';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { takeSigned } from '../../apps/executor/src/stages/intake.ts';
import { submitIntake } from '../../apps/executor/src/stages/submit.ts';
import { startOpa } from '../servers/opa.ts';
import { auditOf } from './audit-apart.ts';
import { Lab, admissions, removeLabs, type Answer } from './lab.ts';
import { Approver } from './signer.ts';

afterAll(removeLabs);
vi.setConfig({ testTimeout: 120_000 });

const wide = "UPDATE customers SET tier = 'gold' WHERE id < 4";
const quorumOf = ({ document }: Answer): unknown => (document['verdict'] as { quorum: unknown }).quorum;
const rulesOf = ({ document }: Answer): unknown => (document['verdict'] as { rules: unknown }).rules;
const one = [{ role: 'dba', count: 1, step: 1 }];
const two = [{ role: 'dba', count: 2, step: 1 }];

/** A home whose operators may declare an emergency, for which one approver is enough. */
async function emergencyLab(): Promise<Lab> {
  const lab = await Lab.make();
  lab.policy('main.yaml', (text) =>
    [
      text,
      '  - name: emergency',
      '    when: request.break_glass && !facts.read_only',
      '    require: { dba: 1 }',
      '    reason: an emergency was declared',
      'scopes:',
      '  - { who: { kinds: [human] }, break_glass: true }',
      '',
    ].join('\n'),
  );
  lab.policy('changes.yaml', (text) =>
    text.replace('when: diff.rows > 1\n', 'when: diff.rows > 1 && !request.break_glass\n'),
  );
  return lab;
}

test('a declared emergency asks one person where policy says so, and everybody is told', async () => {
  const lab = await emergencyLab();
  expect(quorumOf(await lab.ask('submit', wide, '--reason', 'loyalty campaign'))).toEqual(two);
  const declared = await lab.ask('submit', wide, '--reason', 'the shop is down', '--break-glass');
  expect([declared.exitCode, declared.code]).toEqual([8, 'request/pending']);
  expect(quorumOf(declared)).toEqual(one);
  expect(declared.document).toMatchObject({
    break_glass: true,
    ordinary: { decision: 'require', quorum: two },
  });
  const id = String(declared.document['request_id']);
  const review = lab.approver('ada').review(await lab.export(id));
  expect(review.submission.record.breakGlass).toBe(true);
  expect(review.request.record.breakGlass).toEqual({
    decision: 'require',
    quorum: [[{ role: 'dba', count: 2 }]],
  });
  const said = await lab.say('show', id);
  expect(said).toContain(
    'Declared an emergency by Olivia Ortega (a person): policy asks for 1 person instead of 2.',
  );
  await lab.approve(id, 'ada');
  expect((await lab.ask('run', id)).code).toBe('request/executed');
  const receipt = await lab.inWorld(({ store }) => store.request(Buffer.from(id, 'hex'))?.receipt);
  expect(
    decodeReceipt(parseEnvelope(receipt ?? new Uint8Array()).payload ?? new Uint8Array()).breakGlass,
  ).toBe(true);
  expect(await lab.say('list')).toContain('executed (emergency)');
  const doctor = await lab.ask('doctor');
  expect(JSON.stringify(doctor.document)).toContain(
    `1 emergency declared in the last 30 days: ${id.slice(0, 8)} by olivia on demo (executed)`,
  );
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
  expect((await auditOf(lab))['emergencies']).toEqual([
    {
      request_id: id,
      target: 'demo',
      by: 'olivia',
      reason: 'the shop is down',
      declared_at: expect.stringMatching(/Z$/) as string,
      state: 'executed',
      ran_at: expect.stringMatching(/Z$/) as string,
      approved_by: ['ada'],
      persons: 1,
      ordinary: { decision: 'require', persons: 2 },
    },
  ]);
});

test('where no rule asks for it, the declaration changes nothing', async () => {
  const lab = await Lab.make();
  lab.policy('main.yaml', (text) => `${text}\nscopes:\n  - { who: { ids: [olivia] }, break_glass: true }\n`);
  const declared = await lab.ask('submit', wide, '--reason', 'the shop is down', '--break-glass');
  expect([declared.exitCode, quorumOf(declared)]).toEqual([8, two]);
  const read = await lab.ask('submit', 'SELECT count(*) FROM customers', '--reason', 'x', '--break-glass');
  expect(read.code).toBe('request/ran');
});

test('an emergency without a reason is none', async () => {
  const lab = await emergencyLab();
  expect((await lab.ask('submit', wide, '--break-glass')).code).toBe('submission/reason');
});

test('neither an agent nor anybody whom no scope lets may declare one, and the attempt stands in the ledger', async () => {
  const lab = await emergencyLab();
  for (const [who, message] of [
    ['agent-7', 'agent-7 is an agent, and no agent may declare an emergency'],
    ['ci', 'ci may not declare an emergency: no scope with break_glass names them'],
  ] as const) {
    const refused = await lab.ask(
      'submit',
      wide,
      '--reason',
      'the shop is down',
      '--as',
      who,
      '--break-glass',
    );
    expect([refused.exitCode, refused.code]).toEqual([4, 'identity/break-glass']);
    expect(refused.document['message']).toBe(message);
    expect(await lab.state(String(refused.document['request_id']))).toBe('denied');
  }
  // A scope that names an agent by its id gives it nothing either.
  lab.policy('main.yaml', (text) => text.replace('kinds: [human]', 'ids: [agent-7, ci]'));
  const again = ['submit', wide, '--reason', 'the shop is down', '--break-glass', '--as'];
  expect((await lab.ask(...again, 'agent-7')).code).toBe('identity/break-glass');
  expect((await lab.ask(...again, 'ci')).code).toBe('request/pending');
  expect(((await auditOf(lab))['emergencies'] as { state: string }[]).map(({ state }) => state)).toEqual([
    'denied',
    'denied',
    'denied',
    'pending',
  ]);
});

test('a scope for emergencies widens nothing that an identity may submit', async () => {
  const lab = await emergencyLab();
  lab.policy('main.yaml', (text) => `${text}  - { who: { ids: [olivia] }, tables: [main.orders] }\n`);
  const refused = await lab.ask('submit', wide, '--reason', 'the shop is down', '--break-glass');
  expect([refused.exitCode, refused.code]).toEqual([4, 'identity/out-of-scope']);
});

test('an allowance that only the declaration reaches is refused, and a change never runs unasked', async () => {
  const lab = await emergencyLab();
  lab.policy('main.yaml', (text) =>
    text.replace('when: facts.read_only\n', 'when: request.break_glass || "main.orders" in facts.reads\n'),
  );
  const refused = await lab.ask('submit', 'SELECT * FROM customers', '--reason', 'x', '--break-glass');
  expect([refused.exitCode, refused.code]).toEqual([3, 'policy/break-glass-allows']);
  const shown = await lab.ask('submit', 'SELECT * FROM orders', '--reason', 'x', '--break-glass');
  expect(shown.code).toBe('request/ran');
  lab.policy('main.yaml', (text) =>
    text.replace('    require: { dba: 1 }\n    reason: an emergency was declared', '    allow: true'),
  );
  const change = await lab.ask(
    'submit',
    "UPDATE orders SET status = 'paid' WHERE id = 101",
    '--reason',
    'an emergency',
    '--break-glass',
  );
  expect([change.exitCode, quorumOf(change)]).toEqual([8, one]);
});

test('an allowance that Rego gives only to the declaration is refused as well', async () => {
  const lab = await emergencyLab();
  const rego = lab.path('verdict.rego');
  writeFileSync(
    rego,
    [
      'package countersign',
      'default verdict := {"decision": "require", "rules": ["reads"], "reason": "reads are asked for", "quorum": [{"role": "dba", "count": 1}]}',
      'verdict := {"decision": "allow", "rules": ["emergency"], "reason": "an emergency"} if input.request.break_glass',
      '',
    ].join('\n'),
  );
  const opa = await startOpa([rego]);
  try {
    lab.configure((text) =>
      text.replace(
        '"sqlite:demo.db"\n',
        `"sqlite:demo.db"\n    rego: { url: "${opa.data}countersign/verdict" }\n`,
      ),
    );
    const plain = await lab.ask('submit', 'SELECT 1', '--reason', 'x');
    expect(plain.code).toBe('request/pending');
    const refused = await lab.ask('submit', 'SELECT 1', '--reason', 'x', '--break-glass');
    expect([refused.exitCode, refused.code]).toEqual([3, 'policy/break-glass-allows']);
    const change = await lab.ask('submit', wide, '--reason', 'the shop is down', '--break-glass');
    expect([change.exitCode, quorumOf(change)]).toEqual([8, one]);
    expect(change.document['ordinary']).toEqual({ decision: 'require', quorum: two });
  } finally {
    await opa.stop();
  }
});

test('an approver of another role than the emergency asks does not count', async () => {
  const lab = await emergencyLab();
  lab.policy('main.yaml', (text) =>
    text.replace(
      'require: { dba: 1 }\n    reason: an emergency was',
      'require: { operator: 1 }\n    reason: an emergency was',
    ),
  );
  const id = await lab.submit(wide, '--break-glass');
  const forged = lab.approver('ada').forge(await lab.export(id));
  expect(admissions(await lab.import(forged))).toEqual(['refused decision/role-missing logged']);
  expect((await lab.ask('run', id)).code).toBe('request/pending');
});

test('whose scope or rule is taken away before the run does not run', async () => {
  const lab = await emergencyLab();
  const id = await lab.submit(wide, '--break-glass');
  await lab.approve(id, 'ada');
  const scoped = lab.policy('main.yaml', (text) => text.replace('kinds: [human]', 'ids: [ci]'));
  expect((await lab.ask('run', id)).code).toBe('run/policy-denies');
  scoped();
  const eased = lab.policy('changes.yaml', (text) => text.replace(' && !request.break_glass', ''));
  expect((await lab.ask('run', id)).code).toBe('run/policy-asks-more');
  eased();
  expect((await lab.ask('run', id)).code).toBe('request/executed');
});

test('what is submitted again is no emergency until somebody says so again', async () => {
  const lab = await emergencyLab();
  const id = await lab.submit(wide, '--break-glass');
  await lab.ask('withdraw', id);
  const again = await lab.ask('submit', '--again', id);
  expect([quorumOf(again), again.document['break_glass']]).toEqual([two, undefined]);
  await lab.ask('withdraw', String(again.document['request_id']));
  const declared = await lab.ask('submit', '--again', id, '--break-glass');
  expect([quorumOf(declared), declared.document['break_glass']]).toEqual([one, true]);
});

test('the declaration is what the submitter signed: it cannot be added, taken off or replayed', async () => {
  const lab = await emergencyLab();
  await lab.inWorld(async (world) => {
    const { signer } = Approver.published('olivia');
    const plain = {
      version: 1 as const,
      domain: world.domain,
      id: world.random(16),
      madeAt: world.clock(),
      target: 'demo',
      statements: [{ sql: wide, params: [] }],
      reason: 'loyalty campaign',
    };
    const signed = signSubmission(plain, signer);
    const payload = encodeSubmission(plain);
    const declared = encodeSubmission({ ...plain, breakGlass: true });
    const at = Buffer.from(signed).indexOf(Buffer.from(payload));
    expect(at).toBeGreaterThan(0);
    const forged = new Uint8Array(
      Buffer.concat([signed.slice(0, at), declared, signed.slice(at + payload.length)]),
    );
    expect(() => takeSigned(world, forged, () => false)).toThrow(/./);
    const submitted = await submitIntake(
      world,
      takeSigned(world, signed, () => false),
    );
    expect(submitted.kind).toBe('pending');
    const again = takeSigned(world, signSubmission({ ...plain, breakGlass: true }, signer), () => false);
    await expect(submitIntake(world, again)).rejects.toThrow(/./);
  });
  const context = await lab.ask(
    'submit',
    wide,
    '--reason',
    'loyalty campaign',
    '--context',
    'break_glass=true',
  );
  expect(quorumOf(context)).toEqual(two);
  expect(context.document['break_glass']).toBeUndefined();
});

test('a request says nothing of an emergency that nobody declared', async () => {
  const lab = await emergencyLab();
  const id = await lab.submit(wide);
  const { payload } = parseEnvelope(
    await lab.inWorld(({ store }) => store.request(Buffer.from(id, 'hex'))?.sealed ?? new Uint8Array()),
  );
  expect(decodeRequest(payload ?? new Uint8Array()).breakGlass).toBeUndefined();
  expect(await lab.say('list')).not.toContain('emergency');
  expect((await auditOf(lab))['emergencies']).toEqual([]);
  const explained = await lab.ask('policy', 'explain', wide, '--break-glass');
  expect(rulesOf(explained)).toEqual(['emergency']);
});

test('the folder of rules is what says it', async () => {
  const lab = await emergencyLab();
  writeFileSync(
    join(lab.home, 'policy', 'emergency.test.yaml'),
    [
      'version: 1',
      'cases:',
      '  - name: an emergency asks one',
      '    given: { sql: "UPDATE t SET a = 1 WHERE b = 2", reason: the shop is down, break_glass: true, diff: { changes: [{ table: main.t, updated: 3 }] } }',
      '    expect: { decision: require, rules: [emergency], quorum: { dba: 1 } }',
      '  - name: an agent has none',
      '    given: { sql: "UPDATE t SET a = 1 WHERE b = 2", identity: { kind: agent }, break_glass: true, diff: {} }',
      '    expect: { decision: deny, rules: [identity/break-glass] }',
      '  - name: a read runs in an emergency as it always does',
      '    given: { sql: SELECT a FROM t, break_glass: true }',
      '    expect: { decision: allow, rules: [reads-run] }',
      '',
    ].join('\n'),
  );
  const { document } = await lab.ask('policy', 'test', '--mutate');
  expect(document).toMatchObject({ failed: 0, mutation: { complete: true, unnoticed: [] } });
});
