import type { Diff } from '@countersign/diff';
import {
  isReviewOpen,
  isRunOpen,
  type EarlierDecision as JudgedDecision,
  type Request,
  type Review,
} from '@countersign/messages';
import { agreementOf } from './facts-comparison.ts';
import type { Check, EarlierDecision, ReadFacts, ShownReview } from './shown-review.ts';

/** What an approver's machine knows beside the verified bundle. */
export interface ReviewParts {
  /** Words of the request's hash, to be read aloud. */
  readonly words: string;
  /** Words of the id of the key that signed the submission. */
  readonly requesterWords: string;
  readonly facts: ReadFacts;
  /** The diff whose digest was found to be the signed one; null when the request carries none. */
  readonly diff: Diff | null;
  /** Clock of this machine, whole seconds. */
  readonly now: number;
}

/** Returns what is shown of a bundle that was verified: every check of it passed, or there was nothing to compare with. */
export function toShownReview(review: Review, parts: ReviewParts): ShownReview {
  const { request, submission, submitter, checkpoint, rosterDifference } = review;
  return {
    request: request.record,
    requestHash: request.hash,
    requestWords: parts.words,
    submission: submission.record,
    requester: submitter,
    requesterKey: { id: submission.kid, words: parts.requesterWords },
    origin: checkpoint.origin,
    checks: checksOf(review, parts),
    facts: parts.facts,
    diff: parts.diff,
    earlier: review.earlier.map(earlierOf),
    quorum: review.tally,
    ...(rosterDifference === null ? {} : { rosterChange: rosterDifference }),
    warnings: review.warnings,
    now: parts.now,
  };
}

/** Returns what is shown of the same bundle at the moment of `review`, which `now` (whole seconds) is. */
export function shownAt(
  shown: ShownReview,
  { warnings }: Pick<Review, 'warnings'>,
  now: number,
): ShownReview {
  const checks = shown.checks.map((check) => (check.name === 'in-time' ? inTime(shown.request, now) : check));
  return { ...shown, checks, warnings, now };
}

function checksOf({ log, request }: Review, { facts, diff, now }: ReviewParts): readonly Check[] {
  return [
    { name: 'request-signature', outcome: 'passed' },
    { name: 'submission-signature', outcome: 'passed' },
    { name: 'roster', outcome: 'passed' },
    { name: 'checkpoint', outcome: 'passed' },
    { name: 'inclusion', outcome: 'passed' },
    { name: 'consistency', outcome: log.pinned === null ? 'skipped' : 'passed' },
    { name: 'last-decision', outcome: lastDecision(log) },
    inTime(request.record, now),
    { name: 'diff-digest', outcome: diff === null ? 'skipped' : 'passed' },
    factsCheck(facts),
  ];
}

/** A key that has decided nothing misses nothing; one whose last decision is not there may not have handed it over, or was robbed of it. */
function lastDecision({ journal }: Review['log']): Check['outcome'] {
  const last = journal.at(-1);
  if (last === undefined) return 'skipped';
  return last.confirmed ? 'passed' : 'missing';
}

/** Returns whether a request can still be approved by the clock of this machine, whole seconds. */
export function inTime(request: Pick<Request, 'reviewBy' | 'runBy'>, now: number): Check {
  const code = !isRunOpen(request, now)
    ? 'review/run-late'
    : isReviewOpen(request, now)
      ? undefined
      : 'review/review-late';
  return code === undefined
    ? { name: 'in-time', outcome: 'passed' }
    : { name: 'in-time', outcome: 'failed', code };
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
