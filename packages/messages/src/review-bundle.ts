import {
  CodecError,
  equalBytes,
  mapVerified,
  sha256,
  type SignatureVerifier,
  type Verified,
} from '@countersign/codec';
import { verifyCheckpoint, type Checkpoint } from '@countersign/merkle';
import { logOf, withLog, type ApproverState } from './approver-state.ts';
import { decodeBundle, isLaterBundle, type Bundle } from './containers.ts';
import { MessageError } from './message-error.ts';
import { tally } from './quorum.ts';
import type { Request } from './request.ts';
import type { DiffBytes, Review } from './review.ts';
import { checkPin, checkRequestEntry, confirmJournal } from './review-ledger.ts';
import { permissionsOf, readEarlierDecisions, type Permissions } from './review-votes.ts';
import { reviewWarnings, warningsAt } from './review-warnings.ts';
import { verifyRosterChain, type RosterChain } from './roster-chain.ts';
import { rosterDifference, type RosterDifference } from './roster-difference.ts';
import { decodeRoster, encodeRoster, type Person, type RootKeys } from './roster.ts';
import { executorKeys, personKeys, verifyRequest, verifySubmission, type Signed } from './signed-record.ts';
import { statementsEqual } from './statement.ts';
import type { Submission } from './submission.ts';
import { within } from './within.ts';

/**
 * Returns what the bundle says once everything in it was verified: rosters from `anchor`, request, submission,
 * checkpoint, inclusion, consistency with what `state` pinned, its own last decision, earlier decisions.
 * `now` (seconds, the approver's own clock) only warns, but for the validity of the approver's key.
 * @throws MessageError `bundle/…`, `roster/…`
 */
export function reviewBundle(
  bytes: Uint8Array,
  state: ApproverState,
  anchor: RootKeys,
  verifier: SignatureVerifier,
  now: number,
): Verified<Review> {
  const bundle = readBundle(bytes);
  const chain = verifyRosters(bundle, state, anchor, verifier);
  const { domain } = state;
  const trust = { domain, keys: personKeys(chain), verifier };
  const request = within('bundle/request-invalid', 'a request that does not verify', () =>
    verifyRequest(bundle.request, { domain, keys: executorKeys(chain), verifier }),
  );
  if (!chain.includes(request.record.roster)) {
    throw new MessageError(
      'bundle/request-roster-unknown',
      'a request made under a roster that is not in the chain',
    );
  }
  const submission = within('bundle/submission-invalid', 'a submission that does not verify', () =>
    verifySubmission(bundle.submission, trust),
  );
  requireSameContent(submission, request);
  const submitter = submitterOf(submission, chain);
  const checkpoint = readCheckpoint(bundle, request, chain, verifier);
  checkRequestEntry(bundle, request, checkpoint);
  const before = logOf(state, checkpoint.origin);
  checkPin(bundle, before, checkpoint);
  const log = { ...before, journal: confirmJournal(bundle, before, state.kid, checkpoint) };
  const requester = { person: submitter.id, kid: submission.kid };
  const index = checkpoint.size;
  const earlier = readEarlierDecisions(bundle.decisions, { request, requester, chain, trust, index });
  const { quorum } = request.record.policy;
  const diff = diffOf(bundle, request.record);
  return mapVerified(request, () => {
    const found = {
      request,
      submission,
      submitter,
      checkpoint,
      chain,
      roster: encodeRoster(chain.current.roster),
      rosterDifference: differenceTo(chain, state),
      earlier,
      tally: tally(quorum, earlier),
      diff,
      log,
    };
    const judged = { ...found, permissions: permissionsAt(found, state, now) };
    return { ...judged, warnings: reviewWarnings(judged, now, bundle.index) };
  });
}

/**
 * Returns a review as it is at another moment `now` (seconds): nothing but the clock has changed since it was made on `state`, so that
 * nothing is verified again.
 */
export function reviewAt(review: Verified<Review>, state: ApproverState, now: number): Verified<Review> {
  return mapVerified(review, (known) => ({
    ...known,
    permissions: permissionsAt(known, state, now),
    warnings: warningsAt(known, now),
  }));
}

function permissionsAt(
  { request, submitter, submission, earlier, chain, checkpoint }: Omit<Review, 'permissions' | 'warnings'>,
  { kid }: ApproverState,
  now: number,
): Permissions {
  const asked = {
    quorum: request.record.policy.quorum,
    counted: earlier,
    requester: { person: submitter.id, kid: submission.kid },
    chain,
    now,
    index: checkpoint.size,
  };
  return permissionsOf(asked, kid);
}

