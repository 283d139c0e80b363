import type { Choice } from '@countersign/messages';
import type { RequestState } from './schema.ts';

/** One request as the store keeps it; bytes are exactly those that were signed. */
export interface RequestRow {
  /** 16 bytes. */
  readonly id: Uint8Array;
  readonly sequence: number;
  readonly state: RequestState;
  readonly target: string;
  /** Person id of the submitter. */
  readonly submitter: string;
  /** Whole seconds since 1970. */
  readonly madeAt: number;
  readonly changedAt: number;
  readonly submission: Uint8Array;
  readonly facts: Uint8Array;
  /** Encoded verdict of the first judgement. */
  readonly verdict: Uint8Array;
  /** Signed request; null until sealed. */
  readonly sealed: Uint8Array | null;
  /** SHA-256 of `sealed`. */
  readonly digest: Uint8Array | null;
  /** Ledger index of the sealed request. */
  readonly entryIndex: number | null;
  /** CBOR sequence of the diff's pages. */
  readonly pages: Uint8Array | null;
  readonly reviewBy: number | null;
  readonly runBy: number | null;
  /** Id of the request that this one follows. */
  readonly follows: Uint8Array | null;
  /** How often a run was begun. */
  readonly attempt: number;
  /** Signed receipt; null until the request ended in a run. */
  readonly receipt: Uint8Array | null;
  /** CBOR sequence of the pages of the diff as it was at the run, when it says more or other than `pages`; else null. */
  readonly asRun: Uint8Array | null;
  /** Code and plain words of what ended it. */
  readonly code: string | null;
  readonly detail: string | null;
}

/** One authentic decision; `refused` holds the code when it does not count. */
export interface DecisionRow {
  /** SHA-256 of `bytes`. */
  readonly digest: Uint8Array;
  readonly requestId: Uint8Array;
  readonly kid: Uint8Array;
  readonly person: string;
  readonly sequence: number;
  readonly choice: Choice;
  /** Step of the quorum that an approval counts for; null for anything else. */
  readonly step: number | null;
  /** Approving roles of the person when it came in. */
  readonly roles: readonly string[];
  /** Whether it continues the chain of its key's decisions. */
  readonly inChain: boolean;
  readonly bytes: Uint8Array;
  readonly entryIndex: number;
  readonly refused: string | null;
}
