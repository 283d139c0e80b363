import { describe, expect, test } from 'vitest';
import { allHazards, classify } from '@countersign/sql';
import { mysqlCatalog, ordinaryOf } from './mysql-files.ts';

describe.each(['mariadb', 'mysql'] as const)('%s', (dialect) => {
  const file = ordinaryOf(dialect);
  const { currentSchema, sqlMode } = mysqlCatalog(dialect);
  const session = {
    tables: new Map(),
    triggers: [],
    partial: true,
    ...(currentSchema === undefined ? {} : { currentSchema }),
    ...(sqlMode === undefined ? {} : { sqlMode }),
  };

  test('the file has as many statements as it says', () => {
    expect(file.statements.length).toBe(file.count);
    expect(file.count).toBeGreaterThanOrEqual(500);
  });

  test.each(file.statements)('$sql', ({ sql, effect, reads, writes, hazards }) => {
    const facts = classify(sql, dialect, session);
    const found = (list: 'reads' | 'writes'): string[] => [
      ...new Set(facts.statements.flatMap((statement) => statement[list])),
    ];
    expect({ effect: facts.effect, writes: found('writes').sort() }).toEqual({
      effect,
      writes: [...writes].sort(),
    });
    expect(allHazards(facts).filter((code) => !(hazards ?? []).includes(code))).toEqual([]);
    if (reads !== undefined) expect(found('reads').sort()).toEqual([...reads].sort());
    expect(facts.readOnly).toBe(effect === 'read');
  });
});
