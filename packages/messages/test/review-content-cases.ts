// Bundles judged by their rosters, their content and their place in the ledger.
import { concatBytes, encode, sha256, type Value } from '@countersign/codec';
import { newApproverState, signSubmission, encodeRoster } from '@countersign/messages';
import {
  hash,
  id,
  kid,
  makeRoster,
  makeSubmission,
  nextRoster,
  person,
  persons,
  request,
  requestBytes,
  rosters,
  rootKeys,
  signedRoster,
  signer,
  submissionBytes,
} from './scene.ts';
import { sceneLedger } from './scene-ledger.ts';

import {
  first,
  fresh,
  given,
  ledger,
  ofRequest,
  refused,
  remembering,
  root6,
  type ReviewCase,
} from './review-case.ts';

const roster1 = encodeRoster(makeRoster());
const roster2 = nextRoster({ persons: [...persons, person('zoe', [])] });
const twoRosters = [...rosters, signedRoster(roster2)];

export const rosterCases: readonly ReviewCase[] = [
  refused(
    'of another deployment',
    'bundle/state-domain',
    {},
    { state: newApproverState(id('other'), kid('alice')) },
  ),
  refused(
    'with a roster unlike the root file',
    'roster/anchor-mismatch',
    {},
    { anchor: rootKeys(['root-1', 'root-2', 'root-4']) },
  ),
  refused('with a roster that is none', 'bundle/malformed', { rosters: [Uint8Array.of(0)] }),
  refused(
    'with rosters older than confirmed',
    'bundle/roster-older',
    {},
    { state: { ...fresh, roster: encodeRoster(roster2) } },
  ),
  refused(
    'with another first roster than confirmed',
    'bundle/roster-forked',
    {},
    {
      state: { ...fresh, roster: encodeRoster(makeRoster({ madeAt: 1 })) },
    },
  ),
  refused(
    'beside a state whose roster is none',
    'state/malformed',
    {},
    { state: { ...fresh, roster: Uint8Array.of(0) } },
  ),
  given(
    'with the roster confirmed',
    ledger.bundleBytes(),
    { warnings: first },
    { state: { ...fresh, roster: roster1 } },
  ),
  given(
    'with a newer roster',
    ledger.bundleBytes({ rosters: twoRosters }),
    { warnings: ['review/first-contact', 'review/roster-changed'] },
    {
      state: { ...fresh, roster: roster1 },
    },
  ),
];

const other = makeSubmission({ statements: [{ sql: 'DELETE FROM customers', params: [] }] });
const otherBytes = signSubmission(other, signer('erik'));
const renamed = signSubmission(makeSubmission({ target: 'billing' }), signer('erik'));
const declaredBytes = signSubmission(makeSubmission({ breakGlass: true }), signer('erik'));
const { diff: inline, ...effectWithoutDiff } = request.effect;

