import { encodeWith, equalBytes, sha256, type SignatureVerifier, type Verified } from '@countersign/codec';
import { logOf, withLog, type ApproverState, type LogState } from './approver-state.ts';
import { widerThan } from './conditions.ts';
import { encodeResponse } from './containers.ts';
import { decisionSchema, type Choice, type Conditions, type Decision, type View } from './decision.ts';
import { MessageError } from './message-error.ts';
import type { Review } from './review.ts';
import { decodeRoster } from './roster.ts';
import { personKeys, verifyDecision } from './signed-record.ts';
import type { Statement } from './statement.ts';
import { within } from './within.ts';

/** What the approver chose, and how the request was shown. */
export interface DecisionChoice {
  readonly choice: Choice;
  readonly view: View;
  /** Whether the approver confirmed the roster's difference; needed when the review has one. */
  readonly rosterConfirmed?: boolean;
  /** Only with an approval. */
  readonly conditions?: Conditions;
  readonly note?: string;
  /** Exactly with an amendment. */
  readonly proposal?: readonly Statement[];
}

/**
 * Returns the decision to sign. What the executor would refuse for a reason that is known here is refused here.
 * `now` is the approver's own clock, seconds.
 * @throws MessageError `compose/…`; `message/…` and CodecError `schema/…` when the choice is no record
 */
export function composeDecision(
  review: Verified<Review>,
  chosen: DecisionChoice,
  state: ApproverState,
  now: number,
): Decision {
  const log = requireSameLog(review, state);
  requireAllowed(review, chosen);
  const { choice, view, conditions, note, proposal } = chosen;
  const { origin, size, root } = review.checkpoint;
  const decision: Decision = {
    version: 1,
    domain: state.domain,
    roster: review.chain.ref(),
    requestId: review.request.record.id,
    requestHash: review.request.hash,
    choice,
    sequence: log.sequence,
    previous: log.last,
    witnessed: { origin, size, root, pinned: log.pinned },
    madeAt: now,
    view,
    ...(conditions === undefined ? {} : { conditions }),
    ...(note === undefined ? {} : { note }),
    ...(proposal === undefined ? {} : { proposal }),
  };
  encodeWith(decisionSchema, decision);
  return decision;
}

/**
 * Returns `state` with the signed decision in the journal, the next sequence, and what was reviewed pinned. To be
 * stored before the decision leaves the machine, or the next one would use its sequence again.
 * @throws MessageError `compose/…`
 */
export function recordDecision(
  review: Verified<Review>,
  signed: Uint8Array,
  state: ApproverState,
  verifier: SignatureVerifier,
): ApproverState {
  const log = requireSameLog(review, state);
  const trust = { domain: state.domain, keys: personKeys(review.chain), verifier };
  const decision = within('compose/signature-mismatch', 'bytes that are no decision by this roster', () =>
    verifyDecision(signed, trust),
  );
  const { sequence, requestHash } = decision.record;
  const expected =
    equalBytes(decision.kid, state.kid) &&
    equalBytes(requestHash, review.request.hash) &&
    sequence === log.sequence;
  if (!expected) {
    throw new MessageError(
      'compose/signature-mismatch',
      'another decision than the one composed for this key',
    );
  }
  const { size, root } = review.checkpoint;
  return withLog(
    { ...state, roster: review.roster },
    {
      origin: log.origin,
      pinned: { size, root },
      sequence: sequence + 1,
      last: sha256(signed),
      journal: [...review.log.journal, { decision: signed, confirmed: false, refusal: null }],
    },
  );
}

/**
 * Returns the response to carry back to the log `origin`: every own decision it has not confirmed, at most the 64
 * oldest; undefined when there is none.
 */
export function composeResponse(state: ApproverState, origin: string): Uint8Array | undefined {
  const open = logOf(state, origin).journal.filter((item) => !item.confirmed);
  const decisions = open.slice(0, 64).map((item) => item.decision);
  return decisions.length === 0 ? undefined : encodeResponse({ version: 1, domain: state.domain, decisions });
}

/** A review made on an older state would sign a sequence twice, or skip what was pinned since. */
function requireSameLog(review: Review, state: ApproverState): LogState {
  const log = logOf(state, review.checkpoint.origin);
  const same =
    equalBytes(state.domain, review.chain.domain) &&
    log.sequence === review.log.sequence &&
    sameBytes(log.last, review.log.last) &&
    log.pinned?.size === review.log.pinned?.size &&
    sameBytes(log.pinned?.root ?? null, review.log.pinned?.root ?? null) &&
    holdsConfirmedRoster(review, state);
  if (same) return log;
  throw new MessageError(
    'compose/state-stale',
    'the state has changed since the review, expected a new review',
  );
}

/** Another log's decision, or an installed roster, may have moved the confirmed roster on since: recording must not take it back. */
function holdsConfirmedRoster({ chain }: Review, { roster }: ApproverState): boolean {
  return roster === null || chain.includes({ number: decodeRoster(roster).number, hash: sha256(roster) });
}

function sameBytes(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : equalBytes(a, b);
}

function requireAllowed(review: Review, { choice, view, conditions, rosterConfirmed }: DecisionChoice): void {
  if (review.rosterDifference !== null && rosterConfirmed !== true) {
    throw new MessageError('compose/roster-unconfirmed', 'the roster has changed, expected a confirmation');
  }
  const refusal = review.permissions[choice];
  if (refusal !== null) {
    throw new MessageError('compose/not-permitted', 'the executor would refuse this decision', {
      name: refusal,
    });
  }
  if (choice === 'approve' && view.depth !== 'full') {
    throw new MessageError('compose/summary-view', 'an approval after a summary, expected the full view');
  }
  const wider = widerThan(review.request.record, conditions);
  if (wider !== undefined) {
    throw new MessageError('compose/condition-wider', 'conditions that do not narrow the request', {
      name: wider,
    });
  }
}
