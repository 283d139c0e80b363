import { afterAll, expect, test, vi } from 'vitest';
import { Lab, removeLabs, type Ending } from './lab.ts';
import { responseOf } from './signer.ts';

afterAll(removeLabs);
vi.setConfig({ testTimeout: 240_000 });

const sql = 'UPDATE orders SET total_cents = total_cents + 1 WHERE id < 103';
const effect = 'SELECT total_cents FROM orders WHERE id = 101';
const commitsMax = 8;

/** Runs a command on a copy of one home with its n-th commit refused, n = 1, 2, … until none is refused any more. */
async function failEveryCommit(
  prepare: () => Promise<{ readonly lab: Lab; readonly argv: readonly string[] }>,
  check: (lab: Lab, ending: Ending, commit: number) => Promise<void>,
): Promise<number> {
  for (let commit = 1; commit <= commitsMax; commit += 1) {
    const { lab, argv } = await prepare();
    const ending = await lab.die(argv, { FAULT_COMMIT: String(commit) });
    if (ending.code !== 'home/read-only') return commit - 1;
    expect(ending.exitCode).toBe(1);
    await check(lab, ending, commit);
    expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
  }
  throw new Error(`more than ${commitsMax} commits`);
}

test('the n-th commit of a run refused, for every n: nothing runs unrecorded, nothing twice', async () => {
  const refused = await failEveryCommit(
    async () => {
      const lab = await Lab.make();
      return { lab, argv: ['run', await lab.approved(sql)] };
    },
    async (lab, _ending, commit) => {
      // Without the intent on disk nothing may have run; without the receipt it has, and the marker tells.
      expect(lab.rows(effect)).toEqual([[commit === 1 ? 4990 : 4991]]);
      const { document } = await lab.ask('list');
      const [request] = document['requests'] as readonly Readonly<Record<string, string>>[];
      const id = request?.['request_id'] ?? '';
      expect(request?.['state']).toBe(commit === 1 ? 'approved' : 'running');
      expect((await lab.ask('run', id)).code).toBe('request/executed');
      expect(lab.rows(effect)).toEqual([[4991]]);
      expect((await lab.ask('run', id)).code).toBe('run/replayed');
    },
  );
  expect(refused).toBe(2);
});

test('the n-th commit of a submission refused, for every n: never allowed, never half a request', async () => {
  const refused = await failEveryCommit(
    async () => ({ lab: await Lab.make(), argv: ['submit', sql, '--reason', 'a test'] }),
    async (lab, _ending, commit) => {
      expect(lab.rows(effect)).toEqual([[4990]]);
      const { document } = await lab.ask('list');
      const states = (document['requests'] as readonly { state: string }[]).map(({ state }) => state);
      expect(states).toEqual(commit === 1 ? [] : ['submitted']);
    },
  );
  expect(refused).toBe(2);
});

test('a read that cannot be recorded is not answered', async () => {
  const refused = await failEveryCommit(
    async () => ({
      lab: await Lab.make(),
      argv: ['submit', 'SELECT name FROM customers', '--reason', 'a test'],
    }),
    (_lab, { document }) => {
      expect(JSON.stringify(document)).not.toContain('Amara');
      return Promise.resolve();
    },
  );
  expect(refused).toBe(2);
});

test('the n-th commit of an import refused, for every n: what was not recorded is carried in again', async () => {
  let file = '';
  const refused = await failEveryCommit(
    async () => {
      const lab = await Lab.make();
      const bundle = await lab.export(await lab.submit(sql));
      const signed = ['ada', 'ben'].map((name) => lab.approver(name).sign(bundle, { choice: 'approve' }));
      file = lab.carry(responseOf(lab.approver('ada').domain, signed));
      return { lab, argv: ['import', file] };
    },
    async (lab) => {
      expect((await lab.ask('import', file, '--run')).exitCode).toBe(0);
      expect(lab.rows(effect)).toEqual([[4991]]);
    },
  );
  expect(refused).toBe(2);
});

test('no file may grow: a clear code at every size, and with room again it runs once', async () => {
  const lab = await Lab.make();
  const id = await lab.approved(sql);
  const seen = new Set<string>();
  for (const kilobytes of [4, 36, 44, 64]) {
    const { exitCode, code, signal } = await lab.cramped(['run', id], kilobytes);
    seen.add(code);
    expect([signal, exitCode === 0]).toEqual([null, code === 'request/executed']);
    expect(['home/disk-full', 'run/failed', 'request/executed', 'run/replayed']).toContain(code);
    const done = ['request/executed', 'run/replayed'].includes(code);
    expect(done ? [4991] : [4990, 4991]).toContain(lab.rows(effect)[0]?.[0]);
  }
  expect(seen).toContain('home/disk-full');
  const last = await lab.ask('run', id);
  expect(['request/executed', 'run/replayed']).toContain(last.code);
  expect(lab.rows(effect)).toEqual([[4991]]);
  expect((await lab.ask('ledger', 'verify')).code).toBe('ledger/verified');
});
