import type { Measured } from './measure.ts';

/** Sides measured beside each other; the last one is the floor. */
export interface Comparison {
  readonly title: string;
  readonly measured: readonly Measured[];
  /** What the numbers mean, or why they are as they are: one sentence each. */
  readonly notes?: readonly string[];
  /** What is demanded and was not met, one sentence each: the command ends with exit code 1. */
  readonly unmet?: readonly string[];
}

/** One command of `bench/run.ts`. */
export interface Benchmark {
  readonly name: string;
  readonly about: string;
  /** Checks that every side gives a right answer, then measures. @throws when an answer is wrong */
  readonly run: () => Promise<readonly Comparison[]>;
}

/** @throws Error when a side of a benchmark answered wrongly, so that nothing wrong is ever measured */
export function requireAnswer(right: boolean, what: string): void {
  if (!right) throw new Error(`wrong answer before measuring: ${what}`);
}
