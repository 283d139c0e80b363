import { changedRows } from '@countersign/diff';
import { readFileSync } from 'node:fs';
import { requireAnswer, type Benchmark, type Comparison } from '../benchmark.ts';
import { measure } from '../measure.ts';
import { tableRows, type BenchedEngine } from './engine.ts';
import { hasMysql } from '../../test/servers/mysql.ts';
import { onMariadb, onMysql } from './on-mysql.ts';
import { onPostgres } from './on-postgres.ts';
import { onSqlite } from './on-sqlite.ts';

/** Rows of the table in which all are changed at once, to see what memory that takes. */
const manyRows = 1_000_000;
const mebibyte = 1 << 20;

export const diffBenchmark: Benchmark = {
  name: 'diff',
  about: `an UPDATE of a table of ${tableRows} rows with its exact diff, against running it and rolling back`,
  run: async () => {
    const comparisons: Comparison[] = [];
    for (const open of [onSqlite, onPostgres, onMariadb, ...(hasMysql ? [onMysql] : [])]) {
      const engine = await open();
      try {
        for (const rows of [1, 1000, tableRows]) comparisons.push(await compare(engine, rows));
        comparisons.push(await compareMany(engine));
      } finally {
        await engine.stop();
      }
    }
    return comparisons;
  },
};

async function compare(engine: BenchedEngine, rows: number): Promise<Comparison> {
  const { name, target } = engine;
  const sql = engine.update(rows);
  const statements = [{ sql, params: [] }];
  const { diff } = await target.dryRun(statements);
  requireAnswer(changedRows(diff) === rows, `${rows} changed rows`);
  const sides = [
    { name: 'dryRun', run: () => target.dryRun(statements) },
    {
      name: 'the statement and a rollback',
      run: async () => requireAnswer((await engine.plain(sql)) === rows, `${rows} changed rows`),
    },
  ];
  const measured = await measure(
    sides,
    rows === tableRows ? { rounds: 5, roundMs: 0 } : { roundMs: 100, rounds: 11 },
  );
  const notes = rows === 1 ? (await locksHeld(engine)).map((lock) => `meanwhile: ${lock}`) : [];
  return { title: `${name}, ${rows} changed rows`, measured, notes };
}

/** What is locked between the statements and the commit, asked in a run that is then rolled back. */
async function locksHeld({ target, update, locks }: BenchedEngine): Promise<readonly string[]> {
  let held: readonly string[] = [];
  const { identity } = await target.inspect();
  if (identity === null) throw new Error('target is not prepared');
  const outcome = await target.run({
    requestId: new Uint8Array(16),
    requestDigest: new Uint8Array(32),
    statements: [{ sql: update(1), params: [] }],
    // Of no diff: the run is rolled back whatever it finds.
    expectedDigest: new Uint8Array(32),
    expectedIdentity: identity,
    startedAt: 0,
    onStep: async (step) => {
      if (step === 'compared') held = await locks();
    },
  });
  requireAnswer(outcome.kind === 'drifted', 'a run that is rolled back');
  return held;
}

async function compareMany(engine: BenchedEngine): Promise<Comparison> {
  await engine.fill(manyRows);
  const sql = engine.update(manyRows);
  const before = ownMemory();
  let highest = before;
  const timer = setInterval(() => {
    highest = Math.max(highest, ownMemory());
  }, 50);
  const once = async (): Promise<void> => {
    const { diff } = await engine.target.dryRun([{ sql, params: [] }], { timeoutMs: 600_000 });
    requireAnswer(changedRows(diff) === manyRows, `${manyRows} changed rows`);
  };
  const plain = async (): Promise<void> => requireAnswer((await engine.plain(sql)) === manyRows, 'all rows');
  const sides = [
    { name: 'dryRun', run: once },
    { name: 'the statement and a rollback', run: plain },
  ];
  try {
    const measured = await measure(sides, { rounds: 1, warmUp: false, roundMs: 0 });
    const grown = (highest - before) / mebibyte;
    const notes = [`memory of the processes of ours grew by ${Math.round(grown)} MiB at most`];
    return { title: `${engine.name}, ${manyRows} changed rows`, measured, notes };
  } finally {
    clearInterval(timer);
  }
}

/** Bytes that this process and the sessions that it started hold in memory; servers are none of ours. */
function ownMemory(): number {
  const children = readFileSync('/proc/thread-self/children', 'utf8').split(' ').filter(isSession);
  return children.reduce((sum, pid) => sum + residentOf(pid), process.memoryUsage.rss());
}

function isSession(pid: string): boolean {
  return pid !== '' && readText(`/proc/${pid}/cmdline`).includes('session-main');
}

function residentOf(pid: string): number {
  return Number(/^VmRSS:\s+([0-9]+) kB$/m.exec(readText(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;
}

/** Empty when the process has ended meanwhile. */
function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
