import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { allHazards, classify } from '@countersign/sql';
import { catalogOf, observe } from './engine.ts';

const folder = new URL('../../../test/vectors/sql/', import.meta.url);
const { fixture } = JSON.parse(readFileSync(new URL('sqlite.json', folder), 'utf8')) as { fixture: string[] };
const file = JSON.parse(readFileSync(new URL('sqlite-ordinary.json', folder), 'utf8')) as {
  count: number;
  statements: { sql: string; read_only: boolean }[];
};
const catalog = catalogOf(fixture);
const CLOSURE = ['trigger-fires', 'cascade'];
// What SQLite reads of its own when it changes a schema, or to look a name up.
const INTERNAL = /^(?:main|temp)\.sqlite_|^main\.pragma_|^main\.json_|^main\.notes_/;

/** Tables that the engine looks into only to check a foreign key; facts do not list those. */
const KEY_CHECKED: ReadonlySet<string> = new Set(['main.customers', 'main.orders']);

test('the file has as many statements as it says', () => {
  expect(file.statements.length).toBe(file.count);
  expect(file.count).toBeGreaterThanOrEqual(500);
});

describe.each(file.statements)('$sql', ({ sql, read_only: readOnly }) => {
  test('carries no hazard', () => {
    const facts = classify(sql, 'sqlite');
    expect({ parsed: facts.parsed, readOnly: facts.readOnly, hazards: allHazards(facts) }).toEqual({
      parsed: true,
      readOnly,
      hazards: [],
    });
    const full = classify(sql, 'sqlite', catalog);
    expect(full.readOnly).toBe(readOnly);
    expect(allHazards(full).filter((code) => !CLOSURE.includes(code))).toEqual([]);
    expect(full.assumes.relations).toEqual([]);
  });

  test('names the tables the engine names', () => {
    const seen = observe(fixture, sql);
    expect(seen.error).toBeUndefined();
    expect(seen.changed && readOnly).toBe(false);
    const full = classify(sql, 'sqlite', catalog);
    const [reads, writes] = (['reads', 'writes'] as const).map(
      (list) =>
        new Set(
          full.statements.flatMap((statement) => statement[list]).map((name) => name.replaceAll('"', '')),
        ),
    );
    const checks = (writes?.size ?? 0) > 0;
    const unread = [...seen.reads]
      .filter((name) => !(checks && KEY_CHECKED.has(name)))
      .filter((name) => !INTERNAL.test(name) && reads?.has(name) !== true);
    const explained = full.statements[0]?.kind === 'explain';
    const unwritten = explained
      ? []
      : [...seen.writes].filter((name) => !INTERNAL.test(name) && writes?.has(name) !== true);
    expect({ unread: unread.filter((name) => writes?.has(name) !== true), unwritten }).toEqual({
      unread: [],
      unwritten: [],
    });
  });
});
