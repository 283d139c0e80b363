import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { assess } from '../apps/executor/src/stages/assess.ts';
import { takeIn } from '../apps/executor/src/stages/intake.ts';
import { submitDraft } from '../apps/executor/src/stages/submit.ts';
import { requireAnswer, type Benchmark, type Comparison } from './benchmark.ts';
import { draftOf, makeBenchHome, openRawStore, type BenchHome } from './home.ts';
import { measure, type Measured, type Side, type Spread } from './measure.ts';
import { formatMicros } from './report.ts';

const sql = `SELECT c.name, count(*) AS orders, sum(o.total_cents) AS total FROM orders AS o
JOIN customers AS c ON c.id = o.customer_id WHERE o.status = 'open' GROUP BY c.id ORDER BY total DESC`;
const promiseMicros = 5000;
/** What one of the two transactions of an allowed read writes: about a dozen pages of its tables and indexes. */
const recordBytes = 50_000;

export const readBenchmark: Benchmark = {
  name: 'read',
  about: 'an allowed read from draft to answer in a warm executor, against the bare query',
  run: async () => {
    const home = await makeBenchHome();
    const raw = openRawStore(home.directory);
    const database = new DatabaseSync(home.databasePath, { readOnly: true, timeout: 2000 });
    try {
      const query = database.prepare(sql);
      await requireSameRows(home, query);
      const record = new Uint8Array(recordBytes);
      const sides: Side[] = [
        {
          name: 'submitDraft',
          run: () => submitDraft(home.world, draftOf({ sql, params: [] }), home.identity),
        },
        ...stages(home),
        { name: 'one bare durable commit', run: () => raw.commit(record) },
        { name: 'the bare query, prepared, on an open connection', run: () => query.all() },
      ];
      const measured = await measure(sides, { rounds: 41, roundMs: 25 });
      return [comparison(measured, await processorMicros(home))];
    } finally {
      database.close();
      raw.close();
      await home.close();
    }
  },
};

/** What submitDraft does besides its two records, one by one. */
function stages({ world, identity }: BenchHome): Side[] {
  const draft = draftOf({ sql, params: [] });
  const intake = takeIn(world, draft, identity);
  const { statements } = intake.submission;
  const target = world.target(draft.target);
  return [
    { name: '– the draft checked and signed', run: () => takeIn(world, draft, identity) },
    {
      name: '– the database inspected, the statement classified, policy asked',
      run: () => assess(world, intake),
    },
    { name: '– of which the database inspected', run: () => target.inspect() },
    { name: '– the read in its own process', run: () => target.read(statements) },
  ];
}

async function requireSameRows({ world, identity }: BenchHome, query: StatementSync): Promise<void> {
  const submitted = await submitDraft(world, draftOf({ sql, params: [] }), identity);
  const rows = submitted.kind === 'ran' ? (submitted.result.results[0]?.rows ?? []) : [];
  const expected = query.all().map((row) => Object.values(row).map(String));
  const found = rows.map((row) => row.map((cell) => (cell.type === 'null' ? 'null' : String(cell.value))));
  requireAnswer(expected.length > 0 && JSON.stringify(found) === JSON.stringify(expected), 'the rows read');
}

/** Processor time of one submission in this process, which other programs on the machine stretch less than its duration. */
async function processorMicros({ world, identity }: BenchHome): Promise<number> {
  const submissions = 200;
  const before = process.cpuUsage();
  for (let index = 0; index < submissions; index += 1)
    await submitDraft(world, draftOf({ sql, params: [] }), identity);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / submissions;
}

function comparison(measured: readonly Measured[], processor: number): Comparison {
  const spreadOf = (name: string): Spread | undefined =>
    measured.find((side) => side.name.startsWith(name))?.micros;
  const median = (name: string): number => spreadOf(name)?.median ?? NaN;
  const added = median('submitDraft') - median('the bare query');
  const commits = 2 * median('one bare durable commit');
  const parts = median('– the draft') + median('– the database inspected,') + median('– the read');
  const fastest = (spreadOf('submitDraft')?.min ?? NaN) - median('the bare query');
  const verdict = added < promiseMicros ? 'under' : 'NOT under';
  return {
    title: 'a join of two small tables',
    measured,
    notes: [
      `processor time of submitDraft in this process, commits included: ${formatMicros(processor)}`,
      `added time: ${formatMicros(added)}, ${verdict} 5 ms (${formatMicros(fastest)} in the fastest round); without two bare durable commits: ${formatMicros(added - commits)}`,
      `the two transactions (three entries, two states of the request) are what the other stages leave: ${formatMicros(median('submitDraft') - parts)}`,
    ],
  };
}
