import { sha256 } from '@countersign/codec';
import { TableBuilder, type Cell, type Row } from '@countersign/diff';
import type { Request } from '@countersign/messages';
import { namedRelations, type Catalog, type Dialect } from '@countersign/sql';
import { expect, test } from 'vitest';
import { shownDiff } from '../src/commands/shown-diff.ts';

const tables: readonly (readonly [Dialect, key: string, inDiff: string])[] = [
  ['sqlite', 'main.People', 'People'],
  ['postgres', 'public."People"', 'public."People"'],
  ['mariadb', 'shop."People"', 'shop."People"'],
  ['mysql', 'shop."People"', 'shop."People"'],
];

test.each(tables)(
  '%s: a diff hides a masked column, whatever case it was declared in',
  (engine, key, table) => {
    const columns = ['id', 'eMail'];
    const catalog: Catalog = { tables: new Map([[key, { kind: 'table', columns }]]), triggers: [] };
    const [relation] = namedRelations(engine, catalog).values();
    const mask = [...(relation?.columns ?? [])].find((name) => /mail/i.test(name)) ?? '';
    const request = { policy: { obligations: [['mask', mask]] }, target: { engine } } as unknown as Request;
    const id: Cell = { type: 'integer', value: 1 };
    const before: Row = [id, { type: 'text', value: 'ada@example.com' }];
    const shape = { table, columns, key: [0], computed: [], generated: [] };
    const builder = new TableBuilder(shape, { rowsImagedMax: 10, imagedBytesMax: 1000 }, sha256);
    builder.add({ before, after: null });
    const diff = {
      tables: [builder.finish()],
      schema: [],
      notPreviewed: [],
      complete: true,
      environment: [],
    };
    expect(shownDiff(request, diff).tables[0]?.changes).toEqual([
      { before: [id, { type: 'text', value: '(masked)' }], after: null },
    ]);
  },
);
