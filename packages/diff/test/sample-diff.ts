import { sha256 } from '@countersign/codec';
import { TableBuilder } from '@countersign/diff';
import type { Cell, Diff, ImageLimits, Row, RowChange, TableDiff } from '@countersign/diff';

export const roomy: ImageLimits = { rowsImagedMax: 1000, imagedBytesMax: 1 << 20 };

export function int(value: number): Cell {
  return { type: 'integer', value };
}
export function text(value: string): Cell {
  return { type: 'text', value };
}
export const nil: Cell = { type: 'null' };

/** A table of id and name with the changes given. */
export function tableOf(
  table: string,
  changes: readonly RowChange[],
  limits: ImageLimits = roomy,
  generated: readonly number[] = [],
): TableDiff {
  const shape = { table, columns: ['id', 'name'], key: [0], computed: [], generated };
  const builder = new TableBuilder(shape, limits, sha256);
  for (const change of changes) builder.add(change);
  return builder.finish();
}

export function row(id: number, name: string): Row {
  return [int(id), text(name)];
}

/** A diff with an insert, an update, a delete, a schema change, a note and a setting. */
export function sampleDiff(): Diff {
  return {
    tables: [
      tableOf('a', [
        { before: null, after: row(1, 'new') },
        { before: row(2, 'old'), after: row(2, 'other') },
        { before: row(3, 'gone'), after: null },
      ]),
      tableOf('b', [{ before: null, after: [int(-5), { type: 'bytes', value: Uint8Array.of(1, 2) }] }]),
    ],
    schema: [{ object: 'index', name: 'i', before: null, after: 'CREATE INDEX i ON a(name)' }],
    notPreviewed: ['a counter'],
    complete: true,
    environment: [
      ['engine', 'sqlite 3'],
      ['foreign_keys', 'on'],
    ],
  };
}
