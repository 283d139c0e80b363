import { encodeFrames } from '@countersign/frames';
import { expect, test } from 'vitest';
import { CameraCheck, testMessage } from '../src/camera-check.ts';
import { emptyReport, type Report, type WholeMessage } from '../src/report.ts';

const seen = (what: Partial<Report>): Report => ({ ...emptyReport(), ...what });
const whole = (message: Uint8Array): WholeMessage => ({ messageId: 'aa', message });
const part = (received: number): Partial<Report> => ({
  codes: 1,
  progress: [{ messageId: 'aa', received, needed: 3, indexes: [received] }],
});

test('the test codes are those of an ordinary request: several, none of them packed away', () => {
  expect(testMessage()).toEqual(testMessage());
  expect(testMessage()).toHaveLength(3000);
  expect(encodeFrames(testMessage()).minimumFrames).toBe(3);
});

test('a camera that reads every code brings a request across, and stays good', () => {
  const check = new CameraCheck();
  expect(check.note(seen({}), 0).outcome).toEqual({ kind: 'nothing' });
  expect(check.note(seen(part(1)), 1000).outcome).toEqual({
    kind: 'partly',
    received: 1,
    needed: 3,
    others: 0,
  });
  expect(check.note(seen({ view: 'blurred' }), 1500).outcome).toMatchObject({ kind: 'partly', received: 1 });
  const good = { kind: 'whole', isTest: true, seconds: 2 };
  expect(check.note(seen({ ...part(3), messages: [whole(testMessage())] }), 3000).outcome).toEqual(good);
  expect(check.note(seen({ foreign: ['text'] }), 4000).outcome).toEqual(good);
});

test('codes of two messages are not one that goes forward and back', () => {
  const check = new CameraCheck();
  check.note(seen(part(2)), 0);
  const other = { messageId: 'bb', received: 1, needed: 9, indexes: [0] };
  const expected = { kind: 'partly', received: 2, needed: 3, others: 1 };
  expect(check.note(seen({ codes: 1, progress: [other] }), 100).outcome).toEqual(expected);
  expect(check.note(seen(part(2)), 4000).outcome).toEqual({ ...expected, others: 0 });
});

test('codes of somebody else are none, and no longer than they are in sight', () => {
  const check = new CameraCheck();
  expect(check.note(seen({ foreign: ['text'] }), 0).outcome).toEqual({
    kind: 'foreign',
    is: 'text',
  });
  expect(check.note(seen({}), 100).outcome).toEqual({ kind: 'nothing' });
});

test.each([
  ['another message', new Uint8Array(3000)],
  ['a part of it', testMessage().subarray(1)],
])('%s is told from the test codes', (_what, message) => {
  expect(new CameraCheck().note(seen({ ...part(3), messages: [whole(message)] }), 0).outcome).toEqual({
    kind: 'whole',
    isTest: false,
    seconds: 0,
  });
});

test('the pictures looked at a second are those of the last two seconds', () => {
  const check = new CameraCheck();
  expect(check.note(seen({}), 0).rate).toBe(0);
  for (let at = 100; at < 1000; at += 100) check.note(seen({}), at);
  expect(check.note(seen({}), 1000).rate).toBeCloseTo(10);
  for (let at = 1500; at < 6000; at += 500) check.note(seen({}), at);
  expect(check.note(seen({}), 6000).rate).toBeCloseTo(2);
});
