import { CodecError, equalBytes, type SignatureVerifier, type Verified } from '@countersign/codec';
import {
  changedRows,
  decodeDiff,
  fromPages,
  isComparable,
  isSummaryOf,
  verifyDigest,
  type Diff,
} from '@countersign/diff';
import { digestWords, fingerprint } from '@countersign/keys';
import {
  encodeRoster,
  MessageError,
  newApproverState,
  readBundle,
  reviewAt,
  reviewBundle,
  verifyRosterChain,
  type ApproverState,
  type DiffBytes,
  type Effect,
  type Request,
  type Review,
  type RootKeys,
  type RosterChain,
} from '@countersign/messages';
import {
  classifyTexts,
  decodeFacts,
  definitionsAlone,
  driftingColumns,
  statementsAlone,
  toleranceIn,
  type Catalog,
  type Facts,
} from '@countersign/sql';
import { shownAt, toShownReview, type ShownReview } from '@countersign/wording';
import { ApprovalError } from './approval-error.ts';
import { carriedCatalog } from './carried-catalog.ts';
import { held } from './update-rosters.ts';

/** What an approver's machine trusts and knows when a bundle comes. */
export interface Ground {
  readonly anchor: RootKeys;
  /** Id of the key that would decide; null while it is not known, as before its first use. */
  readonly kid: Uint8Array | null;
  /** What that key remembers; null before its first decision. */
  readonly state: ApproverState | null;
  /** Signed rosters that this machine took up, number 1 first; none before the first. */
  readonly known: readonly Uint8Array[];
  readonly verifier: SignatureVerifier;
  /** The machine's own clock, whole seconds. */
  readonly now: number;
}

/** A bundle that verified: for the rules, and for the eye. */
export interface ReviewedRequest {
  readonly review: Verified<Review>;
  readonly shown: ShownReview;
  /** The memory that the review stands on. */
  readonly state: ApproverState;
}

const unknownKid = new Uint8Array(32);

/**
 * Returns the request of a bundle once everything was verified that this machine can verify: rosters, signatures, ledger and
 * memory, the diff against its signed digest, the signed counts against the diff. The facts are read again from the texts; that they
 * differ is shown as a failed check, so that the request can be denied.
 * @throws MessageError `bundle/…`, `roster/…`; CodecError, DiffError, SqlError; ApprovalError `effect/…`, `catalog/…`
 */
export function reviewRequest(bytes: Uint8Array, ground: Ground): ReviewedRequest {
  const { anchor, known, verifier, now } = ground;
  const chain = known.length === 0 ? null : verifyRosterChain(known, anchor, verifier);
  const state = ground.state ?? firstState(bytes, ground, chain);
  const review = reviewBundle(bytes, state, anchor, verifier, now);
  // What one key of this machine has seen replaced, no other takes.
  if (chain !== null && equalBytes(chain.domain, state.domain))
    held(review.chain, encodeRoster(chain.current.roster));
  const request = review.request.record;
  const diff = signedDiff(review.diff, request.effect.diffDigest);
  requireSameEffect(request.effect, diff);
  const facts = readFacts(request);
  requireUntried(request.effect, facts.here);
  requireOnCopy(request.effect, facts.here);
  requireTolerance(request, diff);
  const shown = toShownReview(review, {
    words: digestWords(review.request.hash),
    requesterWords: fingerprint(review.submission.kid).words,
    facts,
    diff,
    now,
  });
  return { review, shown, state };
}

/** Returns the same request as it is at another moment `now`, whole seconds: nothing but the clock has changed. */
export function reviewedAt({ review, shown, state }: ReviewedRequest, now: number): ReviewedRequest {
  const later = reviewAt(review, state, now);
  return { review: later, shown: shownAt(shown, later, now), state };
}

/**
 * A key's first use: what the machine knows already was confirmed for this key too. Without that the deployment is the one that the
 * root keys vouch for; a wrong one shows against the anchor, not here.
 */
function firstState(
  bytes: Uint8Array,
  { anchor, kid, verifier }: Ground,
  chain: RosterChain | null,
): ApproverState {
  if (chain !== null)
    return {
      ...newApproverState(chain.domain, kid ?? unknownKid),
      roster: encodeRoster(chain.current.roster),
    };
  try {
    const { domain } = verifyRosterChain(readBundle(bytes).rosters.slice(0, 1), anchor, verifier);
    return newApproverState(domain, kid ?? unknownKid);
  } catch (cause) {
    if (!(cause instanceof CodecError)) throw cause;
    throw new MessageError('bundle/malformed', 'a file that is no request bundle', { cause });
  }
}

function signedDiff(carried: DiffBytes, digest: Uint8Array): Diff {
  switch (carried.form) {
    case 'inline':
      return verifyDigest(decodeDiff(carried.bytes), digest);
    case 'pages':
      return fromPages(carried.pages, digest);
  }
}

/** The counts are read by conditions and by people in a hurry: they must be those of the rows. */
function requireSameEffect(effect: Effect, diff: Diff): void {
  if (isSummaryOf(effect, diff)) return;
  throw new ApprovalError(
    'effect/counts-differ',
    `the request says ${effect.rows} rows, its diff says ${changedRows(diff)}`,
  );
}

/** What runs outside transactions was not tried, whatever an executor says; and anything else was. */
function requireUntried(effect: Effect, here: Facts): void {
  const [alone] = statementsAlone(here);
  if ((effect.untried === true) === (alone !== undefined)) return;
  const text =
    alone === undefined
      ? 'the request says that it was not tried, and this machine reads nothing that could not be'
      : `the request says that it was tried, and ${alone.kind} runs outside any transaction`;
  throw new ApprovalError('effect/untried-differs', text);
}

/** A definition of MariaDB commits by itself, so that it met no row, whatever an executor says; and anything else met them. */
function requireOnCopy(effect: Effect, here: Facts): void {
  const [definition] = definitionsAlone(here);
  if ((effect.onCopy === true) === (definition !== undefined)) return;
  const text =
    definition === undefined
      ? 'the request says that it was tried on a copy without rows, and this machine reads nothing that had to be'
      : `the request says that it was tried on the rows, and ${definition.kind} commits by itself there`;
  throw new ApprovalError('effect/copy-differs', text);
}

/**
 * What the run may do otherwise must have a meaning for the rows shown: the schema stays, each column that may drift is there and
 * names no row, and every row is shown. An executor that says anything else would have its approvers read what does not hold.
 */
function requireTolerance({ policy, target }: Request, diff: Diff): void {
  const { columns, fewerRows } = toleranceIn(policy.obligations ?? []);
  if (columns.length === 0 && !fewerRows) return;
  const named = columns.map((column) => driftingColumns({ columns: [column] }, target.engine, diff.tables));
  const drifting = driftingColumns({ columns }, target.engine, diff.tables);
  if (named.every(({ size }) => size === 1) && isComparable(diff, { columns: drifting, fewerRows })) return;
  throw new ApprovalError(
    'effect/tolerance-unsound',
    'the request lets its run differ where the schema changes, in columns that are not in its rows or name them, or in rows that are not all shown',
  );
}

function readFacts(request: Request): {
  readonly signed: Facts;
  readonly here: Facts;
  readonly catalog: Catalog | null;
} {
  const texts = request.statements.map(({ sql }) => sql);
  const catalog = carriedCatalog(request);
  const here = classifyTexts(texts, request.target.engine, catalog);
  return { signed: decodeFacts(request.facts, texts), here, catalog: catalog ?? null };
}
