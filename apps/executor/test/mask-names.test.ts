import { postgresParser } from '@countersign/program';
import { classifyTexts, provideParser, type Dialect, namedRelations } from '@countersign/sql';
import type { ReadResult } from '@countersign/targets';
import { expect, test } from 'vitest';
import { maskedColumns, maskResult } from '../src/stages/mask.ts';
import { catalogOf } from './catalog-of.ts';

provideParser(postgresParser);

const dialects: readonly (readonly [Dialect, string])[] = [
  ['sqlite', 'main'],
  ['postgres', 'public'],
  ['mariadb', 'shop'],
  ['mysql', 'shop'],
];

/** A result of one column whose origin the engine did not name. */
const result: ReadResult = {
  results: [{ columns: ['mail'], rows: [[{ type: 'text', value: 'ada@example.com' }]], truncated: false }],
  elapsedMs: 1,
};

for (const [dialect, schema] of dialects) {
  test(`${dialect}: every name that a mask may give a column hides it, whatever case it was declared in`, () => {
    const tablesOf = new Map([[`${schema}.people`, { kind: 'table', columns: ['id', 'eMail'] }]] as const);
    const catalog = catalogOf(tablesOf, schema);
    const tables = namedRelations(dialect, catalog);
    const text = dialect === 'postgres' ? 'SELECT "eMail" FROM people' : 'SELECT eMail FROM people';
    const facts = classifyTexts([text], dialect, catalog);
    expect(facts.readOnly).toBe(true);
    const names = [...(tables.get(`${schema}.people`)?.columns ?? [])].filter((name) => /mail/i.test(name));
    expect(names).toEqual(facts.statements[0]?.columnsRead);
    for (const name of names) {
      const verdict = { obligations: [['mask', name]] } as const;
      const masked = maskResult(result, facts, tables, maskedColumns(verdict, tables));
      expect(masked.results[0]?.rows).toEqual([[{ type: 'text', value: '(masked)' }]]);
    }
  });
}
