import type { Target } from '@countersign/targets';

/** A database that the benchmark made, filled and prepared. */
export interface BenchedEngine {
  readonly name: string;
  readonly target: Target;
  /** The statement that changes the first `rows` rows of `accounts`, on this engine. */
  readonly update: (rows: number) => string;
  /** Runs a statement as an application would, rolls it back, and returns how many rows it changed. */
  readonly plain: (sql: string) => Promise<number> | number;
  /** Says what an application meets while a run stands between its statements and its commit. */
  readonly locks: () => Promise<readonly string[]> | readonly string[];
  /** Makes `accounts` this large. */
  readonly fill: (rows: number) => Promise<void> | void;
  readonly stop: () => Promise<void>;
}

/** The row of every engine: an integer key, an owner, a balance, a note. */
export const tableRows = 100_000;
