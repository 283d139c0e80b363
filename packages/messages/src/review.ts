import type { Verified } from '@countersign/codec';
import type { Checkpoint } from '@countersign/merkle';
import type { LogState } from './approver-state.ts';
import type { Tally } from './quorum.ts';
import type { Request } from './request.ts';
import type { EarlierDecision, Permissions } from './review-votes.ts';
import type { RosterChain } from './roster-chain.ts';
import type { RosterDifference } from './roster-difference.ts';
import type { Person } from './roster.ts';
import type { Signed } from './signed-record.ts';
import type { Submission } from './submission.ts';

/** What an approver should know beside the request; the codes shown go into the signed view. */
export const reviewWarningCodes = [
  'review/first-contact',
  'review/roster-changed',
  'review/review-late',
  'review/run-late',
  'review/clock-behind',
  'review/submitter-not-human',
  'review/submitter-may-not-submit',
  'review/not-previewed',
  'review/diff-incomplete',
  'review/follows',
  'review/rejected',
  'review/already-decided',
  'review/own-decision-refused',
  'review/own-decisions-unconfirmed',
] as const;

export type ReviewWarning = (typeof reviewWarningCodes)[number];

/** The diff as it travelled; that it has the digest of the effect is for the caller to check. */
export type DiffBytes =
  | { readonly form: 'inline'; readonly bytes: Uint8Array }
  | { readonly form: 'pages'; readonly pages: readonly Uint8Array[] };

/** Everything a bundle says, verified, and what the approver's own memory says beside it. */
export interface Review {
  readonly request: Signed<Request>;
  readonly submission: Signed<Submission>;
  /** Whose key signed the submission. */
  readonly submitter: Person;
  readonly checkpoint: Checkpoint;
  readonly chain: Verified<RosterChain>;
  /** Payload of the roster in force. */
  readonly roster: Uint8Array;
  /** What to confirm before deciding; null when the roster is the one confirmed last. */
  readonly rosterDifference: RosterDifference | null;
  readonly earlier: readonly EarlierDecision[];
  readonly tally: Tally<EarlierDecision>;
  readonly permissions: Permissions;
  readonly diff: DiffBytes;
  /** What the key remembers of this log, with the confirmations of this bundle; pin and sequence as before. */
  readonly log: LogState;
  readonly warnings: readonly ReviewWarning[];
}
