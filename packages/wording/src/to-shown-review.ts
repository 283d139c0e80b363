import type { Diff } from '@countersign/diff';
import type { EarlierDecision as JudgedDecision, Review } from '@countersign/messages';
import { agreementOf } from './facts-comparison.ts';
import type { Check, EarlierDecision, ReadFacts, ShownReview } from './shown-review.ts';

/** What an approver's machine knows beside the verified bundle. */
export interface ReviewParts {
  /** Words of the request's hash, to be read aloud. */
  readonly words: string;
  readonly facts: ReadFacts;
  /** The diff whose digest was found to be the signed one; null when the request carries none. */
  readonly diff: Diff | null;
  /** Clock of this machine, whole seconds. */
  readonly now: number;
}

/** Returns what is shown of a bundle that was verified: every check of it passed, or there was nothing to compare with. */
export function toShownReview(review: Review, parts: ReviewParts): ShownReview {
  const { request, submission, submitter, checkpoint, log, rosterDifference } = review;
  return {
    request: request.record,
    requestHash: request.hash,
    requestWords: parts.words,
    submission: submission.record,
    requester: submitter,
    origin: checkpoint.origin,
    checks: checksOf(log.pinned !== null, log.journal.at(-1)?.confirmed === true, parts),
    facts: parts.facts,
    diff: parts.diff,
    earlier: review.earlier.map(earlierOf),
    quorum: review.tally,
    ...(rosterDifference === null ? {} : { rosterChange: rosterDifference }),
    warnings: review.warnings,
    now: parts.now,
  };
}

function checksOf(hasPin: boolean, isLastLogged: boolean, { facts, diff }: ReviewParts): readonly Check[] {
  return [
    { name: 'request-signature', outcome: 'passed' },
    { name: 'submission-signature', outcome: 'passed' },
    { name: 'roster', outcome: 'passed' },
    { name: 'checkpoint', outcome: 'passed' },
    { name: 'inclusion', outcome: 'passed' },
    { name: 'consistency', outcome: hasPin ? 'passed' : 'skipped' },
    { name: 'last-decision', outcome: isLastLogged ? 'passed' : 'skipped' },
    { name: 'diff-digest', outcome: diff === null ? 'skipped' : 'passed' },
    factsCheck(facts),
  ];
}

function factsCheck({ signed, here }: ReviewParts['facts']): Check {
  if (here === null) return { name: 'facts', outcome: 'skipped' };
  return agreementOf(signed, here) === 'differs'
    ? { name: 'facts', outcome: 'failed', code: 'facts/differ' }
    : { name: 'facts', outcome: 'passed' };
}

function earlierOf({ person, name, step, decision }: JudgedDecision): EarlierDecision {
  const { choice, madeAt, conditions, note } = decision.record;
  return {
    person: { id: person, name },
    choice,
    madeAt,
    step,
    ...(conditions === undefined ? {} : { conditions }),
    ...(note === undefined ? {} : { note }),
  };
}
