/**
 * `node bench/gate/run.ts` measures `countersign serve` in front of a PostgreSQL: an allowed read through it, against the same query on a
 * direct connection, through pgbouncer and through a bare program that speaks HTTP, in the same run; at a steady rate far below what they
 * can, and as fast as they can. Then submissions that are durably recorded, against the store's own commits. It asserts right answers and no times.
 *
 * `node bench/gate/run.ts PART ...` measures the named parts only; with `GATE_ALONE` set, the gate without what it is compared to.
 */
import { openRawStore } from '../home.ts';
import { formatMachine } from '../report.ts';
import { floors } from './floors.ts';
import { load, paced, type Ask, type Load } from './load.ts';
import { bareClients, denials, gateClients, pgClients, reads, type Clients, type Signed } from './roads.ts';
import { processorMs } from './processor.ts';
import { startServers, type Servers } from './servers.ts';

const rounds = 3;
/** Answers of one round as fast as it goes. */
const asked = { direct: 4_000, gate: 1_500, denied: 1_500 };
/** Reads a second, for so many seconds, where it is not speed that is asked. */
const pace = { perSecond: 200, count: 800 };

/** Set while one works on the gate itself: its times are the only ones wanted, and soon. */
const alone = process.env['GATE_ALONE'] !== undefined;

interface Road {
  readonly name: string;
  readonly round: () => Promise<Load>;
}

/** What a road did, and the processor time that an answer took: of the gate, and of PostgreSQL. */
interface Found extends Load {
  readonly name: string;
  readonly gateMs: number;
  readonly postgresMs: number;
}

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};
const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;

/** Measures the roads in turn, so that a slow moment of the machine meets all of them; returns the medians. */
async function inTurn({ gatePid, postgresPid }: Servers, roads: readonly Road[]): Promise<readonly Found[]> {
  const found = roads.map((): Omit<Found, 'name'>[] => []);
  for (let at = -1; at < rounds; at += 1)
    for (const [index, { round }] of roads.entries()) {
      const before = [processorMs(gatePid), processorMs(postgresPid)] as const;
      const one = await round();
      const gateMs = (processorMs(gatePid) - before[0]) / one.count;
      const postgresMs = (processorMs(postgresPid) - before[1]) / one.count;
      // The first round warms up.
      if (at >= 0) found[index]?.push({ ...one, gateMs, postgresMs });
    }
  return roads.map(({ name }, index) => {
    const of = (value: (one: Omit<Found, 'name'>) => number): number =>
      median((found[index] ?? []).map(value));
    return {
      name,
      perSecond: of(({ perSecond }) => perSecond),
      p50Ms: of(({ p50Ms }) => p50Ms),
      p99Ms: of(({ p99Ms }) => p99Ms),
      count: of(({ count }) => count),
      firstMs: of(({ firstMs }) => firstMs),
      gateMs: of(({ gateMs }) => gateMs),
      postgresMs: of(({ postgresMs }) => postgresMs),
    };
  });
}

/** How clients ask: as fast as they can, or at the pace above; the gate is given as many submissions as it will take. */
interface Manner {
  readonly part: string;
  readonly title: string;
  readonly clients: number;
  readonly ask: (clients: readonly Ask[], count: number) => Promise<Load>;
  readonly direct: number;
  readonly gate: number;
}

const manners: readonly Manner[] = [1, 50].flatMap((clients) => [
  {
    part: `paced-${clients}`,
    title: `a read of one row, ${clients} clients, ${pace.perSecond} reads a second in all`,
    clients,
    ask: (all, count) => paced(all, pace.perSecond, count),
    direct: pace.count,
    gate: pace.count,
  },
  {
    part: `fast-${clients}`,
    title: `a read of one row, ${clients} clients, as fast as it goes`,
    clients,
    ask: load,
    direct: asked.direct / (clients === 1 ? 4 : 1),
    gate: asked.gate / (clients === 1 ? 4 : 1),
  },
]);

async function readThrough(servers: Servers, domain: Uint8Array, manner: Manner): Promise<void> {
  const { clients: count, ask } = manner;
  const open: Clients[] = [];
  try {
    if (!alone) {
      open.push(await pgClients(servers.postgres.port, count));
      open.push(await pgClients(servers.bouncerPort, count));
      open.push(bareClients(servers, count));
    }
    const names = ['direct', 'pgbouncer', 'HTTP and a pool, no gate'];
    const found = await inTurn(servers, [
      ...open.map(({ clients }, at) => ({ name: names[at] ?? '', round: () => ask(clients, manner.direct) })),
      {
        name: 'countersign',
        round: () => throughGate(servers, reads(domain, manner.gate + count), manner.gate, count, ask),
      },
    ]);
    sayReads(manner.title, found);
  } finally {
    for (const { close } of open) await close();
  }
}

