import { receiptSchema, requestSchema, submissionSchema, type Receipt } from '@countersign/messages';
import { broken, valid } from './record-case.ts';
import type { RecordCase } from './record-case.ts';
import { hash, makeRequest, makeSubmission, request, t0 } from './scene.ts';

const declared = makeSubmission({ breakGlass: true });
const eased = makeRequest({
  breakGlass: {
    decision: 'require',
    quorum: [[{ role: 'dba', count: 2 }], [{ role: 'security', count: 1 }]],
  },
});
const receipt: Receipt = {
  version: 1,
  domain: request.domain,
  requestId: request.id,
  requestHash: hash('request'),
  outcome: 'executed',
  effect: request.effect,
  decisions: [hash('one')],
  startedAt: t0 + 100,
  endedAt: t0 + 101,
  breakGlass: true,
};

/** Records of an emergency that was declared. docs/spec/records.md#break-glass */
export const breakGlassValid: readonly RecordCase[] = [
  valid('submission that declares an emergency', 'submission', submissionSchema, declared),
  valid('request of a declared emergency', 'request', requestSchema, eased),
  valid(
    'request of a declared emergency that policy denies otherwise',
    'request',
    requestSchema,
    makeRequest({ breakGlass: { decision: 'deny', quorum: [] } }),
  ),
  valid('receipt of a declared emergency', 'receipt', receiptSchema, receipt),
];

export const breakGlassBroken: readonly RecordCase[] = [
  broken('a declaration that is none', 'submission', submissionSchema, declared, 'schema/literal', [
    9,
    false,
  ]),
  broken('a declaration in words', 'submission', submissionSchema, declared, 'schema/literal', [9, 'yes']),
  broken('a denial beside whom it asks', 'request', requestSchema, eased, 'message/ordinary-quorum', [
    17,
    ['deny', [[['dba', 1]]]],
  ]),
  broken('an ordinary requirement of nobody', 'request', requestSchema, eased, 'message/ordinary-quorum', [
    17,
    ['require', []],
  ]),
  broken('an ordinary verdict to come', 'request', requestSchema, eased, 'schema/literal', [17, ['ask', []]]),
  broken('a receipt that says no emergency', 'receipt', receiptSchema, receipt, 'schema/literal', [
    12,
    false,
  ]),
];
