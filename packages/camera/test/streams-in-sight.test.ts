import { expect, test } from 'vitest';
import { emptyReport, type Report } from '../src/report.ts';
import { onlyWhole, StreamsInSight } from '../src/streams-in-sight.ts';

/** What one picture brought of a message; `whole` its text once it is whole. */
function step(messageId: string, received: number, needed: number, whole?: string): Report {
  const messages = whole === undefined ? [] : [{ messageId, message: new TextEncoder().encode(whole) }];
  const progress = [{ messageId, received, needed, indexes: [received - 1] }];
  return { ...emptyReport(), codes: 1, progress, messages };
}

function both(one: Report, other: Report): Report {
  return {
    ...one,
    progress: [...one.progress, ...other.progress],
    messages: [...one.messages, ...other.messages],
  };
}

const textOf = (message: Uint8Array | undefined): string | undefined =>
  message === undefined ? undefined : new TextDecoder().decode(message);

test('two messages whose codes come in turn each keep their own progress', () => {
  const sight = new StreamsInSight();
  sight.note(step('aa', 1, 3), 0);
  sight.note(step('bb', 1, 9), 30);
  const streams = sight.note(step('aa', 2, 3), 60);
  expect(streams).toMatchObject([
    { messageId: 'aa', received: 2, needed: 3, seen: new Set([0, 1]), isInSight: true },
    { messageId: 'bb', received: 1, needed: 9, seen: new Set([0]), isInSight: true },
  ]);
  expect(onlyWhole(streams)).toBeUndefined();
});

test('a message alone is opened when it is whole', () => {
  const sight = new StreamsInSight();
  expect(onlyWhole(sight.note(step('aa', 1, 2), 0))).toBeUndefined();
  expect(textOf(onlyWhole(sight.note(step('aa', 2, 2, 'one'), 40)))).toBe('one');
});

test('of two that one picture made whole none is opened by itself, and both are there to choose', () => {
  const streams = new StreamsInSight().note(both(step('aa', 1, 1, 'one'), step('bb', 1, 1, 'two')), 0);
  expect(onlyWhole(streams)).toBeUndefined();
  expect(streams.map(({ message }) => textOf(message))).toEqual(['one', 'two']);
});

test('one that is whole while another is in sight waits, until the other has left', () => {
  const sight = new StreamsInSight();
  sight.note(step('bb', 1, 9), 0);
  expect(onlyWhole(sight.note(step('aa', 1, 1, 'one'), 100))).toBeUndefined();
  expect(onlyWhole(sight.note(step('aa', 1, 1), 3000))).toBeUndefined();
  expect(textOf(onlyWhole(sight.note(step('aa', 1, 1), 3001)))).toBe('one');
});

test('one that is whole is not opened by itself beside another of which more than a code was seen', () => {
  const sight = new StreamsInSight();
  sight.note(step('aa', 5, 9), 0);
  expect(onlyWhole(sight.note(step('bb', 1, 1, 'one'), 60_000))).toBeUndefined();
});

test('whole messages that come in a flood push out no whole one that is still in sight', () => {
  const sight = new StreamsInSight();
  sight.note(step('ours', 1, 1, 'ours'), 0);
  for (const [turn, id] of ['a', 'b', 'c', 'd', 'e', 'f'].entries()) {
    sight.note(step(id, 1, 1, id), 100 * turn + 50);
    sight.note(step('ours', 1, 1), 100 * turn + 100);
  }
  const streams = sight.note(emptyReport(), 700);
  expect(streams.find(({ messageId }) => messageId === 'ours')?.message).toBeDefined();
});

test('two that became whole one after the other are never one', () => {
  const sight = new StreamsInSight();
  sight.note(both(step('aa', 1, 1, 'one'), step('bb', 1, 2)), 0);
  sight.note(step('bb', 2, 2, 'two'), 500);
  expect(onlyWhole(sight.note(emptyReport(), 60_000))).toBeUndefined();
});

test('codes that are cut in another way count anew, and a whole message stays whole', () => {
  const sight = new StreamsInSight();
  sight.note(step('aa', 2, 3), 0);
  expect(sight.note(step('aa', 1, 5), 10)).toMatchObject([{ received: 1, needed: 5, seen: new Set([0]) }]);
  sight.note(step('aa', 5, 5, 'one'), 20);
  expect(sight.note(step('aa', 7, 7), 30)).toMatchObject([{ received: 5, needed: 5 }]);
});

test('a flood of other ids pushes no message out and does not grow', () => {
  const sight = new StreamsInSight();
  sight.note(step('real', 4, 9), 0);
  for (let forged = 0; forged < 500; forged += 1) {
    const report = forged % 2 === 0 ? step(`f${forged}`, 1, 9) : step(`f${forged}`, 1, 1, 'x');
    const streams = sight.note(report, forged);
    expect(streams.length).toBeLessThanOrEqual(16);
    expect(streams.filter(({ message }) => message !== undefined).length).toBeLessThanOrEqual(4);
    expect(streams[0]).toMatchObject({ messageId: 'real', received: 4 });
  }
});
