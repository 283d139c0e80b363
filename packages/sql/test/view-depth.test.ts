import { expect, test } from 'vitest';
import { classifyTexts } from '@countersign/sql';
import type { Catalog, CatalogTable } from '@countersign/sql';

test('views that stand on views without end are unknown, in the texts and in the catalogue', () => {
  const made = Array.from(
    { length: 900 },
    (_, index) => `CREATE VIEW v${index + 1} AS SELECT * FROM v${index}`,
  );
  expect(classifyTexts([...made, 'SELECT * FROM v900'], 'sqlite')).toMatchObject({
    effect: 'unknown',
    readOnly: false,
  });
  const tables = new Map<string, CatalogTable>([['main.v0', { kind: 'table', columns: ['a'] }]]);
  for (let number = 1; number <= 20_000; number += 1) {
    const sql = `CREATE VIEW v${number} AS SELECT a FROM v${number - 1}`;
    tables.set(`main.v${number}`, { kind: 'view', columns: ['a'], sql });
  }
  const catalog: Catalog = { tables, triggers: [] };
  const facts = classifyTexts(['SELECT a FROM v20000'], 'sqlite', catalog);
  expect(facts.hazards.map(({ code }) => code)).toEqual(['text-too-deep']);
  expect(facts.readOnly).toBe(false);
});
