import type { Catalog, Facts, Dialect } from '@countersign/sql';
import type { Place } from './error.ts';
import type { PolicyInput } from './input.ts';
import type { DecisionKind, Quorum } from './verdict.ts';

/** Reads SQL as the classifier does; handed in, so that a case is judged by the same reader as a submission. */
export type Analyse = (texts: readonly string[], dialect: Dialect, catalog: Catalog | undefined) => Facts;

/** What a case says about the statements: SQL to be read, or the facts themselves. */
export type GivenFacts =
  | {
      readonly type: 'sql';
      readonly texts: readonly string[];
      readonly dialect: Dialect;
      readonly catalog: Catalog | undefined;
    }
  | { readonly type: 'facts'; readonly facts: Facts };

/** A submission as a case describes it. */
export interface GivenSubmission extends Omit<PolicyInput, 'facts'> {
  readonly source: GivenFacts;
}

/** What a case asks of the verdict; what is absent may be anything. */
export interface Expectation {
  readonly decision: DecisionKind;
  /** Exactly the rules that made the decision, sorted. */
  readonly rules: readonly string[] | undefined;
  /** Among those that matched. */
  readonly matched: readonly string[];
  readonly quorum: Quorum | undefined;
  /** Text that stands in the reason. */
  readonly reason: string | undefined;
  /** Among those that were met, as name and value. */
  readonly obligations: readonly (readonly [name: string, value: string])[];
  /** Exactly the rules that wait for the dry run, sorted. */
  readonly pending: readonly string[] | undefined;
}

/** One case beside the rules: a submission, and the verdict that is expected. */
export interface TestCase {
  readonly name: string;
  readonly place: Place;
  readonly given: GivenSubmission;
  readonly expect: Expectation;
}
