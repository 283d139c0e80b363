import { PolicyError } from './error.ts';
import type { Item } from './document.ts';
import { closedMap, leaf, list } from './shape.ts';

/** Minutes of a week in UTC, Monday 00:00 being 0: from `start` on and before `end`, 0 to 10,080. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** When something may run: spans ascending that neither meet nor overlap. Empty: never. */
export type Window = readonly Span[];

/** What {@link formatWindow} makes of a window in which nothing may ever run. */
export const NEVER = 'never';

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const DAY = 1440;
const WEEK = 7 * DAY;
/** 1970-01-01 was a Thursday. */
const EPOCH_DAY = 3;

/**
 * Reads `window: { days, from, to, zone }`; without days every day, without from and to the whole day. A window that ends
 * before it begins ends on the day after.
 * @throws PolicyError `policy/window`, `policy/type`, `policy/unknown-key`
 */
export function readWindow(item: Item): Window {
  const entries = closedMap(item, ['days', 'from', 'to', 'zone']);
  const [days, from, to] = [entries.get('days'), entries.get('from'), entries.get('to')];
  if (days === undefined && from === undefined)
    throw new PolicyError(
      'policy/window',
      'a window without days and times, expected one of them',
      item.place,
    );
  if ((from === undefined) !== (to === undefined))
    throw new PolicyError('policy/window', 'one of from and to, expected both or none', item.place);
  const opens = from === undefined ? 0 : timeOf(from.value, 'from');
  const closes = to === undefined ? DAY : timeOf(to.value, 'to');
  if (opens === closes || opens === DAY)
    throw new PolicyError('policy/window', 'a window without length', item.place);
  const length = closes > opens ? closes - opens : closes + DAY - opens;
  const offset = offsetOf(entries.get('zone')?.value);
  const named = days === undefined ? DAYS.map((_, index) => index) : daysOf(days.value);
  return normal(named.map((day) => spanAt(day * DAY + opens - offset, length)));
}

function timeOf(item: Item, key: string): number {
  const match = /^([01]\d|2[0-4]):([0-5]\d)$/.exec(String(leaf(item).value));
  const minutes = match === null ? DAY + 1 : Number(match[1]) * 60 + Number(match[2]);
  if (minutes > DAY) throw new PolicyError('policy/window', `${key} is no time such as 22:00`, item.place);
  return minutes;
}

function offsetOf(item: Item | undefined): number {
  if (item === undefined) return 0;
  const match = /^([+-])(0\d|1[0-4]):([0-5]\d)$/.exec(String(leaf(item).value));
  if (match === null)
    throw new PolicyError('policy/window', 'zone is no fixed offset such as +02:00', item.place);
  const minutes = Number(match[2]) * 60 + Number(match[3]);
  return match[1] === '-' ? -minutes : minutes;
}

function daysOf(item: Item): readonly number[] {
  const days = list(item).map((one) => {
    const day = DAYS.indexOf(String(leaf(one).value));
    if (day < 0) throw new PolicyError('policy/window', `no day, expected ${DAYS.join(', ')}`, one.place);
    return day;
  });
  if (days.length === 0 || new Set(days).size < days.length)
    throw new PolicyError('policy/window', 'expected days, each once', item.place);
  return days;
}

function spanAt(start: number, length: number): Span {
  const from = ((start % WEEK) + WEEK) % WEEK;
  return { start: from, end: from + length };
}

/** Cuts spans at the end of the week, sorts them and joins those that meet. */
function normal(spans: readonly Span[]): Window {
  const cut = spans.flatMap(({ start, end }) =>
    end <= WEEK
      ? [{ start, end }]
      : [
          { start, end: WEEK },
          { start: 0, end: end - WEEK },
        ],
  );
  const joined: Span[] = [];
  for (const span of cut.toSorted((a, b) => (a.start === b.start ? a.end - b.end : a.start - b.start))) {
    const last = joined.at(-1);
    if (last === undefined || span.start > last.end) joined.push(span);
    else joined[joined.length - 1] = { start: last.start, end: Math.max(last.end, span.end) };
  }
  return joined;
}

/** The moments that lie in both. Commutative, associative, idempotent. */
export function intersectWindows(a: Window, b: Window): Window {
  const common = a.flatMap((one) =>
    b.map((other) => ({ start: Math.max(one.start, other.start), end: Math.min(one.end, other.end) })),
  );
  return normal(common.filter(({ start, end }) => start < end));
}

/** Whether a moment, in whole seconds since 1970, lies in the window. */
export function isOpen(window: Window, unix: number): boolean {
  const minute = (Math.floor(unix / 60) + EPOCH_DAY * DAY) % WEEK;
  return window.some(({ start, end }) => start <= minute && minute < end);
}

/** One line such as `mon 21:00 - tue 03:00, sat 00:00 - mon 00:00 UTC`; equal windows give equal texts. */
export function formatWindow(window: Window): string {
  if (window.length === 0) return NEVER;
  const spans = window.map(({ start, end }) => `${moment(start)} - ${moment(end)}`);
  return `${spans.join(', ')} UTC`;
}

function moment(minute: number): string {
  const day = DAYS[Math.floor(minute / DAY) % 7] ?? '';
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${day} ${two(Math.floor((minute % DAY) / 60))}:${two(minute % 60)}`;
}

/**
 * Reads what {@link formatWindow} wrote.
 * @throws PolicyError `policy/window`
 */
export function parseWindow(text: string): Window {
  if (text === NEVER) return [];
  const spans = text.endsWith(' UTC') ? text.slice(0, -4).split(', ').map(parseSpan) : [];
  const window = normal(spans);
  if (spans.length === 0 || formatWindow(window) !== text)
    throw new PolicyError('policy/window', 'a window that is not as policy writes it');
  return window;
}

/** Whether a moment lies in the window of a text; one that is not as {@link formatWindow} writes it is never open. */
export function isOpenIn(text: string, unix: number): boolean {
  try {
    return isOpen(parseWindow(text), unix);
  } catch (error) {
    if (error instanceof PolicyError) return false;
    throw error;
  }
}

function parseSpan(text: string): Span {
  const [from, to, more] = text.split(' - ').map(parseMoment);
  if (from === undefined || to === undefined || more !== undefined)
    throw new PolicyError('policy/window', 'a window that is not as policy writes it');
  return { start: from, end: to <= from ? to + WEEK : to };
}

function parseMoment(text: string): number {
  const match = /^([a-z]{3}) ([01]\d|2[0-3]):([0-5]\d)$/.exec(text);
  const day = DAYS.indexOf(match?.[1] ?? '');
  if (match === null || day < 0)
    throw new PolicyError('policy/window', 'a window that is not as policy writes it');
  return day * DAY + Number(match[2]) * 60 + Number(match[3]);
}
