import { toHex } from '@countersign/codec';
import { afterAll, expect, test, vi } from 'vitest';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { admissions, Lab, removeLabs, type Answer } from './lab.ts';
import { changeRoster, newApprover, newKeyLine, publishedKeyLine, revoking } from './roster-lab.ts';
import { Approver, responseOf } from './signer.ts';

afterAll(removeLabs);
vi.setConfig({ testTimeout: 120_000 });

const repository = join(import.meta.dirname, '..', '..');
const sql = "UPDATE customers SET tier = 'gold' WHERE city = 'Leeds'";

async function waiting(...submit: readonly string[]): Promise<{ lab: Lab; id: string; bundle: Uint8Array }> {
  const lab = await Lab.make();
  const id = await lab.submit(sql, ...submit);
  return { lab, id, bundle: await lab.export(id) };
}

/** The decision must have been refused with the code, and the request must still wait. */
async function refused(
  lab: Lab,
  id: string,
  response: Uint8Array,
  code: string,
  logged = true,
  verdict = 'ledger/verified',
): Promise<void> {
  const answer = await lab.import(response, '--run');
  expect([answer.exitCode, admissions(answer)]).toEqual([
    10,
    [`refused ${code} ${logged ? 'logged' : 'not logged'}`],
  ]);
  expect((await lab.ask('run', id)).code).toBe('request/pending');
  const { document } = await lab.ask('ledger', 'show', id);
  const types = (document['entries'] as readonly { type: string }[]).map(({ type }) => type);
  expect(types.includes('refused-decision')).toBe(logged);
  expect(lab.rows('SELECT count(*) FROM audit')).toEqual([[0]]);
  expect((await lab.ask('ledger', 'verify')).code).toBe(verdict);
}

test('an operator who is a dba too cannot approve their own request', async () => {
  const lab = await Lab.make();
  await changeRoster(lab, (yaml) => yaml.replace(/(olivia:[^]*?roles: \[)operator\]/, '$1operator, dba]'));
  const id = await lab.submit(sql);
  const response = lab.approver('olivia').forge(await lab.export(id));
  await refused(lab, id, response, 'decision/requester');
});

test('nor with a second key of theirs', async () => {
  const lab = await Lab.make();
  await changeRoster(lab, (yaml) =>
    yaml.replace(
      /(olivia:[^]*?roles: \[)operator\]\n {4}keys:\n/,
      `$1operator, dba]\n    keys:\n      - key: ${newKeyLine('olivia-2')}\n`,
    ),
  );
  const id = await lab.submit(sql);
  await refused(lab, id, newApprover('olivia-2').forge(await lab.export(id)), 'decision/requester');
});

test('an operator without a role that approves does not count', async () => {
  const { lab, id, bundle } = await waiting();
  await refused(lab, id, lab.approver('olivia').forge(bundle), 'decision/role-missing');
});

test.each(['agent-7', 'ci'])('the key of %s, which is no human, does not count', async (name) => {
  const { lab, id, bundle } = await waiting();
  await refused(lab, id, lab.approver(name).forge(bundle), 'decision/not-human');
});

test.each(['agent', 'service'])('a roster in which an %s may approve is not signed', async (kind) => {
  const lab = await Lab.make();
  const name = kind === 'agent' ? 'agent-7' : 'ci';
  const edit = (yaml: string): string =>
    yaml.replace(new RegExp(`(${name}:[^]*?roles: \\[)operator\\]`), '$1operator, dba]');
  await expect(changeRoster(lab, edit)).rejects.toThrow('roster/approver-not-human');
});

test('a key of nobody, and of another deployment, is refused and not even logged', async () => {
  const { lab, id, bundle } = await waiting();
  await refused(lab, id, newApprover('stranger').forge(bundle), 'decision/key-unknown', false);
  const elsewhere = lab
    .approver('ada')
    .forge(bundle, (decent) => ({ ...decent, domain: new Uint8Array(16) }));
  await refused(lab, id, elsewhere, 'decision/domain-mismatch', false);
});

test('the executor cannot approve for itself', async () => {
  const { lab, id, bundle } = await waiting();
  await refused(lab, id, Approver.published('executor').forge(bundle), 'decision/key-unknown', false);
});

test("an approver's key is not revoked on an executor alone, for that would end no approval", async () => {
  const { lab, bundle } = await waiting();
  const ada = lab.approver('ada');
  const refusal = await lab.ask('identity', 'revoke', ada.kidText, '--reason', 'lost');
  expect([refusal.exitCode, refusal.code]).toEqual([4, 'identity/unknown']);
  expect(refusal.document['hint']).toContain('approvers are revoked by a new roster');
  const key = lab.approver('ci').kidText;
  expect((await lab.ask('identity', 'revoke', key, '--reason', 'lost')).document['keys']).toEqual([key]);
  expect((await lab.import(ada.decide(bundle, { choice: 'approve' }))).exitCode).toBe(0);
});

