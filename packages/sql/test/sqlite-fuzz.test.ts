import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { parse } from 'sqlite3-parser';
import { afterAll, expect, test } from 'vitest';
import { classify } from '@countersign/sql';
import { catalogOf } from './engine.ts';
import { FUZZ_TIMEOUT_MS, FuzzCount, fuzzEffort, mutations, piecesOf } from './mutation.ts';
import { SqliteProcess } from './sqlite-process.ts';

const folder = new URL('../../../test/vectors/sql/', import.meta.url);
const { fixture, vectors } = JSON.parse(readFileSync(new URL('sqlite.json', folder), 'utf8')) as {
  fixture: string[];
  vectors: { sql: string; truth: { engine: string } }[];
};
const ordinary = JSON.parse(readFileSync(new URL('sqlite-ordinary.json', folder), 'utf8')) as {
  statements: { sql: string }[];
};
const SEED = 20_260_102;
const catalog = catalogOf(fixture);
// Texts that touch files or hold what no driver accepts stay out of the mill.
const texts = [
  ...vectors.filter(({ truth }) => truth.engine !== 'not-run').map(({ sql }) => sql),
  ...ordinary.statements.map(({ sql }) => sql),
];
const BETWEEN = [
  '',
  ' ',
  ';',
  '/**/',
  '--\n',
  ' UNION ',
  '(',
  ')',
  'EXPLAIN ',
  ' WHERE ',
  "'",
  '"',
  '`',
  '[',
];

const engine = new SqliteProcess(fixture);
afterAll(() => {
  engine.stop();
});

test(
  'whatever is spliced together, nothing that changes the database is called a read',
  async () => {
    const count = new FuzzCount();
    const run = async (sql: string): Promise<void> => {
      count.texts += 1;
      const [assumed, known] = [classify(sql, 'sqlite'), classify(sql, 'sqlite', catalog)];
      if (!assumed.readOnly && !known.readOnly) return;
      count.reads += 1;
      const seen = await engine.observe(sql);
      if (seen === undefined) return;
      if (seen.error === undefined) count.taken += 1;
      expect([sql, seen.changed]).toEqual([sql, false]);
    };
    await fc.assert(fc.asyncProperty(mutations(piecesOf(texts), BETWEEN), run), fuzzEffort(SEED, 3000));
    count.report('sqlite');
    expect(count.taken).toBeGreaterThan(100);
  },
  FUZZ_TIMEOUT_MS,
);

/** Every function name anywhere in a tree, found without knowing what a node means. */
function calledIn(node: unknown, found: Set<string>): Set<string> {
  if (Array.isArray(node)) for (const item of node) calledIn(item, found);
  else if (typeof node === 'object' && node !== null) {
    const { type, name } = node as { type?: unknown; name?: { name?: unknown } };
    if (typeof type === 'string' && type.startsWith('FunctionCall') && typeof name?.name === 'string') {
      found.add(name.name.toLowerCase());
    }
    for (const child of Object.values(node)) calledIn(child, found);
  }
  return found;
}

test('no function call escapes, wherever it stands', () => {
  let calls = 0;
  for (const sql of texts) {
    const result = parse(sql);
    const facts = classify(sql, 'sqlite');
    if (result.status !== 'ok' || !facts.parsed) continue;
    const seen = new Set(facts.statements.flatMap((statement) => statement.functions));
    for (const name of calledIn(result.root, new Set())) {
      calls += 1;
      expect([sql, [...seen]]).toEqual([sql, expect.arrayContaining([name])]);
    }
  }
  expect(calls).toBeGreaterThan(70);
});

const CALLS = [
  ['load_extension(1)', 'load_extension'],
  ['"LOAD_EXTENSION" (1)', 'load_extension'],
  ['unheard_of(1)', 'unheard_of'],
] as const;
const PLACES = [
  'SELECT (F)',
  'SELECT 1 FROM customers WHERE id = F',
  'SELECT 1 FROM customers GROUP BY F HAVING F',
  'SELECT 1 FROM customers ORDER BY F LIMIT 1',
  'SELECT 1 LIMIT F OFFSET F',
  'SELECT CASE F WHEN 1 THEN F ELSE F END',
  'SELECT F BETWEEN F AND F, F IN (F), F LIKE F ESCAPE F, F IS NULL, -F, CAST(F AS TEXT), F COLLATE NOCASE',
  'SELECT sum(id) FILTER (WHERE F) OVER (PARTITION BY F ORDER BY F ROWS BETWEEN F PRECEDING AND F FOLLOWING) FROM customers',
  'SELECT group_concat(name ORDER BY F) FROM customers',
  'SELECT sum(id) OVER w FROM customers WINDOW w AS (ORDER BY F)',
  'SELECT * FROM customers JOIN orders ON F',
  'SELECT * FROM (SELECT F)',
  'SELECT * FROM json_each(F)',
  'SELECT EXISTS (SELECT F), (SELECT F), 1 IN (SELECT F)',
  'VALUES (1), (F)',
  'SELECT 1 UNION SELECT F',
  'WITH a AS (SELECT F) SELECT 1',
  'WITH RECURSIVE a(x) AS (SELECT 1 UNION ALL SELECT F FROM a) SELECT 1',
  'INSERT INTO audit (what) VALUES (F)',
  'INSERT INTO audit (what) SELECT F',
  'INSERT INTO audit (id) VALUES (1) ON CONFLICT (id) WHERE F DO UPDATE SET what = F WHERE F',
  'INSERT INTO audit (id) VALUES (1) RETURNING F',
  'UPDATE audit SET what = F',
  'UPDATE audit SET (id, what) = (SELECT 1, F)',
  'UPDATE audit SET what = 1 FROM (SELECT F) WHERE F RETURNING F',
  'DELETE FROM audit WHERE F RETURNING F',
  'EXPLAIN SELECT F',
  'EXPLAIN QUERY PLAN DELETE FROM audit WHERE F',
  'CREATE TABLE q AS SELECT F',
  'CREATE TABLE q (a DEFAULT (F), b CHECK (F), c AS (F), CHECK (F))',
  'CREATE VIEW q AS SELECT F',
  'CREATE INDEX q ON audit (F) WHERE F',
  'CREATE TRIGGER q AFTER INSERT ON audit WHEN F BEGIN UPDATE audit SET what = F WHERE F; END',
  'CREATE TRIGGER q AFTER INSERT ON audit BEGIN INSERT INTO audit (what) VALUES (F); END',
  'ALTER TABLE audit ADD COLUMN z DEFAULT (F)',
  'ATTACH F AS F',
  'VACUUM INTO F',
];

test.each(PLACES)('a function with an effect is found in: %s', (place) => {
  for (const [written, name] of CALLS) {
    // Each place alone, the others harmless.
    const parts = place.split(/\bF\b/);
    for (let at = 1; at < parts.length; at += 1) {
      const sql = parts.reduce((text, part, index) => text + (index === at ? written : '1') + part);
      const facts = classify(sql, 'sqlite');
      expect([sql, facts.effect === 'unknown' || facts.effect === 'admin', facts.readOnly]).toEqual([
        sql,
        true,
        false,
      ]);
      expect([sql, facts.parsed]).toEqual([sql, true]);
      expect(facts.statements[0]?.functions).toContain(name);
    }
  }
});