/** Returns `state` as it is after a review that ends without a decision: roster, pin and confirmations are kept. */
export function acceptReview(review: Verified<Review>, state: ApproverState): ApproverState {
  const { size, root } = review.checkpoint;
  return withLog({ ...state, roster: review.roster }, { ...review.log, pinned: { size, root } });
}

function verifyRosters(
  bundle: Bundle,
  state: ApproverState,
  anchor: RootKeys,
  verifier: SignatureVerifier,
): Verified<RosterChain> {
  const chain = readRosters(bundle, anchor, verifier);
  if (!equalBytes(chain.domain, state.domain)) {
    throw new MessageError('bundle/state-domain', 'a bundle of another deployment than this state');
  }
  if (state.roster === null) return chain;
  const pinned = within('state/malformed', 'a pinned roster that is none', () =>
    decodeRoster(state.roster ?? new Uint8Array(0)),
  );
  if (pinned.number > chain.number) {
    const message = `roster number ${chain.number}, expected at least the confirmed ${pinned.number}`;
    throw new MessageError('bundle/roster-older', message);
  }
  if (!chain.includes({ number: pinned.number, hash: sha256(state.roster) })) {
    throw new MessageError('bundle/roster-forked', `another roster ${pinned.number} than the confirmed one`);
  }
  return chain;
}

function readRosters(bundle: Bundle, anchor: RootKeys, verifier: SignatureVerifier): Verified<RosterChain> {
  try {
    return verifyRosterChain(bundle.rosters, anchor, verifier);
  } catch (cause) {
    if (!(cause instanceof CodecError)) throw cause;
    throw new MessageError('bundle/malformed', 'a roster that is none', { cause });
  }
}

/**
 * Returns the parts of a bundle; nothing in them is verified.
 * @throws MessageError `bundle/version` for one of a later version, `bundle/malformed`
 */
export function readBundle(bytes: Uint8Array): Bundle {
  try {
    return within('bundle/malformed', 'a file that is no request bundle', () => decodeBundle(bytes));
  } catch (cause) {
    if (!(cause instanceof MessageError && isLaterBundle(bytes))) throw cause;
    throw new MessageError('bundle/version', 'a bundle of a later version than this program reads', {
      cause,
    });
  }
}

/** The executor may choose nothing that the submitter signed: target, statements, id and declaration are the same. */
function requireSameContent(submission: Signed<Submission>, request: Signed<Request>): void {
  const asked = submission.record;
  const made = request.record;
  const same =
    equalBytes(made.submissionHash, submission.hash) &&
    equalBytes(made.id, asked.id) &&
    made.target.name === asked.target &&
    (made.breakGlass === undefined) === (asked.breakGlass === undefined) &&
    statementsEqual(made.statements, asked.statements);
  if (!same) throw new MessageError('bundle/submission-mismatch', 'a request that is not what was submitted');
}

function submitterOf(submission: Signed<Submission>, chain: RosterChain): Person {
  const holder = chain.holder(submission.kid);
  if (holder === undefined) throw new MessageError('bundle/submission-invalid', 'a submission by nobody');
  return holder.person;
}

/** The checkpoint must be of the log of the very executor that signed the request. */
function readCheckpoint(
  bundle: Bundle,
  request: Signed<Request>,
  chain: RosterChain,
  verifier: SignatureVerifier,
): Verified<Checkpoint> {
  const executor = chain.current.executor(request.kid);
  if (executor === undefined) throw new MessageError('bundle/checkpoint-invalid', 'a request by no executor');
  return within('bundle/checkpoint-invalid', 'a checkpoint that does not verify', () =>
    verifyCheckpoint(bundle.checkpoint, { ...executor, verifier }),
  );
}

function differenceTo(chain: RosterChain, state: ApproverState): RosterDifference | null {
  if (state.roster === null || equalBytes(sha256(state.roster), chain.current.hash)) return null;
  return rosterDifference(decodeRoster(state.roster), chain.current.roster);
}

function diffOf(bundle: Bundle, request: Request): DiffBytes {
  const { diff } = request.effect;
  const pages = bundle.diffPages;
  if (diff === undefined) {
    if (pages.length === 0) throw new MessageError('bundle/diff-missing', 'neither a diff nor pages of it');
    return { form: 'pages', pages };
  }
  if (pages.length > 0)
    throw new MessageError('bundle/diff-repeated', 'pages beside a diff that the request holds');
  return { form: 'inline', bytes: diff };
}