test('a key revoked before it signs does not count', async () => {
  const { lab, id, bundle } = await waiting();
  const ada = lab.approver('ada');
  await changeRoster(lab, revoking(ada.kidText));
  await refused(lab, id, ada.forge(bundle), 'decision/key-revoked');
});

test('a key revoked between its approval and the run no longer counts; another approver fills the place', async () => {
  const lab = await Lab.make();
  const id = await lab.approved(sql);
  await changeRoster(lab, revoking(lab.approver('ada').kidText));
  const stopped = await lab.ask('run', id);
  expect([stopped.exitCode, stopped.code]).toEqual([8, 'request/pending']);
  expect(lab.rows('SELECT count(*) FROM audit')).toEqual([[0]]);
  await lab.approve(id, 'carol');
  expect((await lab.ask('run', id)).code).toBe('request/executed');
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
});

test('an approver who lost the role between approval and run no longer counts', async () => {
  const lab = await Lab.make();
  const id = await lab.approved(sql);
  await changeRoster(lab, (yaml) => yaml.replace(/(ben:[^]*?roles: \[)dba\]/, '$1operator]'));
  expect((await lab.ask('run', id)).code).toBe('request/pending');
  expect(lab.rows('SELECT count(*) FROM audit')).toEqual([[0]]);
  await lab.approve(id, 'carol');
  expect((await lab.ask('run', id)).code).toBe('request/executed');
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
});

test.each([
  ['until: "2026-01-01T00:00:00Z"', 'decision/key-expired'],
  ['from: "2099-01-01T00:00:00Z"', 'decision/key-not-yet-valid'],
])('a key with %s does not count', async (validity, code) => {
  const lab = await Lab.make();
  await changeRoster(lab, (yaml) =>
    yaml.replace(
      `- key: ${publishedKeyLine('ada')}`,
      `- key: ${publishedKeyLine('ada')}\n        ${validity}`,
    ),
  );
  const id = await lab.submit(sql);
  await refused(lab, id, lab.approver('ada').forge(await lab.export(id)), code);
});

test('two keys of one person are one vote', async () => {
  const lab = await Lab.make();
  await changeRoster(lab, (yaml) =>
    yaml.replace(
      `- key: ${publishedKeyLine('ada')}`,
      `- key: ${publishedKeyLine('ada')}\n      - key: ${newKeyLine('ada-2')}`,
    ),
  );
  const id = await lab.submit(sql);
  await lab.approve(id, 'ada');
  await refused(lab, id, newApprover('ada-2').forge(await lab.export(id)), 'decision/already-voted');
});

test('two roles of one person are one vote', async () => {
  const lab = await Lab.make();
  await changeRoster(lab, (yaml) =>
    yaml
      .replace('roles:\n', 'roles:\n  owner: { may: [approve], people: 0 }\n')
      .replace(/(ada:[^]*?roles: \[)dba\]/, '$1dba, owner]'),
  );
  lab.policy('changes.yaml', (text) =>
    text.replace(
      'when: diff.rows > 1\n    require: { dba: 2 }',
      'when: diff.rows > 1\n    require: { dba: 1, owner: 1 }',
    ),
  );
  const id = await lab.submit(sql);
  await lab.approve(id, 'ada');
  expect(await lab.state(id)).toBe('pending');
  const again = lab.approver('ada').forge(await lab.export(id));
  await refused(lab, id, again, 'decision/already-voted');
  await lab.approve(id, 'ben');
  expect((await lab.ask('run', id)).code).toBe('request/executed');
});

test('a decision for another request, with another hash, of an unknown request', async () => {
  const { lab, id, bundle } = await waiting();
  const ada = lab.approver('ada');
  const other = await lab.submit('UPDATE orders SET total_cents = 1 WHERE id = 107');
  const otherId = new Uint8Array(Buffer.from(other, 'hex'));
  await refused(
    lab,
    id,
    ada.forge(bundle, (decent) => ({ ...decent, requestHash: new Uint8Array(32) })),
    'decision/request-hash-mismatch',
  );
  const forOther = await lab.import(
    newApprover('x').forge(bundle, (decent) => ({ ...decent, requestId: otherId })),
  );
  expect(admissions(forOther)).toEqual(['refused decision/key-unknown not logged']);
  const mixed = await lab.import(
    lab.approver('ben').forge(bundle, (decent) => ({ ...decent, requestId: otherId })),
  );
  expect(admissions(mixed)).toEqual(['refused decision/request-hash-mismatch logged']);
  const unknown = lab
    .approver('carol')
    .forge(bundle, (decent) => ({ ...decent, requestId: new Uint8Array(16) }));
  expect(admissions(await lab.import(unknown))).toEqual(['refused decision/request-unknown logged']);
  expect((await lab.ask('run', id)).code).toBe('request/pending');
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
});

