import type { Diff } from '@countersign/diff';
import type {
  Choice,
  Conditions,
  PersonKind,
  Request,
  ReviewWarning,
  RosterDifference,
  Submission,
} from '@countersign/messages';
import type { Catalog, Facts } from '@countersign/sql';

/** What the approver's machine has checked by itself before anything is shown. */
export type CheckName =
  | 'request-signature'
  | 'submission-signature'
  | 'roster'
  | 'checkpoint'
  | 'inclusion'
  | 'consistency'
  | 'last-decision'
  | 'in-time'
  | 'diff-digest'
  | 'facts';

/**
 * How one check ended. `skipped` is a check for which this machine had nothing to compare with, `missing` one that did not find what it
 * looked for, which may have an innocent reason or none.
 */
export interface Check {
  readonly name: CheckName;
  readonly outcome: 'passed' | 'failed' | 'skipped' | 'missing';
  /** Code of the refusal; present exactly when it failed. */
  readonly code?: string;
}

/** The person or program that asks, as the roster names it. */
export interface Requester {
  readonly id: string;
  readonly name: string;
  readonly kind: PersonKind;
  readonly roles: readonly string[];
}

export interface RequesterKey {
  /** Key id, 32 bytes. */
  readonly id: Uint8Array;
  /** Its words, to be read aloud. */
  readonly words: string;
}

/** A decision on this request that was counted before. */
export interface EarlierDecision {
  readonly person: { readonly id: string; readonly name: string };
  readonly choice: Choice;
  readonly madeAt: number;
  /** Step of the quorum, from 0, that it counts for; null for a denial or amendment. */
  readonly step: number | null;
  readonly conditions?: Conditions;
  readonly note?: string;
}

/** Places of the open step that nobody fills yet; `complete` when none is left anywhere. */
export type QuorumState =
  | {
      readonly state: 'open';
      readonly step: number;
      readonly missing: readonly { readonly role: string; readonly count: number }[];
    }
  | { readonly state: 'complete' }
  | { readonly state: 'rejected' };

/** The statements as read twice. */
export interface ReadFacts {
  readonly signed: Facts;
  /** Null where this machine cannot read the dialect. */
  readonly here: Facts | null;
  /** What the executor says of the database, on which both readings stand; absent when they are of the texts alone. */
  readonly catalog?: Catalog | null;
}

/** Everything that a description is made from. Nothing in it needs to be harmless. */
export interface ShownReview {
  readonly request: Request;
  /** SHA-256 of the signed request's bytes. */
  readonly requestHash: Uint8Array;
  /** The words of that hash that people read aloud to one another. */
  readonly requestWords: string;
  readonly submission: Submission;
  readonly requester: Requester;
  /** The key that signed the submission; absent where no signature of it was verified. */
  readonly requesterKey?: RequesterKey;
  /** Origin of the ledger whose executor signed the request. */
  readonly origin: string;
  readonly checks: readonly Check[];
  readonly facts: ReadFacts;
  /** Null when the request carries none. */
  readonly diff: Diff | null;
  readonly earlier: readonly EarlierDecision[];
  readonly quorum: QuorumState;
  /** The change of the roster that came with this request, if one did. */
  readonly rosterChange?: RosterDifference;
  /** Warnings that verifying the bundle gave. */
  readonly warnings: readonly ReviewWarning[];
  /** Clock of this machine, whole seconds. */
  readonly now: number;
}

/** What of a review no clock changes. */
export type LastingReview = Omit<ShownReview, 'now' | 'checks' | 'warnings'>;
