import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatTime, parseDuration, parseTime, systemClock, systemRandom } from '../src/index.ts';

test('times are RFC 3339 in UTC, whole seconds', () => {
  expect(formatTime(0)).toBe('1970-01-01T00:00:00Z');
  expect(formatTime(1_767_225_599)).toBe('2025-12-31T23:59:59Z');
  expect(parseTime('2026-01-01T01:59:59+02:00')).toBe(1_767_225_599);
  expect(parseTime('2025-12-31t19:59:59-04:00')).toBe(1_767_225_599);
});

test('formatTime and parseTime are inverse', () => {
  const property = fc.property(fc.integer({ min: 0, max: 253_402_300_799 }), (seconds) => {
    expect(parseTime(formatTime(seconds))).toBe(seconds);
  });
  fc.assert(property, { seed: 11 });
});

test.each([
  '',
  'tomorrow',
  '2026-01-31',
  '2026-01-31T09:00:00',
  '2026-01-31 09:00:00Z',
  '2026-01-31T09:00:00.5Z',
  '2026-02-30T09:00:00Z',
  '2025-02-29T09:00:00Z',
  '2026-13-01T09:00:00Z',
  '2026-01-31T25:00:00Z',
  '2026-01-31T24:00:00Z',
  '2026-01-31T09:60:00Z',
  '2026-01-31T09:00:60Z',
  '2026-01-31T09:00:00+24:00',
  '2026-01-31T09:00:00+02:60',
  '1969-12-31T23:59:59Z',
  '1970-01-01T00:00:00+01:00',
])('%j is no time', (text) => {
  expect(() => parseTime(text)).toThrow(expect.objectContaining({ code: 'usage/time', exitCode: 2 }));
});

test('durations have one unit', () => {
  expect(['0s', '90s', '10m', '24h', '7d'].map(parseDuration)).toEqual([0, 90, 600, 86_400, 604_800]);
  for (const text of ['', '5', 's', '1.5h', '-1m', '1h30m', '1w', '10 m', '1234567890s'])
    expect(() => parseDuration(text)).toThrow(
      expect.objectContaining({ code: 'usage/duration', exitCode: 2 }),
    );
});

test('the clock counts whole seconds and the random source gives what was asked for', () => {
  const now = systemClock();
  expect(Number.isInteger(now) && Math.abs(now - Date.now() / 1000) < 2).toBe(true);
  expect([systemRandom(0).length, systemRandom(32).length]).toEqual([0, 32]);
  expect(systemRandom(32)).not.toEqual(systemRandom(32));
});
