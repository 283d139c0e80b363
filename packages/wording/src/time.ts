import { WordingError } from './wording-error.ts';

const day = 86_400;
// 9999-12-31T23:59:59Z
const timeMax = 253_402_300_799;

/** Returns whole seconds since 1970 as RFC 3339 in UTC, such as `2026-11-21T09:30:00Z`. @throws WordingError time/range */
export function formatTime(seconds: number): string {
  const [date, clock] = dateAndClock(seconds);
  return `${date}T${clock}Z`;
}

/**
 * Returns whole seconds since 1970 for a person, such as `2026-11-21 09:30:00 UTC`; a record may name a time of which
 * nothing better can be said than `after the year 9999`.
 * @throws WordingError time/range for what is no count of seconds
 */
export function formatMoment(seconds: number): string {
  if (Number.isInteger(seconds) && seconds > timeMax) return 'after the year 9999';
  const [date, clock] = dateAndClock(seconds);
  return `${date} ${clock} UTC`;
}

/**
 * Returns the whole seconds since 1970 that an RFC 3339 text names, with `Z` or an offset, without a fraction.
 * @throws WordingError time/syntax, time/range
 */
export function parseTime(text: string): number {
  const match = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:[Zz]|([+-])(\d\d):(\d\d))$/u.exec(text);
  if (match === null) {
    throw new WordingError('time/syntax', 'time cannot be read, expected a form like 2026-11-21T09:30:00Z');
  }
  const [, year, month, date, hour, minute, second, sign, offsetHour, offsetMinute] = match;
  const days = daysFromDate(Number(year), Number(month), Number(date));
  const clock = clockSeconds(Number(hour), Number(minute), Number(second));
  const offset = clockSeconds(Number(offsetHour ?? 0), Number(offsetMinute ?? 0), 0);
  if (days === undefined || clock === undefined || offset === undefined) {
    throw new WordingError('time/range', 'time names no real moment, expected a date and time that exist');
  }
  const seconds = days * day + clock - (sign === '-' ? -offset : offset);
  checkRange(seconds);
  return seconds;
}

function dateAndClock(seconds: number): readonly [string, string] {
  checkRange(seconds);
  const [year, month, date] = dateFromDays(Math.floor(seconds / day));
  const rest = seconds % day;
  const clock = [Math.floor(rest / 3600), Math.floor(rest / 60) % 60, rest % 60].map((part) => pad(part, 2));
  return [`${pad(year, 4)}-${pad(month, 2)}-${pad(date, 2)}`, clock.join(':')];
}

function checkRange(seconds: number): void {
  if (Number.isInteger(seconds) && seconds >= 0 && seconds <= timeMax) return;
  throw new WordingError(
    'time/range',
    `time is ${seconds}, expected whole seconds in the years 1970 to 9999`,
  );
}

function pad(number: number, width: number): string {
  return String(number).padStart(width, '0');
}

function clockSeconds(hour: number, minute: number, second: number): number | undefined {
  return hour > 23 || minute > 59 || second > 59 ? undefined : hour * 3600 + minute * 60 + second;
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

function monthDays(year: number, month: number): number {
  return [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
}

// Days from 1970-01-01 to the first of January of `year`.
function daysToYear(year: number): number {
  const before = year - 1;
  return (
    (year - 1970) * 365 + Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400) - 477
  );
}

function daysFromDate(year: number, month: number, date: number): number | undefined {
  if (month < 1 || month > 12 || date < 1 || date > monthDays(year, month)) return undefined;
  let days = daysToYear(year) + date - 1;
  for (let earlier = 1; earlier < month; earlier++) days += monthDays(year, earlier);
  return days;
}

function dateFromDays(days: number): readonly [number, number, number] {
  let year = 1970 + Math.floor(days / 366);
  while (daysToYear(year + 1) <= days) year++;
  let rest = days - daysToYear(year);
  let month = 1;
  while (rest >= monthDays(year, month)) {
    rest -= monthDays(year, month);
    month++;
  }
  return [year, month, rest + 1];
}
