/** How many distinct persons of a role must approve. */
export interface RoleCount {
  readonly role: string;
  /** 1 to 32. */
  readonly count: number;
}

/** Steps in order; a step opens when the one before is complete. */
export type Quorum = readonly (readonly RoleCount[])[];

export type DecisionKind = 'allow' | 'require' | 'deny';

/** A rule that had its say, and why. */
export interface MatchedRule {
  readonly rule: string;
  readonly effect: DecisionKind;
  readonly reason: string;
}

/** What the policy says about one submission. */
export interface Verdict {
  readonly decision: DecisionKind;
  /** Names of the rules that made the decision, sorted; never empty (`default` when none matched). */
  readonly rules: readonly string[];
  /** One line for people. */
  readonly reason: string;
  /** SHA-256 over the policy's files. */
  readonly policyDigest: Uint8Array;
  /** Empty unless the decision is `require`. */
  readonly quorum: Quorum;
  /** Every rule that matched, also those that a stronger one outranked. */
  readonly matched: readonly MatchedRule[];
  /** Rules that need the diff and have not seen one: the verdict is not final while any is left. */
  readonly pending: readonly string[];
  /** Obligations that were satisfied, as name and value, names ascending. */
  readonly obligations: readonly (readonly [name: string, value: string])[];
}