function sayReads(title: string, found: readonly Found[]): void {
  const floor = alone ? undefined : found[0];
  say(
    `\n| ${title} | a second | ÷ direct | p50 | added | p99 | added | the first at once | processor: gate | PostgreSQL |`,
  );
  say('|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|');
  for (const { name, perSecond, p50Ms, p99Ms, firstMs, gateMs, postgresMs } of found) {
    const added = (one: number, from = 0): string => `${(one - from).toFixed(2)} ms`;
    say(
      `| ${name} | ${perSecond.toFixed(0)} | ${(perSecond / (floor?.perSecond ?? NaN)).toFixed(3)} | ${added(p50Ms)} | ${added(p50Ms, floor?.p50Ms)} | ${added(p99Ms)} | ${added(p99Ms, floor?.p99Ms)} | ${firstMs.toFixed(1)} ms | ${gateMs.toFixed(2)} ms | ${postgresMs.toFixed(2)} ms |`,
    );
  }
}

async function throughGate(
  servers: Servers,
  submissions: Signed[],
  times: number,
  count: number,
  ask: Manner['ask'] = load,
): Promise<Load> {
  const gate = gateClients(servers, submissions, count);
  try {
    return await ask(gate.clients, times);
  } finally {
    await gate.close();
  }
}

/** Parts that submit what policy denies, each to a target. */
const denied = [
  { part: 'denied-sqlite', engine: 'SQLite', target: 'demo', sql: 'DELETE FROM orders' },
  { part: 'denied-postgres', engine: 'PostgreSQL', target: 'shop', sql: 'DELETE FROM accounts' },
] as const;

async function recordDurably(
  servers: Servers,
  domain: Uint8Array,
  parts: readonly (typeof denied)[number][],
): Promise<void> {
  const store = openRawStore(servers.lab.root);
  const record = new Uint8Array(2_048);
  const commit: Ask = () => {
    store.commit(record);
    return Promise.resolve();
  };
  const bare = { name: 'a bare durable commit of 2 KB', round: () => load([commit], asked.denied) };
  const found = await inTurn(servers, [
    ...(alone ? [] : [bare]),
    ...parts.map(({ engine, target, sql }) => ({
      name: `a denied change on ${engine}`,
      round: () => throughGate(servers, denials(domain, target, sql, asked.denied + 50), asked.denied, 50),
    })),
  ]);
  store.close();
  say('\n| recorded durably, 50 clients | a second | ÷ commit | p50 | p99 | processor: gate |');
  say('|---|--:|--:|--:|--:|--:|');
  for (const { name, perSecond, p50Ms, p99Ms, gateMs } of found) {
    const share = perSecond / ((alone ? undefined : found[0])?.perSecond ?? NaN);
    say(
      `| ${name} | ${perSecond.toFixed(0)} | ${share.toFixed(3)} | ${p50Ms.toFixed(2)} ms | ${p99Ms.toFixed(2)} ms | ${gateMs.toFixed(2)} ms |`,
    );
  }
}

const parts = ['floors', ...[...manners, ...denied].map(({ part }) => part)];
const wanted = process.argv.slice(2);
const unknown = wanted.find((part) => !parts.includes(part));
if (unknown !== undefined) throw new Error(`there is no part ${unknown}; there are ${parts.join(', ')}`);
const isWanted = ({ part }: { readonly part: string }): boolean =>
  wanted.length === 0 || wanted.includes(part);

const servers = await startServers();
say(formatMachine());
if (isWanted({ part: 'floors' })) {
  say('\n| what no gate can leave out | by itself |\n|---|--:|');
  for (const line of await floors(servers.lab.root)) say(line);
}
const domain = await servers.lab.inWorld((world) => world.domain);
for (const manner of manners.filter(isWanted)) await readThrough(servers, domain, manner);
const recorded = denied.filter(isWanted);
if (recorded.length > 0) await recordDurably(servers, domain, recorded);
await servers.stop();
// The other servers end with this process, and would keep it from ending by itself.
process.exit();
