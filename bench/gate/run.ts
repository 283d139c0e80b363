/**
 * `node bench/gate/run.ts` measures `countersign serve` in front of a PostgreSQL: an allowed read through it, against the same query on a
 * direct connection and through pgbouncer, in the same run; and submissions that are durably recorded, against the store's own
 * commits. It asserts right answers and no times.
 */
import { openRawStore } from '../home.ts';
import { formatMachine } from '../report.ts';
import { load, type Ask, type Load } from './load.ts';
import { denials, gateClients, pgClients, reads } from './roads.ts';
import { startServers, type Servers } from './servers.ts';

const rounds = 3;
/** Answers of one round: the roads differ by two orders of magnitude. */
const asked = { direct: 4_000, gate: 150, denied: 500 };

interface Road {
  readonly name: string;
  readonly round: () => Promise<Load>;
}

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;

/** Measures the roads in turn, so that a slow moment of the machine meets all of them; returns the medians. */
async function inTurn(roads: readonly Road[]): Promise<readonly (Load & { readonly name: string })[]> {
  const found = roads.map((): Load[] => []);
  for (const { round } of roads) await round();
  for (let at = 0; at < rounds; at += 1)
    for (const [index, { round }] of roads.entries()) found[index]?.push(await round());
  return roads.map(({ name }, index) => {
    const own = found[index] ?? [];
    return {
      name,
      perSecond: median(own.map(({ perSecond }) => perSecond)),
      p50Ms: median(own.map(({ p50Ms }) => p50Ms)),
      p99Ms: median(own.map(({ p99Ms }) => p99Ms)),
    };
  });
}

async function readThrough(servers: Servers, domain: Uint8Array, count: number): Promise<void> {
  const direct = await pgClients(servers.postgres.port, count);
  const bouncer = await pgClients(servers.bouncerPort, count);
  const share = count === 1 ? 0.2 : 1;
  const over = (clients: readonly Ask[]) => () => load(clients, asked.direct * share);
  const found = await inTurn([
    { name: 'direct', round: over(direct.clients) },
    { name: 'pgbouncer', round: over(bouncer.clients) },
    { name: 'countersign', round: () => throughGate(servers, reads(domain, asked.gate * share), count) },
  ]);
  await direct.close();
  await bouncer.close();
  const [floor] = found;
  say(`\n| a read of one row, ${count} clients | a second | ÷ direct | p50 | added | p99 | added |`);
  say('|---|--:|--:|--:|--:|--:|--:|');
  for (const { name, perSecond, p50Ms, p99Ms } of found) {
    const added = (one: number, from = 0): string => `${(one - from).toFixed(2)} ms`;
    say(
      `| ${name} | ${perSecond.toFixed(0)} | ${(perSecond / (floor?.perSecond ?? NaN)).toFixed(3)} | ${added(p50Ms)} | ${added(p50Ms, floor?.p50Ms)} | ${added(p99Ms)} | ${added(p99Ms, floor?.p99Ms)} |`,
    );
  }
}

async function throughGate(
  servers: Servers,
  submissions: ReturnType<typeof reads>,
  count: number,
): Promise<Load> {
  const times = submissions.length;
  const gate = gateClients(servers, submissions, count);
  const found = await load(gate.clients, times);
  gate.close();
  return found;
}

async function recordDurably(servers: Servers, domain: Uint8Array): Promise<void> {
  const store = openRawStore(servers.lab.root);
  const record = new Uint8Array(2_048);
  const commit: Ask = () => {
    store.commit(record);
    return Promise.resolve();
  };
  const deny = (target: string, sql: string) => () =>
    throughGate(servers, denials(domain, target, sql, asked.denied), 50);
  const found = await inTurn([
    { name: 'a bare durable commit of 2 KB', round: () => load([commit], asked.denied) },
    { name: 'a denied change on SQLite', round: deny('demo', 'DELETE FROM orders') },
    { name: 'a denied change on PostgreSQL', round: deny('shop', 'DELETE FROM accounts') },
  ]);
  store.close();
  say('\n| recorded durably, 50 clients | a second | ÷ commit | p50 | p99 |\n|---|--:|--:|--:|--:|');
  for (const { name, perSecond, p50Ms, p99Ms } of found) {
    const share = perSecond / (found[0]?.perSecond ?? NaN);
    say(
      `| ${name} | ${perSecond.toFixed(0)} | ${share.toFixed(3)} | ${p50Ms.toFixed(2)} ms | ${p99Ms.toFixed(2)} ms |`,
    );
  }
}

const servers = await startServers();
try {
  say(formatMachine());
  const domain = await servers.lab.inWorld((world) => world.domain);
  await readThrough(servers, domain, 1);
  await readThrough(servers, domain, 50);
  await recordDurably(servers, domain);
} finally {
  await servers.stop();
}
