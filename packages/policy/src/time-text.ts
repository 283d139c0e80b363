import type { PolicyTime } from './input.ts';
import { parseUtcTime } from './utc-time.ts';

const DAY_SECONDS = 86_400;

/** Seconds since 1970 as rules see them, in UTC. */
export function utcTime(unix: number): PolicyTime {
  const days = Math.floor(unix / DAY_SECONDS);
  const hour = Math.floor((unix - days * DAY_SECONDS) / 3600);
  // 1 January 1970 was a Thursday.
  return { unix, hour, weekday: (((days + 4) % 7) + 7) % 7 };
}

/** Seconds since 1970 of a text such as `2026-01-05T10:00:00Z`, years 1970 to 9999; undefined when it is none. */
export function parseUtc(text: string): number | undefined {
  const unix = parseUtcTime(text);
  return unix === undefined || unix < 0 ? undefined : unix;
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** Days from 1 January 1970 to the first of the month. */
function daysBefore(year: number, month: number): number {
  const past = year - 1;
  const leaps = (until: number): number =>
    Math.floor(until / 4) - Math.floor(until / 100) + Math.floor(until / 400);
  let days = (year - 1970) * 365 + leaps(past) - leaps(1969);
  for (let each = 1; each < month; each += 1) days += daysInMonth(year, each);
  return days;
}

/** The text of whole seconds since 1970, years 1970 to 9999. */
export function formatUtc(unix: number): string {
  const days = Math.floor(unix / DAY_SECONDS);
  let year = 1970 + Math.floor(days / 365.2425);
  while (daysBefore(year + 1, 1) <= days) year += 1;
  while (daysBefore(year, 1) > days) year -= 1;
  let month = 12;
  while (daysBefore(year, month) > days) month -= 1;
  const seconds = unix - days * DAY_SECONDS;
  const two = (value: number): string => String(value).padStart(2, '0');
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(two).join(':');
  return `${year}-${two(month)}-${two(days - daysBefore(year, month) + 1)}T${clock}Z`;
}
