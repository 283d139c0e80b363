// Decisions judged by who made them, after what, and having seen what.
import { sha256 } from '@countersign/codec';
import { type Conditions, type Decision } from '@countersign/messages';
import { hash, kid, t0 } from './scene.ts';
import { requestIndex, sceneLedger } from './scene-ledger.ts';

import {
  asking,
  counts,
  given,
  ledger,
  logged,
  seen,
  signedBy,
  vote,
  type DecisionCase,
  whole,
} from './decision-case.ts';

const alice = vote('alice', ['dba'], 0);
const carol = vote('carol', ['security'], 0);
const dora = vote('dora', ['dba'], 1);
const later = asking([[{ role: 'security', count: 1 }], [{ role: 'dba', count: 1 }]], 'alice');
const earlier = asking([[{ role: 'dba', count: 1 }], [{ role: 'security', count: 1 }]], 'dora');
const alone = asking([[{ role: 'dba', count: 1 }]], 'alice');

export const personCases: readonly DecisionCase[] = [
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

export const chainCases: readonly DecisionCase[] = [
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

export const witnessCases: readonly DecisionCase[] = [
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

export const conditionCases: readonly DecisionCase[] = [
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
