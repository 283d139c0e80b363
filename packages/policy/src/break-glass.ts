import type { Verdict } from './verdict.ts';

/** Stands where the name of a rule does when an allowance is refused; no rule can have it. */
const EASED_ALLOW = 'policy/break-glass-allows';

/**
 * Returns what counts of a verdict on a declared emergency, beside the one on the same submission without the declaration:
 * an allowance that only the declaration reaches is a denial.
 */
export function withoutEase(declared: Verdict, ordinary: Verdict): Verdict {
  if (declared.decision !== 'allow' || ordinary.decision === 'allow') return declared;
  const reason =
    'policy lets this run unasked only because it was declared an emergency; a rule must ask somebody for it';
  const match = { rule: EASED_ALLOW, effect: 'deny' as const, reason };
  return {
    ...declared,
    decision: 'deny',
    rules: [EASED_ALLOW],
    reason,
    quorum: [],
    matched: [...declared.matched, match],
  };
}
