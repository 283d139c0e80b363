import type { Effect } from './request.ts';

export type Outcome =
  'executed' | 'drifted' | 'failed' | 'ambiguous' | 'resolved-ran' | 'resolved-did-not-run';

/** How a run ended. Signed by the executor. */
export interface Receipt {
  readonly version: 1;
  readonly domain: Uint8Array;
  readonly requestId: Uint8Array;
  /** SHA-256 of the signed request's bytes. */
  readonly requestHash: Uint8Array;
  readonly outcome: Outcome;
  /** The effect as it was when run; null when nothing was observed. */
  readonly effect: Effect | null;
  /** SHA-256 of the signed bytes of each counted decision. */
  readonly decisions: readonly Uint8Array[];
  readonly startedAt: number;
  readonly endedAt: number;
  readonly detail?: string;
}
