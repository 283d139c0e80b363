import { describe, expect, test } from 'vitest';
import { nextFor } from '../src/mcp/guidance.ts';
import { headlineOf, linesOf } from '../src/notify/notice.ts';
import { testNotice } from '../src/notify/test-notice.ts';

const told = { ...testNotice({ clock: () => 0, random: (length) => new Uint8Array(length) }), rows: 2 };

describe('a message says of a run only what is true', () => {
  test.each([
    ['executed', { rows: 2 }, 'ran, as approved'],
    ['executed', { rows: null }, 'ran; it could not be tried before'],
    ['executed', { rows: 2, ran: 'as-signed' }, 'ran, as approved'],
    [
      'executed',
      { rows: 2, ran: 'within-tolerance' },
      'ran; not the approved rows, within what the approval lets differ',
    ],
    [
      'executed',
      { rows: null, ran: 'rows-unknown' },
      'ran, within what the approval lets differ; which rows is not known',
    ],
    ['failed', { code: 'statement/constraint' }, 'failed; nothing was written'],
    ['failed', { code: 'run/replayed' }, 'had run before; it was not run again'],
    ['failed', { code: 'statement/failed', rows: null }, 'failed; what it had done is not taken back'],
    ['drifted', { rows: null }, 'drifted; nothing was written'],
  ] as const)('%s %j', (event, facts, words) => {
    expect(headlineOf({ ...told, event, ...facts })).toBe(`Countersign: request 00000000 on none: ${words}`);
  });

  test('and of an emergency that it is one', () => {
    const emergency = { ...told, emergency: true, event: 'break-glass' as const };
    expect(headlineOf(emergency)).toBe(
      'Countersign: EMERGENCY request 00000000 on none: declared an emergency; approval is asked for',
    );
    expect(linesOf(emergency)).toContainEqual(['emergency', 'declared by nobody; nobody has checked it']);
    expect(linesOf(told).map(([label]) => label)).not.toContain('emergency');
  });

  test('and of an emergency that policy denied, with nothing to approve', () => {
    const unsealed = { words: undefined, reviewBy: undefined, runBy: undefined };
    const denied = {
      ...told,
      ...unsealed,
      rows: null,
      emergency: true,
      event: 'break-glass-denied' as const,
    };
    expect(headlineOf(denied)).toBe(
      'Countersign: EMERGENCY request 00000000 on none: declared an emergency; policy denied it',
    );
    expect(linesOf(denied).map(([label]) => label)).toEqual([
      'request',
      'target',
      'asked by',
      'kind',
      'rows',
      'emergency',
    ]);
  });

  test('and no number of rows that nobody counted', () => {
    expect(linesOf({ ...told, rows: null })).toContainEqual(['rows', 'not known']);
  });
});

describe('an agent is told of a run only what is true', () => {
  test.each([
    ['executed', null, false, 'as-signed', /exactly the effect that was approved/],
    [
      'executed',
      null,
      false,
      'within-tolerance',
      /not on exactly the rows.*data\.as_run.*read the data again/,
    ],
    ['executed', null, false, 'rows-unknown', /which rows it changed is not known.*Read the data again/],
    ['executed', null, true, 'as-signed', /nobody knows its exact effect/],
    ['failed', 'statement/constraint', false, undefined, /nothing was written/],
    ['failed', 'run/replayed', false, undefined, /ran before.*A person must look/],
    ['failed', 'statement/failed', true, undefined, /not taken back.*A person must look/],
  ] as const)('%s %s, untried: %s, ran: %s', (state, code, untried, ran, words) => {
    const next = nextFor({ state, code, untried, ran });
    expect(next).toMatch(words);
    if (state === 'failed' && !/nothing was written/.test(words.source))
      expect(next).not.toMatch(/nothing was written/);
  });
});
