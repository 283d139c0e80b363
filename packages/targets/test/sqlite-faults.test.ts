import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { toHex } from '@countersign/codec';
import { runSteps } from '@countersign/targets';
import type { RunJob, RunOutcome, RunStep } from '@countersign/targets';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { jobFor, statement, temporaryDatabase } from './temporary-database.ts';
import type { Temporary } from './temporary-database.ts';

/** Rounds of each kind of fault; `COUNTERSIGN_FAULT_ROUNDS=200` goes through every step that often. */
const rounds = Number(process.env['COUNTERSIGN_FAULT_ROUNDS'] ?? '0');
const steps = runSteps.filter((step) => step !== 'rolled-back').map((step, index) => [step, index] as const);
vi.setConfig({ testTimeout: 240_000 + rounds * 30_000 });

let place: Temporary;
beforeAll(async () => {
  place = temporaryDatabase(
    `CREATE TABLE t (a INTEGER PRIMARY KEY, b INTEGER NOT NULL);
     WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20) INSERT INTO t SELECT i, 0 FROM n;
     CREATE TABLE log (a, old, new);
     CREATE TRIGGER note AFTER UPDATE ON t BEGIN INSERT INTO log VALUES (NEW.a, OLD.b, NEW.b); END`,
  );
  await place.target.prepare();
}, 60_000);
afterAll(() => place.end());

// Not idempotent on purpose: run twice, it shows.
const raise = 'UPDATE t SET b = b + 1 WHERE a = 1';

function valueNow(): number {
  return Number((place.sql('SELECT b FROM t WHERE a = 1') as number[][])[0]?.[0]);
}

let jobs = 0;
async function newJob(sql = raise): Promise<RunJob> {
  jobs += 1;
  const job = await jobFor(place.target, [statement(sql)], 1);
  return { ...job, requestId: Buffer.from(String(jobs).padStart(16, '0')) };
}

/** Whatever an outcome said, the rows and the marker say the same, and running again ends with the effect there once. @returns whether it ran */
async function requireOnce(job: RunJob, before: number, outcome?: RunOutcome): Promise<boolean> {
  const ran = (await place.target.marker(job.requestId)).kind === 'present';
  expect(valueNow()).toBe(before + (ran ? 1 : 0));
  if (outcome?.kind === 'executed') expect(ran).toBe(true);
  if (outcome?.kind === 'failed') expect([ran, outcome.code]).toEqual([false, 'target/session-lost']);
  expect((await place.target.run(job)).kind).toBe(ran ? 'already-ran' : 'executed');
  expect(valueNow()).toBe(before + 1);
  return ran;
}

function roundsOf(index: number): number {
  if (rounds === 0) return 1;
  return Math.floor(rounds / steps.length) + (index < rounds % steps.length ? 1 : 0);
}

test.each(steps)('the executor killed at %s: once or not at all', async (step, index) => {
  for (let round = 0; round < roundsOf(index); round += 1) {
    const job = await newJob();
    const before = valueNow();
    expect(await killedChild(job, step)).toBe('SIGKILL');
    expect(await requireOnce(job, before)).toBe(step === 'committed');
    expect(place.sql('PRAGMA integrity_check')).toEqual([['ok']]);
  }
});

function killedChild(job: RunJob, step: RunStep): Promise<NodeJS.Signals | null> {
  const hashes = [job.expectedDigest, job.expectedIdentity].map((hash) => toHex(hash));
  const words = [`sqlite:${place.path}`, step, ...hashes, raise, toHex(job.requestId)];
  const child = spawn(process.execPath, [join(import.meta.dirname, 'run-child.ts'), ...words], {
    env: { PATH: process.env['PATH'] },
    stdio: 'ignore',
  });
  return new Promise((resolve) => child.on('close', (_, signal) => { resolve(signal); })); // prettier-ignore
}

test.each(steps)('the process of the engine killed at %s: once or not at all', async (step, index) => {
  for (let round = 0; round < roundsOf(index); round += 1) {
    const job = await newJob();
    const before = valueNow();
    const outcome = await place.target.run({
      ...job,
      onStep: (one) => {
        if (one === step) killSessions();
      },
    });
    if (step !== 'committing' && step !== 'committed')
      expect(outcome).toMatchObject({ kind: 'failed', code: 'target/session-lost' });
    await requireOnce(job, before, outcome);
  }
});

/** Kills the session processes of this one. */
function killSessions(): void {
  const listed = execFileSync('pgrep', ['-f', '-P', String(process.pid), 'session-main'], {
    encoding: 'utf8',
  });
  const pids = listed.split('\n').filter((line) => line !== '');
  expect(pids.length).toBeGreaterThan(0);
  for (const pid of pids) process.kill(Number(pid), 'SIGKILL');
}

test('many runs and an application on the same rows: each is exactly what was approved, or nothing', async () => {
  const approved: RunJob[] = [];
  // Each takes a process of the engine: fifty at once are for when there is time.
  const count = rounds === 0 ? 8 : 50;
  for (let index = 0; index < count; index += 1)
    approved.push(await newJob(`UPDATE t SET b = b + ${1000 + index} WHERE a = ${11 + (index % 5)}`));
  place.sql('DELETE FROM log');
  const limits = { busyMs: 100_000, timeoutMs: 200_000 };
  const running = Promise.all(approved.map((job) => place.target.run({ ...job, limits })));
  const state = { writing: true };
  const application = (async () => {
    // Without patience: while it waited this process would stand still, which the run that holds the lock asks for leave.
    const other = new Database(place.path, { timeout: 0 });
    for (let turn = 0; state.writing; turn += 1) {
      try {
        other.exec(`UPDATE t SET b = b + 1 WHERE a = ${11 + (turn % 9)}`);
      } catch (cause) {
        if (!(cause instanceof Error) || !cause.message.includes('locked')) throw cause;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    other.close();
  })();
  const outcomes = await running;
  state.writing = false;
  await application;
  const done = place.sql('SELECT a, old, new FROM log WHERE new - old >= 1000') as number[][];
  expect(outcomes.filter(({ kind }) => kind === 'executed')).toHaveLength(done.length);
  for (const [index, outcome] of outcomes.entries()) {
    const job = approved[index];
    const said = outcome.kind === 'failed' ? outcome.code : outcome.kind;
    expect(['executed', 'drifted', 'target/busy']).toContain(said);
    const own = done.filter(([, old = 0, now = 0]) => now - old === 1000 + index);
    expect(own).toHaveLength(outcome.kind === 'executed' ? 1 : 0);
    if (outcome.kind === 'executed')
      expect(toHex(outcome.digest)).toBe(toHex(job?.expectedDigest ?? new Uint8Array()));
    const { kind } = await place.target.marker(job?.requestId ?? new Uint8Array());
    expect(kind).toBe(outcome.kind === 'executed' ? 'present' : 'absent');
  }
});