export const contentCases: readonly ReviewCase[] = [
  given('that is no bundle', Uint8Array.of(1, 2, 3), { code: 'bundle/malformed' }),
  given('with a byte too many', concatBytes(ledger.bundleBytes(), Uint8Array.of(0)), {
    code: 'bundle/malformed',
  }),
  given('that is another container', encode(new Map<number, Value>([[1, 1]])), { code: 'bundle/malformed' }),
  given('of a later version', encode(new Map<number, Value>([[1, 2]])), { code: 'bundle/version' }),
  refused('with a changed request', 'bundle/request-invalid', {
    request: requestBytes.with(-1, (requestBytes.at(-1) ?? 0) ^ 1),
  }),
  given('by nobody the roster names', ofRequest({}, 'mallory'), { code: 'bundle/request-invalid' }),
  given('signed by a person', ofRequest({}, 'erik'), { code: 'bundle/request-invalid' }),
  given('under a roster to come', ofRequest({ roster: { number: 2, hash: hash('roster') } }), {
    code: 'bundle/request-roster-unknown',
  }),
  refused('with a changed submission', 'bundle/submission-invalid', {
    submission: submissionBytes.with(-1, (submissionBytes.at(-1) ?? 0) ^ 1),
  }),
  refused('submitted by nobody', 'bundle/submission-invalid', {
    submission: signSubmission(makeSubmission(), signer('mallory')),
  }),
  refused('with another submission', 'bundle/submission-mismatch', { submission: otherBytes }),
  given(
    'with other statements than submitted',
    ofRequest({ submissionHash: sha256(otherBytes) }, 'executor', { submission: otherBytes }),
    {
      code: 'bundle/submission-mismatch',
    },
  ),
  given(
    'for another target than submitted',
    ofRequest({ submissionHash: sha256(renamed) }, 'executor', { submission: renamed }),
    {
      code: 'bundle/submission-mismatch',
    },
  ),
  given(
    'that hides a declared emergency',
    ofRequest({ submissionHash: sha256(declaredBytes) }, 'executor', { submission: declaredBytes }),
    {
      code: 'bundle/submission-mismatch',
    },
  ),
  given('of an emergency that nobody declared', ofRequest({ breakGlass: { decision: 'deny', quorum: [] } }), {
    code: 'bundle/submission-mismatch',
  }),
  given(
    'of a declared emergency',
    ofRequest(
      {
        submissionHash: sha256(declaredBytes),
        breakGlass: { decision: 'require', quorum: [[{ role: 'dba', count: 3 }]] },
      },
      'executor',
      { submission: declaredBytes },
    ),
    { warnings: first },
  ),
  given('of another id than submitted', ofRequest({ id: id('other') }), {
    code: 'bundle/submission-mismatch',
  }),
  given('without a diff', ofRequest({ effect: effectWithoutDiff }), { code: 'bundle/diff-missing' }),
  refused('with a diff twice', 'bundle/diff-repeated', { diffPages: [inline ?? new Uint8Array(0)] }),
  given(
    'with a diff in pages',
    ofRequest({ effect: effectWithoutDiff }, 'executor', { diffPages: [Uint8Array.of(1)] }),
    { warnings: first },
  ),
];

const forked = sceneLedger('another genesis');

export const ledgerCases: readonly ReviewCase[] = [
  refused('with a checkpoint by another key', 'bundle/checkpoint-invalid', {
    checkpoint: ledger.checkpoint(6, signer('mallory')),
  }),
  refused('with a checkpoint that is none', 'bundle/checkpoint-invalid', { checkpoint: 'nothing' }),
  refused('with another entry', 'bundle/entry-mismatch', { entry: ledger.entries[3] ?? new Uint8Array(0) }),
  refused('with an entry that is none', 'bundle/entry-mismatch', { entry: Uint8Array.of(0) }),
  refused('with another index', 'bundle/entry-mismatch', { index: 3 }),
  refused('with another proof', 'bundle/entry-not-included', { inclusion: [] }),
  refused('that was never logged', 'bundle/entry-not-included', { checkpoint: ledger.checkpoint(4) }),
  refused('with the checkpoint of a fork', 'bundle/entry-not-included', { checkpoint: forked.checkpoint() }),
  refused(
    'of a tree rolled back',
    'bundle/checkpoint-older',
    {},
    { state: remembering({ pinned: { size: 7, root: root6 } }) },
  ),
  refused(
    'of a fork at the same size',
    'bundle/checkpoint-forked',
    {},
    { state: remembering({ pinned: { size: 6, root: forked.root(6) } }) },
  ),
  refused(
    'without the proof',
    'bundle/consistency-missing',
    {},
    { state: remembering({ pinned: { size: 3, root: ledger.root(3) } }) },
  ),
  refused(
    'of a fork',
    'bundle/consistency-invalid',
    { consistency: [forked.consistency(3)] },
    {
      state: remembering({ pinned: { size: 3, root: forked.root(3) } }),
    },
  ),
  given(
    'that extends what was pinned',
    ledger.bundleBytes({ consistency: [ledger.consistency(3)] }),
    { warnings: [] },
    {
      state: remembering({ pinned: { size: 3, root: ledger.root(3) } }),
    },
  ),
  given(
    'at the head that was pinned',
    ledger.bundleBytes(),
    { warnings: [] },
    { state: remembering({ pinned: { size: 6, root: root6 } }) },
  ),
];
