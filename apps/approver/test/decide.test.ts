import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeApproverState, decodeResponse, decodeDecision } from '@countersign/messages';
import { parseEnvelope } from '@countersign/codec';
import { documentOf, passphrase, Stage } from './stage.ts';

let stage: Stage;
let update: string;

beforeAll(async () => {
  stage = await Stage.open();
  update = await stage.request("UPDATE customers SET tier = 'gold' WHERE city = 'Leeds'", 'update.csreq');
  await stage.request('DELETE FROM customers WHERE id = 4', 'delete.csreq');
  await stage.approver('ada');
  await stage.approver('ben');
}, 60_000);

afterAll(() => stage.remove());

function decisionsIn(name: string): ReturnType<typeof decodeDecision>[] {
  return decodeResponse(readFileSync(stage.path(name))).decisions.map((signed) =>
    decodeDecision(parseEnvelope(signed).payload ?? new Uint8Array()),
  );
}

describe('review', () => {
  it('shows a request without a passphrase and writes nothing', async () => {
    const said = await stage.offline(['review', stage.path('update.csreq')], { home: 'ada' });
    expect(said.exitCode).toBe(0);
    expect(said.stdout).toContain("UPDATE customers SET tier = 'gold' WHERE city = 'Leeds'");
    expect(said.stdout).toContain('✓ The executor says no less than this machine reads.');
    expect(said.stdout).toContain("'basic' → 'gold'");
    expect(existsSync(stage.path('ada', 'ada.csstate'))).toBe(false);
  });

  it('says everything in JSON, the view of a person included', async () => {
    const said = await stage.offline(['review', stage.path('update.csreq'), '--json'], { home: 'ada' });
    const document = documentOf(said);
    expect(document).toMatchObject({
      exit_code: 0,
      code: 'request/verified',
      request_id: update,
      confirm_rows: null,
    });
    expect(document['warnings']).toContain('review/first-contact');
    expect(JSON.stringify(document['view'])).toContain('Fatou Diop');
  });

  it('says of a summary that it cannot be approved', async () => {
    const said = await stage.offline(['review', stage.path('update.csreq'), '--summary'], { home: 'ada' });
    expect(said.stdout).toContain('Only the full view can be approved.');
  });

  it('shows every request of a folder', async () => {
    mkdirSync(stage.path('stick'));
    await stage.export(update, 'stick/one.csreq');
    await stage.export(update, 'stick/code.png');
    const said = await stage.offline(['review', stage.path('stick'), '--json'], { home: 'ada' });
    expect(said.exitCode).toBe(0);
    expect(documentOf(said)['requests']).toHaveLength(2);
    const both = await stage.offline(['approve', stage.path('stick')], { home: 'ada', passphrase });
    expect(both).toMatchObject({ exitCode: 2 });
    expect(both.stderr).toContain('carried/several');
  });
});

