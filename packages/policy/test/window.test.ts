import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatWindow, intersectWindows, isOpen, parseWindow } from '@countersign/policy';
import type { PolicyError, Window } from '@countersign/policy';
import { parseFile } from '../src/document.ts';
import { parseUtcTime } from '../src/utc-time.ts';
import { readWindow } from '../src/window.ts';

const SEED = 20_260_102;
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

interface Written {
  readonly days: readonly string[];
  readonly from: number;
  readonly to: number;
  readonly zone: number;
}

const written: fc.Arbitrary<Written> = fc
  .record({
    days: fc.uniqueArray(fc.constantFrom(...DAYS), { minLength: 1 }),
    from: fc.integer({ min: 0, max: 1439 }),
    to: fc.integer({ min: 0, max: 1440 }),
    zone: fc.integer({ min: -14 * 60, max: 14 * 60 }),
  })
  .filter(({ from, to }) => from !== to);

function clock(minutes: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function windowOf({ days, from, to, zone }: Written): Window {
  const sign = zone < 0 ? '-' : '+';
  const text = `{ days: [${days.join()}], from: '${clock(from)}', to: '${clock(to)}', zone: '${sign}${clock(Math.abs(zone))}' }`;
  return readWindow(parseFile({ path: 'a.yaml', text }));
}

/** The slow second way: what the calendar in that zone says at this moment. */
function inWindow({ days, from, to, zone }: Written, unix: number): boolean {
  const local = new Date((unix + zone * 60) * 1000);
  const minute = local.getUTCHours() * 60 + local.getUTCMinutes();
  const today = days.includes(DAYS[local.getUTCDay()] ?? '');
  const yesterday = days.includes(DAYS[(local.getUTCDay() + 6) % 7] ?? '');
  if (to > from) return today && from <= minute && minute < to;
  return (today && minute >= from) || (yesterday && minute < to);
}

const moment = fc.integer({ min: 0, max: 4_000_000_000 });

function check<T extends [unknown, ...unknown[]]>(property: fc.IProperty<T>): void {
  fc.assert(property, { seed: SEED, numRuns: 400 });
}

test('a window is open when the calendar of its zone says so', () => {
  check(
    fc.property(written, moment, (one, at) => {
      expect(isOpen(windowOf(one), at)).toBe(inWindow(one, at));
    }),
  );
});

test('an intersection is open when both are, in any order, and reads back', () => {
  check(
    fc.property(written, written, written, moment, (one, two, three, at) => {
      const [a, b, c] = [windowOf(one), windowOf(two), windowOf(three)];
      const both = intersectWindows(a, b);
      expect(isOpen(both, at)).toBe(isOpen(a, at) && isOpen(b, at));
      expect(both).toEqual(intersectWindows(b, a));
      expect(intersectWindows(a, a)).toEqual(a);
      expect(intersectWindows(both, c)).toEqual(intersectWindows(a, intersectWindows(b, c)));
      expect(parseWindow(formatWindow(both))).toEqual(both);
    }),
  );
});

test.each([
  '',
  'always',
  'mon 00:00 - mon 01:00',
  'mon 00:00 UTC',
  'mon 01:00 - mon 02:00, mon 02:00 - mon 03:00 UTC',
  'tue 01:00 - tue 02:00, mon 01:00 - mon 02:00 UTC',
  'mon 24:00 - tue 01:00 UTC',
  'mon 01:00 - mon 02:00 - mon 03:00 UTC',
])('a text that policy would not write is refused: %s', (text) => {
  expect(() => parseWindow(text)).toThrow(expect.objectContaining({ code: 'policy/window' }) as PolicyError);
});

test('a time of UTC is read as the calendar reads it, and nothing else is', () => {
  check(
    fc.property(fc.integer({ min: -62_000_000_000, max: 250_000_000_000 }), (seconds) => {
      const text = new Date(seconds * 1000).toISOString().replace('.000', '');
      expect(parseUtcTime(text)).toBe(seconds);
    }),
  );
  for (const text of ['2026-02-29T00:00:00Z', '2026-13-01T00:00:00Z', '2026-01-01T24:00:00Z', '2026-01-01'])
    expect(parseUtcTime(text)).toBeUndefined();
});
