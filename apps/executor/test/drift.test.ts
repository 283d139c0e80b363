import { sha256 } from '@countersign/codec';
import {
  TableBuilder,
  type Cell,
  type Diff,
  type Row,
  type RowChange,
  type TableShape,
} from '@countersign/diff';
import type { Request } from '@countersign/messages';
import { palette } from '@countersign/program';
import { describe, expect, test } from 'vitest';
import { driftOf } from '../src/commands/drift.ts';
import { driftLines } from '../src/commands/drift-text.ts';

const shape: TableShape = {
  table: 'public."Users"',
  columns: ['id', 'name', 'tier'],
  key: [0],
  computed: [],
  generated: [],
};

function row(id: number, name: string, tier: string): Row {
  return [{ type: 'integer', value: id }, ...[name, tier].map((value): Cell => ({ type: 'text', value }))];
}

function diffOf(changes: readonly RowChange[], rowsImagedMax = 1000, of = shape): Diff {
  const builder = new TableBuilder(of, { rowsImagedMax, imagedBytesMax: 1 << 20 }, sha256);
  for (const change of changes) builder.add(change);
  const table = builder.finish();
  const complete = table.changes.length === changes.length;
  return { tables: [table], schema: [], notPreviewed: [], complete, environment: [] };
}

function requestWith(...masks: readonly string[]): Request {
  const obligations = masks.length === 0 ? [] : [['mask', masks.join(', ')]];
  return { policy: { obligations }, target: { engine: 'postgres' } } as unknown as Request;
}

const toGold = (id: number, name: string, from: string): RowChange => ({
  before: row(id, name, from),
  after: row(id, name, 'gold'),
});
const plain = palette(false);

describe('how a drift is told', () => {
  const signed = diffOf([toGold(1, 'Ann', 'basic'), toGold(2, 'Bea', 'basic')]);
  const now = diffOf([toGold(1, 'Ann', 'silver'), toGold(3, 'Cem', 'basic')]);

  test('each row that differs, before and after, approved and now', () => {
    const drift = driftOf(requestWith(), signed, now);
    expect(drift.tables[0]?.rows).toMatchObject([
      { approved: 'update', now: 'update', columns: [{ column: 'tier' }] },
      { approved: 'update', now: null },
      { approved: null, now: 'update' },
    ]);
    expect(driftLines(drift, plain)).toEqual([
      '"public.""Users""": approved 2 updated; now 2 updated',
      '  id 1: another update than approved',
      "    tier: approved 'basic' → 'gold', now 'silver' → 'gold'",
      '  id 2: update as approved, not any more',
      "    tier: 'basic' → 'gold'",
      '  id 3: update only now, not approved',
      "    tier: 'basic' → 'gold'",
    ]);
  });

  test('a masked column shows that it differs and not its values, whatever its table is called', () => {
    for (const mask of ['public."Users".tier', 'public."Users".*']) {
      const drift = driftOf(requestWith(mask), signed, now);
      expect(drift.tables[0]?.rows).toHaveLength(3);
      const said = JSON.stringify(drift) + driftLines(drift, plain).join('\n');
      expect(said).toContain('(masked)');
      expect(said).not.toMatch(/basic|silver|gold/);
    }
  });

  test('no row of a table whose columns are others now: a mask would hide the value beside', () => {
    const other = { ...shape, columns: ['id', 'tier', 'name'] };
    const drift = driftOf(
      requestWith('public."Users".tier'),
      signed,
      diffOf([toGold(1, 'basic', 'Ann')], 1000, other),
    );
    expect(drift.tables[0]).toMatchObject({ rows: [], columnsDiffer: true });
    const lines = driftLines(drift, plain);
    expect(lines).toEqual([
      '"public.""Users""": approved 2 updated; now 1 updated',
      '  its columns are others than approved: no row is listed',
    ]);
  });

  test('a table on one side only is masked by its own columns', () => {
    const nothing = { ...signed, tables: [] };
    for (const [first, second] of [
      [signed, nothing],
      [nothing, signed],
    ] as const) {
      const said = JSON.stringify(driftOf(requestWith('public."Users".tier'), first, second));
      expect(said).toContain('(masked)');
      expect(said).not.toMatch(/basic|gold/);
    }
  });

  test('a column that may drift and is written now shows the values that are there', () => {
    const request = {
      policy: { obligations: [['may_drift', 'public."Users".tier']] },
      target: { engine: 'postgres' },
    } as unknown as Request;
    const renamed = (id: number, from: string, to = from): RowChange => ({
      before: row(id, 'Ann', from),
      after: row(id, 'Zoe', to),
    });
    const drift = driftOf(
      request,
      diffOf([renamed(1, 'basic'), renamed(2, 'basic'), renamed(3, 'basic')]),
      diffOf([renamed(1, 'silver', 'gold'), renamed(2, 'silver'), renamed(4, 'basic', 'gold')]),
    );
    expect(driftLines(drift, plain)).toEqual([
      '"public.""Users""": approved 3 updated; now 3 updated',
      '  id 1: another update than approved',
      "    tier: approved 'basic' → 'basic', now 'silver' → 'gold'",
      '  id 3: update as approved, not any more',
      "    name: 'Ann' → 'Zoe'",
      '  id 4: update only now, not approved',
      "    name: 'Ann' → 'Zoe'",
      "    tier: 'basic' → 'gold'",
      'not listed, it may differ: public."Users".tier',
    ]);
  });

  test('no more rows than a screen takes, and how many are left out', () => {
    const many = diffOf(Array.from({ length: 150 }, (_, id) => toGold(id, 'x', 'basic')));
    const drift = driftOf(requestWith(), many, diffOf([toGold(999, 'x', 'basic')]));
    expect(drift.tables[0]?.rows).toHaveLength(100);
    expect(drift.tables[0]?.rowsLeftOut).toBe(51);
    const lines = driftLines(drift, plain);
    expect(lines).toHaveLength(42);
    expect(lines.at(-1)).toBe('  … and 131 rows more: --json has up to 100');
  });

  test('of samples only what is known to differ', () => {
    const rows = Array.from({ length: 60 }, (_, id) => toGold(id, 'x', 'basic'));
    const added = diffOf(
      [...rows, ...Array.from({ length: 60 }, (_, id) => toGold(100 + id, 'y', 'basic'))],
      20,
    );
    const drift = driftOf(requestWith(), diffOf(rows, 20), added);
    const [table] = drift.tables;
    expect(table?.complete).toBe(false);
    // Rows of the first sample that the second has no room for still change.
    expect(table?.rows.every(({ approved, now: kind }) => approved === null && kind === 'update')).toBe(true);
    expect(table?.rows.length).toBeGreaterThan(0);
    expect(driftLines(drift, plain).at(-1)).toBe('  only samples of the rows are kept: more may differ');
  });

  test('new rows are not told apart by a key that the database makes up', () => {
    const made = { ...shape, generated: [0] };
    const insert = (id: number, name: string): RowChange => ({ before: null, after: row(id, name, 'basic') });
    const drift = driftOf(
      requestWith(),
      diffOf([insert(1, 'Ann'), insert(2, 'Bea')], 1000, made),
      diffOf([insert(1, 'Bea'), insert(2, 'Cem')], 1000, made),
    );
    expect(drift.tables[0]?.rows).toMatchObject([
      { key: [], approved: 'insert', now: null, columns: [{ column: 'name' }, { column: 'tier' }] },
      { key: [], approved: null, now: 'insert' },
    ]);
  });
});
