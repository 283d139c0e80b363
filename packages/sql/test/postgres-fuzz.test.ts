import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { classify } from '@countersign/sql';
import type { Catalog } from '@countersign/sql';
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
const pieces = texts.map((sql) => sql.split(/(?<=[\s();,])/));
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

test('whatever is spliced together, nothing that changes the database is called a read', async () => {
  const cut = fc.record({
    left: fc.nat(pieces.length - 1),
    right: fc.nat(pieces.length - 1),
    from: fc.nat(40),
    to: fc.nat(40),
    between: fc.constantFrom(
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
    ),
  });
  let ran = 0;
  const run = async (parts: {
    left: number;
    right: number;
    from: number;
    to: number;
    between: string;
  }): Promise<void> => {
    const [a, b] = [pieces[parts.left] ?? [], pieces[parts.right] ?? []];
    const head = a.slice(0, parts.from % (a.length + 1)).join('');
    const sql = head + parts.between + b.slice(parts.to % (b.length + 1)).join('');
    const [assumed, known] = [classify(sql, 'postgres'), classify(sql, 'postgres', catalog)];
    const claimed = known.readOnly || (assumed.readOnly && !BROKEN_ASSUMPTION.test(sql));
    if (!claimed) return;
    const seen = await engine.observe(sql);
    if (seen.error === undefined) ran += 1;
    expect([sql, seen.changed]).toEqual([sql, false]);
  };
  await fc.assert(fc.asyncProperty(cut, run), { seed: SEED, numRuns: 9000 });
  expect(ran).toBeGreaterThan(200);
}, 120_000);