test('a decision for another executor of the same deployment, or about another history', async () => {
  const { lab, id, bundle } = await waiting();
  const [ada, ben, carol] = ['ada', 'ben', 'carol'].map((name) => lab.approver(name));
  const forge = (who: Approver | undefined, witnessed: object): Uint8Array =>
    (who ?? lab.approver('ada')).forge(bundle, (decent) => ({
      ...decent,
      witnessed: { ...decent.witnessed, ...witnessed },
    }));
  await refused(lab, id, forge(ada, { origin: 'countersign/elsewhere' }), 'decision/origin-mismatch');
  // Whoever signs that they saw another history raises an alarm that stays: either they or this ledger lies.
  const alarm = 'ledger/witness-mismatch';
  const forked = forge(ben, { root: new Uint8Array(32) });
  await refused(lab, id, forked, 'decision/seen-root-mismatch', true, alarm);
  await refused(lab, id, forge(carol, { size: 1000 }), 'decision/witness-ahead', true, alarm);
});

test('an approval after a summary is logged and not counted', async () => {
  const { lab, id, bundle } = await waiting();
  const view = { program: new Uint8Array(32), depth: 'summary', warnings: [] } as const;
  await refused(
    lab,
    id,
    lab.approver('ada').forge(bundle, (decent) => ({ ...decent, view })),
    'decision/summary-view',
  );
});

test('one vote carried in again under a response of its own, or with a gap, does not count twice', async () => {
  const { lab, id, bundle } = await waiting();
  const ada = lab.approver('ada');
  const signed = ada.sign(bundle, { choice: 'approve' });
  const twice = await lab.import(responseOf(ada.domain, [signed, signed]));
  expect(admissions(twice)).toEqual(['counted logged', 'repeated logged']);
  const gap = lab.approver('ben').forge(bundle, (decent) => ({
    ...decent,
    sequence: 5,
    previous: new Uint8Array(32),
  }));
  await refused(lab, id, gap, 'decision/sequence-gap');
  const logged = (): Promise<number> => lab.inWorld(({ ledger }) => ledger.countOf('refused-decision'));
  const once = await logged();
  await refused(lab, id, gap, 'decision/sequence-gap');
  expect(await logged()).toBe(once);
  expect(toHex(ada.kid)).toHaveLength(64);
});

test('whoever may not submit cannot, and a revoked operator cannot either', async () => {
  const lab = await Lab.make();
  const ask = (name: string): Promise<Answer> => lab.ask('submit', sql, '--reason', 'a test', '--as', name);
  cpSync(
    join(repository, 'keys.example', 'executor.cskey'),
    lab.path('home', 'identities', 'executor.cskey'),
  );
  cpSync(lab.path('home', 'identities', 'olivia.cskey'), lab.path('home', 'identities', 'carol.cskey'));
  const strangers = await Promise.all([ask('nobody'), ask('../keys/executor'), ask('executor')]);
  expect(strangers.map(({ exitCode, code }) => [exitCode, code])).toEqual([
    [4, 'identity/unknown'],
    [4, 'identity/unknown'],
    [4, 'identity/not-in-roster'],
  ]);
  // A name is only the name of a file: who submits is said by the key in it.
  const { document: byOlivia } = await ask('carol');
  const { document: shown } = await lab.ask('show', String(byOlivia['request_id']));
  expect(shown['submitter']).toBe('olivia');
  await changeRoster(lab, revoking(lab.approver('olivia').kidText));
  const revoked = await lab.ask('submit', sql, '--reason', 'a test');
  expect([revoked.exitCode, revoked.code]).toEqual([4, 'identity/not-valid']);
  const { document } = await lab.ask('list');
  expect(document['requests']).toHaveLength(1);
});

test('a response to another deployment is refused as a whole, and keeps no other out', async () => {
  const { lab, id, bundle } = await waiting();
  const foreign = responseOf(new Uint8Array(16), [lab.approver('ada').sign(bundle, { choice: 'approve' })]);
  const alone = await lab.import(foreign);
  expect([alone.exitCode, JSON.stringify(alone.document)]).toEqual([
    10,
    expect.stringContaining('import/other-deployment'),
  ]);
  const own = lab.carry(lab.approver('ben').decide(bundle, { choice: 'approve' }), 'own.csdec');
  const both = await lab.ask('import', lab.carry(foreign), own);
  expect(admissions(both)).toContain('counted logged');
  expect(await lab.state(id)).toBe('pending');
});
