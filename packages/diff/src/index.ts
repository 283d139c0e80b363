export type { Cell, Row } from './cell.ts';
export type {
  Diff,
  Hash,
  HashFunction,
  RowChange,
  SchemaChange,
  Setting,
  TableDiff,
  UndoStatement,
} from './diff.ts';
export { changedRows } from './diff.ts';
