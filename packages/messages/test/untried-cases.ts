import type { Value } from '@countersign/codec';
import { requestSchema } from '@countersign/messages';
import { broken, valid } from './record-case.ts';
import type { RecordCase } from './record-case.ts';
import { hash, makeRequest, request } from './scene.ts';

function statementOf(sql: string): Value {
  return new Map<number, Value>([
    [1, sql],
    [2, []],
  ]);
}

/** The effect of a statement that was not tried, with keys set to other values. */
function untriedEffect(changes: readonly (readonly [number, Value])[]): Value {
  const map = new Map<number, Value>([
    [1, 0],
    [2, []],
    [3, hash('untried')],
    [4, 300],
    [5, false],
    [6, ['all of it']],
    [7, []],
    [9, true],
  ]);
  for (const [key, value] of changes) map.set(key, value);
  return map;
}

/** A request whose statement runs outside transactions. */
const untried = makeRequest({
  statements: [{ sql: 'VACUUM', params: [] }],
  effect: {
    rows: 0,
    tables: [],
    diffDigest: hash('untried'),
    diffSize: 300,
    complete: false,
    notPreviewed: ['all of it'],
    schemaChanges: [],
    untried: true,
  },
});

export const untriedValid: readonly RecordCase[] = [
  valid('request that was not tried', 'request', requestSchema, untried),
];

export const untriedBroken: readonly RecordCase[] = [
  broken(
    'an effect that was not tried and is complete',
    'request',
    requestSchema,
    request,
    'message/untried-effect',
    [13, untriedEffect([[5, true]])],
  ),
  broken(
    'an effect that was not tried and counts rows',
    'request',
    requestSchema,
    request,
    'message/untried-effect',
    [13, untriedEffect([[1, 1]])],
  ),
  broken(
    'an effect that was not tried and leaves nothing open',
    'request',
    requestSchema,
    request,
    'message/untried-effect',
    [13, untriedEffect([[6, []]])],
  ),
  broken(
    'an effect that was not tried of two statements',
    'request',
    requestSchema,
    request,
    'message/untried-effect',
    [11, [statementOf('VACUUM'), statementOf('VACUUM')]],
    [13, untriedEffect([])],
  ),
  broken('an effect that was tried, said so', 'request', requestSchema, request, 'schema/literal', [
    13,
    untriedEffect([[9, false]]),
  ]),
];
