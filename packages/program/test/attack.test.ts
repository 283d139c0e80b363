import { expect, test } from 'vitest';
import { formatTime } from '../src/time-text.ts';

test('every time that a record may hold can be written', () => {
  expect(formatTime(253_402_300_799)).toBe('9999-12-31T23:59:59Z');
  expect(formatTime(253_402_300_800)).toBe('after the year 9999');
  expect(formatTime(Number.MAX_SAFE_INTEGER)).toBe('after the year 9999');
});
