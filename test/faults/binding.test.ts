import { fromHex } from '@countersign/codec';
import { systemClock } from '@countersign/program';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, expect, test, vi } from 'vitest';
import { admissions, Lab, pendingId, removeLabs } from './lab.ts';

afterAll(removeLabs);
vi.setConfig({ testTimeout: 120_000 });

const sql = "UPDATE customers SET tier = 'gold' WHERE city = 'Leeds'";
const day = 24 * 3600;

async function nothingRan(lab: Lab): Promise<void> {
  expect(
    lab.rows("SELECT (SELECT count(*) FROM audit), (SELECT count(*) FROM customers WHERE tier = 'gold')"),
  ).toEqual([[0, 1]]);
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
}

/** Edits of the policy between approval and run, each with how the run is refused. */
const tightened: readonly (readonly [what: string, rule: string, exitCode: number, code: string])[] = [
  ['denies everything', '  - name: closed\n    deny: nothing runs today\n', 3, 'run/policy-denies'],
  [
    'denies a table that only a trigger writes',
    `  - name: audit-is-closed\n    when: '"main.audit" in facts.writes'\n    deny: the audit log is written by the application alone\n`,
    3,
    'run/policy-denies',
  ],
  [
    'asks for one more',
    '  - name: three\n    require: { dba: 3 }\n    reason: from today on\n',
    8,
    'run/policy-asks-more',
  ],
  [
    'asks for another role',
    '  - name: owner\n    require: { owner: 1 }\n    reason: from today on\n',
    8,
    'run/policy-asks-more',
  ],
  [
    'has a rule that fails',
    `  - name: throws\n    when: 'context["ticket"] == "x"'\n    deny: wrong ticket\n`,
    3,
    'run/policy-denies',
  ],
];

test.each(tightened)('a policy that %s since the approval', async (_what, rule, exitCode, code) => {
  const lab = await Lab.make();
  const id = await lab.approved(sql);
  const restore = lab.policy('changes.yaml', (text) => text.replace('rules:\n', `rules:\n${rule}`));
  const refused = await lab.ask('run', id);
  expect([refused.exitCode, refused.code]).toEqual([exitCode, code]);
  await nothingRan(lab);
  restore();
  expect((await lab.ask('run', id)).code).toBe('request/executed');
});

test('a policy that is milder since the approval changes nothing', async () => {
  const lab = await Lab.make();
  const id = await lab.submit(sql);
  await lab.approve(id, 'ada');
  lab.policy('changes.yaml', (text) => text.replaceAll(/dba: [23]/g, 'dba: 1'));
  expect((await lab.ask('run', id)).code).toBe('request/pending');
  await lab.approve(id, 'ben');
  expect((await lab.ask('run', id)).code).toBe('request/executed');
});

test('approvals and runs that come too late', async () => {
  const lab = await Lab.make();
  const [late, later] = [() => systemClock() + day + 60, () => systemClock() + 2 * day + 60];
  const [waiting, ready] = [
    await lab.submit(sql),
    await lab.approved('UPDATE orders SET total_cents = 5 WHERE id < 103'),
  ];
  const response = lab.approver('carol').decide(await lab.export(waiting), { choice: 'approve' });
  const answer = await lab.askAt(late, 'import', lab.carry(response));
  expect(admissions(answer)).toEqual(['refused decision/request-expired logged']);
  const expired = await lab.askAt(late, 'run', waiting);
  expect([expired.exitCode, expired.code]).toEqual([6, 'request/expired']);
  const tooLate = await lab.askAt(later, 'run', ready);
  expect([tooLate.exitCode, tooLate.code]).toEqual([6, 'request/expired']);
  // A clock set back does not bring them to life, and is noticed.
  const back = await lab.ask('run', ready);
  expect([back.exitCode, back.code]).toEqual([1, 'home/clock']);
  expect(lab.rows('SELECT total_cents FROM orders WHERE id = 101')).toEqual([[4990]]);
  expect((await lab.askAt(later, 'ledger', 'verify')).code).toBe('ledger/verified');
});

