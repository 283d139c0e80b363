import { decide } from './decide.ts';
import type { PolicyInput } from './input.ts';
import type { Policy } from './policy.ts';
import { scopeFault } from './scope.ts';
import type { Verdict } from './verdict.ts';

/** Stands where the name of a rule does when a scope denies; no rule can have it. */
const OUT_OF_SCOPE = 'identity/out-of-scope';

/**
 * What comes of a submission: the rules' verdict, or a denial when the submitter's scope does not reach so far.
 * `submittedAt` is in seconds since 1970.
 */
export function judge(policy: Policy, input: PolicyInput, submittedAt: number): Verdict {
  const verdict = decide(policy, input);
  const { identity, target, facts } = input;
  const reason = scopeFault(policy.scopes, { identity, target: target.name, facts, submittedAt });
  if (reason === undefined) return verdict;
  const matched = [...verdict.matched, { rule: OUT_OF_SCOPE, effect: 'deny' as const, reason }];
  return { ...verdict, decision: 'deny', rules: [OUT_OF_SCOPE], reason, quorum: [], matched };
}
