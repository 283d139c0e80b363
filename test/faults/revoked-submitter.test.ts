import { afterAll, expect, test, vi } from 'vitest';
import { decodeNote } from '@countersign/ledger';
import { Lab, removeLabs } from './lab.ts';
import { changeRoster, revoking } from './roster-lab.ts';

afterAll(removeLabs);
vi.setConfig({ testTimeout: 120_000 });

const sql = "UPDATE customers SET tier = 'gold' WHERE id = 1";
const revoke = (lab: Lab, ...more: readonly string[]) =>
  lab.ask('identity', 'revoke', 'agent-7', '--reason', 'stolen', '--as', 'olivia', ...more);

test.each(['here', 'by a roster'])(
  'what a key submitted that is revoked %s is neither carried out nor run',
  async (where) => {
    const lab = await Lab.make();
    const pending = await lab.submit(sql, '--as', 'agent-7');
    const approved = await lab.approved(sql, '--as', 'agent-7');
    // An agent needs one more.
    await lab.approve(approved, 'carol');
    const other = await lab.approved(sql, '--as', 'ci');
    const carried = await lab.export(pending);
    if (where === 'here') expect((await revoke(lab)).document['waiting']).toEqual([approved, pending]);
    else await changeRoster(lab, revoking(lab.approver('agent-7').kidText));
    const file = lab.path('late.csreq');
    for (const argv of [
      ['export', pending, '--file', file],
      ['export', approved, '--file', file],
      ['run', approved],
    ]) {
      const refused = await lab.ask(...argv);
      expect([refused.exitCode, refused.code], argv.join(' ')).toEqual([4, 'request/submitter-revoked']);
    }
    expect((await lab.ask('show', pending)).document['submitter_revoked']).toBe(true);
    expect(await lab.say('show', approved)).toContain('the key of agent-7 is revoked');
    expect((await lab.ask('show', other)).document['submitter_revoked']).toBeUndefined();
    // A bundle that went out before: its approvals count, and the run is refused.
    for (const name of ['ada', 'ben']) await lab.import(lab.approver(name).forge(carried));
    const late = await lab.import(lab.approver('carol').forge(carried), '--run');
    expect(late.code).toBe('request/submitter-revoked');
    expect(lab.rows('SELECT count(*) FROM audit')).toEqual([[0]]);
    // Whoever still wants it asks for it in their own name.
    await lab.ask('withdraw', pending);
    const again = await lab.ask('submit', '--again', pending, '--as', 'olivia');
    expect([again.exitCode, again.code]).toEqual([8, 'request/pending']);
    expect((await lab.ask('run', other)).code).toBe('request/executed');
    expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
  },
);

test('--withdraw takes back what waits, and the ledger says by whom and why', async () => {
  const lab = await Lab.make();
  const pending = await lab.submit(sql, '--as', 'agent-7');
  const approved = await lab.approved(sql, '--as', 'agent-7');
  const other = await lab.submit(sql, '--as', 'ci');
  const listed = await revoke(lab);
  expect(listed.document).toMatchObject({ waiting: [approved, pending], withdrawn: [] });
  expect(listed.document['hint']).toContain('--withdraw');
  // The key is refused already; what waits can be taken back all the same.
  const { document } = await revoke(lab, '--withdraw');
  expect(document).toMatchObject({ keys: [], waiting: [], withdrawn: [approved, pending] });
  expect(await Promise.all([pending, approved, other].map((id) => lab.state(id)))).toEqual([
    'withdrawn',
    'withdrawn',
    'pending',
  ]);
  const notes = await lab.inWorld(({ ledger }) =>
    ledger.bodiesOf('closed').map((body) => decodeNote('closed', body)),
  );
  const why = { kind: 'withdrawn', by: 'olivia', reason: 'the key that submitted it is revoked: stolen' };
  expect(notes).toEqual([expect.objectContaining(why), expect.objectContaining(why)]);
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
});

test('--withdraw goes on past a request that moved meanwhile, and says how that one stands', async () => {
  const lab = await Lab.make();
  const last = await lab.submit(sql, '--as', 'agent-7');
  const allowed = await lab.submit(sql, '--as', 'agent-7');
  const moved = await lab.submit(sql, '--as', 'agent-7');
  const first = await lab.submit(sql, '--as', 'agent-7');
  // As others would that decide and run while this command is at the first.
  lab.store(`CREATE TRIGGER meanwhile AFTER UPDATE ON request WHEN new.id = x'${first}' BEGIN
    UPDATE request SET state = 'running' WHERE id = x'${moved}';
    UPDATE request SET state = 'approved' WHERE id = x'${allowed}';
  END`);
  const { exitCode, document } = await revoke(lab, '--withdraw');
  expect([exitCode, document['code']]).toEqual([0, 'identity/revoked']);
  expect(document).toMatchObject({
    keys: [lab.approver('agent-7').kidText],
    waiting: [],
    withdrawn: [first, allowed, last],
    not_withdrawn: [{ request_id: moved, state: 'running' }],
  });
  expect(document['hint']).toContain('moved meanwhile');
  expect(await Promise.all([first, moved, allowed, last].map((id) => lab.state(id)))).toEqual([
    'withdrawn',
    'running',
    'withdrawn',
    'withdrawn',
  ]);
});

test('of a person with several keys only what the revoked one submitted is meant', async () => {
  const lab = await Lab.make();
  const id = await lab.submit(sql, '--as', 'agent-7');
  const key = lab.approver('ci').kidText;
  const { document } = await lab.ask('identity', 'revoke', key, '--reason', 'lost', '--withdraw');
  expect(document).toMatchObject({ keys: [key], withdrawn: [] });
  expect(await lab.state(id)).toBe('pending');
});

test.each(['', 'x'])(
  'a text that is cut in the middle of a character is recorded all the same: %j',
  async (shift) => {
    const lab = await Lab.make();
    const id = await lab.submit(sql, '--as', 'agent-7');
    const long = shift + '😀'.repeat(600);
    const looked = await lab.ask('submit', '--dry-run', `SELECT '${long}'`, '--reason', 'a look');
    expect([looked.exitCode, looked.code]).toEqual([0, 'request/dry-run']);
    const argv = ['identity', 'revoke', 'agent-7', '--as', 'olivia', '--reason', long, '--withdraw'];
    expect((await lab.ask(...argv)).document).toMatchObject({ code: 'identity/revoked', withdrawn: [id] });
    const notes = await lab.inWorld(({ ledger }) =>
      (['operator', 'closed'] as const).flatMap((type) =>
        ledger.bodiesOf(type).map((body) => JSON.stringify(decodeNote(type, body))),
      ),
    );
    expect(notes.filter((note) => note.includes('😀'.repeat(400)))).toHaveLength(3);
    expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
  },
);
