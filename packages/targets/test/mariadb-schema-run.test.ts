import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { toHex } from '@countersign/codec';
import { openTarget } from '@countersign/targets';
import type { RunJob, RunOutcome, RunStep } from '@countersign/targets';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { CuttingProxy } from './cutting-proxy.ts';
import type { Cut } from './cutting-proxy.ts';
import { cutAt } from './mariadb-cut.ts';
import { startMariadbShop } from './mariadb-shop.ts';
import type { MariadbShop } from './mariadb-shop.ts';
import { aloneSteps as passed } from './run-steps.ts';
import { codeOf, jobFor, statement } from './temporary-database.ts';

const shadow = '/usr/sbin/mariadbd';
vi.setConfig({ testTimeout: 180_000 });

let shop: MariadbShop;
beforeAll(async () => {
  // A commit that was answered must outlive the server's process here.
  shop = await startMariadbShop(['--innodb-flush-log-at-trx-commit=1'], shadow);
}, 90_000);
afterAll(() => shop.stop(), 60_000);
beforeEach(
  () =>
    shop.remake(
      "CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(9)); INSERT INTO t VALUES (1, 'x'), (2, 'y'), (3, NULL)",
    ),
  30_000,
);

/** Not idempotent on purpose: run twice, it fails. */
const definition = 'ALTER TABLE t ADD COLUMN c INT';
const columns = (): string =>
  shop.sql("SELECT GROUP_CONCAT(COLUMN_NAME) FROM information_schema.COLUMNS WHERE TABLE_NAME = 't'").trim();
let jobs = 0;
function jobOf(sql: string): Promise<RunJob> {
  jobs += 1;
  return jobFor(shop.target, [statement(sql)], jobs);
}

/** After these the definition was sent. */
const after: readonly RunStep[] = ['ran', 'committing', 'committed'];

test('it passes its steps, once, and the marker says so', async () => {
  const job = await jobOf(definition);
  const steps: RunStep[] = [];
  expect(await shop.target.run({ ...job, onStep: (one) => void steps.push(one) })).toMatchObject({
    kind: 'executed',
  });
  expect(steps).toEqual(passed);
  expect(columns()).toBe('a,b,c');
  expect(await shop.target.marker(job.requestId)).toMatchObject({ kind: 'present' });
  expect(await shop.target.run(job)).toMatchObject({ kind: 'already-ran' });
});

test('another database, another schema, other rows that get lost and another digest stop it before anything is sent', async () => {
  const job = await jobOf('ALTER TABLE t DROP COLUMN b');
  expect(await shop.target.run({ ...job, expectedIdentity: new Uint8Array(32) })).toMatchObject({
    code: 'target/other-database',
  });
  expect((await shop.target.run({ ...job, expectedDigest: new Uint8Array(32) })).kind).toBe('drifted');
  shop.sql("UPDATE t SET b = 'z' WHERE a = 1");
  expect((await shop.target.run(job)).kind).toBe('drifted');
  shop.sql("UPDATE t SET b = 'x' WHERE a = 1; CREATE TABLE other (a INT)");
  expect((await shop.target.run(job)).kind).toBe('drifted');
  shop.sql('DROP TABLE other');
  const changes = (one: RunStep): void => {
    if (one === 'marked') shop.sql('CREATE TABLE other (a INT)');
  };
  expect((await shop.target.run({ ...job, onStep: changes })).kind).toBe('drifted');
  shop.sql('DROP TABLE other');
  expect(await shop.target.marker(job.requestId)).toEqual({ kind: 'absent' });
  expect((await shop.target.run(job)).kind).toBe('executed');
});

test('what the rows make impossible has failed, nothing is done, and it may run when they are other ones', async () => {
  shop.sql("UPDATE t SET b = 'x'");
  const job = await jobOf('CREATE UNIQUE INDEX i ON t (b)');
  expect(await shop.target.run(job)).toMatchObject({ kind: 'failed', code: 'statement/constraint' });
  expect(await shop.target.marker(job.requestId)).toEqual({ kind: 'absent' });
  shop.sql('UPDATE t SET b = a');
  expect((await shop.target.run(job)).kind).toBe('executed');
});

test('a table that stays locked has it fail in time, and nothing is done', async () => {
  const job = await jobOf(definition);
  const holder = shop.sql; // The client ends with its text, so that the lock is held by a sleeping one.
  const other = spawn('mariadb', [
    '--no-defaults',
    `--socket=${shop.server.socket}`,
    '--user=root',
    'shop',
    '-e',
    'LOCK TABLES t READ; SELECT SLEEP(8)',
  ]);
  await vi.waitFor(() => { expect(holder('SHOW PROCESSLIST')).toContain('SLEEP(8)'); }, { timeout: 5000, interval: 50 }); // prettier-ignore
  expect(await shop.target.run(job)).toMatchObject({ kind: 'failed', code: 'target/busy' });
  other.kill();
  expect(await shop.target.marker(job.requestId)).toEqual({ kind: 'absent' });
});

