import { equalBytes } from '@countersign/codec';
import { readJournalled, type JournalItem } from './approver-state.ts';
import { isReviewOpen, isRunOpen } from './conditions.ts';
import type { Request } from './request.ts';
import { keyStanding } from './roster-directory.ts';
import { reviewWarningCodes, type Review, type ReviewWarning } from './review.ts';

/**
 * Returns the warnings of a review in the order of `reviewWarningCodes`; `now` is the approver's own clock, `index` that of the
 * request's entry.
 */
export function reviewWarnings(
  review: Omit<Review, 'warnings'>,
  now: number,
  index: number,
): readonly ReviewWarning[] {
  const found = new Set<ReviewWarning>([
    ...ofRequest(review, now),
    ...ofPersons(review, index),
    ...ofMemory(review),
  ]);
  return reviewWarningCodes.filter((code) => found.has(code));
}

const clockWarnings: ReadonlySet<ReviewWarning> = new Set([
  'review/review-late',
  'review/run-late',
  'review/clock-behind',
]);

/** Returns the warnings of a review at another moment: those of the clock anew, the others as they are. */
export function warningsAt(
  { request, warnings }: Pick<Review, 'request' | 'warnings'>,
  now: number,
): readonly ReviewWarning[] {
  const others = warnings.filter((code) => !clockWarnings.has(code));
  const found = new Set<ReviewWarning>([...others, ...ofClock(request.record, now)]);
  return reviewWarningCodes.filter((code) => found.has(code));
}

function* ofClock(record: Request, now: number): Generator<ReviewWarning> {
  if (!isReviewOpen(record, now)) yield 'review/review-late';
  if (!isRunOpen(record, now)) yield 'review/run-late';
  if (record.madeAt > now) yield 'review/clock-behind';
}

function* ofRequest({ request, tally }: Omit<Review, 'warnings'>, now: number): Generator<ReviewWarning> {
  const { record } = request;
  yield* ofClock(record, now);
  if (record.effect.notPreviewed.length > 0) yield 'review/not-previewed';
  if (!record.effect.complete) yield 'review/diff-incomplete';
  if (record.follows !== undefined) yield 'review/follows';
  if (tally.state === 'rejected') yield 'review/rejected';
}

function* ofPersons(
  { submitter, submission, request, chain, rosterDifference }: Omit<Review, 'warnings'>,
  index: number,
): Generator<ReviewWarning> {
  if (submitter.kind !== 'human') yield 'review/submitter-not-human';
  // Where in the ledger it was submitted is not known here, only that it was before the request.
  const { kid } = submission;
  const holder = chain.holder(kid);
  const counts =
    holder !== undefined &&
    keyStanding(holder, request.record.madeAt) === 'valid' &&
    !chain.isRevokedAt(kid, index);
  if (!counts || !chain.current.permits(submitter, 'submit')) yield 'review/submitter-may-not-submit';
  if (rosterDifference !== null) yield 'review/roster-changed';
}

function* ofMemory({ log, request }: Omit<Review, 'warnings'>): Generator<ReviewWarning> {
  const isOnThis = (item: JournalItem): boolean =>
    equalBytes(readJournalled(item).decision.requestHash, request.hash);
  if (log.pinned === null) yield 'review/first-contact';
  if (log.journal.some(isOnThis)) yield 'review/already-decided';
  const last = log.journal.findLast((item) => item.confirmed);
  if (last !== undefined && last.refusal !== null) yield 'review/own-decision-refused';
  if (log.journal.some((item) => !item.confirmed)) yield 'review/own-decisions-unconfirmed';
}
