import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { signSubmission } from '@countersign/messages';
import { afterAll, expect, test, vi } from 'vitest';
import type { HttpAnswer } from '../../apps/executor/test/http-client.ts';
import { isTerminal, type RequestState } from '../../apps/executor/src/store/schema.ts';
import { Lab, removeLabs } from './lab.ts';
import { changeRoster, newApprover, newKeyLine } from './roster-lab.ts';
import { serveApart, type ServeProcess } from './serve-process.ts';
import { Client } from './serving.ts';

/** Submissions in all; `COUNTERSIGN_LOAD=10000` is the run that docs/serving.md tells of. */
const size = Number(process.env['COUNTERSIGN_LOAD'] ?? '120');
const identities = Math.min(100, size);
const workers = 32;
const kills = Math.max(2, Math.min(12, Math.floor(size / 800)));
/** The last third goes through one process, so that its memory can be looked at. */
const undisturbed = Math.floor((size * 2) / 3);

vi.setConfig({ testTimeout: 240_000 + size * 300 });
afterAll(removeLabs);

/** What is submitted: reads, changes that policy denies, and insertions that one person approves. */
function sqlOf(index: number): string {
  if (index % 10 === 0) return `INSERT INTO ran (n) VALUES (${index})`;
  return index % 3 === 0 ? 'DELETE FROM orders' : `SELECT id, status FROM orders WHERE id > ${index}`;
}

/** A server that is killed now and then and comes back on the same port. */
class Mortal {
  readonly #lab: Lab;
  readonly port: number;
  server: ServeProcess;
  deaths = 0;

  private constructor(lab: Lab, server: ServeProcess) {
    this.#lab = lab;
    this.server = server;
    this.port = Number(new URL(server.url).port);
  }

  static async start(lab: Lab): Promise<Mortal> {
    return new Mortal(lab, await serveApart(lab, 0));
  }

