// A bundle that reaches an approver, and what the approver's machine remembered.
import {
  newApproverState,
  signRequest,
  withLog,
  type ApproverState,
  type Bundle,
  type LogState,
  type MessageErrorCode,
  type Request,
  type ReviewWarning,
} from '@countersign/messages';
import { domain, kid, makeRequest, origin, signer, t0, anchor } from './scene.ts';
import type { RootKeys } from '@countersign/messages';
import { sceneLedger, type SceneLedger } from './scene-ledger.ts';

export interface ReviewCase {
  readonly name: string;
  readonly bundle: Uint8Array;
  readonly state: ApproverState;
  readonly anchor: RootKeys;
  readonly now: number;
  readonly expected: { readonly code: MessageErrorCode } | { readonly warnings: readonly ReviewWarning[] };
}

export const fresh: ApproverState = newApproverState(domain, kid('alice'));
export const ledger: SceneLedger = sceneLedger();
export const root6: Uint8Array = ledger.root(6);

export function given(
  name: string,
  bundle: Uint8Array,
  expected: ReviewCase['expected'],
  over: Partial<ReviewCase> = {},
): ReviewCase {
  return { name, bundle, state: fresh, anchor, now: t0 + 60, expected, ...over };
}

export function refused(
  name: string,
  code: MessageErrorCode,
  over: Partial<Bundle>,
  more: Partial<ReviewCase> = {},
): ReviewCase {
  return given(name, ledger.bundleBytes(over), { code }, more);
}

export function remembering(over: Partial<LogState>, state: ApproverState = fresh): ApproverState {
  return withLog(state, { origin, pinned: null, sequence: 0, last: null, journal: [], ...over });
}

/** A bundle of another request, entered in its own ledger as it should be. */
export function ofRequest(over: Partial<Request>, by = 'executor', bundle: Partial<Bundle> = {}): Uint8Array {
  const bytes = signRequest(makeRequest(over), signer(by));
  return sceneLedger('genesis', bytes).bundleBytes({ request: bytes, ...bundle });
}

/** What an approver who has seen nothing is always told. */
export const first = ['review/first-contact'] as const;
