import fc from 'fast-check';
import mariadbPeer from 'node-sql-parser/build/mariadb.js';
import mysqlPeer from 'node-sql-parser/build/mysql.js';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { classify } from '@countersign/sql';
import type { Catalog, Facts } from '@countersign/sql';
import { Engine } from './mysql-engine.ts';
import { mysqlCatalog, ordinaryOf, textOf, vectorsOf } from './mysql-files.ts';
import type { MysqlDialect } from './mysql-files.ts';

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

function piecesOf(dialect: MysqlDialect): readonly (readonly string[])[] {
  const vectors = vectorsOf(dialect)
    .vectors.filter(({ truth, outside }) => truth.engine !== 'not-run' && outside !== true)
    .map(textOf)
    .filter((sql) => sql.length < 500);
  const texts = [...vectors, ...ordinaryOf(dialect).statements.map(({ sql }) => sql)];
  return texts.map((sql) => sql.split(/(?<=[\s();,])/));
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

/** Two texts, each cut at a place, put together. */
function spliced(pieces: readonly (readonly string[])[]): fc.Arbitrary<string> {
  const index = fc.nat(pieces.length - 1);
  return fc
    .record({
      left: index,
      right: index,
      from: fc.nat(40),
      to: fc.nat(40),
      between: fc.constantFrom(...BETWEEN),
    })
    .map(({ left, right, from, to, between }) => {
      const [a, b] = [pieces[left] ?? [], pieces[right] ?? []];
      const head = a.slice(0, from % (a.length + 1)).join('');
      return head + between + b.slice(to % (b.length + 1)).join('');
    });
}

/** A text with one piece left out, or another's put in its place. */
function changed(pieces: readonly (readonly string[])[]): fc.Arbitrary<string> {
  const index = fc.nat(pieces.length - 1);
  return fc
    .record({ text: index, at: fc.nat(40), other: index, from: fc.nat(40), keeps: fc.boolean() })
    .map(({ text, at, other, from, keeps }) => {
      const [own, donor] = [[...(pieces[text] ?? [])], pieces[other] ?? []];
      const given = donor[from % (donor.length + 1)] ?? '';
      own.splice(at % (own.length + 1), 1, ...(keeps ? [given] : []));
      return own.join('');
    });
}

function texts(dialect: MysqlDialect): fc.Arbitrary<string> {
  const pieces = piecesOf(dialect);
  return fc.oneof(spliced(pieces), changed(pieces));
}

const assumed: Catalog = { ...catalog, tables: new Map(), triggers: [], partial: true };

function claimed(sql: string): boolean {
  const known = classify(sql, 'mariadb', catalog).readOnly;
  return known || (classify(sql, 'mariadb', assumed).readOnly && !BROKEN_ASSUMPTION.test(sql));
}

test('whatever is spliced together, nothing that changes the server is called a read', async () => {
  let ran = 0;
  const run = async (sql: string): Promise<void> => {
    if (!claimed(sql)) return;
    const seen = await engine.observe(sql);
    if (seen.error === undefined) ran += 1;
    expect([sql, seen.what]).toEqual([sql, []]);
  };
  const property = fc.asyncProperty(texts('mariadb'), run);
  await fc.assert(property, { seed: SEED, numRuns: Number(process.env['SQL_FUZZ_RUNS'] ?? 3000) });
  expect(ran).toBeGreaterThan(100);
}, 3_600_000);

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
    fc.assert(fc.property(texts(dialect), run), { seed: SEED, numRuns: 6000 });
    expect(both).toBeGreaterThan(200);
  },
  120_000,
);
