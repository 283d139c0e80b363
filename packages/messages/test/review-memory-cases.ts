// Bundles judged by the approver's own memory and by the votes they carry; and what is only warned of.
import { sha256 } from '@countersign/codec';
import {
  encodeRefusedDecision,
  signSubmission,
  type ApproverState,
  type Bundle,
  type LogState,
} from '@countersign/messages';
import { signedBy } from './decision-case.ts';
import { hash, id, kid, makeSubmission, request, signer, t0 } from './scene.ts';
import { sceneLedger, type SceneLedger } from './scene-ledger.ts';

import {
  first,
  given,
  ledger,
  ofRequest,
  refused,
  remembering,
  root6,
  type ReviewCase,
} from './review-case.ts';

const decided = signedBy('alice', { requestHash: hash('an earlier request') });
const second = signedBy('alice', {
  sequence: 1,
  previous: sha256(decided),
  requestHash: hash('a second request'),
});
const pinned = { size: 6, root: root6 };
const one = { pinned, sequence: 1, last: sha256(decided) };
const two = { pinned, sequence: 2, last: sha256(second) };

function journal(confirmed: readonly boolean[]): LogState['journal'] {
  return [decided, second].slice(0, confirmed.length).map((decision, i) => ({
    decision,
    confirmed: confirmed[i] ?? false,
    refusal: null,
  }));
}

/** The scene's ledger with entries for the two decisions above. */
function decidedLedger(refusal: string | null = null): SceneLedger {
  const grown = sceneLedger();
  if (refusal === null) grown.append('decision', decided, id('request'));
  else
    grown.append(
      'refused-decision',
      encodeRefusedDecision({ decision: decided, code: refusal }),
      id('request'),
    );
  grown.append('decision', second, id('request'));
  return grown;
}

function lastOf(
  grown: SceneLedger,
  signed: Uint8Array,
  index: number,
  refusal: string | null = null,
): Partial<Bundle> {
  return {
    consistency: [grown.consistency(6)],
    lastDecisions: [grown.lastDecision(kid('alice'), sha256(signed), index, refusal)],
  };
}

function remembered(
  name: string,
  over: Partial<Bundle>,
  state: ApproverState,
  expected: ReviewCase['expected'],
  grown = decidedLedger(),
): ReviewCase {
  return given(name, grown.bundleBytes({ consistency: [grown.consistency(6)], ...over }), expected, {
    state,
  });
}

const grown = decidedLedger();
const grownRefused = decidedLedger('decision/review-late');
const late = lastOf(grownRefused, decided, 6, 'decision/review-late');
const withInclusion = (over: Partial<Bundle>): Partial<Bundle> => ({
  ...over,
  lastDecisions: (over.lastDecisions ?? []).map((each) => ({ ...each, inclusion: [] })),
});

export const memoryCases: readonly ReviewCase[] = [
  remembered(
    'that confirms the first of two',
    lastOf(grown, decided, 6),
    remembering({ ...two, journal: journal([false, false]) }),
    {
      warnings: ['review/own-decisions-unconfirmed'],
    },
  ),
  remembered(
    'that confirms both by the second',
    lastOf(grown, second, 7),
    remembering({ ...two, journal: journal([false, false]) }),
    { warnings: [] },
  ),
  remembered(
    'that says a decision was refused',
    late,
    remembering({ ...one, journal: journal([false]) }),
    { warnings: ['review/own-decision-refused'] },
    grownRefused,
  ),
  remembered('without any decision of this key yet', {}, remembering({ ...one, journal: journal([false]) }), {
    warnings: ['review/own-decisions-unconfirmed'],
  }),
  remembered('that swallowed a confirmed decision', {}, remembering({ ...one, journal: journal([true]) }), {
    code: 'bundle/last-decision-missing',
  }),
  remembered(
    'that went back to an older decision',
    lastOf(grown, decided, 6),
    remembering({ ...two, journal: journal([true, true]) }),
    {
      code: 'bundle/last-decision-older',
    },
  ),
  remembered(
    'with a decision that this machine never signed',
    lastOf(grown, second, 7),
    remembering({ ...one, journal: journal([true]) }),
    {
      code: 'bundle/last-decision-unknown',
    },
  ),
  remembered(
    'with the entry of another decision',
    lastOf(grown, second, 6),
    remembering({ ...two, journal: journal([false, false]) }),
    {
      code: 'bundle/last-decision-mismatch',
    },
  ),
  remembered(
    'that hides a refusal',
    lastOf(grownRefused, decided, 6),
    remembering({ ...one, journal: journal([false]) }),
    { code: 'bundle/last-decision-mismatch' },
    grownRefused,
  ),
  remembered(
    'that invents a refusal',
    lastOf(grown, decided, 6, 'decision/review-late'),
    remembering({ ...one, journal: journal([false]) }),
    {
      code: 'bundle/last-decision-mismatch',
    },
  ),
  remembered(
    'with a last decision that is not in the tree',
    withInclusion(lastOf(grown, decided, 6)),
    remembering({ ...one, journal: journal([false]) }),
    {
      code: 'bundle/last-decision-not-included',
    },
  ),
];

