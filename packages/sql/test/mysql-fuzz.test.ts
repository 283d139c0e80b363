import fc from 'fast-check';
import mariadbPeer from 'node-sql-parser/build/mariadb.js';
import mysqlPeer from 'node-sql-parser/build/mysql.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { classify } from '@countersign/sql';
import type { Catalog, Facts } from '@countersign/sql';
import { Engine } from './mysql-engine.ts';
import { mysqlCatalog, ordinaryOf, textOf, vectorsOf } from './mysql-files.ts';
import type { MysqlDialect } from './mysql-files.ts';
import { FUZZ_TIMEOUT_MS, FuzzCount, fuzzEffort, mutations, piecesOf } from './mutation.ts';

const SEED = 20_261_128;
const { fixture } = vectorsOf('mariadb');
const catalog = mysqlCatalog('mariadb');
/** The view that writes: where what is assumed does not hold only the answer with a catalogue counts. */
const BROKEN_ASSUMPTION = /noisy/i;
let engine: Engine;

beforeAll(async () => {
  engine = await Engine.start(fixture);
}, 60_000);

afterAll(() => engine.stop());

function corpusOf(dialect: MysqlDialect): readonly string[] {
  const vectors = vectorsOf(dialect)
    .vectors.filter(({ truth, outside }) => truth.engine !== 'not-run' && outside !== true)
    .map(textOf)
    .filter((sql) => sql.length < 500);
  return [...vectors, ...ordinaryOf(dialect).statements.map(({ sql }) => sql)];
}

const BETWEEN = [
  '',
  ' ',
  ';',
  '/**/',
  '-- \n',
  '#\n',
  ' UNION ',
  '(',
  ')',
  'ANALYZE ',
  ' WHERE ',
  '`',
  "'",
  '"',
  '\\',
  ':=',
];

function texts(dialect: MysqlDialect): fc.Arbitrary<string> {
  return mutations(piecesOf(corpusOf(dialect)), BETWEEN);
}

const assumed: Catalog = { ...catalog, tables: new Map(), triggers: [], partial: true };

function claimed(sql: string): boolean {
  const known = classify(sql, 'mariadb', catalog).readOnly;
  return known || (classify(sql, 'mariadb', assumed).readOnly && !BROKEN_ASSUMPTION.test(sql));
}

test(
  'whatever is spliced together, nothing that changes the server is called a read',
  async () => {
    const count = new FuzzCount();
    const run = async (sql: string): Promise<void> => {
      count.texts += 1;
      if (!claimed(sql)) return;
      count.reads += 1;
      const seen = await engine.observe(sql);
      if (seen.error === undefined) count.taken += 1;
      expect([sql, seen.what]).toEqual([sql, []]);
    };
    const property = fc.asyncProperty(texts('mariadb'), run);
    await fc.assert(property, fuzzEffort(SEED, 5000));
    count.report('mariadb');
    expect(count.taken).toBeGreaterThan(100);
  },
  FUZZ_TIMEOUT_MS,
);

const PEERS = { mysql: new mysqlPeer.Parser(), mariadb: new mariadbPeer.Parser() };

/** What node-sql-parser makes of a text: `select::shop::orders` and its like, or undefined when it does not read it. */
function secondOpinion(dialect: MysqlDialect, sql: string): readonly string[] | undefined {
  try {
    return PEERS[dialect].tableList(sql, { database: dialect });
  } catch {
    return undefined;
  }
}

test.each(['mysql', 'mariadb'] as const)(
  '%s: node-sql-parser sees no write in what is called a read',
  (dialect) => {
    let both = 0;
    const run = (sql: string): void => {
      // It knows no backslash before a quote.
      if (sql.includes('\\')) return;
      const facts: Facts = classify(sql, dialect);
      if (!facts.readOnly || facts.statements.some(({ kind }) => kind !== 'select')) return;
      const opinion = secondOpinion(dialect, sql);
      if (opinion === undefined) return;
      both += 1;
      expect([sql, opinion.filter((entry) => !entry.startsWith('select::'))]).toEqual([sql, []]);
    };
    fc.assert(fc.property(texts(dialect), run), { seed: SEED, numRuns: 8000 });
    expect(both).toBeGreaterThan(200);
  },
  120_000,
);
