import {
  array,
  bool,
  bytes,
  fixedBytes,
  int,
  nullable,
  oneOf,
  positional,
  tagged,
  text,
  tuple,
  uint,
} from '@countersign/codec';
import type { Schema } from '@countersign/codec';
import type { Cell } from './cell.ts';
import type { RowChange, SchemaChange, TableDiff } from './diff.ts';

const cellBytesMax = 1 << 20;
const nameBytesMax = 1024;
const columnsMax = 4096;

/** A table without its changes. */
export type TableHead = Omit<TableDiff, 'changes'>;

/** A change, and the place of its table among the tables sent before. */
export interface PlacedChange {
  readonly table: number;
  readonly change: RowChange;
}

/** A diff is sent as a flat list of parts, so that it can be cut into pages anywhere. */
export type Part =
  | { readonly type: 'summary'; readonly value: { readonly complete: boolean } }
  | { readonly type: 'setting'; readonly value: readonly [string, string] }
  | { readonly type: 'unseen'; readonly value: string }
  | { readonly type: 'schema'; readonly value: SchemaChange }
  | { readonly type: 'table'; readonly value: TableHead }
  | { readonly type: 'row'; readonly value: PlacedChange };

export const cellSchema: Schema<Cell> = tagged<Cell>({
  null: [0],
  integer: [1, int()],
  text: [2, text(cellBytesMax)],
  bytes: [3, bytes(cellBytesMax)],
  number: [4, text(1024, 1)],
  boolean: [5, bool()],
});

const rowSchema = nullable(array(cellSchema, { max: columnsMax }));
const indexes = array(uint(columnsMax), { max: columnsMax });

const tableSchema: Schema<TableHead> = positional<TableHead>({
  table: text(nameBytesMax, 1),
  columns: array(text(nameBytesMax), { max: columnsMax }),
  key: indexes,
  computed: indexes,
  generated: indexes,
  inserted: uint(),
  updated: uint(),
  deleted: uint(),
  rowsHash: fixedBytes(32),
});

const schemaChangeSchema: Schema<SchemaChange> = positional<SchemaChange>({
  object: oneOf('table', 'index', 'view', 'trigger', 'sequence', 'function', 'type', 'other'),
  name: text(nameBytesMax, 1),
  before: nullable(text(cellBytesMax)),
  after: nullable(text(cellBytesMax)),
});

export const partSchema: Schema<Part> = tagged<Part>({
  summary: [0, positional<{ readonly complete: boolean }>({ complete: bool() })],
  setting: [1, tuple<readonly [string, string]>([text(nameBytesMax, 1), text(cellBytesMax)])],
  unseen: [2, text(cellBytesMax, 1)],
  schema: [3, schemaChangeSchema],
  table: [4, tableSchema],
  row: [
    5,
    positional<PlacedChange>({
      table: uint(),
      change: positional<RowChange>({ before: rowSchema, after: rowSchema }),
    }),
  ],
});
