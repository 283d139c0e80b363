import { equalBytes } from '@countersign/codec';
import {
  recount,
  type CountedDecision,
  type EntryType,
  type KnownRequest,
  type Outcome,
  type Request,
  type RequestState,
  type RosterChain,
  type Signed,
  type Submission,
} from '@countersign/messages';
import type { Intent, VerdictNote } from '../body.ts';
import type { LoggedToken } from './logged-token.ts';

/** Where a submission stands: before it is a request, read at once, or in the life of its request. */
export type LifeState = 'submitted' | 'denied' | 'allowed' | 'required' | 'ran' | RequestState;

/** What the ledger has told so far about one submission and its request. Written by the replay alone. */
export interface Life {
  readonly id: Uint8Array;
  state: LifeState;
  /** Index of each entry that names the id, ascending. */
  readonly indexes: number[];
  /** SHA-256 of the signed submission. */
  readonly submissionHash: Uint8Array;
  /** Undefined when its body was erased. */
  readonly submission: Signed<Submission> | undefined;
  readonly requester: { readonly person: string; readonly kid: Uint8Array };
  /** Whether that person was an agent by the roster in force at the submission. */
  readonly byAgent: boolean;
  /** The workload token that stood for the submitter; undefined when the submission names none. */
  readonly token: LoggedToken | 'unproved' | undefined;
  verdict: VerdictNote | undefined;
  request: { readonly signed: Signed<Request>; readonly index: number } | undefined;
  counted: readonly CountedDecision[];
  intent:
    | { readonly note: Intent; readonly madeAt: number; readonly approvals: readonly CountedDecision[] }
    | undefined;
  outcome: Outcome | undefined;
  /** False once a body that later checks need was erased: what follows is then checked entry by entry only. */
  proved: boolean;
  /** Whether its end was recorded by an entry of type `closed`. */
  closed: boolean;
}

/** The states in which an entry of this type may follow; undefined for types that belong to no life. */
const before: { readonly [K in EntryType]?: readonly LifeState[] } = {
  verdict: ['submitted', 'allowed', 'required', 'pending', 'approved'],
  request: ['required'],
  export: ['pending', 'approved'],
  decision: ['pending', 'approved'],
  intent: ['pending', 'approved'],
  receipt: ['running', 'ambiguous'],
  closed: ['pending', 'approved', 'rejected'],
  read: ['allowed'],
};

/** Returns whether an entry of this type may come now. */
export function mayFollow(life: Life, type: EntryType): boolean {
  return type === 'refused-decision' || (before[type]?.includes(life.state) ?? false);
}

/** Returns the state of a request, or undefined before there is one. */
export function requestStateOf(state: LifeState): RequestState | undefined {
  switch (state) {
    case 'submitted':
    case 'allowed':
    case 'required':
    case 'denied':
    case 'ran':
      return undefined;
    default:
      return state;
  }
}

/** Returns what the judge of decisions needs of this life, with the approvals that still count at ledger index `index`. */
export function knownRequest(life: Life, chain: RosterChain, index: number): KnownRequest | undefined {
  const { request } = life;
  if (request === undefined || !life.proved) return undefined;
  // A policy that denies a request before its run ends it like a rejection.
  const state = life.state === 'denied' ? 'rejected' : requestStateOf(life.state);
  if (state === undefined) return undefined;
  return {
    request: request.signed.record,
    hash: request.signed.hash,
    index: request.index,
    state,
    requester: life.requester,
    counted: recount(life.counted, chain, index).standing,
  };
}

/** Returns whether both lists hold the same hashes in the same order. */
export function sameHashes(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.length === b.length && a.every((hash, i) => equalBytes(hash, b[i] ?? new Uint8Array(0)));
}
