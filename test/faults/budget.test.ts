import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, test, vi } from 'vitest';
import { auditOf } from './audit-apart.ts';
import { Lab, removeLabs, type Answer } from './lab.ts';

afterAll(removeLabs);
vi.setConfig({ testTimeout: 240_000 });

const read = ['submit', 'SELECT name FROM customers', '--reason', 'a test'] as const;
const change = "UPDATE customers SET tier = 'gold' WHERE city = 'Leeds'";
const now = (): number => Math.floor(Date.now() / 1000);

async function budgeted(when: string): Promise<Lab> {
  const lab = await Lab.make();
  lab.policy(
    'changes.yaml',
    (text) => `${text}\n  - name: spent\n    when: ${when}\n    deny: the budget is used up\n`,
  );
  return lab;
}

/** What the store counts: requests and rows of the only submitter. */
function counted(lab: Lab): readonly [requests: number, rows: number] {
  using store = new DatabaseSync(lab.path('home', 'state.db'), { readOnly: true });
  const row = store.prepare('SELECT count(*) AS requests, sum(row_count) AS rows FROM usage').get();
  return [Number(row?.['requests']), Number(row?.['rows'])];
}

function isSpent({ exitCode, document }: Answer): boolean {
  return exitCode === 3 && document['message'] === 'the budget is used up';
}

test('requests of an hour: so many and no more, until the hour has passed', async () => {
  const lab = await budgeted('budget.requests_hour > 3');
  for (const argv of [read, read, [...read, '--dry-run']]) expect((await lab.ask(...argv)).exitCode).toBe(0);
  expect(isSpent(await lab.ask(...read))).toBe(true);
  expect(isSpent(await lab.ask('submit', change, '--reason', 'a test'))).toBe(true);
  expect(counted(lab)[0]).toBe(5);
  const later = now() + 3601;
  expect((await lab.askAt(() => later, ...read)).exitCode).toBe(0);
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
});

test('rows of reads and of changes count together, a read with its bound until it has run', async () => {
  const lab = await budgeted('budget.rows_day > 1000');
  const first = await lab.ask(...read);
  expect(first.exitCode).toBe(0);
  const rows = (first.document['results'] as readonly { rows: readonly unknown[] }[])[0]?.rows.length ?? 0;
  expect(rows).toBeGreaterThan(3);
  expect(counted(lab)).toEqual([1, rows]);
  // A second read could return 1,000 rows more.
  expect(isSpent(await lab.ask(...read))).toBe(true);
  lab.configure((text) => text.replace('read_rows: 1000', 'read_rows: 20'));
  expect((await lab.ask(...read)).exitCode).toBe(0);
  expect(counted(lab)).toEqual([3, 2 * rows]);
  const { document, exitCode } = await lab.ask('submit', change, '--reason', 'a test');
  expect(exitCode).toBe(8);
  const tables = (document['diff'] as { tables: readonly Record<string, number>[] }).tables;
  const changed = tables.reduce((sum, one) => sum + (one['inserted'] ?? 0) + (one['updated'] ?? 0), 0);
  expect(counted(lab)).toEqual([4, 2 * rows + changed]);
  expect((await auditOf(lab))['policy']).toEqual({ findings: [], asked: 1, outlined: 2, not_asked: 0 });
});

test('a change that was sealed within the budget runs, whatever was submitted since', async () => {
  const lab = await budgeted('budget.requests_hour > 2');
  const id = await lab.approved(change);
  expect((await lab.ask(...read)).exitCode).toBe(0);
  expect(isSpent(await lab.ask(...read))).toBe(true);
  expect((await lab.ask('run', id)).code).toBe('request/executed');
});

test('of processes that submit at the same moment one takes the last unit', async () => {
  const lab = await budgeted('budget.requests_hour > 2');
  expect((await lab.ask(...read)).exitCode).toBe(0);
  const answers = await Promise.all([1, 2, 3].map(() => lab.spawn(read)));
  expect(answers.map(({ exitCode }) => exitCode).sort()).toEqual([0, 3, 3]);
  expect(counted(lab)[0]).toBe(4);
});

test('of processes that seal at the same moment one takes the last rows', async () => {
  const lab = await budgeted('budget.rows_hour > 10');
  const submit = ['submit', change, '--reason', 'a test'] as const;
  const answers = await Promise.all([1, 2, 3].map(() => lab.spawn(submit)));
  const sealed = answers.filter(({ exitCode }) => exitCode === 8);
  expect(answers.filter(isSpent).length).toBe(3 - sealed.length);
  const [requests, rows] = counted(lab);
  expect(requests).toBe(3);
  expect(rows).toBeLessThanOrEqual(10);
  expect(rows).toBeGreaterThan(0);
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
});

test.each([
  ['submit', change, 'submission-recorded', [1, 0]],
  ['submit', change, 'request-sealed', [1, 6]],
  ['submit', 'SELECT name FROM customers', 'verdict-recorded', [1, 1000]],
] as const)('%s %s, killed at %s: counted once', async (verb, sql, point, expected) => {
  const lab = await budgeted('budget.requests_hour > 2');
  const killed = await lab.die([verb, sql, '--reason', 'a test'], { FAULT_POINT: point });
  expect(killed.signal).toBe('SIGKILL');
  expect(counted(lab)).toEqual(expected);
  expect((await lab.ask(...read)).exitCode).toBe(0);
  expect(isSpent(await lab.ask(...read))).toBe(true);
});

test.each(['1', '2'])('a store that cannot be written at commit %s counts what it holds', async (commit) => {
  const lab = await budgeted('budget.requests_hour > 2');
  const failed = await lab.die(read, { FAULT_COMMIT: commit });
  expect(failed.code).toBe('home/read-only');
  using store = new DatabaseSync(lab.path('home', 'state.db'), { readOnly: true });
  const held = Number(store.prepare('SELECT count(*) AS held FROM request').get()?.['held']);
  const usage = Number(store.prepare('SELECT count(*) AS held FROM usage').get()?.['held']);
  expect(usage).toBe(held);
});

test('a clock that goes back makes nothing free', async () => {
  const lab = await budgeted('budget.requests_hour > 1');
  expect((await lab.ask(...read)).exitCode).toBe(0);
  const back = await lab.askAt(() => now() - 4000, ...read);
  expect(back.code).toBe('home/clock');
  expect(isSpent(await lab.askAt(() => now() - 60, ...read))).toBe(true);
});
