// Every record and container once as it should be, and payloads that break one rule each.
import type { Schema, Value } from '@countersign/codec';
import {
  approverStateSchema,
  bundleSchema,
  decisionSchema,
  entrySchema,
  receiptSchema,
  refusedDecisionSchema,
  requestSchema,
  responseSchema,
  rosterSchema,
  signedRosterSchema,
  submissionSchema,
  type Param,
  type Receipt,
  type Submission,
} from '@countersign/messages';
import { broken, valid } from './record-case.ts';
import type { RecordCase } from './record-case.ts';
import { fresh } from './review-case.ts';
import { breakGlassBroken, breakGlassValid } from './break-glass-cases.ts';
import { untriedBroken, untriedValid } from './untried-cases.ts';
import { seen, whole } from './decision-case.ts';
import {
  domain,
  hash,
  id,
  makeDecision,
  makeRequest,
  makeRoster,
  makeSubmission,
  origin,
  request,
  rosters,
  t0,
} from './scene.ts';
import { sceneLedger } from './scene-ledger.ts';

export const schemas: Readonly<Record<string, Schema<unknown>>> = {
  submission: submissionSchema as Schema<unknown>,
  request: requestSchema as Schema<unknown>,
  decision: decisionSchema as Schema<unknown>,
  receipt: receiptSchema as Schema<unknown>,
  roster: rosterSchema as Schema<unknown>,
  'signed-roster': signedRosterSchema as Schema<unknown>,
  bundle: bundleSchema as Schema<unknown>,
  response: responseSchema as Schema<unknown>,
  entry: entrySchema as Schema<unknown>,
  'refused-decision': refusedDecisionSchema as Schema<unknown>,
  'approver-state': approverStateSchema as Schema<unknown>,
};

function withoutContext(submission: Submission): Submission {
  const { version, madeAt, target, statements, reason } = submission;
  return { version, domain: submission.domain, id: submission.id, madeAt, target, statements, reason };
}

const params: readonly Param[] = [
  { type: 'null' },
  { type: 'integer', value: -9_007_199_254_740_991 },
  { type: 'text', value: 'a\ufeffb' },
  { type: 'bytes', value: Uint8Array.of(0, 255) },
  { type: 'number', value: '12345678901234567890.5' },
  { type: 'boolean', value: false },
];

export const receipt: Receipt = {
  version: 1,
  domain,
  requestId: request.id,
  requestHash: hash('request'),
  outcome: 'executed',
  effect: request.effect,
  decisions: [hash('one'), hash('two')],
  startedAt: t0 + 100,
  endedAt: t0 + 101,
};

const amendment = makeDecision({
  choice: 'amend',
  sequence: 4,
  previous: hash('before'),
  witnessed: { ...seen, pinned: { size: 2, root: hash('pinned') } },
  view: { program: hash('program'), depth: 'summary', warnings: ['review/first-contact'] },
  note: 'please keep the last year',
  proposal: [{ sql: 'SELECT ?', params }],
});

export const validCases: readonly RecordCase[] = [
  valid(
    'submission',
    'submission',
    submissionSchema,
    makeSubmission({ statements: [{ sql: 'SELECT ?', params }] }),
  ),
  valid('submission without context', 'submission', submissionSchema, withoutContext(makeSubmission())),
  valid('request', 'request', requestSchema, request),
  valid(
    'request with everything',
    'request',
    requestSchema,
    makeRequest({
      follows: { id: id('before'), hash: hash('before') },
      target: { ...request.target, engine: 'postgres', tags: ['eu', 'personal data'] },
      policy: { ...request.policy, obligations: [['notify', 'security']] },
    }),
  ),
  valid(
    'approval',
    'decision',
    decisionSchema,
    makeDecision({ conditions: { rowsMax: 3, notBefore: t0, notAfter: t0 + 9 } }),
  ),
  valid('denial', 'decision', decisionSchema, makeDecision({ choice: 'deny', note: 'not on a Friday' })),
  valid('amendment', 'decision', decisionSchema, amendment),
  valid('receipt', 'receipt', receiptSchema, receipt),
  valid('receipt of a failure', 'receipt', receiptSchema, {
    ...receipt,
    outcome: 'failed',
    effect: null,
    decisions: [],
    detail: 'disk full',
  }),
  valid('receipt of a resolution', 'receipt', receiptSchema, {
    ...receipt,
    outcome: 'resolved-did-not-run',
    effect: null,
  }),
  valid('roster', 'roster', rosterSchema, makeRoster()),
  valid('signed roster', 'signed-roster', signedRosterSchema, {
    version: 1,
    payload: Uint8Array.of(1),
    envelopes: [Uint8Array.of(2)],
  }),
  valid('bundle', 'bundle', bundleSchema, sceneLedger().bundle({ rosters, decisions: [whole] })),
  valid('response', 'response', responseSchema, { version: 1, domain, decisions: [whole] }),
  valid('entry', 'entry', entrySchema, {
    version: 1,
    type: 'operator',
    index: 7,
    madeAt: t0,
    previous: hash('entry 6'),
    bodyHash: hash('body'),
  }),
  valid('refused decision', 'refused-decision', refusedDecisionSchema, {
    decision: whole,
    code: 'decision/review-late',
  }),
  valid('approver state', 'approver-state', approverStateSchema, {
    ...fresh,
    roster: Uint8Array.of(1),
    logs: [
      {
        origin,
        pinned: { size: 6, root: hash('root') },
        sequence: 1,
        last: hash('last'),
        journal: [{ decision: whole, confirmed: true, refusal: null }],
      },
    ],
  }),
  ...untriedValid,
  ...breakGlassValid,
];

