// Decisions that come in at the executor, one reason each, and what the executor knows at that moment.
import { concatBytes, encode, sha256, sign1, toBeSigned, type Value } from '@countersign/codec';
import {
  encodeDecision,
  encodeRequest,
  signRequest,
  signSubmission,
  type Conditions,
  type CountedDecision,
  type Decision,
  type DecisionCode,
  type Quorum,
  type Request,
  type RequestState,
} from '@countersign/messages';
import {
  decisionBytes,
  hash,
  id,
  kid,
  makeDecision,
  makeRequest,
  makeSubmission,
  origin,
  signer,
  t0,
} from './scene.ts';
import { requestIndex, sceneLedger } from './scene-ledger.ts';

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

const ledger = sceneLedger();
export const seen: Decision['witnessed'] = { origin, size: 6, root: ledger.root(6), pinned: null };

export function signedBy(name: string, over: Partial<Decision> = {}): Uint8Array {
  return decisionBytes(name, { witnessed: seen, ...over });
}

function given(
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

function reported(name: string, code: DecisionCode, bytes: Uint8Array): DecisionCase {
  return given(name, bytes, { outcome: 'refused', authentic: false, code });
}

function logged(
  name: string,
  code: DecisionCode,
  bytes: Uint8Array,
  over: Partial<DecisionCase> = {},
): DecisionCase {
  return given(name, bytes, { outcome: 'refused', authentic: true, code }, over);
}

function counts(
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
function asking(
  quorum: Quorum,
  by: string,
): { readonly bytes: Uint8Array; readonly over: Partial<DecisionCase> } {
  const request = makeRequest({ policy: { ...makeRequest().policy, quorum } });
  const requestHash = sha256(signRequest(request, signer('executor')));
  return { bytes: signedBy(by, { requestHash }), over: { request } };
}

/** An envelope over any payload and any typ, rightly signed. */
function envelope(typ: string, payload: Uint8Array, by: string): Uint8Array {
  const header = new Map<number, Value>([
    [1, -8],
    [4, kid(by)],
    [16, typ],
  ]);
  const protectedBytes = encode(header);
  const signature = signer(by).sign(toBeSigned(protectedBytes, payload));
  return concatBytes(Uint8Array.of(0xd2), encode([protectedBytes, new Map(), payload, signature]));
}

/** A decision's payload with one map key set to any value. */
function payloadWith(key: number, value: Value): Uint8Array {
  const fields: [number, Value][] = [
    [1, 1],
    [2, id('domain')],
    [3, [1, makeDecision().roster.hash]],
    [4, id('request')],
    [5, makeDecision().requestHash],
    [6, 1],
    [7, 0],
    [8, null],
    [
      9,
      new Map<number, Value>([
        [1, origin],
        [2, 6],
        [3, seen.root],
        [4, null],
      ]),
    ],
    [10, t0 + 60],
    [
      11,
      new Map<number, Value>([
        [1, hash('program')],
        [2, 1],
        [3, []],
      ]),
    ],
  ];
  const map = new Map<number, Value>(fields);
  map.set(key, value);
  return encode(new Map([...map].sort(([a], [b]) => a - b)));
}

function shaped(name: string, key: number, value: Value): DecisionCase {
  return reported(
    name,
    'decision/schema-mismatch',
    envelope('countersign/decision;v=1', payloadWith(key, value), 'alice'),
  );
}

const whole = signedBy('alice');
const typ = 'countersign/decision;v=1';

const formCases: readonly DecisionCase[] = [
  reported('no bytes', 'decision/bytes-malformed', new Uint8Array(0)),
  reported('the last byte missing', 'decision/bytes-malformed', whole.slice(0, -1)),
  reported('a byte too many', 'decision/bytes-malformed', concatBytes(whole, Uint8Array.of(0))),
  reported(
    'a detached payload',
    'decision/bytes-malformed',
    sign1({
      type: 'decision',
      payload: encodeDecision(makeDecision()),
      signer: signer('alice'),
      detached: true,
    }),
  ),
  reported(
    'a submission of the same key',
    'decision/type-unexpected',
    signSubmission(makeSubmission(), signer('alice')),
  ),
  reported(
    'a later version',
    'decision/type-unexpected',
    envelope('countersign/decision;v=2', payloadWith(1, 1), 'alice'),
  ),
  reported(
    'a typ of somebody else',
    'decision/type-unexpected',
    envelope('application/json', payloadWith(1, 1), 'alice'),
  ),
  reported(
    'a request under the typ of a decision',
    'decision/schema-mismatch',
    envelope(typ, encodeRequest(makeRequest()), 'alice'),
  ),
  shaped('an unknown field', 20, 1),
  shaped('an unknown choice', 6, 3),
  shaped('a proposal with an approval', 14, [
    new Map<number, Value>([
      [1, 'SELECT 1'],
      [2, []],
    ]),
  ]),
  shaped('an amendment without a proposal', 6, 2),
  shaped('no conditions at all', 12, new Map()),
  shaped('a previous decision at sequence 0', 8, hash('before')),
  shaped('no previous decision at sequence 1', 7, 1),
  reported('another deployment', 'decision/domain-mismatch', signedBy('alice', { domain: id('other') })),
  reported(
    'a roster to come',
    'decision/roster-unknown',
    signedBy('alice', { roster: { number: 2, hash: makeDecision().roster.hash } }),
  ),
  reported(
    'a roster of another chain',
    'decision/roster-unknown',
    signedBy('alice', { roster: { number: 1, hash: hash('other') } }),
  ),
  reported('a key of nobody', 'decision/key-unknown', signedBy('mallory')),
  reported('the executor itself', 'decision/key-unknown', signedBy('executor')),
  reported('a root key', 'decision/key-unknown', signedBy('root-1')),
  reported('a changed signature', 'decision/signature-invalid', whole.with(-1, (whole.at(-1) ?? 0) ^ 1)),
];

const closedStates: readonly (readonly [RequestState, DecisionCode])[] = [
  ['withdrawn', 'decision/request-withdrawn'],
  ['superseded', 'decision/request-superseded'],
  ['expired', 'decision/request-expired'],
  ['rejected', 'decision/request-rejected'],
  ['running', 'decision/request-finished'],
  ['executed', 'decision/request-finished'],
  ['drifted', 'decision/request-finished'],
  ['failed', 'decision/request-finished'],
  ['ambiguous', 'decision/request-finished'],
  ['resolved', 'decision/request-finished'],
];

const requestCases: readonly DecisionCase[] = [
  logged(
    'a request never made here',
    'decision/request-unknown',
    signedBy('alice', { requestId: id('unknown') }),
  ),
  logged(
    'other bytes of the request',
    'decision/request-hash-mismatch',
    signedBy('alice', { requestHash: hash('other') }),
  ),
  ...closedStates.map(([state, code]) => logged(`a request that is ${state}`, code, whole, { state })),
  counts('in the last second of review by', whole, 'open', 0, { now: t0 + 3600 }),
  logged('a second after review by', 'decision/review-late', whole, { now: t0 + 3601 }),
  counts('a denial until run by', signedBy('alice', { choice: 'deny' }), 'rejected', null, {
    state: 'approved',
    now: t0 + 7200,
  }),
  logged('a denial after run by', 'decision/review-late', signedBy('alice', { choice: 'deny' }), {
    now: t0 + 7201,
  }),
];

const alice = vote('alice', ['dba'], 0);
const carol = vote('carol', ['security'], 0);
const dora = vote('dora', ['dba'], 1);
const later = asking([[{ role: 'security', count: 1 }], [{ role: 'dba', count: 1 }]], 'alice');
const earlier = asking([[{ role: 'dba', count: 1 }], [{ role: 'security', count: 1 }]], 'dora');
const alone = asking([[{ role: 'dba', count: 1 }]], 'alice');

const personCases: readonly DecisionCase[] = [
  counts('the first approval', whole, 'open', 0),
  counts('the last approval', signedBy('dora'), 'complete', 1, { counted: [alice, carol] }),
  counts('the only approval asked for', alone.bytes, 'complete', 0, alone.over),
  logged('a key not yet valid', 'decision/key-not-yet-valid', signedBy('fay')),
  logged('a key no longer valid', 'decision/key-expired', signedBy('gus')),
  counts('a key in its last second', signedBy('gus'), 'open', 0, { now: t0 + 9 }),
  logged('a revoked key', 'decision/key-revoked', signedBy('hal')),
  logged('an agent', 'decision/not-human', signedBy('robot')),
  logged('a service', 'decision/not-human', signedBy('nightly')),
  logged('a denial by an agent', 'decision/not-human', signedBy('robot', { choice: 'deny' })),
  logged('a reader', 'decision/role-missing', signedBy('ivy')),
  logged('a denial by a reader', 'decision/role-missing', signedBy('ivy', { choice: 'deny' })),
  logged('a step too early', 'decision/step-not-open', later.bytes, later.over),
  logged('a step too late', 'decision/step-complete', earlier.bytes, { ...earlier.over, counted: [alice] }),
  logged('a place that is taken', 'decision/place-filled', signedBy('dora'), { counted: [alice] }),
  counts('a place that is freed by the other role', signedBy('carol'), 'open', 0, {
    counted: [vote('bob', ['dba', 'security'], 0)],
  }),
  logged('after the last approval', 'decision/quorum-complete', signedBy('bob'), {
    counted: [alice, carol, dora],
  }),
  counts('a denial after the last approval', signedBy('bob', { choice: 'deny' }), 'rejected', null, {
    counted: [alice, carol, dora],
    state: 'approved',
  }),
  counts('a denial of a later step', signedBy('dora', { choice: 'deny' }), 'rejected', null, {
    counted: [alice],
  }),
  logged('the requester', 'decision/requester', signedBy('dora'), {
    requester: { person: 'dora', kid: kid('dora') },
  }),
  logged('the requester with another key', 'decision/requester', signedBy('alice-second'), {
    requester: { person: 'alice', kid: kid('alice') },
  }),
  logged('the requester under a new id', 'decision/requester', signedBy('alice'), {
    requester: { person: 'alice-before', kid: kid('alice-second') },
  }),
  logged('the requester under a new key', 'decision/requester', signedBy('alice'), {
    requester: { person: 'alice', kid: hash('old key') },
  }),
  logged('the same person twice', 'decision/already-voted', signedBy('alice-second'), { counted: [alice] }),
  logged('two roles, two votes', 'decision/already-voted', signedBy('bob'), {
    counted: [vote('bob', ['dba', 'security'], 0)],
  }),
  counts('a denial after the own approval', signedBy('alice', { choice: 'deny' }), 'rejected', null, {
    counted: [alice],
  }),
  counts(
    'an amendment',
    signedBy('alice', { choice: 'amend', proposal: [{ sql: 'SELECT 1', params: [] }] }),
    'rejected',
    null,
  ),
  logged(
    'a summary',
    'decision/summary-view',
    signedBy('alice', { view: { program: hash('program'), depth: 'summary', warnings: [] } }),
  ),
  counts(
    'a denial after a summary',
    signedBy('alice', { choice: 'deny', view: { program: hash('program'), depth: 'summary', warnings: [] } }),
    'rejected',
    null,
  ),
];

const head = { kid: kid('alice'), sequence: 0, hash: hash('first decision') };
const forked = sceneLedger('another genesis');

const chainCases: readonly DecisionCase[] = [
  counts('the second of a chain', signedBy('alice', { sequence: 1, previous: head.hash }), 'open', 0, {
    heads: [head],
  }),
  logged(
    'a first that is missing',
    'decision/sequence-gap',
    signedBy('alice', { sequence: 1, previous: head.hash }),
  ),
  logged(
    'one left out',
    'decision/sequence-gap',
    signedBy('alice', { sequence: 2, previous: hash('second') }),
    { heads: [head] },
  ),
  logged('a first again', 'decision/sequence-replayed', signedBy('alice'), { heads: [head] }),
  logged(
    'another first before it',
    'decision/previous-mismatch',
    signedBy('alice', { sequence: 1, previous: hash('other') }),
    { heads: [head] },
  ),
  given(
    'the same bytes again',
    whole,
    { outcome: 'repeated' },
    { heads: [{ ...head, hash: sha256(whole) }], logged: [sha256(whole)] },
  ),
];

function witness(over: Partial<Decision['witnessed']>): Uint8Array {
  return signedBy('alice', { witnessed: { ...seen, ...over } });
}

function conditioned(conditions: Conditions): Uint8Array {
  return signedBy('alice', { conditions });
}

const witnessCases: readonly DecisionCase[] = [
  counts('a head pinned before', witness({ pinned: { size: 3, root: ledger.root(3) } }), 'open', 0),
  counts('an empty tree pinned before', witness({ pinned: { size: 0, root: ledger.root(0) } }), 'open', 0),
  logged('another executor', 'decision/origin-mismatch', witness({ origin: 'log.example/other' })),
  logged('a tail that is gone', 'decision/witness-ahead', witness({ size: 7 })),
  logged(
    'before the request',
    'decision/witness-before-request',
    witness({ size: requestIndex, root: ledger.root(requestIndex) }),
  ),
  logged('another history', 'decision/seen-root-mismatch', witness({ root: forked.root(6) })),
  logged(
    'another history before',
    'decision/pinned-root-mismatch',
    witness({ pinned: { size: 3, root: forked.root(3) } }),
  ),
];

const conditionCases: readonly DecisionCase[] = [
  counts(
    'conditions as wide as the request',
    conditioned({ rowsMax: 3, notBefore: t0, notAfter: t0 + 7200 }),
    'open',
    0,
  ),
  logged(
    'not before a time after run by',
    'decision/condition-after-window',
    conditioned({ notBefore: t0 + 7201 }),
  ),
  logged(
    'not after a time after run by',
    'decision/condition-after-window',
    conditioned({ notAfter: t0 + 7201 }),
  ),
  logged(
    'not after a time before the request',
    'decision/condition-before-request',
    conditioned({ notAfter: t0 - 1 }),
  ),
  logged('no time left', 'decision/condition-empty', conditioned({ notBefore: t0 + 2, notAfter: t0 + 1 })),
  logged('more rows than the request', 'decision/condition-wider', conditioned({ rowsMax: 4 })),
];

export const decisionCases: readonly DecisionCase[] = [
  ...formCases,
  ...requestCases,
  ...personCases,
  ...chainCases,
  ...witnessCases,
  ...conditionCases,
];
