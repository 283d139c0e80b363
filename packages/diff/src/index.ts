export type { Cell, Row } from './cell.ts';
export { isCarriedWithin } from './carried.ts';
export type { CarriedSummary } from './carried.ts';
export { checkDiff } from './check.ts';
export { compareDiffs, sameColumns } from './compare.ts';
export type { Counts, DiffComparison, Sides, TableComparison } from './compare.ts';
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
export { DiffError } from './diff-error.ts';
export type { DiffErrorCode } from './diff-error.ts';
export { digest, verifyDigest } from './digest.ts';
export { autoIncrementMoves, invertDiff, undoStatements } from './invert.ts';
export type { UndoDialect, UndoOptions } from './invert.ts';
export { decodeDiff, encodeDiff, fromPages, pageBytesAim, pagesDigest, pagesMax, toPages } from './pages.ts';
export type { DiffOptions } from './pages.ts';
export type { GeneratedValues } from './parts.ts';
export type { CellWriter, RowImage } from './row-bytes.ts';
export { isSummaryOf } from './summary.ts';
export type { DiffSummary } from './summary.ts';
export { TableBuilder, hashChanges, sameRows } from './table-builder.ts';
export type { ImageLimits, TableShape } from './table-builder.ts';
export { isComparable, isWithin, withoutDrift } from './tolerance.ts';
export type { Tolerance } from './tolerance.ts';
