import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { HAZARD_CODES, allHazards, classify } from '@countersign/sql';
import type { Facts, HazardCode } from '@countersign/sql';
import { catalogOf, observe } from './engine.ts';

interface Vector {
  readonly sql: string;
  readonly truth: {
    readonly engine: 'reads' | 'changes' | 'refuses' | 'invisible' | 'not-run';
    readonly effect: string;
    readonly hazards: readonly string[];
    readonly writes?: readonly string[];
    readonly where?: string;
  };
  readonly why: string;
}

const path = new URL('../../../test/vectors/sql/sqlite.json', import.meta.url);
const file = JSON.parse(readFileSync(path, 'utf8')) as {
  count: number;
  fixture: readonly string[];
  vectors: readonly Vector[];
};
const catalog = catalogOf(file.fixture);

function writesOf(facts: Facts): ReadonlySet<string> {
  return new Set(facts.statements.flatMap((statement) => statement.writes));
}

test('the file has as many vectors as it says', () => {
  expect(file.vectors.length).toBe(file.count);
  expect(file.count).toBe(152);
});

describe.each(file.vectors)('$why: $sql', ({ sql, truth }) => {
  const facts = classify(sql, 'sqlite');

  test('the facts are the ones expected', () => {
    expect({ effect: facts.effect, hazards: allHazards(facts) }).toEqual({
      effect: truth.effect,
      hazards: truth.hazards,
    });
    expect(facts.readOnly).toBe(truth.effect === 'read');
    if (truth.writes !== undefined) expect([...writesOf(facts)].sort()).toEqual([...truth.writes].sort());
    if (truth.where !== undefined) expect(facts.statements[0]?.where).toBe(truth.where);
  });

  test('the engine agrees', () => {
    if (truth.engine === 'not-run') return;
    const seen = observe(file.fixture, sql);
    if (truth.engine === 'refuses') expect(seen.error).toBeDefined();
    else expect(seen.error).toBeUndefined();
    if (truth.engine === 'changes') expect(seen.changed).toBe(true);
    if (truth.engine === 'reads') expect(seen.changed).toBe(false);
    // The promise: what changed anything was not called a read, with or without a catalogue.
    const full = classify(sql, 'sqlite', catalog);
    if (seen.changed) expect([facts.readOnly, full.readOnly]).toEqual([false, false]);
    if (full.effect === 'unknown' || !full.parsed) return;
    for (const table of seen.changedTables) expect(writesOf(full)).toContain(qualifiedName(table, full));
  });
});

/** A table that changed may have done so under a temporary or a new name; otherwise it is of main. */
function qualifiedName(table: string, facts: Facts): string {
  const name = /^[a-z_][a-z0-9_]*$/.test(table) ? table : `"${table}"`;
  return writesOf(facts).has(`temp.${name}`) ? `temp.${name}` : `main.${name}`;
}

// Hazards that need a catalogue or another limit are shown by the other suites of this package.
const ELSEWHERE: readonly HazardCode[] = [
  'dialect-not-prepared',
  'unknown-operator',
  'unknown-type',
  'unknown-syntax',
  'names-changed',
  'session-setting',
  'takes-locks',
  'notify',
  'sequence',
  'server-file',
  'writes-in-with',
  'dialect-not-supported',
  'text-too-long',
  'text-too-deep',
  'text-too-complex',
  'too-many-statements',
  'opaque',
  'double-quoted-text',
  'trigger-fires',
  'cascade',
  'writes-through-view',
  'unknown-column',
];

test('every hazard is shown by a vector here or a test beside it', () => {
  const shown = new Set(file.vectors.flatMap((vector) => vector.truth.hazards));
  const missing = HAZARD_CODES.filter((code) => !shown.has(code) && !ELSEWHERE.includes(code));
  expect(missing).toEqual([]);
});
