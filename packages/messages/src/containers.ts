/** A roster payload and the detached envelopes over it (`*.csroster`). */
export interface SignedRoster {
  readonly version: 1;
  readonly payload: Uint8Array;
  readonly envelopes: readonly Uint8Array[];
}

/** Proof that the tree of the bundle's checkpoint extends the tree of `size`. */
export interface ConsistencyFrom {
  readonly size: number;
  readonly proof: readonly Uint8Array[];
}

/** Proof that the last decision of one key is in the ledger. */
export interface LastDecision {
  readonly kid: Uint8Array;
  /** SHA-256 of the signed decision's bytes. */
  readonly hash: Uint8Array;
  readonly entry: Uint8Array;
  readonly index: number;
  readonly inclusion: readonly Uint8Array[];
  /** Why it was refused; null when it was counted. */
  readonly refusal: string | null;
}

/** What is carried to an approver (`*.csreq`). Nothing in it is believed before its own check. */
export interface Bundle {
  readonly version: 1;
  readonly request: Uint8Array;
  readonly submission: Uint8Array;
  /** Checkpoint note. */
  readonly checkpoint: string;
  /** Ledger entry of the request. */
  readonly entry: Uint8Array;
  readonly index: number;
  readonly inclusion: readonly Uint8Array[];
  /** Sizes strictly ascending: those an approver may have pinned. */
  readonly consistency: readonly ConsistencyFrom[];
  /** Earlier signed decisions on this request that count, in ledger order. */
  readonly decisions: readonly Uint8Array[];
  /** Encoded signed rosters from number 1 on, ascending. */
  readonly rosters: readonly Uint8Array[];
  /** Pages of the diff when the effect does not hold it. */
  readonly diffPages: readonly Uint8Array[];
  /** At most one for each approver key. */
  readonly lastDecisions: readonly LastDecision[];
}

/** What is carried back (`*.csdec`): every own decision the ledger has not confirmed, oldest first. */
export interface Response {
  readonly version: 1;
  readonly domain: Uint8Array;
  readonly decisions: readonly Uint8Array[];
}
