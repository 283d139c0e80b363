import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Hook } from '../servers/hook.ts';
import { Lab, removeLabs, type Answer } from './lab.ts';

vi.setConfig({ testTimeout: 120_000 });
afterAll(removeLabs);

const wide = "UPDATE customers SET tier = 'gold' WHERE id < 4";
/** The engine refuses it: another row has that key. */
const broken = "UPDATE customers SET id = 2, tier = 'gold' WHERE id = 1";
const reason = 'the shop is down';
let lab: Lab;
let hook: Hook;

beforeEach(async () => {
  lab = await Lab.make();
  hook = await Hook.start();
  await lab.ask('key', 'webhook', join(lab.home, 'hook.key'));
}, 120_000);
afterEach(() => hook.stop());

function channel(more: string): void {
  const networks = 'networks: [127.0.0.0/8]';
  lab.configure(
    (text) =>
      `${text}\nnotify:\n  hook: { kind: webhook, url: "${hook.url()}", key: file:hook.key, ${networks}${more} }\n`,
  );
}

interface Told {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What the channel is told, once everything is sent. */
async function told(): Promise<readonly Told[]> {
  expect(await lab.ask('notify')).toMatchObject({ exitCode: 0, document: { backlog: [] } });
  return hook.received.map(({ body }) => JSON.parse(body) as Told);
}

function declare(...more: readonly string[]): Promise<Answer> {
  return lab.ask('submit', wide, '--reason', reason, '--break-glass', ...more);
}

/** Adds rules to the home's policy, and scopes that let people declare an emergency. */
function policy(...rules: readonly string[]): void {
  lab.policy('main.yaml', (text) =>
    [text, ...rules, 'scopes:', '  - { who: { kinds: [human] }, break_glass: true }', ''].join('\n'),
  );
}

test('who has emergencies denied again and again keeps nobody from hearing of a real one', async () => {
  channel(', events: [break-glass]');
  policy();
  for (let turn = 0; turn < 3; turn += 1)
    expect((await declare('--as', 'agent-7')).code).toBe('identity/break-glass');
  expect((await declare()).code).toBe('request/pending');
  const all = await told();
  expect(all.map(({ type }) => type)).toEqual([
    'request.break-glass',
    'request.break-glass',
    'request.break-glass-denied',
  ]);
  expect((await declare('--as', 'agent-7')).code).toBe('identity/break-glass');
  expect((await told()).length).toBe(4);
});

test('a declared emergency that policy denies is told: who, where and that, and neither SQL nor reason', async () => {
  channel(', events: [break-glass]');
  policy('  - name: frozen', '    when: request.break_glass', '    deny: a freeze of changes');
  const refused = [await declare('--as', 'agent-7'), await declare('--as', 'ci'), await declare()];
  expect(refused.map(({ code }) => code)).toEqual([
    'identity/break-glass',
    'identity/break-glass',
    'request/denied',
  ]);
  // Denied as well, and no emergency.
  lab.policy(
    'changes.yaml',
    (text) => `${text}\n  - { name: never, when: '!facts.read_only', deny: never }\n`,
  );
  expect((await lab.ask('submit', wide, '--reason', reason)).code).toBe('request/denied');
  const all = await told();
  expect(all.map(({ type }) => type)).toEqual(Array.from({ length: 3 }, () => 'request.break-glass-denied'));
  expect(all.map(({ data }) => data)).toMatchObject(
    [
      ['agent-7', 'agent'],
      ['ci', 'service'],
      ['olivia', 'human'],
    ].map(([id, kind], index) => ({
      event: 'break-glass-denied',
      request_id: refused[index]?.document['request_id'],
      target: 'demo',
      submitter: { id, kind },
      break_glass: true,
      kinds: ['update'],
      rows: null,
    })),
  );
  for (const { data } of all)
    for (const left of ['words', 'review_by', 'run_by', 'sql', 'reason', 'note'])
      expect(data).not.toHaveProperty(left);
  expect(hook.received.map(({ body }) => body).join()).not.toMatch(/UPDATE|gold|shop|freeze/);
});

test('one that is denied only once its rows are known is told too, with what the channel asks for', async () => {
  channel(', events: [break-glass-denied], show: [note, sql, reason, rows]');
  policy('  - name: wide', '    when: diff.rows > 2 && request.break_glass', '    deny: more than two rows');
  expect(await declare()).toMatchObject({ exitCode: 3, code: 'request/denied' });
  const [one, ...more] = await told();
  expect(more).toEqual([]);
  expect(one?.data).toMatchObject({ sql: [wide], reason, note: 'more than two rows' });
});

test('what is withdrawn, could not be tried or waits is no denial of policy', async () => {
  channel(', events: [break-glass-denied]');
  policy();
  expect((await declare()).code).toBe('request/pending');
  const failed = await lab.ask('submit', broken, '--reason', reason, '--break-glass');
  expect(failed.exitCode).toBe(1);
  await lab.die(['submit', wide, '--reason', reason, '--break-glass'], {
    FAULT_POINT: 'submission-recorded',
  });
  const { document } = await lab.ask('list', '--state', 'submitted');
  const [cut] = document['requests'] as { readonly request_id: string }[];
  expect((await lab.ask('withdraw', String(cut?.request_id))).code).toBe('request/withdrawn');
  expect(await told()).toEqual([]);
});

test('an emergency is told when it is recorded, and once more when approval is asked for', async () => {
  channel(', events: [break-glass], show: [rows, sql]');
  policy();
  const { document } = await declare();
  const [declared, asked, ...more] = await told();
  expect(more).toEqual([]);
  for (const one of [declared, asked])
    expect(one).toMatchObject({
      type: 'request.break-glass',
      data: { request_id: document['request_id'], break_glass: true, kinds: ['update'], sql: [wide] },
    });
  expect(asked?.data).toMatchObject({ rows: 6, words: document['words'] });
  // The same whenever it is sent: nothing was known but what was submitted.
  expect(declared?.data['rows']).toBeNull();
  for (const later of ['words', 'review_by', 'run_by', 'changes'])
    expect(declared?.data).not.toHaveProperty(later);
});

test('one that could not be tried is told, and that nobody is asked about it', async () => {
  channel(', events: [break-glass], show: [note]');
  policy();
  const refused = await lab.ask('submit', broken, '--reason', reason, '--break-glass');
  expect([refused.exitCode, refused.code]).toEqual([1, 'statement/constraint']);
  const all = await told();
  expect(all.map(({ type }) => type)).toEqual(['request.break-glass', 'request.failed']);
  expect(all[1]?.data['note']).toMatch(/^the dry run failed: /);
  // Of what is no emergency, whoever submits it hears alone.
  await lab.ask('submit', broken, '--reason', reason);
  expect((await told()).length).toBe(2);
});

test('one whose executor dies in the dry run is told', async () => {
  channel(', events: [break-glass]');
  policy();
  await lab.die(['submit', wide, '--reason', reason, '--break-glass'], {
    FAULT_POINT: 'submission-recorded',
  });
  expect((await told()).map(({ type }) => type)).toEqual(['request.break-glass']);
});

test('a read that runs unasked is no emergency that anybody must hear of', async () => {
  channel('');
  policy();
  const read = await lab.ask('submit', 'SELECT 1', '--reason', reason, '--break-glass');
  expect(read.code).toBe('request/ran');
  expect(await told()).toEqual([]);
});

test('it is queued exactly when the verdict is recorded, whichever write of the store fails', async () => {
  channel(', events: [break-glass]');
  policy('  - name: frozen', '    when: request.break_glass', '    deny: a freeze of changes');
  for (const commit of ['1', '2', '3'])
    await lab.die(['submit', wide, '--reason', reason, '--break-glass'], { FAULT_COMMIT: commit });
  const { document } = await lab.ask('list', '--state', 'denied');
  const denied = (document['requests'] as { readonly request_id: string }[]).map((one) => one.request_id);
  expect(denied.length).toBeLessThan(3);
  expect((await told()).map(({ data }) => data['request_id']).toSorted()).toEqual(denied.toSorted());
});

const change = "UPDATE customers SET name = name || '!' WHERE city = 'Leeds'";

/** Lets every approved change run on fewer rows and on other values of a column, and returns one that three rows were approved for. */
async function tolerant(): Promise<string> {
  lab.write("ALTER TABLE customers ADD COLUMN last_seen TEXT NOT NULL DEFAULT 'never'");
  const obligations = '{ may_drift: [main.customers.last_seen], fewer_rows: true }';
  const several = 'reason: a change of more than one row needs two approvers\n';
  lab.policy('changes.yaml', (text) =>
    [
      text.replace(several, `${several}    obligations: ${obligations}\n`),
      '  - name: drift',
      "    when: '!facts.read_only'",
      '    require: { dba: 1 }',
      `    obligations: ${obligations}`,
      '',
    ].join('\n'),
  );
  return lab.approved(change);
}

test('a run within a tolerance is told as one, with the rows that it changed', async () => {
  channel(', events: [executed], show: [rows]');
  const id = await tolerant();
  lab.write("DELETE FROM customers WHERE id = 6; UPDATE customers SET last_seen = 'today'");
  expect((await lab.ask('run', id)).code).toBe('request/executed');
  const exact = await lab.approved("UPDATE orders SET status = 'paid' WHERE id = 101");
  expect((await lab.ask('run', exact)).code).toBe('request/executed');
  const [one, two] = await told();
  expect(one?.data).toMatchObject({ request_id: id, ran: 'within-tolerance', rows: 2 });
  expect(one?.data['changes']).toHaveLength(2);
  expect(JSON.stringify(one?.data['changes'])).toContain('today');
  expect(two?.data).toMatchObject({ request_id: exact, ran: 'as-signed', rows: 1 });
});

test('a run within a tolerance whose rows are lost is told as that', async () => {
  channel(', events: [executed], show: [rows]');
  const id = await tolerant();
  lab.write('DELETE FROM customers WHERE id = 6');
  expect((await lab.die(['run', id], { FAULT_POINT: 'committed' })).signal).toBe('SIGKILL');
  lab.store('UPDATE request SET as_run = NULL');
  expect((await lab.ask('run', id)).code).toBe('request/executed');
  const [one] = await told();
  expect(one?.data).toMatchObject({ request_id: id, ran: 'rows-unknown', rows: null });
  expect(one?.data).not.toHaveProperty('changes');
});
