// A decision that comes in at the executor, and what the executor knows at that moment.
import { sha256 } from '@countersign/codec';
import {
  signRequest,
  type CountedDecision,
  type Decision,
  type DecisionCode,
  type Quorum,
  type Request,
  type RequestState,
} from '@countersign/messages';
import { decisionBytes, hash, kid, makeRequest, origin, signer, t0 } from './scene.ts';
import { sceneLedger, type SceneLedger } from './scene-ledger.ts';

export interface DecisionCase {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly now: number;
  readonly request: Request;
  readonly state: RequestState;
  readonly requester: { readonly person: string; readonly kid: Uint8Array };
  readonly counted: readonly CountedDecision[];
  /** Heads of key chains. */
  readonly heads: readonly {
    readonly kid: Uint8Array;
    readonly sequence: number;
    readonly hash: Uint8Array;
  }[];
  /** Hashes of decisions that are logged. */
  readonly logged: readonly Uint8Array[];
  readonly expected:
    | {
        readonly outcome: 'counted';
        readonly tally: 'open' | 'complete' | 'rejected';
        readonly step: number | null;
      }
    | { readonly outcome: 'repeated' }
    | { readonly outcome: 'refused'; readonly authentic: boolean; readonly code: DecisionCode };
}

export const ledger: SceneLedger = sceneLedger();
export const seen: Decision['witnessed'] = { origin, size: 6, root: ledger.root(6), pinned: null };

export function signedBy(name: string, over: Partial<Decision> = {}): Uint8Array {
  return decisionBytes(name, { witnessed: seen, ...over });
}

export function given(
  name: string,
  bytes: Uint8Array,
  expected: DecisionCase['expected'],
  over: Partial<DecisionCase> = {},
): DecisionCase {
  return {
    name,
    bytes,
    now: t0 + 120,
    request: makeRequest(),
    state: 'pending',
    requester: { person: 'erik', kid: kid('erik') },
    counted: [],
    heads: [],
    logged: [],
    expected,
    ...over,
  };
}

export function reported(name: string, code: DecisionCode, bytes: Uint8Array): DecisionCase {
  return given(name, bytes, { outcome: 'refused', authentic: false, code });
}

export function logged(
  name: string,
  code: DecisionCode,
  bytes: Uint8Array,
  over: Partial<DecisionCase> = {},
): DecisionCase {
  return given(name, bytes, { outcome: 'refused', authentic: true, code }, over);
}

export function counts(
  name: string,
  bytes: Uint8Array,
  tally: 'open' | 'complete' | 'rejected',
  step: number | null,
  over: Partial<DecisionCase> = {},
): DecisionCase {
  return given(name, bytes, { outcome: 'counted', tally, step }, over);
}

export function vote(
  person: string,
  roles: readonly string[],
  step: number | null,
  choice: Decision['choice'] = 'approve',
): CountedDecision {
  return {
    person,
    choice,
    roles,
    step,
    kid: kid(person),
    hash: hash(`vote of ${person}`),
    conditions: undefined,
  };
}

/** A request of another quorum, and a decision about it. */
export function asking(
  quorum: Quorum,
  by: string,
): { readonly bytes: Uint8Array; readonly over: Partial<DecisionCase> } {
  const request = makeRequest({ policy: { ...makeRequest().policy, quorum } });
  const requestHash = sha256(signRequest(request, signer('executor')));
  return { bytes: signedBy(by, { requestHash }), over: { request } };
}

/** An approval by alice that counts. */
export const whole: Uint8Array = signedBy('alice');
