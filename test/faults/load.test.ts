import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { signSubmission } from '@countersign/messages';
import { afterAll, expect, test, vi } from 'vitest';
import type { HttpAnswer } from '../../apps/executor/test/http-client.ts';
import { isTerminal, type RequestState } from '../../apps/executor/src/store/schema.ts';
import { auditOf } from './audit-apart.ts';
import { Lab, removeLabs } from './lab.ts';
import { changeRoster, newApprover, newKeyLine } from './roster-lab.ts';
import { serveApart, type ServeProcess } from './serve-process.ts';
import { Client } from './serving.ts';

/** Submissions in all; COUNTERSIGN_LOAD asks for more. */
const size = Number(process.env['COUNTERSIGN_LOAD'] ?? '100');
const identities = Math.min(100, size);
const workers = 32;
const kills = Math.max(2, Math.min(12, Math.floor(size / 800)));
/** Where memory is no object Node lets garbage lie; in this much of it, in MiB, whatever grows without end shows, and ends the process. */
const flags = ['--max-old-space-size=128'];
/** The last third goes through one process, so that its memory can be looked at. */
const undisturbed = Math.floor((size * 2) / 3);

vi.setConfig({ testTimeout: 240_000 + size * 600 });
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
    return new Mortal(lab, await serveApart(lab, 0, flags));
  }

  async kill(): Promise<void> {
    this.deaths += 1;
    this.server.child.kill('SIGKILL');
    expect(await this.server.ended).toBe('SIGKILL');
    this.server = await serveApart(this.#lab, this.port, flags);
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
      // On a busy machine a signature may be over before it is looked at: the next one is made anew.
      const isOver = answer.json['code'] === 'http-signature/time';
      if (answer.status < 500 && answer.status !== 408 && answer.status !== 429 && !isOver) return answer;
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

/** Goes the whole way with submissions: sends them, has them approved, and has them run. */
class Traffic {
  readonly #lab: Lab;
  readonly #url: string;
  readonly #domain: Uint8Array;
  readonly #olivia: Client;
  readonly #approving = oneAtATime();

  constructor(lab: Lab, url: string, domain: Uint8Array) {
    this.#lab = lab;
    this.#url = url;
    this.#domain = domain;
    this.#olivia = Client.of(url, 'olivia');
  }

  async submit(index: number): Promise<void> {
    const machine = newApprover(nameOf(index % identities));
    const client = new Client(this.#url, machine);
    const bytes = createHash('sha256').update(`load ${index}`).digest().subarray(0, 16);
    const id = bytes.toString('hex');
    const submission = {
      version: 1,
      domain: this.#domain,
      id: new Uint8Array(bytes),
      madeAt: Math.floor(Date.now() / 1000),
      target: 'demo',
      statements: [{ sql: sqlOf(index), params: [] }],
      reason: `number ${index}`,
    } as const;
    const signed = signSubmission(submission, machine.signer);
    let answer = await insist(() => client.send(signed, '?wait=5'));
    while (answer.json['state'] === 'submitted' || answer.json['state'] === 'allowed')
      answer = await insist(() => client.get(`/v1/requests/${id}/wait?wait=5`));
    expect([200, 202], answer.text).toContain(answer.status);
    // Not by the answer: it is another one for whoever asks again after the server was killed.
    const { json: shown } = await insist(() => client.get(`/v1/requests/${id}`));
    if (shown['state'] !== 'pending') return;
    await this.#approve(id);
    await run(client, id);
  }

  #approve(id: string): Promise<void> {
    return this.#approving(async () => {
      const body = this.#lab.approver('ada').decide(await this.#lab.export(id), { choice: 'approve' });
      const type = 'application/vnd.countersign.response';
      const { json } = await insist(() => this.#olivia.call('POST', '/v1/decisions', { body, type }));
      expect(json['code']).toBe('import/done');
    });
  }
}

async function run(client: Client, id: string): Promise<void> {
  for (;;) {
    const { json } = await insist(() => client.post(`/v1/requests/${id}/run`));
    if (json['state'] === 'executed') return;
    const { json: shown } = await insist(() => client.get(`/v1/requests/${id}`));
    if (isTerminal(shown['state'] as RequestState)) return;
    await sleep(50);
  }
}

function nameOf(index: number): string {
  return `load-${index}`;
}

/** A home whose roster has as many services as there are identities. */
async function labOfMany(): Promise<Lab> {
  const lab = await Lab.make();
  lab.write('CREATE TABLE ran (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)');
  const entries = Array.from({ length: identities }, (_, index) => nameOf(index)).map(
    (name) =>
      `  ${name}:\n    name: ${name}\n    kind: service\n    roles: [operator]\n    keys:\n      - key: ${newKeyLine(name)}\n`,
  );
  await changeRoster(lab, (yaml) => yaml.replace(/^ {2}ci:\n/m, `${entries.join('')}  ci:\n`));
  return lab;
}

/** Every submission has ended, in one way; what says it ran did so, and nothing ran twice. Returns how many ended how. */
async function expectEnds(lab: Lab): Promise<ReadonlyMap<RequestState, number>> {
  const rows = await lab.inWorld((world) =>
    world.store.database
      .prepare<[], { state: RequestState; submitter: string }>('SELECT state, submitter FROM request')
      .all(),
  );
  expect(rows).toHaveLength(size);
  expect(new Set(rows.map(({ submitter }) => submitter)).size).toBe(identities);
  expect(rows.filter(({ state }) => !isTerminal(state))).toEqual([]);
  const ends = new Map(
    [...Map.groupBy(rows, ({ state }) => state)].map(([state, of]) => [state, of.length] as const),
  );
  expect(ends.get('executed')).toBeGreaterThan(0);
  const inserted = lab.rows('SELECT n, count(*) FROM ran GROUP BY n');
  expect(inserted.filter(([, count]) => count !== 1n && count !== 1)).toEqual([]);
  expect(inserted).toHaveLength(ends.get('executed') ?? 0);
  return ends;
}

/** Half of the undisturbed time is for the process to grow to its size; after that what it takes on it gives back. */
function expectFlat(memory: readonly number[]): void {
  const later = memory.slice(Math.floor(memory.length / 2));
  const growth = (later.at(-1) ?? NaN) - (later[0] ?? NaN);
  expect(growth).toBeLessThan(64);
}

test(`${size} submissions of ${identities} services, while the server is killed ${kills} times`, async () => {
  const lab = await labOfMany();
  const mortal = await Mortal.start(lab);
  const traffic = new Traffic(lab, mortal.server.url, await lab.inWorld((world) => world.domain));
  const killing = oneAtATime();
  let next = 0;
  const memory: number[] = [];
  const work = async (): Promise<void> => {
    for (let index = next++; index < size; index = next++) {
      if (index < undisturbed && index % Math.floor(undisturbed / kills) === 5)
        void killing(() => mortal.kill());
      if (index >= undisturbed && index % Math.ceil(size / 60) === 0) memory.push(mortal.residentMiB);
      await traffic.submit(index);
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  await killing(() => mortal.kill());
  mortal.server.child.kill('SIGTERM');
  expect(await mortal.server.ended).toBe(0);
  expect(mortal.deaths).toBeGreaterThan(kills);
  const ends = await expectEnds(lab);
  const executed = ends.get('executed') ?? 0;
  expect(await auditOf(lab)).toMatchObject({ exit_code: 0, requests: { executed } });
  expectFlat(memory);
  if (process.env['COUNTERSIGN_LOAD'] === undefined) return;
  const told = [...ends].map(([state, count]) => `${count} ${state}`).join(', ');
  process.stdout.write(
    `${told}; ${mortal.deaths} deaths; MiB ${memory.map((one) => one.toFixed(0)).join(' ')}\n`,
  );
});