const submitted = makeSubmission();
const decided = makeDecision();
const statement = [
  new Map<number, Value>([
    [1, 'SELECT 1'],
    [2, []],
  ]),
];
const pair = (name: string): Value => [name, ''];

export const brokenCases: readonly RecordCase[] = [
  broken('a version to come', 'submission', submissionSchema, submitted, 'schema/literal', [1, 2]),
  broken('a field too many', 'submission', submissionSchema, submitted, 'schema/unknown-key', [10, 0]),
  broken('a field missing', 'submission', submissionSchema, submitted, 'schema/missing-key', [7, undefined]),
  broken('an id of 15 bytes', 'submission', submissionSchema, submitted, 'schema/length', [
    3,
    new Uint8Array(15),
  ]),
  broken('a time before 1970', 'submission', submissionSchema, submitted, 'schema/range', [4, -1]),
  broken('no statement', 'submission', submissionSchema, submitted, 'schema/length', [6, []]),
  broken('1,001 statements', 'submission', submissionSchema, submitted, 'schema/length', [
    6,
    Array.from({ length: 1001 }, () => statement[0] ?? null),
  ]),
  broken('a reason of 4,097 bytes', 'submission', submissionSchema, submitted, 'schema/length', [
    7,
    ' '.repeat(4097),
  ]),
  broken('a parameter of a type to come', 'submission', submissionSchema, submitted, 'schema/unknown-tag', [
    6,
    [
      new Map<number, Value>([
        [1, 'SELECT 1'],
        [2, [[6, 1]]],
      ]),
    ],
  ]),
  broken('a null with a value', 'submission', submissionSchema, submitted, 'schema/length', [
    6,
    [
      new Map<number, Value>([
        [1, 'SELECT 1'],
        [2, [[0, null]]],
      ]),
    ],
  ]),
  broken('an empty context', 'submission', submissionSchema, submitted, 'schema/length', [8, []]),
  broken('context out of order', 'submission', submissionSchema, submitted, 'message/names-unsorted', [
    8,
    [pair('b'), pair('a')],
  ]),
  broken('context with a name twice', 'submission', submissionSchema, submitted, 'message/names-unsorted', [
    8,
    [pair('a'), pair('a')],
  ]),
  broken('review by before made', 'request', requestSchema, request, 'message/times-unordered', [7, t0 - 1]),
  ...untriedBroken,
  broken('run by before review by', 'request', requestSchema, request, 'message/times-unordered', [
    8,
    t0 + 1,
  ]),
  broken('an engine to come', 'request', requestSchema, makeRequest(), 'schema/literal', [
    10,
    new Map<number, Value>([
      [1, 'orders'],
      [2, 'oracle'],
      [3, ''],
      [4, hash('a')],
      [5, hash('b')],
      [6, []],
    ]),
  ]),
  broken('a role twice in a step', 'request', requestSchema, request, 'message/role-repeated', [
    14,
    new Map<number, Value>([
      [1, hash('policy')],
      [2, ['rule']],
      [3, ''],
      [
        4,
        [
          [
            ['dba', 1],
            ['dba', 1],
          ],
        ],
      ],
    ]),
  ]),
  broken('a role asked for nobody', 'request', requestSchema, request, 'schema/literal', [
    14,
    new Map<number, Value>([
      [1, hash('policy')],
      [2, ['rule']],
      [3, ''],
      [4, [[['dba', 0]]]],
    ]),
  ]),
  broken('no quorum', 'request', requestSchema, request, 'schema/length', [
    14,
    new Map<number, Value>([
      [1, hash('policy')],
      [2, ['rule']],
      [3, ''],
      [4, []],
    ]),
  ]),
  broken(
    'a proposal with a denial',
    'decision',
    decisionSchema,
    decided,
    'message/proposal-misplaced',
    [6, 0],
    [14, statement],
  ),
  broken(
    'an amendment without a proposal',
    'decision',
    decisionSchema,
    decided,
    'message/proposal-misplaced',
    [6, 2],
  ),
  broken(
    'conditions with a denial',
    'decision',
    decisionSchema,
    decided,
    'message/conditions-misplaced',
    [6, 0],
    [12, new Map([[1, 1]])],
  ),
  broken('conditions without any', 'decision', decisionSchema, decided, 'message/conditions-empty', [
    12,
    new Map(),
  ]),
  broken('a first with one before it', 'decision', decisionSchema, decided, 'message/previous-misplaced', [
    8,
    hash('before'),
  ]),
  broken('a pin ahead of what was seen', 'decision', decisionSchema, decided, 'message/pin-ahead', [
    9,
    new Map<number, Value>([
      [1, origin],
      [2, 6],
      [3, hash('root')],
      [4, [7, hash('root')]],
    ]),
  ]),
  broken('a choice to come', 'decision', decisionSchema, decided, 'schema/range', [6, 3]),
  broken('an outcome to come', 'receipt', receiptSchema, receipt, 'schema/range', [6, 6]),
  broken(
    '65 decisions',
    'response',
    responseSchema,
    { version: 1, domain, decisions: [whole] },
    'schema/length',
    [3, Array.from({ length: 65 }, () => whole)],
  ),
  ...breakGlassBroken,
];
