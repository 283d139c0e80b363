import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { toHex } from '@countersign/codec';
import { openTarget, runSteps } from '@countersign/targets';
import type { RunJob, RunOutcome, RunStep } from '@countersign/targets';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { defaultDryRunLimits } from '../src/limits.ts';
import { Rehearsal } from '../src/mariadb/rehearsal.ts';
import { realServers } from '../../../test/servers/real.ts';
import { CuttingProxy } from './cutting-proxy.ts';
import type { Cut } from './cutting-proxy.ts';
import { numbersTo, shops } from './mariadb-shop.ts';
import type { MariadbShop } from './mariadb-shop.ts';
import { statement } from './temporary-database.ts';

describe.each(shops)('%s', (engine, startShop) => {
  /** Rounds of each kind of fault, each through every step; `COUNTERSIGN_FAULT_ROUNDS=50` for more than one. */
  const rounds = Number(process.env['COUNTERSIGN_FAULT_ROUNDS'] ?? '1');
  /** Steps that a run which ends well passes. */
  const steps = runSteps.filter((step) => step !== 'rolled-back');
  vi.setConfig({ testTimeout: 60_000 + rounds * 60_000 });

  let shop: MariadbShop;
  let identity: Uint8Array;
  beforeAll(async () => {
    // A commit that was answered must outlive the server's process here.
    shop = await startShop(['--innodb-flush-log-at-trx-commit=1']);
    await shop.remake(
      `CREATE TABLE t (a INT PRIMARY KEY, b INT); INSERT INTO t SELECT seq, 0 FROM ${numbersTo(20)}`,
    );
    identity = (await shop.target.inspect()).identity ?? new Uint8Array();
  }, 90_000);
  afterAll(() => shop.stop(), 60_000);

  /** A run that meets its fault at one step, on a row of its own. */
  interface Case {
    readonly step: RunStep;
    readonly row: number;
    readonly before: number;
    readonly job: RunJob;
  }

  function valueOf(row: number): number {
    return Number(shop.sql(`SELECT b FROM t WHERE a = ${row}`));
  }

  let jobs = 0;
  /** One case for each step. Their runs do not meet one another, so they go at once. */
  function cases(): Promise<readonly Case[]> {
    return Promise.all(
      steps.map(async (step, index) => {
        const row = index + 1;
        // Not idempotent on purpose: run twice, it shows.
        const statements = [statement(`UPDATE t SET b = b + 1 WHERE a = ${row}`)];
        jobs += 1;
        const requestId = Buffer.from(String(jobs).padStart(16, '0'));
        const { digest } = await shop.target.dryRun(statements);
        const job: RunJob = {
          requestId,
          requestDigest: new Uint8Array(32).fill(1),
          statements,
          expectedDigest: digest,
          expectedIdentity: identity,
          startedAt: 1_700_000_000,
        };
        return { step, row, before: valueOf(row), job };
      }),
    );
  }

  /** Whatever an outcome said, the row and the marker say the same, and running again ends with the effect there once. */
  async function requireOnce({ step, row, before, job }: Case, outcome?: RunOutcome): Promise<void> {
    const ran = (await shop.target.marker(job.requestId)).kind === 'present';
    expect(valueOf(row), step).toBe(before + (ran ? 1 : 0));
    if (outcome !== undefined) {
      const said = outcome.kind === 'failed' ? outcome.code : outcome.kind;
      expect(said, step).toBe(ran ? 'executed' : 'target/session-lost');
    }
    expect((await shop.target.run(job)).kind, step).toBe(ran ? 'already-ran' : 'executed');
    expect(valueOf(row), step).toBe(before + 1);
  }

  /** Runs one case for each step; when each has come to its own, the fault strikes them all. */
  async function strike(fault: () => void | Promise<void>): Promise<void> {
    const all = await cases();
    const { promise: struck, resolve: go } = Promise.withResolvers<undefined>();
    let waiting = 0;
    const reached = async (): Promise<void> => {
      waiting += 1;
      if (waiting === all.length) {
        await fault();
        go(undefined);
      }
      await struck;
    };
    const outcomes = await Promise.all(
      all.map(({ step, job }) =>
        shop.target.run({ ...job, onStep: (one) => (one === step ? reached() : undefined) }),
      ),
    );
    for (const [index, one] of all.entries()) {
      await requireOnce(one, outcomes[index]);
      // Nothing is lost of a commit that was answered.
      if (one.step === 'committed') expect(outcomes[index]?.kind).toBe('executed');
    }
  }

  for (const cut of ['cut', 'swallow', 'mute'] as const satisfies readonly Cut[]) {
    test(`the connection ends (${cut}) at every step: once or not at all, and the outcome says which`, async () => {
      for (let round = 0; round < rounds; round += 1) {
        const all = await cases();
        const outcomes = await Promise.all(
          all.map(async ({ step, job }) => {
            const proxy = await CuttingProxy.open(shop.server.socket);
            const url = `mysql://owner@127.0.0.1:${proxy.port}/shop`;
            const target = openTarget({ name: 'distant', url, password: () => 'owner' });
            const onStep = (one: RunStep): void => {
              if (one === step) proxy.do(cut);
            };
            const outcome = await target.run({ ...job, onStep });
            proxy.close();
            return outcome;
          }),
        );
        for (const [index, one] of all.entries()) await requireOnce(one, outcomes[index]);
      }
    });
  }

  test('the sessions killed at every step: once or not at all, and the outcome says which', async () => {
    for (let round = 0; round < rounds; round += 1) {
      await strike(shop.killOwners);
    }
  });

  // A server that is there already is not this test's to kill.
  if (realServers[engine] === undefined) {
    test('the server killed at every step: nothing or everything, and the marker knows', async () => {
      for (let round = 0; round < rounds; round += 1) await strike(shop.server.restart);
    });
  }

  test('the executor killed at every step: once or not at all', async () => {
    for (let round = 0; round < rounds; round += 1) {
      const all = await cases();
      expect(await Promise.all(all.map(killed))).toEqual(all.map(() => 'SIGKILL'));
      for (const one of all) await requireOnce(one);
    }
    await vi.waitFor(() => { expect(shop.ownersLeft()).toBe(0); }, { timeout: 20_000, interval: 200 }); // prettier-ignore
  });

  function killed({ step, job }: Case): Promise<NodeJS.Signals | null> {
    const hashes = [job.expectedDigest, job.expectedIdentity].map((hash) => toHex(hash));
    const words = [shop.url('owner'), step, ...hashes, job.statements[0]?.sql ?? '', toHex(job.requestId)];
    const child = spawn(process.execPath, [join(import.meta.dirname, 'run-child.ts'), ...words], {
      env: { NODE_NO_WARNINGS: '1', RUN_CHILD_PASSWORD: 'owner' },
      stdio: 'ignore',
    });
    return new Promise((resolve) => {
      child.on('close', (_, signal) => {
        resolve(signal);
      });
    });
  }

  test('a password that is gone for the second session leaves no first one behind', async () => {
    const before = shop.ownersLeft();
    let reads = 0;
    const password = (): string => {
      reads += 1;
      if (reads > 1) throw new Error('the secret is gone');
      return 'owner';
    };
    const opening = Rehearsal.open(
      { ...shop.account, password },
      [statement('DELETE FROM t WHERE a = 0')],
      defaultDryRunLimits,
    );
    await expect(opening).rejects.toThrow('the secret is gone');
    expect(reads).toBe(2);
    // Longer than a session takes to be there.
    await new Promise((done) => setTimeout(done, 1_000));
    expect(shop.ownersLeft()).toBe(before);
  });
});