describe('a decision', () => {
  it('asks for the number of rows before it asks for a passphrase', async () => {
    const open = { home: 'ben' };
    const missing = await stage.offline(['approve', stage.path('delete.csreq')], open);
    expect(missing.exitCode).toBe(2);
    expect(missing.stderr).toContain('[confirm/rows-missing]');
    const wrong = await stage.offline(['approve', stage.path('delete.csreq'), '--confirm-rows', '1'], open);
    expect(wrong.stderr).toContain('[confirm/rows-differ]');
    const right = await stage.offline(['approve', stage.path('delete.csreq'), '--confirm-rows', '6'], open);
    expect(right.stderr).toContain('[passphrase/no-terminal]');
    expect(existsSync(stage.path('ben', 'ben.csstate'))).toBe(false);
  });

  it('is signed, remembered and written', async () => {
    const said = await stage.offline(
      [
        'approve',
        stage.path('update.csreq'),
        '--note',
        'read',
        '--max-rows',
        '6',
        '--out',
        stage.path('a.csdec'),
        '--json',
      ],
      { home: 'ada', passphrase },
    );
    expect(documentOf(said)).toMatchObject({
      exit_code: 0,
      code: 'decision/signed',
      decisions: 1,
      decision_sequence: 0,
    });
    const [decision] = decisionsIn('a.csdec');
    expect(decision).toMatchObject({
      choice: 'approve',
      note: 'read',
      conditions: { rowsMax: 6 },
      sequence: 0,
    });
    expect(decision?.view).toMatchObject({ depth: 'full' });
    expect(decision?.view.warnings).toContain('review/first-contact');
    const state = decodeApproverState(readFileSync(stage.path('ada', 'ada.csstate')));
    expect(state.logs[0]?.journal).toHaveLength(1);
  });

  it('goes out again with the next one until the ledger confirmed it', async () => {
    await stage.export(update, 'update-again.csreq');
    const said = await stage.offline(
      ['deny', stage.path('update-again.csreq'), '--note', 'changed my mind', '--out', stage.path('b.csdec')],
      { home: 'ada', passphrase },
    );
    expect(said.exitCode).toBe(0);
    expect(said.stdout).toContain('holds 2 decisions');
    expect(decisionsIn('b.csdec').map(({ choice, sequence }) => [choice, sequence])).toEqual([
      ['approve', 0],
      ['deny', 1],
    ]);
    expect((await stage.online('import', stage.path('b.csdec'))).exitCode).toBe(5);
  });

  it('is in the journal, which verifies and can be handed over again', async () => {
    const home = 'ada';
    const shown = await stage.offline(['journal', 'show', '--json'], { home });
    const decisions = documentOf(shown)['decisions'] as readonly Readonly<Record<string, unknown>>[];
    expect(decisions.map(({ choice }) => choice)).toEqual(['approve', 'deny']);
    expect((await stage.offline(['journal', 'verify'], { home })).stdout).toContain(
      '2 decisions, signed by ada',
    );
    const out = stage.path('again.csdec');
    await stage.offline(['journal', 'export', '--unconfirmed', '--out', out], { home });
    expect(decisionsIn('again.csdec')).toHaveLength(2);
    const journal = stage.path('j.csstate');
    expect((await stage.offline(['journal', 'export', '--out', journal], { home })).exitCode).toBe(0);
    expect(readFileSync(journal)).toEqual(readFileSync(stage.path('ada', 'ada.csstate')));
  });

  it('is remembered even where it cannot be written', async () => {
    const said = await stage.offline(
      ['deny', stage.path('delete.csreq'), '--out', stage.path('no', 'such', 'folder.csdec')],
      { home: 'ben', passphrase },
    );
    expect(said.exitCode).toBe(1);
    expect(said.stderr).toContain('journal export --unconfirmed');
    const state = decodeApproverState(readFileSync(stage.path('ben', 'ben.csstate')));
    expect(state.logs[0]?.sequence).toBe(1);
  });

  it('is refused where its conditions are wider than the request', async () => {
    const said = await stage.offline(
      ['approve', stage.path('delete.csreq'), '--confirm-rows', '6', '--max-rows', '7'],
      { home: 'ben', passphrase },
    );
    expect(said.exitCode).toBe(2);
    expect(said.stderr).toContain('[decision/conditions]');
  });

  it('proposes other statements', async () => {
    writeFileSync(stage.path('better.sql'), "UPDATE customers SET tier = 'left' WHERE id = 4; SELECT 1");
    const none = await stage.offline(['amend', stage.path('delete.csreq')], { home: 'ben', passphrase });
    expect(none.stderr).toContain('--sql FILE');
    const said = await stage.offline(
      [
        'amend',
        stage.path('delete.csreq'),
        '--sql',
        stage.path('better.sql'),
        '--out',
        stage.path('c.csdec'),
      ],
      { home: 'ben', passphrase },
    );
    expect(said.exitCode).toBe(0);
    const amended = decisionsIn('c.csdec').at(-1);
    expect(amended?.proposal?.map(({ sql }) => sql)).toEqual([
      "UPDATE customers SET tier = 'left' WHERE id = 4",
      'SELECT 1',
    ]);
  });

  it('does not follow a wrong passphrase', async () => {
    const before = readFileSync(stage.path('ben', 'ben.csstate'));
    const said = await stage.offline(['deny', stage.path('delete.csreq')], {
      home: 'ben',
      passphrase: 'not this one',
    });
    expect(said.exitCode).toBe(4);
    expect(said.stderr).toContain('[passphrase/wrong]');
    expect(readFileSync(stage.path('ben', 'ben.csstate'))).toEqual(before);
  });
});

describe('a person at a terminal', () => {
  let typed: string;

  it('types the number of rows and the passphrase', async () => {
    typed = await stage.request('DELETE FROM customers WHERE id = 5', 'typed.csreq');
    await stage.approver('carol');
    const given = { home: 'carol', typed: ['3\r', `${passphrase}\r`] };
    const said = await stage.offline(
      ['approve', stage.path('typed.csreq'), '--png', stage.path('carol.png')],
      given,
    );
    expect(said.stderr).toContain('type the number of rows');
    expect(said.stderr).not.toContain(passphrase);
    expect(said.exitCode).toBe(0);
    expect((await stage.online('import', stage.path('carol.png'))).stdout).toContain('counted');
  });

  it('gives up with the end of the input, and nothing is signed', async () => {
    const before = readFileSync(stage.path('carol', 'carol.csstate'));
    const said = await stage.offline(['deny', stage.path('typed.csreq')], { home: 'carol', typed: [] });
    expect(said.exitCode).toBe(130);
    expect(readFileSync(stage.path('carol', 'carol.csstate'))).toEqual(before);
  });

  it('is told that a second vote would not count, before a passphrase is asked for', async () => {
    await stage.export(typed, 'typed-again.csreq');
    const said = await stage.offline(['approve', stage.path('typed-again.csreq'), '--confirm-rows', '3'], {
      home: 'carol',
    });
    expect(said.exitCode).toBe(4);
    expect(said.stderr).toContain('decision/already-voted');
  });
});
