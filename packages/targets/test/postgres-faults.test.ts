import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { toHex } from '@countersign/codec';
import { changedRows } from '@countersign/diff';
import { openTarget, runSteps } from '@countersign/targets';
import type { MarkerState, RunJob, RunOutcome, RunStep, Target } from '@countersign/targets';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { CuttingProxy } from './cutting-proxy.ts';
import type { Cut } from './cutting-proxy.ts';
import { startShop } from './postgres-server.ts';
import type { Shop } from './postgres-server.ts';
import { codeOf, jobFor, statement } from './temporary-database.ts';

/** Rounds of each kind of fault; `COUNTERSIGN_FAULT_ROUNDS=200` goes through every step that often. */
const rounds = Number(process.env['COUNTERSIGN_FAULT_ROUNDS'] ?? '0');
/** Steps that a run which ends well passes. */
const steps = runSteps.filter((step) => step !== 'rolled-back');
vi.setConfig({ testTimeout: 240_000 + rounds * 30_000 });

let shop: Shop;
let proxy: CuttingProxy;
/** The same database through the proxy. */
let distant: Target;

beforeAll(async () => {
  shop = await startShop(
    [
      'CREATE TABLE t (a int PRIMARY KEY, b int NOT NULL)',
      'INSERT INTO t SELECT i, 0 FROM generate_series(1, 40) AS i',
      'CREATE TABLE log (a int, old int, new int, who text)',
      `CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
         INSERT INTO log VALUES (new.a, old.b, new.b, current_setting('application_name')); RETURN new; END$$`,
      'CREATE TRIGGER note AFTER UPDATE ON t FOR EACH ROW EXECUTE FUNCTION note()',
    ],
    { settings: ['max_connections=200'], keepSessions: true },
  );
  await shop.target.prepare();
  proxy = await CuttingProxy.open(shop.server.port);
  const url = `postgres://owner@127.0.0.1:${proxy.port}/shop`;
  distant = openTarget({ name: 'shop', url, password: () => 'owner' });
}, 120_000);
afterAll(async () => {
  proxy.close();
  await distant.close();
  await shop.stop();
}, 60_000);

// Not idempotent on purpose: run twice, it shows.
const raise = 'UPDATE t SET b = b + 1 WHERE a = 1';

async function valueNow(): Promise<number> {
  return Number((await shop.sql('SELECT b FROM t WHERE a = 1'))[0]?.[0]);
}

let jobs = 0;
async function newJob(): Promise<RunJob> {
  jobs += 1;
  const job = await jobFor(shop.target, [statement(raise)], 1);
  return {
    ...job,
    requestId: Buffer.from(String(jobs).padStart(16, '0')),
    requestDigest: new Uint8Array(32).fill(1),
  };
}

/** Asks the marker until the server answers. */
async function settled(job: RunJob): Promise<MarkerState['kind']> {
  return vi.waitFor(async () => (await shop.target.marker(job.requestId)).kind, {
    timeout: 60_000,
    interval: 200,
  });
}

/** Whatever an outcome said, the rows and the marker say the same, and running again ends with the effect there once. */
async function requireOnce(job: RunJob, before: number, outcome: RunOutcome | undefined): Promise<void> {
  const marker = await settled(job);
  const ran = marker === 'present';
  expect(await valueNow()).toBe(before + (ran ? 1 : 0));
  if (outcome?.kind === 'executed') expect(ran).toBe(true);
  if (outcome?.kind === 'failed') expect([ran, outcome.code]).toEqual([false, 'target/session-lost']);
  const again = await vi.waitFor(
    async () => {
      const once = await shop.target.run(job);
      expect(once.kind === 'failed' ? once.code : once.kind).toBe(ran ? 'already-ran' : 'executed');
      return once;
    },
    { timeout: 60_000, interval: 200 },
  );
  expect(again.kind).toBe(ran ? 'already-ran' : 'executed');
  expect(await valueNow()).toBe(before + 1);
}

/** The rounds of one kind of fault at one step. */
function roundsOf(index: number, kinds: number): number {
  if (rounds === 0) return 1;
  return Math.floor(rounds / kinds) + (index < rounds % kinds ? 1 : 0);
}

