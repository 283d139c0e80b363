import type { SignatureVerifier, Verified } from '@countersign/codec';
import type { Choice, Conditions, Decision } from './decision.ts';
import type { Vote } from './quorum.ts';
import type { Request } from './request.ts';
import type { RosterChain } from './roster-chain.ts';
import type { Signed } from './signed-record.ts';

/** Where a request stands in its life; decisions are taken while it is `pending` or `approved`. */
export type RequestState =
  | 'pending'
  | 'approved'
  | 'withdrawn'
  | 'superseded'
  | 'expired'
  | 'rejected'
  | 'running'
  | 'executed'
  | 'drifted'
  | 'failed'
  | 'ambiguous'
  | 'resolved';

/** A decision that counts, with what the tally and the receipt need of it. */
export interface CountedDecision extends Vote {
  readonly kid: Uint8Array;
  /** SHA-256 of the signed bytes. */
  readonly hash: Uint8Array;
  readonly choice: Choice;
  readonly conditions: Conditions | undefined;
}

/** A request of this executor, as the ledger has it. */
export interface KnownRequest {
  readonly request: Request;
  /** SHA-256 of the signed request's bytes. */
  readonly hash: Uint8Array;
  /** Index of its ledger entry. */
  readonly index: number;
  readonly state: RequestState;
  /** Who submitted: the person's id then, and the key that signed. */
  readonly requester: { readonly person: string; readonly kid: Uint8Array };
  /** In ledger order. */
  readonly counted: readonly CountedDecision[];
}

/** Head of the chain of one key's logged decisions. */
export interface ChainHead {
  readonly sequence: number;
  /** SHA-256 of the signed decision's bytes. */
  readonly hash: Uint8Array;
}

/** What the executor, or the auditor who repeats its work, knows when a decision comes in. */
export interface JudgeContext {
  readonly domain: Uint8Array;
  readonly chain: Verified<RosterChain>;
  readonly verifier: SignatureVerifier;
  /** Origin of this ledger. */
  readonly origin: string;
  /** Clock of the executor, seconds. */
  readonly now: number;
  /** Entries in the ledger: the index that this decision would get. */
  readonly ledgerSize: number;
  /** Returns the root of the ledger's first `size` entries, for every size 0..ledgerSize. */
  readonly rootAt: (size: number) => Uint8Array;
  readonly requestOf: (id: Uint8Array) => KnownRequest | undefined;
  readonly headOf: (kid: Uint8Array) => ChainHead | undefined;
  /** Returns whether a decision of these exact bytes (SHA-256) is logged and part of its key's chain. */
  readonly isLogged: (hash: Uint8Array) => boolean;
}

/** An authentic decision beside the request it names. */
export interface Case {
  readonly decision: Signed<Decision>;
  readonly known: KnownRequest;
  readonly context: JudgeContext;
}