test('it stands alone in its request', async () => {
  const [one, more] = [statement(definition), statement('SELECT 1')];
  expect(await codeOf(shop.target.dryRun([one, more]))).toBe('statement/runs-alone');
  expect(await codeOf(shop.target.dryRun([more, one]))).toBe('statement/runs-alone');
  expect(await codeOf(shop.target.dryRun([statement(definition, { type: 'integer', value: 1 })]))).toBe(
    'statement/runs-alone',
  );
});

class Killed extends Error {}

/** Whatever became of it, schema and marker say the same, and running it again ends with the effect there once. */
async function requireOnce(job: RunJob, step: RunStep, sent: boolean = after.includes(step)): Promise<void> {
  // The session that held the request may still be ending.
  const marker = await vi.waitFor(() => shop.target.marker(job.requestId), {
    timeout: 20_000,
    interval: 100,
  });
  expect(marker.kind, step).toBe(sent ? 'present' : 'absent');
  expect(columns(), step).toBe(sent ? 'a,b,c' : 'a,b');
  expect((await shop.target.run(job)).kind, step).toBe(sent ? 'already-ran' : 'executed');
  expect(columns(), step).toBe('a,b,c');
}

test('whoever asked to be told of a step throws there: once or not at all', async () => {
  for (const step of passed) {
    await shop.remake('CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(9))');
    const job = await jobOf(definition);
    const onStep = (one: RunStep): void => {
      if (one === step) throw new Killed(step);
    };
    await expect(shop.target.run({ ...job, onStep }), step).rejects.toThrow(Killed);
    await requireOnce(job, step);
  }
});

test('the executor killed at every step: once or not at all, and no server for copies is left', async () => {
  for (const step of passed) {
    await shop.remake('CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(9))');
    const job = await jobOf(definition);
    const hashes = [job.expectedDigest, job.expectedIdentity].map((hash) => toHex(hash));
    const words = [shop.url('owner'), step, ...hashes, definition, toHex(job.requestId), shadow];
    const child = spawn(process.execPath, [join(import.meta.dirname, 'run-child.ts'), ...words], {
      env: { NODE_NO_WARNINGS: '1', RUN_CHILD_PASSWORD: 'owner' },
      stdio: 'ignore',
    });
    await new Promise((done) => child.on('close', (_, signal) => { expect(signal).toBe('SIGKILL'); done(signal); })); // prettier-ignore
    await requireOnce(job, step);
  }
});

/** Where the connection breaks, how, and whether the definition was there by then. */
const breaks: readonly (readonly [RunStep, Cut, boolean])[] = [
  ...passed.map((step) => [step, 'cut', after.includes(step)] as const),
  ['statement', 'swallow', false],
  // The driver has a text prepared first, and that answer is lost here.
  ['statement', 'mute', false],
];

test('the connection breaks at every step: once or not at all, and the outcome says which', async () => {
  for (const [step, cut, sent] of breaks) {
    await shop.remake('CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(9))');
    const job = await jobOf(definition);
    const proxy = await CuttingProxy.open(shop.server.socket);
    const url = `mariadb://owner@127.0.0.1:${proxy.port}/shop`;
    const target = openTarget({ name: 'distant', url, password: () => 'owner', shadow });
    const onStep = (one: RunStep): void => {
      if (one === step) proxy.do(cut);
    };
    const outcome = await target.run({ ...job, onStep });
    proxy.close();
    requireHonest(outcome, step);
    await requireOnce(job, step, sent);
  }
});

test('the connection breaks when the definition has reached the server: it ran, and the marker knows', async () => {
  const job = await jobOf(definition);
  const cut = await cutAt(definition, 'after', shop.server);
  const url = `mariadb://owner@/shop?socket=${cut.socket}`;
  const target = openTarget({ name: 'distant', url, password: () => 'owner', shadow });
  expect(await target.run(job)).toMatchObject({ kind: 'ambiguous' });
  await cut.stop();
  await requireOnce(job, 'statement', true);
});

test('the server killed at every step: once or not at all, and the outcome says which', async () => {
  for (const step of passed) {
    await shop.remake('CREATE TABLE t (a INT PRIMARY KEY, b VARCHAR(9))');
    const job = await jobOf(definition);
    const onStep = (one: RunStep): Promise<void> | undefined =>
      one === step ? shop.server.restart() : undefined;
    const outcome = await shop.target.run({ ...job, onStep });
    requireHonest(outcome, step);
    await requireOnce(job, step);
  }
});

/** Lost before it was sent, nothing was done; lost after, the marker is to be asked. */
function requireHonest(outcome: RunOutcome, step: RunStep): void {
  const said = outcome.kind === 'failed' ? outcome.code : outcome.kind;
  if (step === 'committed' || step === 'committing') expect(said, step).toBe('executed');
  else if (step === 'ran' || step === 'statement') expect(said, step).toBe('ambiguous');
  else expect(['target/session-lost', 'target/unreachable'], step).toContain(said);
}

