import { postgresParser } from '@countersign/program';
import { classifyTexts, encodeCatalog, namedRelations, provideParser } from '@countersign/sql';
import type { ReadResult } from '@countersign/targets';
import { expect, test } from 'vitest';
import { maskedColumns, maskResult } from '../src/stages/mask.ts';
import { catalogOf } from './catalog-of.ts';

provideParser(postgresParser);

/** People are partitioned, one partition again; `names` keeps a query of a partition, `again` one of `names`. */
const catalog = catalogOf(
  new Map([
    [
      'public.people',
      { kind: 'table', columns: ['id', 'mail'], kin: ['public.people_a', 'public.people_aa'] },
    ],
    [
      'public.people_a',
      { kind: 'table', columns: ['id', 'mail'], kin: ['public.people', 'public.people_aa'] },
    ],
    [
      'public.people_aa',
      { kind: 'table', columns: ['mail', 'id'], kin: ['public.people', 'public.people_a'] },
    ],
    ['public.names', { kind: 'table', columns: ['x'], keeps: ['public.people_aa'] }],
    ['public.again', { kind: 'table', columns: ['x'], keeps: ['public.names', 'public.people_aa'] }],
    ['public.other', { kind: 'table', columns: ['mail'], keeps: ['public.towns'] }],
    ['public.towns', { kind: 'table', columns: ['mail'] }],
  ]),
);
const tables = namedRelations('postgres', catalog);

function isHidden(sql: string, origin: string, mask: string): boolean {
  const set = {
    columns: ['x'],
    origins: [origin],
    rows: [[{ type: 'text', value: 'ada' } as const]],
    truncated: false,
  };
  const result: ReadResult = { results: [set], elapsedMs: 1 };
  const facts = classifyTexts([sql], 'postgres', catalog);
  expect(facts.readOnly).toBe(true);
  const columns = maskedColumns({ obligations: [['mask', mask]] }, tables);
  return maskResult(result, facts, tables, columns).results[0]?.masked?.includes(0) ?? false;
}

test.each([
  ['people', 'public.people.mail', 'public.people.mail', true],
  ['people_a', 'public.people_a.mail', 'public.people.mail', true],
  ['people_aa', 'public.people_aa.mail', 'public.people.mail', true],
  // Rows of a partition come out of its parents.
  ['people', 'public.people.mail', 'public.people_aa.mail', true],
  ['people_a', 'public.people_a.mail', 'public.people_aa.*', true],
  ['names', 'public.names.x', 'public.people.mail', true],
  ['again', 'public.again.x', 'public.people.mail', true],
  ['other', 'public.other.mail', 'public.people.mail', false],
  ['towns', 'public.towns.mail', 'public.people.mail', false],
])('SELECT of %s, a cell of %s, with a mask on %s: %s', (table, origin, mask, hidden) => {
  const column = origin.slice(origin.lastIndexOf('.') + 1);
  expect(isHidden(`SELECT ${column} FROM ${table}`, origin, mask)).toBe(hidden);
});

test('another column of a partition is shown', () => {
  expect(isHidden('SELECT id, mail FROM people_a', 'public.people_a.id', 'public.people.mail')).toBe(false);
});

test('whose rows a relation holds does not travel', () => {
  const [people] = [...catalog.tables];
  const alone = { tables: new Map([people ?? ['', { kind: 'table', columns: [] }]]), triggers: [] };
  const plain = {
    tables: new Map([['public.people', { kind: 'table' as const, columns: ['id', 'mail'] }]]),
    triggers: [],
  };
  expect(encodeCatalog(alone)).toEqual(encodeCatalog(plain));
});