  async kill(): Promise<void> {
    this.deaths += 1;
    this.server.child.kill('SIGKILL');
    expect(await this.server.ended).toBe('SIGKILL');
    this.server = await serveApart(this.#lab, this.port);
  }

  /** Resident memory of the process, in MiB. */
  get residentMiB(): number {
    const status = readFileSync(`/proc/${this.server.child.pid ?? 0}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  }
}

/** Asks until there is an answer that is not about the server itself. */
async function insist(ask: () => Promise<HttpAnswer>): Promise<HttpAnswer> {
  for (;;) {
    try {
      const answer = await ask();
      if (answer.status < 500 && answer.status !== 408 && answer.status !== 429) return answer;
    } catch {
      // The line broke, or nobody listens: the process was killed.
    }
    await sleep(100);
  }
}

/** Lets one at a time in. */
function oneAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work, work);
    last = next.catch(() => undefined);
    return next;
  };
}

test(`${size} submissions of ${identities} services, while the server is killed ${kills} times`, async () => {
  const lab = await Lab.make();
  lab.write('CREATE TABLE ran (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)');
  const names = Array.from({ length: identities }, (_, index) => `load-${index}`);
  const entries = names.map(
    (name) =>
      `  ${name}:\n    name: ${name}\n    kind: service\n    roles: [operator]\n    keys:\n      - key: ${newKeyLine(name)}\n`,
  );
  await changeRoster(lab, (yaml) => yaml.replace(/^ {2}ci:\n/m, `${entries.join('')}  ci:\n`));
  const domain = await lab.inWorld((world) => world.domain);
  const mortal = await Mortal.start(lab);
  const { url } = mortal.server;
  const olivia = Client.of(url, 'olivia');
  const approving = oneAtATime();
  const killing = oneAtATime();

  const approve = (id: string): Promise<void> =>
    approving(async () => {
      const body = lab.approver('ada').decide(await lab.export(id), { choice: 'approve' });
      const type = 'application/vnd.countersign.response';
      const { json } = await insist(() => olivia.call('POST', '/v1/decisions', { body, type }));
      expect(json['code']).toBe('import/done');
    });
  const run = async (client: Client, id: string): Promise<void> => {
    for (;;) {
      const { json } = await insist(() => client.post(`/v1/requests/${id}/run`));
      if (json['code'] === 'run/executed') return;
      const { json: shown } = await insist(() => client.get(`/v1/requests/${id}`));
      if (isTerminal(shown['state'] as RequestState)) return;
      await sleep(50);
    }
  };
  const submit = async (index: number): Promise<void> => {
    const machine = newApprover(names[index % identities] ?? '');
    const client = new Client(url, machine);
    const id = createHash('sha256').update(`load ${index}`).digest().subarray(0, 16);
    const submission = {
      version: 1,
      domain,
      id: new Uint8Array(id),
      madeAt: Math.floor(Date.now() / 1000),
      target: 'demo',
      statements: [{ sql: sqlOf(index), params: [] }],
      reason: `number ${index}`,
    } as const;
    const bytes = signSubmission(submission, machine.signer);
    let answer = await insist(() => client.send(bytes, '?wait=5'));
    while (answer.json['state'] === 'submitted' || answer.json['state'] === 'allowed')
      answer = await insist(() => client.get(`/v1/requests/${id.toString('hex')}/wait?wait=5`));
    expect([200, 202], answer.text).toContain(answer.status);
    if (answer.json['code'] !== 'request/pending') return;
    await approve(id.toString('hex'));
    await run(client, id.toString('hex'));
  };

  let next = 0;
  const memory: number[] = [];
  const work = async (): Promise<void> => {
    for (let index = next++; index < size; index = next++) {
      if (index < undisturbed && index % Math.floor(undisturbed / kills) === 5)
        void killing(() => mortal.kill());
      if (index >= undisturbed && index % Math.ceil(size / 60) === 0) memory.push(mortal.residentMiB);
      await submit(index);
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  await killing(() => mortal.kill());
  mortal.server.child.kill('SIGTERM');
  expect(await mortal.server.ended).toBe(0);
  expect(mortal.deaths).toBeGreaterThan(kills);

  const rows = await lab.inWorld((world) =>
    world.store.database
      .prepare<[], { id: Uint8Array; state: RequestState; submitter: string }>(
        'SELECT id, state, submitter FROM request',
      )
      .all(),
  );
  expect(rows).toHaveLength(size);
  expect(new Set(rows.map(({ submitter }) => submitter)).size).toBe(identities);
  expect(rows.filter(({ state }) => !isTerminal(state))).toEqual([]);
  const executed = rows.filter(({ state }) => state === 'executed').length;
  expect(executed).toBeGreaterThan(0);
  // A row for each that says it ran, and none twice.
  const inserted = lab.rows('SELECT n, count(*) FROM ran GROUP BY n');
  expect(inserted.filter(([, count]) => count !== 1n && count !== 1)).toEqual([]);
  expect(inserted).toHaveLength(executed);
  const bundle = lab.path('all.csledger');
  await lab.say('ledger', 'export', '--out', bundle);
  const root = await lab.inWorld((world) => world.paths.rootFile);
  const auditor = join(import.meta.dirname, '../../apps/auditor/src/main.ts');
  const audit = spawnSync(process.execPath, [auditor, 'verify', bundle, '--root', root, '--json'], {
    encoding: 'utf8',
  });
  expect(audit.status, audit.stderr + audit.stdout).toBe(0);
  const states = Map.groupBy(rows, ({ state }) => state);
  expect(JSON.parse(audit.stdout)).toMatchObject({ requests: { executed } });

  // Half of the undisturbed time for the process to grow to its size; after that what it takes on it gives back.
  const later = memory.slice(Math.floor(memory.length / 2));
  const growth = (later.at(-1) ?? NaN) - (later[0] ?? NaN);
  expect(growth).toBeLessThan(64);
  if (process.env['COUNTERSIGN_LOAD'] !== undefined) {
    const told = [...states].map(([state, of]) => `${of.length} ${state}`).join(', ');
    process.stdout.write(
      `${told}; ${mortal.deaths} deaths; MiB ${memory.map((one) => one.toFixed(0)).join(' ')}\n`,
    );
  }
});
