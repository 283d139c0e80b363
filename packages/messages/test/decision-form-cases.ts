// Decisions judged by their bytes and by the state of the request they name.
import { concatBytes, encode, sign1, toBeSigned, type Value } from '@countersign/codec';
import {
  encodeDecision,
  encodeRequest,
  signSubmission,
  type DecisionCode,
  type RequestState,
} from '@countersign/messages';
import { hash, id, kid, makeDecision, makeRequest, makeSubmission, origin, signer, t0 } from './scene.ts';

import { counts, logged, reported, seen, signedBy, type DecisionCase, whole } from './decision-case.ts';

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

const typ = 'countersign/decision;v=1';

export const formCases: readonly DecisionCase[] = [
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

export const requestCases: readonly DecisionCase[] = [
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
