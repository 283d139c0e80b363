import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatMoment,
  formatQuantity,
  formatRelative,
  formatSpan,
  formatTime,
  parseDuration,
  parseTime,
} from '../src/index.ts';

const seed = 20_261_121;

test('times are those of the platform, for days of 4,000 years and any second', () => {
  for (let day = 0; day < 1_461_000; day += 97) {
    expect(formatTime(day * 86_400)).toBe(new Date(day * 86_400_000).toISOString().replace('.000Z', 'Z'));
  }
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 253_402_300_799 }), (seconds) => {
      const text = new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
      expect(formatTime(seconds)).toBe(text);
      expect(parseTime(text)).toBe(seconds);
      expect(formatMoment(seconds)).toBe(text.replace('T', ' ').replace('Z', ' UTC'));
    }),
    { seed },
  );
});

test('offsets are taken into account', () => {
  expect(parseTime('2026-11-21T10:30:00+01:00')).toBe(parseTime('2026-11-21T09:30:00Z'));
  expect(parseTime('2026-11-21t04:00:00-05:30')).toBe(parseTime('2026-11-21 09:30:00z'));
});

test.each([
  ['time/syntax', () => parseTime('tomorrow')],
  ['time/syntax', () => parseTime('2026-11-21')],
  ['time/syntax', () => parseTime('2026-11-21T09:30:00')],
  ['time/syntax', () => parseTime('2026-11-21T09:30:00.5Z')],
  ['time/range', () => parseTime('2026-02-29T00:00:00Z')],
  ['time/range', () => parseTime('2026-13-01T00:00:00Z')],
  ['time/range', () => parseTime('2026-11-21T24:00:00Z')],
  ['time/range', () => parseTime('2026-11-21T23:00:00+24:00')],
  ['time/range', () => parseTime('1969-12-31T23:59:59Z')],
  ['time/range', () => formatTime(-1)],
  ['time/range', () => formatTime(0.5)],
  ['time/range', () => formatTime(253_402_300_800)],
  ['time/range', () => formatMoment(-1)],
  ['time/range', () => formatMoment(Infinity)],
  ['duration/syntax', () => parseDuration('')],
  ['duration/syntax', () => parseDuration('5')],
  ['duration/syntax', () => parseDuration('5m4h')],
  ['duration/syntax', () => parseDuration('-5m')],
  ['duration/syntax', () => parseDuration('1.5h')],
  ['duration/range', () => parseDuration('3651d')],
  ['duration/range', () => formatDuration(-1)],
])('%s', (code, act) => {
  expect(act).toThrow(expect.objectContaining({ name: 'WordingError', code }) as Error);
});

test('durations are read back as they are written', () => {
  expect(parseDuration('1d12h')).toBe(129_600);
  expect(parseDuration('90s')).toBe(90);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 315_360_000 }), (seconds) => {
      expect(parseDuration(formatDuration(seconds))).toBe(seconds);
    }),
    { seed },
  );
});

test('spans, distances and quantities read well', () => {
  expect(formatSpan(11_400)).toBe('3 h 10 min');
  expect(formatSpan(0)).toBe('0 s');
  expect(formatSpan(90_061)).toBe('1 d 1 h');
  expect(formatRelative(1000, 1000)).toBe('now');
  expect(formatMoment(Number.MAX_SAFE_INTEGER)).toBe('after the year 9999');
  expect(formatRelative(12_400, 1000)).toBe('in 3 h 10 min');
  expect(formatRelative(700, 1000)).toBe('5 min ago');
  expect(formatRelative(9e9, 0)).toBe('in more than 10 years');
  expect([1, 999, 1000, 1_234_567].map(formatCount)).toEqual(['1', '999', '1,000', '1,234,567']);
  expect([formatQuantity(1, 'row'), formatQuantity(0, 'row'), formatQuantity(2, 'entry', 'entries')]).toEqual(
    ['1 row', '0 rows', '2 entries'],
  );
  const sizes = [0, 1, 1023, 1024, 1536, 1_048_575, 1_048_576, 5e9].map(formatBytes);
  expect(sizes).toEqual([
    '0 bytes',
    '1 byte',
    '1,023 bytes',
    '1.0 KiB',
    '1.5 KiB',
    '1.0 MiB',
    '1.0 MiB',
    '4.7 GiB',
  ]);
});
