import type { Row } from './cell.ts';

/** SHA-256, 32 bytes. */
export type Hash = Uint8Array;

/** A function from bytes to their SHA-256; `sha256` of codec, or a faster one of the platform. */
export type HashFunction = (bytes: Uint8Array) => Hash;

/** One row before and after: `before` null means inserted, `after` null deleted; never both, never equal. */
export interface RowChange {
  readonly before: Row | null;
  readonly after: Row | null;
}

/** What happened to one table's rows. */
export interface TableDiff {
  readonly table: string;
  /** The columns imaged. When the statement changed the columns: those before, then those added. */
  readonly columns: readonly string[];
  /** Indexes into `columns` that name a row; empty when nothing does. */
  readonly key: readonly number[];
  /** Indexes of generated columns: shown and bound, never written by an undo. */
  readonly computed: readonly number[];
  /** Indexes of columns whose value in inserted rows the engine made up: shown, but outside the digest. */
  readonly generated: readonly number[];
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
  /** Hash over all changed rows, imaged here or not. */
  readonly rowsHash: Hash;
  /** All changes when there are `inserted + updated + deleted` of them, else a sample. */
  readonly changes: readonly RowChange[];
}

/** One object of the schema before and after; `before` null means created, `after` null dropped. */
export interface SchemaChange {
  readonly object: 'table' | 'index' | 'view' | 'trigger' | 'sequence' | 'function' | 'type' | 'other';
  readonly name: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** A setting of the session, or a fact about the engine, under which the diff was made. */
export type Setting = readonly [name: string, value: string];

/** The exact difference a request's statements make between two states of a database. */
export interface Diff {
  /** Tables with at least one changed row, ascending by name. */
  readonly tables: readonly TableDiff[];
  readonly schema: readonly SchemaChange[];
  /** What could not be previewed, in words. */
  readonly notPreviewed: readonly string[];
  /** True when every changed row is imaged. */
  readonly complete: boolean;
  readonly environment: readonly Setting[];
}

/** A statement that undoes part of a diff. */
export interface UndoStatement {
  readonly sql: string;
  readonly params: Row;
}

/** How many rows a diff changes in all. */
export function changedRows(diff: Diff): number {
  return diff.tables.reduce((sum, one) => sum + one.inserted + one.updated + one.deleted, 0);
}
