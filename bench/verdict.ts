import { decide, loadPolicy } from '@countersign/policy';
import type { Policy, PolicyInput, Verdict } from '@countersign/policy';
import { postgresParser } from '@countersign/program';
import { classify, provideParser } from '@countersign/sql';
import type { Dialect, Facts } from '@countersign/sql';
import mariadbPeer from 'node-sql-parser/build/mariadb.js';
import mysqlPeer from 'node-sql-parser/build/mysql.js';
import postgresPeer from 'node-sql-parser/build/postgresql.js';
import sqlitePeer from 'node-sql-parser/build/sqlite.js';
import { requireAnswer, type Benchmark, type Comparison } from './benchmark.ts';
import { measure, spread } from './measure.ts';
import { loadOrdinary, readable } from './ordinary.ts';
import { loadRegoPeer } from './rego-peer.ts';
import { formatMicros } from './report.ts';

/** A dialect, and node-sql-parser reading it. */
interface Reader {
  readonly dialect: Dialect;
  readonly corpus: string;
  readonly parse: (sql: string) => unknown;
}

const readers: readonly Reader[] = [
  {
    dialect: 'sqlite',
    corpus: 'sqlite-ordinary.json',
    parse: peer(new sqlitePeer.Parser(), 'sqlite'),
  },
  {
    dialect: 'postgres',
    corpus: 'postgres-ordinary.json',
    parse: peer(new postgresPeer.Parser(), 'postgresql'),
  },
  {
    dialect: 'mariadb',
    corpus: 'mariadb-ordinary.json',
    parse: peer(new mariadbPeer.Parser(), 'mariadb'),
  },
  {
    dialect: 'mysql',
    corpus: 'mysql-ordinary.json',
    parse: peer(new mysqlPeer.Parser(), 'mysql'),
  },
];

export const verdictBenchmark: Benchmark = {
  name: 'verdict',
  about:
    'facts and verdict of one ordinary statement under a policy of 50 rules, against a parser that only parses and OPA that only decides',
  run: async () => {
    provideParser(postgresParser);
    const policy = loadPolicy([{ path: 'fifty.yaml', text: fiftyRules() }]);
    requireAnswer(policy.rules.length === 50, 'fifty rules');
    const comparisons: Comparison[] = [];
    for (const reader of readers) comparisons.push(await compare(policy, reader));
    return comparisons;
  },
};

function peer(
  parser: { astify: (sql: string, options: { database: string }) => unknown },
  database: string,
): Reader['parse'] {
  return (sql) => parser.astify(sql, { database });
}

/** Reads run, a table of money is closed, and 47 rules about tables, kinds and hazards that each look at the facts. */
function fiftyRules(): string {
  const about = Array.from({ length: 47 }, (_, at) => {
    const conditions = [
      `"public.secret_${at}" in facts.writes && "prod" in target.tags`,
      `statements.exists(s, s.kind == "delete" && s.where == "absent") && reason.size() < ${at}`,
      `"hazard-${at}" in facts.hazards || facts.statement_count > ${at + 10}`,
      `identity.kind == "agent" && facts.effect == "ddl" && time.hour == ${at % 24}`,
    ];
    return `  - { name: rule-${at}, when: '${conditions[at % 4] ?? ''}', require: { dba: ${(at % 3) + 1} } }`;
  });
  return [
    'version: 1',
    'default: { require: { dba: 1 }, reason: a change needs one approver }',
    'rules:',
    '  - { name: reads-run, when: facts.read_only, allow: true }',
    `  - { name: money-is-closed, when: '"main.payments" in facts.writes', deny: payments are closed }`,
    '  - { name: unread, when: facts.opaque, require: { dba: 2 }, reason: not read }',
    ...about,
    '',
  ].join('\n');
}

function verdictOf(policy: Policy, facts: Facts): Verdict {
  return decide(policy, inputOf(facts));
}

function inputOf(facts: Facts): PolicyInput {
  return {
    facts,
    identity: { id: 'ada', kind: 'human', roles: ['operator'] },
    target: { name: 'shop', engine: facts.dialect, tags: ['prod'] },
    time: { unix: 1_767_600_000, hour: 8, weekday: 1 },
    reason: 'a reason of some length that nobody would call short, so that no rule asks for more',
    context: [['ticket', 'OPS-1']],
  };
}

async function compare(policy: Policy, { dialect, corpus, parse }: Reader): Promise<Comparison> {
  const texts = loadOrdinary(corpus).map(({ sql }) => sql);
  const judge = (sql: string): Verdict => verdictOf(policy, classify(sql, dialect));
  for (const sql of texts) {
    const facts = classify(sql, dialect);
    const { decision } = verdictOf(policy, facts);
    requireAnswer(decision === (facts.readOnly ? 'allow' : 'require'), `${decision} for ${sql}`);
  }
  const read = readable(texts, parse);
  const rego = await loadRegoPeer();
  const documents = read.map((sql) => {
    const input = inputOf(classify(sql, dialect));
    return rego.prepare(policy, input, decide(policy, input).decision);
  });
  const sides = [
    { name: 'classify and decide', run: () => read.forEach((sql) => judge(sql)) },
    {
      name: 'OPA (WASM), decide alone',
      run: () =>
        documents.forEach((document) => {
          rego.decide(document);
        }),
    },
    { name: 'node-sql-parser, parse alone', run: () => read.forEach((sql) => parse(sql)) },
  ];
  const title = `${dialect}, the ${read.length} of ${texts.length} statements that node-sql-parser can read`;
  const measured = await measure(sides, { units: read.length, roundMs: 60 });
  return { title, measured, notes: [singleStatements(texts, judge)] };
}

const repetitions = 21;

/**
 * Median and 99th percentile of single verdicts over the whole corpus. A busy machine makes the second what it was away; so
 * it is also said within what time 99 of 100 statements stay, each at the median of its own runs.
 */
function singleStatements(texts: readonly string[], judge: (sql: string) => Verdict): string {
  const runs = texts.map((): number[] => []);
  for (let round = 0; round < repetitions; round += 1) {
    for (const [index, sql] of texts.entries()) {
      const start = performance.now();
      judge(sql);
      runs[index]?.push((performance.now() - start) * 1000);
    }
  }
  const at = (share: number, micros: readonly number[]): string =>
    formatMicros(micros.toSorted((a, b) => a - b)[Math.floor(micros.length * share)] ?? NaN);
  const own = runs.map((micros) => spread(micros).median);
  const all = runs.flat();
  return `One verdict at a time, all ${texts.length} statements: median ${at(0.5, all)}, 99th percentile ${at(0.99, all)}; of the statements at their own medians ${at(0.99, own)}.`;
}
