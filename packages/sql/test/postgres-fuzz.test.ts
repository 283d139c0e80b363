import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { classify } from '@countersign/sql';
import type { Catalog } from '@countersign/sql';
import { FUZZ_TIMEOUT_MS, FuzzCount, fuzzEffort, mutations, piecesOf } from './mutation.ts';
import { Engine, catalogOf, provide } from './postgres-engine.ts';

const folder = new URL('../../../test/vectors/sql/', import.meta.url);
const { fixture, vectors } = JSON.parse(readFileSync(new URL('postgres.json', folder), 'utf8')) as {
  fixture: string[];
  vectors: { sql: string; truth: { engine: string; assumed?: boolean } }[];
};
const ordinary = JSON.parse(readFileSync(new URL('postgres-ordinary.json', folder), 'utf8')) as {
  statements: { sql: string }[];
};
const SEED = 20_260_103;
// Where what is assumed does not hold only the answer with a catalogue counts.
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
  'EXPLAIN ANALYZE ',
  ' WHERE ',
  '$$',
  "'",
  '"',
  '::',
  '\\',
];
const BROKEN_ASSUMPTION = /noisy|f_row|active_customers/;
provide();
let engine: Engine;
let catalog: Catalog;

beforeAll(async () => {
  engine = await Engine.start(fixture);
  catalog = await catalogOf(engine);
}, 60_000);

afterAll(() => {
  engine.stop();
});

test(
  'whatever is spliced together, nothing that changes the database is called a read',
  async () => {
    const count = new FuzzCount();
    const run = async (sql: string): Promise<void> => {
      count.texts += 1;
      const [assumed, known] = [classify(sql, 'postgres'), classify(sql, 'postgres', catalog)];
      const claimed = known.readOnly || (assumed.readOnly && !BROKEN_ASSUMPTION.test(sql));
      if (!claimed) return;
      count.reads += 1;
      const seen = await engine.observe(sql);
      if (seen.error === undefined) count.taken += 1;
      expect([sql, seen.changed]).toEqual([sql, false]);
    };
    const property = fc.asyncProperty(mutations(piecesOf(texts), BETWEEN), run);
    await fc.assert(property, fuzzEffort(SEED, 9000));
    count.report('postgres');
    expect(count.taken).toBeGreaterThan(200);
  },
  FUZZ_TIMEOUT_MS,
);
