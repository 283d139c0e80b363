import { setTimeout as sleep } from 'node:timers/promises';
import { invertDiff, undoStatements } from '@countersign/diff';
import { openTarget, runSteps } from '@countersign/targets';
import type { RunJob, RunOutcome, RunStep, Target } from '@countersign/targets';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ChangedRows } from '../src/mariadb/changed-rows.ts';
import { Rehearsal } from '../src/mariadb/rehearsal.ts';
import { readScene } from '../src/mariadb/scene.ts';
import { MariadbSession } from '../src/mariadb/session.ts';
import { readKind } from '../src/mariadb/settings.ts';
import { defaultDryRunLimits } from '../src/limits.ts';
import { cutAt } from './mariadb-cut.ts';
import type { Cut } from './mariadb-cut.ts';
import { builderOf, compareDumps, dump, linesOf, remaking, numbersTo, shops } from './mariadb-shop.ts';
import type { MariadbShop } from './mariadb-shop.ts';
import { codeOf, jobFor, statement } from './temporary-database.ts';

describe.each(shops)('%s', (_, startShop) => {
  let shop: MariadbShop;
  beforeAll(async () => {
    shop = await startShop();
    await shop.remake(setup);
  }, 90_000);
  afterAll(() => shop.stop(), 60_000);

  const setup = `
  CREATE TABLE t (a INT PRIMARY KEY, b INT); INSERT INTO t VALUES (1, 10), (2, 20), (3, 30);
  CREATE TABLE log (x VARCHAR(20));
  CREATE TRIGGER tr AFTER UPDATE ON t FOR EACH ROW INSERT INTO log VALUES (CONCAT(OLD.b, '>', NEW.b))`;
  /** Tests that change definitions; the others find the rows as they were by `rowsAgain`, which takes a tenth of the time. */
  const changing = remaking(() => shop, setup);
  const rowsAgain =
    'DELETE FROM t; INSERT INTO t VALUES (1, 10), (2, 20), (3, 30); DELETE FROM log; DELETE FROM _countersign_runs';
  beforeEach(() => void shop.sql(rowsAgain));

  const raise = [statement('UPDATE t SET b = b + 1 WHERE a < 3')];
  const rows = (): string => shop.sql('SELECT * FROM t ORDER BY a');
  const before = '1\t10\n2\t20\n3\t30\n';
  const after = '1\t11\n2\t21\n3\t30\n';
  const steps = runSteps.filter((step) => step !== 'rolled-back');

  test('a job runs once, passes every step in order, and leaves its marker', async () => {
    const { target } = shop;
    const job = await jobFor(target, raise, 1);
    const passed: RunStep[] = [];
    expect(await target.marker(job.requestId)).toEqual({ kind: 'absent' });
    const outcome = await target.run({ ...job, onStep: (step) => void passed.push(step) });
    expect(outcome).toMatchObject({ kind: 'executed', digest: job.expectedDigest });
    expect(passed).toEqual(steps);
    expect(rows()).toBe(after);
    const marker = { requestDigest: job.requestDigest, startedAt: job.startedAt };
    expect(await target.marker(job.requestId)).toEqual({ kind: 'present', ...marker });
    expect(await target.run(job)).toEqual({ kind: 'already-ran', ...marker });
    expect(rows()).toBe(after);
    await sleep(200);
    expect(shop.ownersLeft()).toBe(0);
  });

  test('what a job tolerates is no drift, and anything beside it is', async () => {
    const { target, sql } = shop;
    const job = await jobFor(target, [statement('DELETE FROM t WHERE a < 3')], 1);
    const { diff: signed } = await target.dryRun(job.statements);
    const tolerated = { signed, tolerance: { columns: new Map([['shop.t', [1]]]), fewerRows: true } };
    sql('UPDATE t SET b = 11 WHERE a = 1; INSERT INTO t VALUES (0, 0)');
    expect((await target.run({ ...job, tolerated })).kind).toBe('drifted');
    sql('DELETE FROM t WHERE a IN (0, 2)');
    expect((await target.run(job)).kind).toBe('drifted');
    const refuse = (): never => {
      throw new Error('cannot be kept');
    };
    await expect(target.run({ ...job, tolerated, beforeCommit: refuse })).rejects.toThrow('cannot be kept');
    expect(rows()).toBe('1\t11\n3\t30\n');
    const told: unknown[] = [];
    const outcome = await target.run({
      ...job,
      tolerated,
      beforeCommit: (found) => void told.push(found.digest),
    });
    expect(outcome).toMatchObject({ kind: 'executed', digest: told[0] });
    expect(told[0]).not.toEqual(job.expectedDigest);
    expect(rows()).toBe('3\t30\n');
  });

  test('six runs of one job at once execute it once', async () => {
    const job = await jobFor(shop.target, raise, 1);
    const limits = { busyMs: 20_000 };
    const outcomes = await Promise.all(Array.from({ length: 6 }, () => shop.target.run({ ...job, limits })));
    expect(outcomes.filter(({ kind }) => kind === 'executed')).toHaveLength(1);
    expect(outcomes.filter(({ kind }) => kind === 'already-ran').length).toBeGreaterThan(0);
    expect(rows()).toBe(after);
  });

  const drifts: readonly (readonly [string, string])[] = [
  ['a changed row', 'UPDATE t SET b = 11 WHERE a = 1'],
  ['a row more', 'INSERT INTO t VALUES (0, 0)'],
  ['a row less', 'DELETE FROM t WHERE a = 1'],
  ['a column more', 'ALTER TABLE t ADD COLUMN c INT'],
  ['a column of another type', 'ALTER TABLE t MODIFY b VARCHAR(9)'],
  ['another trigger', "CREATE TRIGGER tr2 AFTER UPDATE ON t FOR EACH ROW INSERT INTO log VALUES ('more')"],
  ['a trigger that says otherwise', "DROP TRIGGER tr; CREATE TRIGGER tr AFTER UPDATE ON t FOR EACH ROW INSERT INTO log VALUES (OLD.b)"],
]; // prettier-ignore
  for (const [name, injected] of drifts) {
    (/TABLE|TRIGGER/.test(injected) ? changing : test)(`drift: ${name}`, async () => {
      const job = await jobFor(shop.target, raise, 1);
      shop.sql(injected);
      shop.sql('DELETE FROM log');
      const state = dump(shop);
      expect((await shop.target.run(job)).kind).toBe('drifted');
      expect(compareDumps(state, dump(shop))).toEqual([]);
      expect(await shop.target.marker(job.requestId)).toEqual({ kind: 'absent' });
    });
  }

  test('an unrelated row is no drift', async () => {
    const job = await jobFor(shop.target, raise, 1);
    shop.sql('INSERT INTO t VALUES (99, 99)');
    expect((await shop.target.run(job)).kind).toBe('executed');
  });

  changing('a number of AUTO_INCREMENT that others took is no drift', async () => {
    shop.sql('CREATE TABLE made (id INT AUTO_INCREMENT PRIMARY KEY, v INT)');
    const job = await jobFor(shop.target, [statement('INSERT INTO made VALUES (NULL, 5)')], 1);
    shop.sql('INSERT INTO made (v) VALUES (6)');
    expect((await shop.target.run(job)).kind).toBe('executed');
  });

  changing('an error, a refusal, another database and a hook that throws write nothing', async () => {
    const job = await jobFor(shop.target, raise, 1);
    const failing = async (more: Partial<RunJob>): Promise<RunOutcome> =>
      shop.target.run({ ...job, ...more });
    const wrong = [...raise, statement('INSERT INTO t VALUES (3, 3)')];
    expect(await failing({ statements: wrong })).toMatchObject({
      kind: 'failed',
      code: 'statement/constraint',
    });
    const committing = [...raise, statement('CREATE TABLE u (a INT)')];
    expect(await failing({ statements: committing })).toMatchObject({ kind: 'failed', code: 'statement/changes-schema' }); // prettier-ignore
    expect(await failing({ expectedIdentity: new Uint8Array(32) })).toMatchObject({
      code: 'target/other-database',
    });
    for (const at of ['opened', 'marked', 'ran', 'compared', 'committing']) {
      const stopped = failing({
        onStep: (step) => (step === at ? Promise.reject(new Error('stop')) : undefined),
      });
      await expect(stopped).rejects.toThrow('stop');
    }
    expect(rows()).toBe(before);
    expect(await shop.target.marker(job.requestId)).toEqual({ kind: 'absent' });
    shop.sql('DROP TABLE _countersign_runs');
    expect(await failing({})).toMatchObject({ kind: 'failed', code: 'target/not-prepared' });
  });

  changing(
    'a statement that ended the transaction is found out, also when another began in its place',
    async () => {
      // No text is known that does this past the checks of its words: the session itself is told to.
      for (const end of ['COMMIT AND CHAIN', 'ROLLBACK', 'CREATE TABLE made_meanwhile (a INT)']) {
        const rehearsal = await Rehearsal.open(shop.account, raise, defaultDryRunLimits);
        await rehearsal.begin();
        await rehearsal.watch();
        await rehearsal.writer.control(end);
        await rehearsal.writer.control('START TRANSACTION');
        expect(await codeOf(rehearsal.statement(0)), end).toBe('statement/left-transaction');
        await rehearsal.close();
      }
      expect(rows()).toBe(before);
    },
  );

  test('a transaction that ended after its last statement has no diff', async () => {
    const rehearsal = await Rehearsal.open(shop.account, raise, defaultDryRunLimits);
    await rehearsal.begin();
    await rehearsal.watch();
    await rehearsal.statement(0);
    await rehearsal.writer.control('ROLLBACK');
    await rehearsal.writer.control('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ WRITE');
    expect(await codeOf(rehearsal.finish())).toBe('statement/left-transaction');
    await rehearsal.close();
  });

  /** Does something to the run's sessions at a step. */
  async function runWith(
    target: Target,
    job: RunJob,
    at: RunStep,
    act: () => void | Promise<void>,
  ): Promise<RunOutcome> {
    return target.run({ ...job, onStep: (step) => (step === at ? act() : undefined) });
  }

  test('an answer to the commit that is lost is settled by the marker', async () => {
    for (const when of ['before', 'after'] as const) {
      shop.sql(rowsAgain);
      const job = await jobFor(shop.target, raise, 1);
      const cut = await cutAt('COMMIT', when, shop.server);
      const target = openTarget({ name: 'x', url: shop.url('owner').replace(shop.server.socket, cut.socket), password: () => 'owner' }); // prettier-ignore
      const outcome = await target.run(job);
      await cut.stop();
      expect(outcome).toMatchObject(when === 'after' ? { kind: 'executed', digest: job.expectedDigest } : { kind: 'failed', code: 'target/session-lost', reason: 'server closed the session' }); // prettier-ignore
      expect(rows()).toBe(when === 'after' ? after : before);
    }
  }, 60_000);

  test('an answer to the commit that is lost for good is ambiguous, until the marker can be asked', async () => {
    const job = await jobFor(shop.target, raise, 1);
    const cut = await cutAt('COMMIT', 'after', shop.server);
    const target = openTarget({ name: 'x', url: shop.url('owner').replace(shop.server.socket, cut.socket), password: () => 'owner' }); // prettier-ignore
    const outcome = await runWith(target, job, 'committing', () => {
      cut.open = false;
    });
    const told = /^the commit failed \(server closed the session\) and the marker cannot be asked: /;
    expect(outcome).toMatchObject({ kind: 'ambiguous', reason: expect.stringMatching(told) as string });
    await cut.stop();
    expect((await shop.target.marker(job.requestId)).kind).toBe('present');
    expect((await shop.target.run(job)).kind).toBe('already-ran');
  }, 60_000);

  changing(
    'a server that falls silent is given up, and the marker settles what it did',
    async () => {
      shop.sql('DROP TRIGGER tr');
      // At once, on rows of their own: each waits as long as a server may take.
      const limits = { timeoutMs: 2_000 };
      const through = async (text: string, when: 'before' | 'after'): Promise<readonly [Target, Cut]> => {
        const cut = await cutAt(text, when, shop.server, 'silence');
        return [openTarget({ name: 'x', url: shop.url('owner').replace(shop.server.socket, cut.socket), password: () => 'owner' }), cut]; // prettier-ignore
      };
      const run = async (when: 'before' | 'after', row: number): Promise<RunOutcome> => {
        const job = await jobFor(shop.target, [statement(`UPDATE t SET b = 0 WHERE a = ${row}`)], row);
        const [target, cut] = await through('COMMIT', when);
        const outcome = await target.run({ ...job, limits });
        await cut.stop();
        return outcome;
      };
      const tryIt = async (): Promise<string> => {
        const [target, cut] = await through('SAVEPOINT', 'before');
        const code = await codeOf(target.dryRun(raise, limits));
        await cut.stop();
        return code;
      };
      const [unheard, done, tried] = await Promise.all([run('before', 1), run('after', 2), tryIt()]);
      const lost = { kind: 'failed', code: 'target/session-lost', reason: 'server answers no more' };
      expect(unheard).toEqual(lost);
      expect([done.kind, tried, rows()]).toEqual(['executed', 'limit/time', '1\t10\n2\t0\n3\t30\n']);
    },
    60_000,
  );

  changing('a password that cannot be read any more hides no outcome and ends no process', async () => {
    const job = await jobFor(shop.target, raise, 1);
    let left = 2;
    const password = (): string => {
      left -= 1;
      if (left < 0) throw new Error('the file is gone');
      return 'owner';
    };
    const target = openTarget({ name: 'x', url: shop.url('owner'), password });
    expect((await target.run(job)).kind).toBe('executed');
    left = 2;
    shop.sql(`CREATE TABLE many AS SELECT seq AS a FROM ${numbersTo(1000)}`);
    const slow = [statement('UPDATE t SET b = (SELECT SUM(x.a + y.a + z.a) FROM many x JOIN many y JOIN many z)')]; // prettier-ignore
    const limits = { timeoutMs: 500, busyMs: 500 };
    expect(await codeOf(target.dryRun(slow, limits))).toBe('limit/time');
  });

  test('the marker waits for a run that still lives', async () => {
    const job = await jobFor(shop.target, raise, 1);
    let asked: Promise<string> = Promise.resolve('');
    const ran = await runWith(shop.target, job, 'marked', async () => {
      asked = shop.target.marker(job.requestId).then(({ kind }) => kind);
      await sleep(300);
    });
    expect([ran.kind, await asked]).toEqual(['executed', 'present']);
  });

  changing('an undo restores every row, and its diff is the inverse', async () => {
    shop.sql(
      'CREATE TABLE `Odd t` (`k k` INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES t (a) ON DELETE CASCADE); INSERT INTO `Odd t` VALUES (1, 2), (2, 3); DROP TRIGGER tr',
    );
    const start = dump(shop);
    const job = await jobFor(shop.target, [statement('DELETE FROM t WHERE a = 2'), statement('UPDATE t SET b = NULL WHERE a = 3'), statement('INSERT INTO t VALUES (99, 5)')], 7); // prettier-ignore
    const outcome = await shop.target.run(job);
    if (outcome.kind !== 'executed') throw new Error(JSON.stringify(outcome));
    const undo = undoStatements(outcome.effect, {
      dialect: 'mariadb',
      parentsFirst: await shop.target.tablesParentsFirst(),
    });
    const rehearsed = await shop.target.dryRun(undo);
    expect(linesOf(rehearsed.diff)).toEqual(linesOf(invertDiff(outcome.effect)));
    expect((await shop.target.run(await jobFor(shop.target, undo, 8))).kind).toBe('executed');
    expect(compareDumps(start, dump(shop))).toEqual([]);
  });

  changing('an undo takes away rows that AUTO_INCREMENT numbered, and leaves its counter', async () => {
    shop.sql('CREATE TABLE made (id INT AUTO_INCREMENT PRIMARY KEY, v INT); INSERT INTO made (v) VALUES (1)');
    const start = dump(shop);
    const outcome = await shop.target.run(await jobFor(shop.target, [statement('INSERT INTO made (v) VALUES (7), (8)')], 5)); // prettier-ignore
    if (outcome.kind !== 'executed') throw new Error(JSON.stringify(outcome));
    expect(outcome.effect.notPreviewed).toHaveLength(1);
    const undo = undoStatements(outcome.effect, { dialect: 'mariadb' });
    const rehearsed = await shop.target.dryRun(undo);
    expect(linesOf(rehearsed.diff)).toEqual(linesOf(invertDiff(outcome.effect)));
    expect(rehearsed.diff.notPreviewed).toEqual([]);
    expect((await shop.target.run(await jobFor(shop.target, undo, 6))).kind).toBe('executed');
    expect(compareDumps(start, dump(shop))).toEqual([]);
  });

  changing('rows are counted, and tables stand before those that refer to them', async () => {
    shop.sql('CREATE TABLE a_child (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES t (a))');
    expect(await shop.target.rowCounts(['shop.t'])).toEqual(new Map([['shop.t', 3]]));
    expect(await shop.target.tablesParentsFirst()).toEqual(['shop.t', 'shop.a_child', 'shop.log']);
  });

  test('an application that writes the same rows: each run is what was approved, or drifted, or gave way', async () => {
    const job = await jobFor(shop.target, raise, 1);
    let going = true;
    const writing = (async () => {
      const session = new MariadbSession(shop.account);
      for (let round = 0; going; round += 1) {
        await session
          .own(`UPDATE t SET b = ${round % 2 === 0 ? 10 : 500} WHERE a = 1`)
          .catch(() => undefined);
        await sleep(5);
      }
      await session.end();
    })();
    const kinds: string[] = [];
    for (let round = 0; round < 12; round += 1) {
      const requestId = new Uint8Array(16).fill(100 + round);
      const outcome = await shop.target.run({ ...job, requestId });
      kinds.push(outcome.kind === 'failed' ? outcome.code : outcome.kind);
      if (outcome.kind === 'executed') {
        expect(outcome.digest).toEqual(job.expectedDigest);
        shop.sql('UPDATE t SET b = 20 WHERE a = 2; DELETE FROM log');
      }
    }
    going = false;
    await writing;
    expect(kinds.filter((kind) => !['executed', 'drifted', 'target/busy'].includes(kind))).toEqual([]);
  }, 120_000);

  test('more changes than the engine counts are refused', async () => {
    const [writer, observer] = [new MariadbSession(shop.account), new MariadbSession(shop.account)];
    await writer.control('START TRANSACTION');
    const kind = await readKind(writer);
    const scene = await readScene({ writer, observer }, raise, kind);
    await writer.own(raise[0]?.sql ?? '');
    const found = new ChangedRows({ writer, observer }, scene, kind.engine, defaultDryRunLimits);
    await found.before(0, raise[0]?.sql ?? '', []);
    expect(await codeOf(found.find(3, builderOf))).toBe('statement/unproved');
    expect((await found.find(4, builderOf)).map(([{ name }, { count }]) => [name, count])).toEqual([['shop.log', 2], ['shop.t', 2]]); // prettier-ignore
    await Promise.all([writer.end(), observer.end()]);
  });
});