test('not before, not after and the number of rows, as the approvers wrote them', async () => {
  const lab = await Lab.make();
  const now = systemClock();
  const conditions: readonly (readonly [string, object, () => number, number, string])[] = [
    ['not before', { notBefore: now + 3600 }, () => now + 60, 8, 'run/too-early'],
    ['not after', { notAfter: now + 3600 }, () => now + 3700, 6, 'run/too-late'],
  ];
  for (const [index, [, condition, clock, exitCode, code]] of conditions.entries()) {
    const id = await lab.submit(`UPDATE orders SET status = 'x${index}' WHERE id < 103`);
    const bundle = await lab.export(id);
    await lab.import(lab.approver('ada').decide(bundle, { choice: 'approve', conditions: condition }));
    await lab.import(lab.approver('ben').decide(bundle, { choice: 'approve' }));
    const answer = await lab.askAt(clock, 'run', id);
    expect([answer.exitCode, answer.code]).toEqual([exitCode, code]);
  }
  const id = await lab.submit(sql);
  const bundle = await lab.export(id);
  const wide =
    (rowsMax: number): (() => Uint8Array) =>
    () =>
      lab.approver('carol').sign(bundle, { choice: 'approve', conditions: { rowsMax } });
  expect(wide(7)).toThrow(expect.objectContaining({ code: 'compose/condition-wider' }));
  const few = lab.approver('carol').forge(bundle, (decent) => ({ ...decent, conditions: { rowsMax: 5 } }));
  expect(admissions(await lab.import(few))).toEqual(['counted logged']);
  await lab.approve(id, 'ada');
  const answer = await lab.askAt(() => now + 3800, 'run', id);
  expect([answer.exitCode, answer.code]).toEqual([9, 'run/too-many-rows']);
  await nothingRan(lab);
});

test('a denial after the approval is a veto until the run', async () => {
  const lab = await Lab.make();
  const id = await lab.approved(sql);
  const denial = lab.approver('carol').decide(await lab.export(id), { choice: 'deny', note: 'wrong city' });
  const answer = await lab.import(denial);
  expect([answer.exitCode, admissions(answer)]).toEqual([5, ['counted logged']]);
  const refused = await lab.ask('run', id);
  expect([refused.exitCode, refused.code]).toEqual([5, 'request/rejected']);
  expect((await lab.ask('export', id)).code).toBe('request/state');
  await nothingRan(lab);
});

test('an approver may take an approval back, and not give it again', async () => {
  const lab = await Lab.make();
  const id = await lab.approved(sql);
  const bundle = await lab.export(id);
  expect((await lab.import(lab.approver('ada').decide(bundle, { choice: 'deny' }))).exitCode).toBe(5);
  const again = await lab.import(lab.approver('ben').forge(bundle));
  expect(admissions(again)).toEqual(['refused decision/request-rejected logged']);
  await nothingRan(lab);
});

test('an amendment rejects, and what is submitted from it is a new request that follows', async () => {
  const lab = await Lab.make();
  const id = await lab.submit(sql);
  const narrower = { sql: "UPDATE customers SET tier = 'gold' WHERE id = 1", params: [] };
  const amendment = lab.approver('ada').decide(await lab.export(id), {
    choice: 'amend',
    note: 'only the first',
    proposal: [narrower],
  });
  const answer = await lab.import(amendment);
  expect([answer.exitCode, admissions(answer)]).toEqual([5, ['counted logged']]);
  expect((await lab.ask('run', id)).exitCode).toBe(5);
  for (const own of [
    ['-t', 'demo'],
    ['--param', '1=1'],
    ['--file', 'x.sql'],
  ])
    expect((await lab.ask('submit', '--amendment', id, ...own)).code).toBe('usage/arguments');
  const next = pendingId(await lab.ask('submit', '--amendment', id, '--ticket', '4711'));
  const { submission } = lab.approver('ada').review(await lab.export(next));
  expect(submission.record.context).toEqual([['ticket', '4711']]);
  const { document } = await lab.ask('show', next);
  expect([document['follows'], document['statements']]).toEqual([id, [narrower]]);
  await lab.approve(next, 'ben', 'carol').catch(() => undefined);
  expect((await lab.ask('run', next)).code).toBe('request/executed');
  expect(lab.rows('SELECT count(*) FROM audit')).toEqual([[1]]);
  expect((await lab.ask('submit', '--amendment', next)).code).toBe('request/state');
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
});

