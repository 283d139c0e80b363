import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allHazards, classify } from '@countersign/sql';
import { Engine, provide } from './postgres-engine.ts';

const folder = new URL('../../../test/vectors/sql/', import.meta.url);
const { fixture } = JSON.parse(readFileSync(new URL('postgres.json', folder), 'utf8')) as {
  fixture: string[];
};
const file = JSON.parse(readFileSync(new URL('postgres-ordinary.json', folder), 'utf8')) as {
  count: number;
  statements: { sql: string; reads: string[]; writes: string[] }[];
};
provide();
let engine: Engine;

beforeAll(async () => {
  engine = await Engine.start(fixture);
}, 60_000);

afterAll(() => {
  engine.stop();
});

test('the file has as many statements as it says', () => {
  expect(file.statements.length).toBe(file.count);
  expect(file.count).toBeGreaterThanOrEqual(500);
});

describe.each(file.statements)('$sql', ({ sql, reads, writes }) => {
  const facts = classify(sql, 'postgres');

  test('carries no hazard and names its tables', () => {
    const found = (list: 'reads' | 'writes'): string[] => [
      ...new Set(facts.statements.flatMap((statement) => statement[list])),
    ];
    expect({
      hazards: allHazards(facts),
      reads: found('reads').sort(),
      writes: found('writes').sort(),
    }).toEqual({
      hazards: [],
      reads,
      writes,
    });
    expect(facts.readOnly).toBe(writes.length === 0 && facts.effect === 'read');
  });

  test('changes nothing on the engine when it is called a read', async () => {
    if (!facts.readOnly) return;
    const seen = await engine.observe(sql);
    expect([seen.error, seen.changed]).toEqual([undefined, false]);
  });
});