const carol = signedBy('carol');
const dora = signedBy('dora');
const signedFor = (name: string, requestHash: Uint8Array): Uint8Array => signedBy(name, { requestHash });

export const voteCases: readonly ReviewCase[] = [
  given('with an earlier approval', ledger.bundleBytes({ decisions: [carol] }), { warnings: first }),
  given(
    'with an earlier denial',
    ledger.bundleBytes({ decisions: [signedBy('carol', { choice: 'deny' })] }),
    {
      warnings: ['review/first-contact', 'review/rejected'],
    },
  ),
  refused('with a changed earlier decision', 'bundle/decision-invalid', {
    decisions: [carol.with(-1, (carol.at(-1) ?? 0) ^ 1)],
  }),
  refused('with a decision on another request', 'bundle/decision-invalid', {
    decisions: [signedFor('carol', hash('other'))],
  }),
  refused('with a vote twice', 'bundle/decision-uncountable', { decisions: [carol, carol] }),
  refused('with the vote of an agent', 'bundle/decision-uncountable', { decisions: [signedBy('robot')] }),
  refused('with the vote of the requester', 'bundle/decision-uncountable', { decisions: [signedBy('erik')] }),
  refused('with the vote of a revoked key', 'bundle/decision-uncountable', { decisions: [signedBy('hal')] }),
  refused('with one place filled twice', 'bundle/decision-uncountable', {
    decisions: [dora, signedBy('gus')],
  }),
  refused('with an approval after a summary', 'bundle/decision-uncountable', {
    decisions: [signedBy('carol', { view: { program: hash('program'), depth: 'summary', warnings: [] } })],
  }),
];

const byRobot = signSubmission(makeSubmission(), signer('robot'));
const byIvy = signSubmission(makeSubmission(), signer('ivy'));
const warned = { ...request.effect, complete: false, notPreviewed: ['sequence customers_id_seq'] };

export const warningCases: readonly ReviewCase[] = [
  given('at first contact', ledger.bundleBytes(), { warnings: first }),
  given(
    'after review by',
    ledger.bundleBytes(),
    { warnings: ['review/first-contact', 'review/review-late'] },
    { now: t0 + 3601 },
  ),
  given(
    'after run by',
    ledger.bundleBytes(),
    { warnings: ['review/first-contact', 'review/review-late', 'review/run-late'] },
    { now: t0 + 7201 },
  ),
  given(
    'made in the future',
    ledger.bundleBytes(),
    { warnings: ['review/first-contact', 'review/clock-behind'] },
    { now: t0 - 1 },
  ),
  given(
    'submitted by an agent',
    ofRequest({ submissionHash: sha256(byRobot) }, 'executor', { submission: byRobot }),
    {
      warnings: ['review/first-contact', 'review/submitter-not-human'],
    },
  ),
  given(
    'submitted by a reader',
    ofRequest({ submissionHash: sha256(byIvy) }, 'executor', { submission: byIvy }),
    {
      warnings: ['review/first-contact', 'review/submitter-may-not-submit'],
    },
  ),
  given('with effects not previewed', ofRequest({ effect: warned }), {
    warnings: ['review/first-contact', 'review/not-previewed', 'review/diff-incomplete'],
  }),
  given('that follows another', ofRequest({ follows: { id: id('before'), hash: hash('before') } }), {
    warnings: ['review/first-contact', 'review/follows'],
  }),
  given(
    'that was decided here already',
    ledger.bundleBytes(),
    { warnings: ['review/already-decided', 'review/own-decisions-unconfirmed'] },
    {
      state: remembering({
        pinned,
        sequence: 1,
        last: sha256(signedBy('alice')),
        journal: [{ decision: signedBy('alice'), confirmed: false, refusal: null }],
      }),
    },
  ),
];
