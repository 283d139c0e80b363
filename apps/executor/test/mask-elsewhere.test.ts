import { postgresParser } from '@countersign/program';
import {
  classifyTexts,
  namedRelations,
  provideParser,
  type CatalogTable,
  type Dialect,
} from '@countersign/sql';
import type { ReadResult } from '@countersign/targets';
import { expect, test } from 'vitest';
import { maskResult } from '../src/stages/mask.ts';
import { catalogOf } from './catalog-of.ts';

provideParser(postgresParser);

/** Shows whether the one cell of a read is hidden by a mask on these columns; the engine names an origin for it. */
function isHidden(
  dialect: Dialect,
  sql: string,
  mask: string,
  relations: Readonly<Record<string, CatalogTable>>,
): boolean {
  const catalog = catalogOf(new Map(Object.entries(relations)));
  const facts = classifyTexts([sql], dialect, catalog);
  expect(facts.readOnly).toBe(true);
  const set = {
    columns: ['x'],
    origins: ['main.elsewhere.x'],
    rows: [[{ type: 'text', value: 'ada' } as const]],
    truncated: false,
  };
  const result: ReadResult = { results: [set], elapsedMs: 1 };
  const { results } = maskResult(result, facts, namedRelations(dialect, catalog), [mask]);
  return results[0]?.masked?.includes(0) ?? false;
}

const people: CatalogTable = { kind: 'table', columns: ['id', 'mail'] };

for (const name of ['pg_stats', 'pg_statistic', 'pg_catalog.pg_stats_ext']) {
  test(`the values that PostgreSQL samples into ${name} are masked`, () => {
    const sql = `SELECT * FROM ${name}`;
    expect(isHidden('postgres', sql, 'public.people.mail', { 'public.people': people })).toBe(true);
  });
}

test('the values that SQLite samples for its planner are masked, other tables of its own are not', () => {
  const tables = { 'main.people': people };
  expect(isHidden('sqlite', 'SELECT sample FROM sqlite_stat4', 'main.people.mail', tables)).toBe(true);
  expect(isHidden('sqlite', 'SELECT sql FROM sqlite_schema', 'main.people.mail', tables)).toBe(false);
});

test('the tables behind a virtual table are masked like it', () => {
  const tables: Readonly<Record<string, CatalogTable>> = {
    'main.docs': { kind: 'virtual', columns: ['body'], sql: 'CREATE VIRTUAL TABLE docs USING fts5(body)' },
    'main.docs_content': { kind: 'table', columns: ['id', 'c0'] },
    'main.people': people,
    'main.people_old': people,
  };
  expect(isHidden('sqlite', 'SELECT c0 FROM docs_content', 'main.docs.body', tables)).toBe(true);
  expect(isHidden('sqlite', 'SELECT c0 FROM docs_content', 'main.people.mail', tables)).toBe(false);
  expect(isHidden('sqlite', 'SELECT mail FROM people_old', 'main.people.mail', tables)).toBe(false);
});
