import { toHex } from '@countersign/codec';
import type { RunJob } from '@countersign/targets';
import mysql from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { numbersTo, shops } from './mariadb-shop.ts';
import type { MariadbShop } from './mariadb-shop.ts';
import { statement } from './temporary-database.ts';

describe.each(shops)('%s', (_, startShop) => {
  let shop: MariadbShop;
  beforeAll(async () => {
    shop = await startShop(['--max-connections=200']);
    await shop.remake(
      `CREATE TABLE t (a INT PRIMARY KEY, b INT NOT NULL); INSERT INTO t SELECT seq, 0 FROM ${numbersTo(40)};
     CREATE TABLE log (a INT, old INT, new INT);
     CREATE TRIGGER note AFTER UPDATE ON t FOR EACH ROW INSERT INTO log VALUES (NEW.a, OLD.b, NEW.b)`,
    );
  }, 90_000);
  afterAll(() => shop.stop(), 60_000);

  /** An application that raises rows from the sixth on by one, again and again, until it is told to stop. */
  async function application(state: { writing: boolean }): Promise<void> {
    const connection = await mysql.createConnection({
      socketPath: shop.server.socket,
      user: 'owner',
      password: 'owner',
      database: 'shop',
    });
    for (let turn = 0; state.writing; turn += 1) {
      try {
        await connection.query(`UPDATE t SET b = b + 1 WHERE a = ${6 + (turn % 20)}`);
      } catch (cause) {
        // An application tries again as well.
        if (!(cause instanceof Error && 'code' in cause && cause.code === 'ER_LOCK_DEADLOCK')) throw cause;
      }
    }
    await connection.end();
  }

  test('many runs and an application on the same rows: each is exactly what was approved, or nothing', async () => {
    const identity = (await shop.target.inspect()).identity ?? new Uint8Array();
    const jobs: (RunJob & { readonly row: number; readonly add: number })[] = [];
    for (let index = 0; index < 50; index += 1) {
      const [row, add] = [1 + (index % 10), 1_000 + index];
      const statements = [statement(`UPDATE t SET b = b + ${add} WHERE a = ${row}`)];
      const { digest } = await shop.target.dryRun(statements);
      jobs.push({
        requestId: Buffer.from(`run${String(index).padStart(13, '0')}`),
        requestDigest: new Uint8Array(32).fill(1),
        statements,
        expectedDigest: digest,
        expectedIdentity: identity,
        startedAt: 1_700_000_000,
        limits: { busyMs: 60_000, timeoutMs: 110_000 },
        row,
        add,
      });
    }
    const state = { writing: true };
    const others = application(state);
    const outcomes = await Promise.all(jobs.map((job) => shop.target.run(job)));
    state.writing = false;
    await others;
    // The engine ends most of them as parties to a deadlock, and nobody tries again unasked. Asked again, each says how it stands.
    for (const [index, job] of jobs.entries()) {
      const outcome = outcomes[index];
      if (outcome?.kind === 'failed' && outcome.code === 'target/busy')
        outcomes[index] = await shop.target.run(job);
    }

    const done = shop.sql('SELECT a, new - old FROM log WHERE new - old >= 1000').trim().split('\n');
    const lines = done.filter((line) => line !== '');
    const executed = outcomes.filter(({ kind }) => kind === 'executed');
    // Nobody else writes to the first five rows: of the runs on each, the first one met what it was approved for, and the others did not.
    for (let row = 1; row <= 5; row += 1)
      expect(
        outcomes.filter(({ kind }, index) => kind === 'executed' && jobs[index]?.row === row),
      ).toHaveLength(1);
    expect(lines).toHaveLength(executed.length);
    for (const [index, outcome] of outcomes.entries()) {
      const job = jobs[index];
      if (job === undefined) throw new Error('an outcome without a job');
      const said = outcome.kind === 'failed' ? outcome.code : outcome.kind;
      expect(['executed', 'drifted']).toContain(said);
      const ran = outcome.kind === 'executed';
      expect(lines.filter((line) => line === `${job.row}\t${job.add}`)).toHaveLength(ran ? 1 : 0);
      if (ran) expect(toHex(outcome.digest)).toBe(toHex(job.expectedDigest));
      expect((await shop.target.marker(job.requestId)).kind).toBe(ran ? 'present' : 'absent');
    }
  }, 240_000);
});
