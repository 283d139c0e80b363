import type { Diff, TableDiff } from '@countersign/diff';
import type { TableShape } from './table-shapes.ts';

/** What one way of watching found about the rows of the tables. */
export interface Observed {
  readonly tables: readonly TableDiff[];
  readonly notPreviewed: readonly string[];
}

/** A way of watching the rows that statements change, between its making and `finish`. */
export interface Observer {
  /** Refuses when more rows changed than allowed. @throws TargetError `limit/rows` */
  check(): void;
  /** @param made columns of inserted rows whose values the engine made up, by table, as indexes of what is shown */
  finish(made: ReadonlyMap<TableShape, readonly number[]>): Observed;
  close(): void;
}

/** The parts of a diff that do not depend on how the rows were watched. */
export type Surroundings = Pick<Diff, 'schema' | 'environment'>;
