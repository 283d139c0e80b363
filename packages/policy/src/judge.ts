import { decide } from './decide.ts';
import type { PolicyInput } from './input.ts';
import type { Policy } from './policy.ts';
import { declarationFault, scopeFault } from './scope.ts';
import type { Verdict } from './verdict.ts';

/** Stand where the name of a rule does when a scope denies; no rule can have them. */
const OUT_OF_SCOPE = 'identity/out-of-scope';
const NO_DECLARATION = 'identity/break-glass';

/**
 * What comes of a submission: the rules' verdict, or a denial when the submitter's scope does not reach so far or does not
 * let them declare an emergency. `submittedAt` is in seconds since 1970.
 */
export function judge(policy: Policy, input: PolicyInput, submittedAt: number): Verdict {
  const verdict = decide(policy, input);
  const { identity, target, facts, breakGlass } = input;
  const submission = { identity, target: target.name, facts, submittedAt };
  const outside = scopeFault(policy.scopes, submission);
  if (outside !== undefined) return denied(verdict, OUT_OF_SCOPE, outside);
  const undeclared = breakGlass === true ? declarationFault(policy.scopes, submission) : undefined;
  return undeclared === undefined ? verdict : denied(verdict, NO_DECLARATION, undeclared);
}

function denied(verdict: Verdict, rule: string, reason: string): Verdict {
  const matched = [...verdict.matched, { rule, effect: 'deny' as const, reason }];
  return { ...verdict, decision: 'deny', rules: [rule], reason, quorum: [], matched };
}
