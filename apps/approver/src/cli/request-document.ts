import type { RosterDifference } from '@countersign/messages';
import { formatTime } from '@countersign/program';
import { factsJson } from '@countersign/sql';
import type { Document } from '@countersign/wording';
import type { ReviewedRequest } from '../core/review-request.ts';

/** Returns what `--json` says of a verified request: its fields, and the view that a person would read, whole. */
export function requestDocument({ review, shown }: ReviewedRequest, view: Document): object {
  const { request, checkpoint, permissions, rosterDifference } = review;
  const { id, sequence, madeAt, reviewBy, runBy, target, statements, effect, policy, follows, breakGlass } =
    request.record;
  return {
    requestId: id,
    digest: request.hash,
    words: shown.requestWords,
    sequence,
    madeAt: formatTime(madeAt),
    reviewBy: formatTime(reviewBy),
    runBy: formatTime(runBy),
    origin: checkpoint.origin,
    checkpoint: { size: checkpoint.size, root: checkpoint.root },
    requester: shown.requester,
    reason: shown.submission.reason,
    context: shown.submission.context ?? [],
    target,
    statements,
    facts: factsJson(shown.facts.signed),
    effect: { ...effect, diff: undefined },
    policy,
    earlier: shown.earlier.map((one) => ({ ...one, madeAt: formatTime(one.madeAt) })),
    quorum: shown.quorum,
    follows,
    breakGlass: shown.submission.breakGlass,
    ordinary: breakGlass,
    permissions,
    roster: rosterDocument(review.chain.number, review.chain.current.hash, rosterDifference),
    checks: shown.checks,
    warnings: view.warnings,
    confirmRows: view.confirmRows,
    view,
  };
}

function rosterDocument(number: number, hash: Uint8Array, difference: RosterDifference | null): object {
  return { number, hash, difference };
}