const cuts: readonly (readonly [cut: Cut, step: RunStep])[] = (['cut', 'swallow', 'mute'] as const).flatMap(
  (cut) => steps.map((step) => [cut, step] as const),
);

test.each(cuts.map(([cut, step], index) => [cut, step, index] as const))(
  'the connection ends (%s) at %s: once or not at all, and the outcome says which',
  async (cut, step, index) => {
    for (let round = 0; round < roundsOf(index, cuts.length); round += 1) {
      const job = await newJob();
      const before = await valueNow();
      const outcome = await distant.run({
        ...job,
        onStep: (one) => {
          if (one === step) proxy.do(cut);
        },
      });
      // Between the word to commit and its answer: the server has done it, and nobody heard.
      if (cut === 'mute' && step === 'committing') expect(outcome.kind).toBe('executed');
      if (cut === 'swallow' && step === 'committing')
        expect(outcome).toMatchObject({ kind: 'failed', code: 'target/session-lost' });
      await requireOnce(job, before, outcome);
    }
  },
);

test('a server that falls silent is given up, and the marker settles what it did', async () => {
  const limits = { timeoutMs: 2_000 };
  const through = async (): Promise<readonly [CuttingProxy, Target]> => {
    const own = await CuttingProxy.open(shop.server.port);
    const url = `postgres://owner@127.0.0.1:${own.port}/shop`;
    return [own, openTarget({ name: 'shop', url, password: () => 'owner' })];
  };
  const run = async (cut: Cut, row: number): Promise<RunOutcome> => {
    const [own, target] = await through();
    const job = { ...(await jobFor(shop.target, [statement(`UPDATE t SET b = -1 WHERE a = ${row}`)], row)), limits };
    const outcome = await target.run({ ...job, onStep: (step) => { if (step === 'committing') own.do(cut); } });
    own.close();
    return outcome;
  }; // prettier-ignore
  const tryIt = async (): Promise<string> => {
    const [own, target] = await through();
    const code = codeOf(target.dryRun([statement('SELECT pg_sleep(600)')], limits));
    await vi.waitFor(async () => { expect(await shop.sql("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'")).toEqual([['1']]); }, { timeout: 20_000, interval: 100 }); // prettier-ignore
    own.do('silence');
    const told = await code;
    own.close();
    return told;
  };
  const [unheard, done, tried] = await Promise.all([run('deafen', 31), run('silence', 32), tryIt()]);
  const lost = { kind: 'failed', code: 'target/session-lost', reason: 'server answers no more' };
  expect(unheard).toEqual(lost);
  expect([done.kind, tried]).toEqual(['executed', 'limit/time']);
  expect(await shop.sql('SELECT a FROM t WHERE b = -1')).toEqual([['32']]);
  await shop.sql('UPDATE t SET b = 0 WHERE a = 32');
});

test.each(steps.map((step, index) => [step, index] as const))(
  'the executor killed at %s: once or not at all',
  async (step, index) => {
    for (let round = 0; round < roundsOf(index, steps.length); round += 1) {
      const job = await newJob();
      const before = await valueNow();
      expect(await killedChild(job, step)).toBe('SIGKILL');
      await requireOnce(job, before, undefined);
    }
    expect(await sessionsLeft()).toBe(0);
  },
);

test('the executor killed while a statement runs: the server stops it, long before its time is over', async () => {
  const job = await newJob();
  const before = await valueNow();
  const child = startChild(job, '', `${raise} AND pg_sleep(600) IS NOT NULL`);
  const ended = new Promise((resolve) => child.on('close', resolve));
  const sleeping = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
  await vi.waitFor(async () => { expect(await shop.sql(sleeping)).toEqual([['1']]); }, { timeout: 60_000, interval: 200 }); // prettier-ignore
  child.kill('SIGKILL');
  await ended;
  expect(await sessionsLeft()).toBe(0);
  expect([await valueNow(), await settled(job)]).toEqual([before, 'absent']);
});

function killedChild(job: RunJob, step: RunStep): Promise<NodeJS.Signals | null> {
  const child = startChild(job, step, raise);
  return new Promise((resolve) => child.on('close', (_, signal) => { resolve(signal); })); // prettier-ignore
}