test('steps of a quorum are taken in their order', async () => {
  const lab = await Lab.make();
  lab.policy('changes.yaml', (text) =>
    text.replace(
      'require: { dba: 2 }\n    reason: a change of more',
      'steps: [{ dba: 1 }, { dba: 1 }, { dba: 1 }]\n    reason: a change of more',
    ),
  );
  const id = await lab.submit(sql);
  for (const name of ['ada', 'ben']) {
    await lab.approve(id, name);
    expect(await lab.state(id)).toBe('pending');
    const twice = lab.approver(name).forge(await lab.export(id));
    expect(admissions(await lab.import(twice))).toEqual(['refused decision/already-voted logged']);
    lab.forget(name);
  }
  await lab.approve(id, 'carol');
  expect((await lab.ask('run', id)).code).toBe('request/executed');
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
});

test('an approval after a withdrawal does not count', async () => {
  const lab = await Lab.make();
  const id = await lab.submit(sql);
  const bundle = await lab.export(id);
  await lab.ask('withdraw', id, '--reason', 'not needed');
  for (const name of ['ada', 'ben']) {
    const answer = await lab.import(lab.approver(name).decide(bundle, { choice: 'approve' }));
    expect([answer.exitCode, admissions(answer)]).toEqual([
      10,
      ['refused decision/request-withdrawn logged'],
    ]);
  }
  const answer = await lab.ask('run', id);
  expect([answer.exitCode, answer.code]).toEqual([1, 'request/withdrawn']);
  await nothingRan(lab);
});

test.each(['request.sealed', 'request.submission', 'request.facts', 'decision.bytes'])(
  'the store changed behind the executor (%s): it does not run',
  async (column) => {
    const lab = await Lab.make();
    const id = await lab.approved(sql);
    const restore = lab.tamper(column, fromHex(id));
    const answer = await lab.ask('run', id);
    expect(answer.exitCode).not.toBe(0);
    restore();
    await nothingRan(lab);
    expect((await lab.ask('run', id)).code).toBe('request/executed');
  },
);

test('another request slipped into the store under an approved id does not run', async () => {
  const lab = await Lab.make();
  const id = await lab.approved(sql);
  const other = await lab.submit('DELETE FROM orders WHERE id > 102');
  lab.store(
    `CREATE TEMP TABLE slip AS SELECT sealed, digest, entry_index, submission, facts FROM request WHERE id = x'${other}';
     DELETE FROM request WHERE id = x'${other}';
     UPDATE request SET (sealed, digest, entry_index, submission, facts) = (SELECT * FROM slip) WHERE id = x'${id}'`,
  );
  const slipped = await lab.ask('run', id);
  expect([slipped.exitCode, slipped.code]).toEqual([1, 'home/store-damaged']);
  expect(lab.rows('SELECT count(*) FROM orders')).toEqual([[7]]);
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
});

test('a target that the configuration points elsewhere since the approval is drift', async () => {
  const lab = await Lab.make();
  const other = await Lab.make();
  other.write('UPDATE _countersign_identity SET id = randomblob(16)');
  const id = await lab.approved(sql);
  const path = lab.path('home', 'countersign.yaml');
  writeFileSync(path, readFileSync(path, 'utf8').replace('sqlite:demo.db', `sqlite:${other.database}`));
  const answer = await lab.ask('run', id);
  expect([answer.exitCode, answer.code]).toEqual([9, 'run/drifted']);
  expect(other.rows('SELECT count(*) FROM audit')).toEqual([[0]]);
  await nothingRan(lab);
});
