import type { PolicyDiff } from './input.ts';
import type { Policy } from './policy.ts';
import { COUNT_MAX } from './quorum.ts';
import { oneLine } from './stricter.ts';
import type { Verdict } from './verdict.ts';

/** Persons of each role asked beyond what rules ask, where the policy says nothing else. */
export const UNTRIED_MORE = 1;

/**
 * Returns the verdict with more persons of every role, two at least, when what it is about could not be tried, or on a copy
 * without rows alone: approvers have not seen what it does to the data, and nothing can be taken back. Nothing is added where the policy's default says `more_untried: 0`.
 */
export function askMoreUntried(
  verdict: Verdict,
  { fallback: { moreUntried } }: Pick<Policy, 'fallback'>,
  diff: PolicyDiff | undefined,
): Verdict {
  if (verdict.decision !== 'require' || !isUntried(diff) || moreUntried === 0) return verdict;
  const quorum = verdict.quorum.map((step) =>
    step.map(({ role, count }) => ({ role, count: Math.min(COUNT_MAX, count + moreUntried) })),
  );
  const reason = oneLine(`${verdict.reason}; ${moreUntried} more of each role, as this cannot be tried`);
  return { ...verdict, quorum, reason };
}

function isUntried(diff: PolicyDiff | undefined): boolean {
  return diff?.untried === true || diff?.onCopy === true;
}