test('a session that still runs it is waited for, and what the schema cannot tell is left to a person', async () => {
  const job = await jobOf('TRUNCATE TABLE t');
  const { promise: waited, resolve: go } = Promise.withResolvers<undefined>();
  const { promise: marked, resolve: isMarked } = Promise.withResolvers<undefined>();
  const running = shop.target.run({
    ...job,
    onStep: async (one) => {
      if (one !== 'statement') return;
      isMarked(undefined);
      await waited;
      throw new Killed(one);
    },
  });
  running.catch(() => undefined);
  await marked;
  expect(await codeOf(shop.target.marker(job.requestId))).toBe('target/busy');
  expect(await shop.target.run(job)).toMatchObject({ kind: 'failed', code: 'target/busy' });
  go(undefined);
  await expect(running).rejects.toThrow(Killed);
  const marker = await vi.waitFor(() => shop.target.marker(job.requestId), {
    timeout: 20_000,
    interval: 100,
  });
  expect(marker).toMatchObject({ kind: 'begun' });
  expect(await shop.target.run(job)).toMatchObject({ kind: 'failed', code: 'statement/failed' });
  expect(shop.sql('SELECT COUNT(*) FROM t')).toBe('3\n');
});

test('a schema that is neither the one before nor the one after is left to a person', async () => {
  const job = await jobOf(definition);
  const onStep = (one: RunStep): void => {
    if (one === 'ran') shop.sql('CREATE TABLE other (a INT)');
  };
  expect(await shop.target.run({ ...job, onStep })).toMatchObject({ kind: 'ambiguous' });
  expect(await vi.waitFor(() => shop.target.marker(job.requestId), { timeout: 20_000 })).toMatchObject({
    kind: 'begun',
  });
  shop.sql('DROP TABLE other');
  expect(await shop.target.marker(job.requestId)).toMatchObject({ kind: 'begun' });
});

/** Another session's change, and the step at which it comes. */
const meddling: readonly (readonly [what: string, step: RunStep, text: string, left: string])[] = [
  ['it ran and another session takes it back', 'ran', 'ALTER TABLE t DROP COLUMN c', 'a,b'],
  ['it failed and another session does it', 'statement', definition, 'a,b,c'],
];
test.each(meddling)('it is never sent again when %s', async (_, step, text, left) => {
  const job = await jobOf(definition);
  const onStep = (one: RunStep): void => {
    if (one === step) shop.sql(text);
  };
  expect(await shop.target.run({ ...job, onStep })).toMatchObject({ kind: 'ambiguous' });
  const marker = await vi.waitFor(() => shop.target.marker(job.requestId), { timeout: 20_000 });
  expect(marker).toMatchObject({ kind: 'begun' });
  expect(await shop.target.run(job)).toMatchObject({ kind: 'failed', code: 'statement/failed' });
  expect(columns()).toBe(left);
});

test('one that leaves the schema as it is, and fails in a way that may come after its effect, is left to a person', async () => {
  const job = await jobOf('TRUNCATE TABLE t');
  const onStep = (one: RunStep): void => {
    if (one === 'statement') shop.sql('SET GLOBAL read_only = 1');
    if (one === 'ran') shop.sql('SET GLOBAL read_only = 0');
  };
  expect(await shop.target.run({ ...job, onStep })).toMatchObject({ kind: 'ambiguous' });
  const marker = await vi.waitFor(() => shop.target.marker(job.requestId), { timeout: 20_000 });
  expect(marker).toMatchObject({ kind: 'begun' });
});

test('a dearer way to alter the table than the one that approvers saw is refused by the server', async () => {
  const job = await jobOf('ALTER TABLE t ADD COLUMN c INT FIRST');
  const onStep = (one: RunStep): void => {
    if (one === 'statement') shop.sql("SET GLOBAL innodb_instant_alter_column_allowed = 'never'");
  };
  expect(await shop.target.run({ ...job, onStep })).toMatchObject({
    kind: 'failed',
    code: 'statement/failed',
  });
  shop.sql("SET GLOBAL innodb_instant_alter_column_allowed = 'add_drop_reorder'");
  expect(await shop.target.marker(job.requestId)).toEqual({ kind: 'absent' });
  expect(columns()).toBe('a,b');
});

test('a target that was prepared before there was such a marker has to be prepared anew', async () => {
  const job = await jobOf(definition);
  shop.sql('DROP TABLE _countersign_alone');
  expect(await shop.target.run(job)).toMatchObject({ code: 'target/not-prepared' });
  expect(await codeOf(shop.target.dryRun(job.statements))).toBe('target/not-prepared');
  expect(await shop.target.marker(job.requestId)).toEqual({ kind: 'absent' });
  await shop.target.prepare();
  expect((await shop.target.run(job)).kind).toBe('executed');
});
