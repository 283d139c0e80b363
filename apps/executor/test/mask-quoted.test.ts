import { postgresParser } from '@countersign/program';
import { classifyTexts, namedRelations, provideParser, type Catalog, type Dialect } from '@countersign/sql';
import type { ReadResult } from '@countersign/targets';
import { expect, test } from 'vitest';
import { maskedColumns, maskResult } from '../src/stages/mask.ts';
import { catalogOf } from './catalog-of.ts';

provideParser(postgresParser);

/** A table of SQLite with a dot in its name is none that can be read. */
const dialects: readonly (readonly [Dialect, schema: string, quote: string, name: string])[] = [
  ['sqlite', 'main', '"', 'odd people'],
  ['postgres', 'public', '"', 'odd.people'],
  ['mariadb', 'shop', '`', 'odd.people'],
  ['mysql', 'shop', '`', 'odd.people'],
];

/** A table and a column of it whose names hold dots, beside what they would be if the dot parted them. */
function dottedTables(dialect: Dialect, schema: string, name: string): Catalog['tables'] {
  return new Map([
    [
      `${schema}.${dialect === 'sqlite' ? name : `"${name}"`}`,
      { kind: 'table', columns: ['id', 'first.name', 'größe'] },
    ],
    [`${schema}.odd`, { kind: 'table', columns: ['id', 'people'] }],
  ]);
}

for (const [dialect, schema, quote, name] of dialects) {
  const catalog = catalogOf(dottedTables(dialect, schema, name), schema);
  const tables = namedRelations(dialect, catalog);
  const table = `${schema}."${name}"`;
  const column = `${table}."first.name"`;

  /** Which columns are hidden of a read of three, each from the stored column that the engine names. */
  const hidden = (mask: string, origins: readonly (string | null)[]): readonly number[] => {
    const sql = `SELECT id, ${quote}first.name${quote}, größe FROM ${quote}${name}${quote}`;
    const facts = classifyTexts([sql], dialect, catalog);
    expect(facts.readOnly).toBe(true);
    expect(facts.statements[0]?.columnsRead).toEqual([column, `${table}.größe`, `${table}.id`]);
    const rows = [['1', 'ada', '170'].map((value) => ({ type: 'text', value }) as const)];
    const result: ReadResult = {
      results: [{ columns: ['id', 'first.name', 'größe'], origins, rows, truncated: false }],
      elapsedMs: 1,
    };
    const columns = maskedColumns({ obligations: [['mask', mask]] }, tables);
    return maskResult(result, facts, tables, columns).results[0]?.masked ?? [];
  };
  const named = [`${table}.id`, column, `${table}.größe`];

  test(`${dialect}: a mask of a column with a dot in its name hides it, and it alone where the engine names origins`, () => {
    expect(hidden(column, named)).toEqual([1]);
    expect(hidden(column, [null, null, null])).toEqual([0, 1, 2]);
    expect(hidden(`${table}.größe`, named)).toEqual([2]);
  });

  test(`${dialect}: a mask of all columns of a table with a dot in its name hides them`, () => {
    expect(hidden(`${table}.*`, named)).toEqual([0, 1, 2]);
  });

  test(`${dialect}: a mask of another table hides nothing of one whose name begins like it`, () => {
    expect(hidden(`${schema}.odd.people`, named)).toEqual([]);
    expect(hidden(`${schema}.odd.*`, named)).toEqual([]);
  });

  test(`${dialect}: a mask of a column with a dot in its name that the table does not have refuses`, () => {
    const verdict = { obligations: [['mask', `${table}."first.nmae"`]] } as const;
    expect(() => maskedColumns(verdict, tables)).toThrow(/which its table does not have/);
  });

  test.each([`${schema}.odd."first.name`, `${schema}.odd.first name"`, 'odd', '', `${schema}.odd."a"b"`])(
    `${dialect}: a mask that cannot be read refuses: %s`,
    (mask) => {
      const verdict = { obligations: [['mask', mask]] } as const;
      expect(() => maskedColumns(verdict, tables)).toThrow(
        expect.objectContaining({ code: 'configuration/mask' }) as Error,
      );
    },
  );
}
