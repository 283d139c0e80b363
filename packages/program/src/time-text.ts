import { ProgramError } from './program-error.ts';
import { quote } from './visible-text.ts';

const timeShape = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:[Zz]|([+-])(\d{2}):(\d{2}))$/;
const durationShape = /^(\d{1,9})(s|m|h|d)$/;
const unitSeconds: ReadonlyMap<string, number> = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3600],
  ['d', 86_400],
]);

// 9999-12-31T23:59:59Z, the last moment that RFC 3339 can write.
const timeMax = 253_402_300_799;

/**
 * Returns whole seconds since 1970 as RFC 3339 in UTC, such as `2026-01-31T09:00:00Z`. A record may name a time of which nothing
 * better can be said than `after the year 9999`; it must not keep anybody from reading, or denying, the rest.
 */
export function formatTime(seconds: number): string {
  if (seconds > timeMax) return 'after the year 9999';
  return `${new Date(seconds * 1000).toISOString().slice(0, -5)}Z`;
}

/**
 * Returns the whole seconds since 1970 of an RFC 3339 time with a zone and without a fraction.
 *
 * @throws ProgramError `usage/time` for any other text, or a date no calendar has.
 */
export function parseTime(text: string): number {
  const match = timeShape.exec(text);
  const local = match === null ? Number.NaN : Date.parse(`${text.slice(0, 10)}T${text.slice(11, 19)}Z`);
  // The engine rolls 31 February over into March; the way back shows it.
  if (match === null || Number.isNaN(local) || formatTime(local / 1000).slice(8, 10) !== match[3])
    throw new ProgramError(
      'usage/time',
      `${quote(text)} is not a time, expected one such as 2026-01-31T09:00:00Z`,
    );
  const [hours, minutes] = [Number(match[8] ?? 0), Number(match[9] ?? 0)];
  if (hours > 23 || minutes > 59)
    throw new ProgramError('usage/time', `${quote(text)} has no such zone, expected one such as Z or +02:00`);
  const offset = (hours * 60 + minutes) * 60;
  const seconds = local / 1000 - (match[7] === '-' ? -offset : offset);
  if (seconds < 0)
    throw new ProgramError('usage/time', `${quote(text)} lies before 1970, expected a later time`);
  return seconds;
}

/**
 * Returns the seconds of a duration such as `90s`, `10m`, `24h` or `7d`.
 *
 * @throws ProgramError `usage/duration` for any other text.
 */
export function parseDuration(text: string): number {
  const match = durationShape.exec(text);
  const unit = unitSeconds.get(match?.[2] ?? '');
  if (match === null || unit === undefined)
    throw new ProgramError(
      'usage/duration',
      `${quote(text)} is not a duration, expected a number and one of s, m, h, d such as 10m`,
    );
  return Number(match[1]) * unit;
}