function startChild(job: RunJob, step: string, sql: string): ChildProcess {
  const hashes = [job.expectedDigest, job.expectedIdentity].map((hash) => toHex(hash));
  const words = [shop.url('owner'), step, ...hashes, sql, toHex(job.requestId)];
  return spawn(process.execPath, [join(import.meta.dirname, 'run-child.ts'), ...words], {
    env: { PATH: process.env['PATH'], RUN_CHILD_PASSWORD: 'owner' },
    stdio: 'ignore',
  });
}

async function sessionsLeft(): Promise<number> {
  return vi.waitFor(
    async () => {
      const left = await shop.sql(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'countersign' AND pid <> pg_backend_pid()",
      );
      expect(left).toEqual([['0']]);
      return 0;
    },
    { timeout: 20_000, interval: 200 },
  );
}

test.each(steps.map((step, index) => [step, index] as const))(
  'the server crashes at %s: once or not at all',
  async (step, index) => {
    for (let round = 0; round < roundsOf(index, steps.length); round += 1) {
      const job = await newJob();
      const before = await valueNow();
      const outcome = await shop.target.run({
        ...job,
        onStep: async (one) => {
          if (one === step) await crash();
        },
      });
      // A server that is still recovering cannot say whether the word to commit arrived.
      expect(['executed', 'failed', 'ambiguous']).toContain(outcome.kind);
      if (step === 'statement') expect(outcome.kind).toBe('failed');
      await requireOnce(job, before, outcome);
    }
  },
);

/** Kills a process of the server, which then ends every session and recovers from its log. */
async function crash(): Promise<void> {
  const pids = await shop.sql("SELECT pid FROM pg_stat_activity WHERE application_name = 'countersign'");
  expect(pids.length).toBeGreaterThan(0);
  process.kill(Number(pids[0]?.[0]), 'SIGKILL');
}

test('many runs and an application on the same rows: each is exactly what was approved, or nothing', async () => {
  const count = 50;
  await shop.sql('TRUNCATE log');
  const wanted = Array.from({ length: count }, (_, index) => ({
    row: 1 + (index % 10),
    add: 100 + index,
    id: Buffer.from(`run${String(index).padStart(13, '0')}`),
  }));
  const anyJob = await newJob();
  const approved = [];
  for (const { row, add, id } of wanted) {
    const statements = [statement(`UPDATE t SET b = b + ${add} WHERE a = ${row}`)];
    const { diff, digest } = await shop.target.dryRun(statements);
    expect(changedRows(diff)).toBe(2);
    approved.push({ ...anyJob, statements, expectedDigest: digest, requestId: id, row, add });
  }
  let writing = true;
  const application = (async () => {
    for (let turn = 0; writing; turn += 1)
      await shop.sql(`UPDATE t SET b = b + 1 WHERE a = ${1 + (turn % 20)}`);
  })();
  const outcomes = await Promise.all(
    approved.map((job) => shop.target.run({ ...job, limits: { busyMs: 60_000, timeoutMs: 110_000 } })),
  );
  writing = false;
  await application;
  const done = await shop.sql("SELECT a, old, new FROM log WHERE who = 'countersign'");
  const executed = outcomes.flatMap((outcome, index) =>
    outcome.kind === 'executed' ? [{ outcome, index }] : [],
  );
  expect(done.length).toBe(executed.length);
  for (const { outcome, index } of executed) {
    const job = approved[index];
    expect(toHex(outcome.digest)).toBe(toHex(job?.expectedDigest ?? new Uint8Array()));
    const own = done.filter(([, old, now]) => Number(now) - Number(old) === job?.add);
    expect(own).toHaveLength(1);
    expect(own[0]?.[0]).toBe(String(job?.row));
  }
  for (const outcome of outcomes) {
    const said = outcome.kind === 'failed' ? outcome.code : outcome.kind;
    expect(['executed', 'drifted', 'target/busy']).toContain(said);
  }
  for (const [index, { kind }] of outcomes.entries()) {
    const id = approved[index]?.requestId ?? new Uint8Array();
    expect((await shop.target.marker(id)).kind).toBe(kind === 'executed' ? 'present' : 'absent');
  }
});
