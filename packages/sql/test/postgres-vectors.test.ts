import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HAZARD_CODES, allHazards, classify } from '@countersign/sql';
import type { Catalog, Facts } from '@countersign/sql';
import { Engine, catalogOf, provide } from './postgres-engine.ts';

interface Vector {
  readonly sql: string;
  readonly truth: {
    readonly engine: 'reads' | 'changes' | 'refuses' | 'invisible' | 'not-run';
    readonly effect: string;
    readonly hazards: readonly string[];
    readonly writes?: readonly string[];
    readonly where?: string;
    /** The facts hold only when the names in `assumes` are what is assumed, and here they are not. */
    readonly assumed?: boolean;
  };
  readonly why: string;
}

const path = new URL('../../../test/vectors/sql/postgres.json', import.meta.url);
const file = JSON.parse(readFileSync(path, 'utf8')) as {
  count: number;
  fixture: readonly string[];
  vectors: readonly Vector[];
};
provide();
let engine: Engine;
let catalog: Catalog;

beforeAll(async () => {
  engine = await Engine.start(file.fixture);
  catalog = await catalogOf(engine);
}, 60_000);

afterAll(() => {
  engine.stop();
});

function writesOf(facts: Facts): readonly string[] {
  return [...new Set(facts.statements.flatMap((statement) => statement.writes))].sort();
}

test('the file has as many vectors as it says', () => {
  expect(file.vectors.length).toBe(file.count);
  expect(file.count).toBeGreaterThanOrEqual(170);
});

describe.each(file.vectors)('$why: $sql', ({ sql, truth }) => {
  const facts = classify(sql, 'postgres');

  test('the facts are the ones expected', () => {
    expect({ effect: facts.effect, hazards: allHazards(facts) }).toEqual({
      effect: truth.effect,
      hazards: truth.hazards,
    });
    expect(facts.readOnly).toBe(truth.effect === 'read');
    if (truth.writes !== undefined) expect(writesOf(facts)).toEqual([...truth.writes].sort());
    if (truth.where !== undefined) expect(facts.statements[0]?.where).toBe(truth.where);
  });

  test('every hazard stands at a place of the text', () => {
    for (const { offset, length } of facts.statements.flatMap((statement) => statement.hazards)) {
      expect(offset).toBeLessThan(sql.length);
      expect(offset + length).toBeLessThanOrEqual(sql.length);
      expect(length).toBeGreaterThan(0);
    }
  });

  test('the engine agrees', async () => {
    if (truth.engine === 'not-run') return;
    const seen = await engine.observe(sql);
    if (truth.engine === 'refuses') expect(seen.error).toBeDefined();
    else expect(seen.error).toBeUndefined();
    expect([truth.engine, seen.changed]).toEqual([truth.engine, truth.engine === 'changes']);
    // The promise: what changed anything was not called a read, with or without a catalogue.
    const full = classify(sql, 'postgres', catalog);
    if (!seen.changed) return;
    expect(full.readOnly).toBe(false);
    if (truth.assumed !== true) expect(facts.readOnly).toBe(false);
    for (const answer of truth.assumed === true ? [full] : [full, facts]) {
      if (answer.effect === 'unknown') continue;
      const own = answer === facts ? CLOSURE : [];
      const missing = seen.changedTables.filter(
        (name) => !(name.startsWith('public._') || own.includes(name)) && !tables(answer).includes(name),
      );
      expect([sql, missing]).toEqual([sql, []]);
    }
  });
});

/** Tables that triggers, cascades and defaults reach; without a catalogue relations are assumed to have none. */
const CLOSURE = ['public.audit', 'public.orders', 'public.audit_id_seq', 'public.orders_id_seq'];

function tables(facts: Facts): readonly string[] {
  // The sequence behind a serial column moves with an insert, and goes with its table.
  return writesOf(facts)
    .flatMap((name) => [name, `${name}_id_seq`])
    .map((name) => name.replaceAll('"', ''));
}

test('every hazard of PostgreSQL is shown', () => {
  const shown = new Set(file.vectors.flatMap((vector) => vector.truth.hazards));
  const own = HAZARD_CODES.slice(
    HAZARD_CODES.indexOf('unknown-operator'),
    HAZARD_CODES.indexOf('virtual-table'),
  );
  expect(own.length).toBe(10);
  expect(own.filter((code) => !shown.has(code) && code !== 'unknown-syntax')).toEqual([]);
});

test('a hazard after letters of several bytes stands at its place', () => {
  const sql = "SELECT 'é😀', writes('é')";
  const [hazard] = classify(sql, 'postgres').statements[0]?.hazards ?? [];
  expect(sql.slice(hazard?.offset, (hazard?.offset ?? 0) + (hazard?.length ?? 0))).toBe('writes');
});
