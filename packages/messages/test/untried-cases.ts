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

/** The effect of a definition that was tried on a copy of the schema, with keys set to other values. */
function copyEffect(changes: readonly (readonly [number, Value])[]): Value {
  const map = new Map<number, Value>([
    [1, 3],
    [2, [new Map<number, Value>([[1, 'shop.t'], [2, 0], [3, 0], [4, 3]])]],
    [3, hash('on a copy')],
    [4, 300],
    [5, false],
    [6, ['whether the rows allow it']],
    [7, ['table shop.t dropped with 3 rows']],
    [10, true],
  ]); // prettier-ignore
  for (const [key, value] of changes) map.set(key, value);
  return map;
}

/** A request whose definition commits by itself. */
const onCopy = makeRequest({
  statements: [{ sql: 'DROP TABLE t', params: [] }],
  effect: {
    rows: 3,
    tables: [{ table: 'shop.t', inserted: 0, updated: 0, deleted: 3 }],
    diffDigest: hash('on a copy'),
    diffSize: 300,
    complete: false,
    notPreviewed: ['whether the rows allow it'],
    schemaChanges: ['table shop.t dropped with 3 rows'],
    onCopy: true,
  },
});

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
  valid('request that was tried on a copy of the schema', 'request', requestSchema, onCopy),
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
  broken(
    'an effect that was tried on a copy and is complete',
    'request',
    requestSchema,
    request,
    'message/copy-effect',
    [13, copyEffect([[5, true]])],
  ),
  broken(
    'an effect that was tried on a copy and leaves nothing open',
    'request',
    requestSchema,
    request,
    'message/copy-effect',
    [13, copyEffect([[6, []]])],
  ),
  broken(
    'an effect that was tried on a copy of two statements',
    'request',
    requestSchema,
    request,
    'message/copy-effect',
    [11, [statementOf('DROP TABLE t'), statementOf('DROP TABLE u')]],
    [13, copyEffect([])],
  ),
  broken(
    'an effect that was tried on a copy and not tried',
    'request',
    requestSchema,
    request,
    'message/copy-effect',
    [13, untriedEffect([[10, true]])],
  ),
  broken('an effect that was tried, said so', 'request', requestSchema, request, 'schema/literal', [
    13,
    untriedEffect([[9, false]]),
  ]),
];
