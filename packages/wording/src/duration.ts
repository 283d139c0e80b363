import { WordingError } from './wording-error.ts';

const units: readonly (readonly [letter: string, name: string, seconds: number])[] = [
  ['d', 'd', 86_400],
  ['h', 'h', 3600],
  ['m', 'min', 60],
  ['s', 's', 1],
];
// Ten years of 365 days.
const durationMax = 315_360_000;

/**
 * Returns the whole seconds that a text such as `90s`, `15m`, `4h` or `1d12h` names: units d, h, m, s, each at most
 * once and in this order.
 * @throws WordingError duration/syntax, duration/range
 */
export function parseDuration(text: string): number {
  const match = /^(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?$/u.exec(text);
  if (match === null || text === '') {
    throw new WordingError(
      'duration/syntax',
      'duration cannot be read, expected a form like 90s, 15m, 4h or 1d12h',
    );
  }
  const seconds = units.reduce((sum, [, , unit], index) => sum + Number(match[index + 1] ?? 0) * unit, 0);
  checkDuration(seconds);
  return seconds;
}

/** Returns seconds in the form that `parseDuration` reads, such as `1d12h`; `0s` for none. @throws WordingError duration/range */
export function formatDuration(seconds: number): string {
  return partsOf(seconds)
    .map(([count, letter]) => `${count}${letter}`)
    .join('');
}

/** Returns seconds for a person, the two greatest units, such as `3 h 10 min`. @throws WordingError duration/range */
export function formatSpan(seconds: number): string {
  return partsOf(seconds)
    .slice(0, 2)
    .map(([count, , name]) => `${count} ${name}`)
    .join(' ');
}

/** Returns how far `at` lies from `now`, such as `in 3 h 10 min`, `5 min ago` or `now`. */
export function formatRelative(at: number, now: number): string {
  const distance = Math.min(Math.abs(at - now), durationMax);
  const span = distance === durationMax ? 'more than 10 years' : formatSpan(distance);
  if (at === now) return 'now';
  return at > now ? `in ${span}` : `${span} ago`;
}

function partsOf(seconds: number): readonly (readonly [count: number, letter: string, name: string])[] {
  checkDuration(seconds);
  const parts: (readonly [number, string, string])[] = [];
  let rest = seconds;
  for (const [letter, name, unit] of units) {
    const count = Math.floor(rest / unit);
    rest -= count * unit;
    if (count > 0) parts.push([count, letter, name]);
  }
  return parts.length === 0 ? [[0, 's', 's']] : parts;
}

function checkDuration(seconds: number): void {
  if (Number.isInteger(seconds) && seconds >= 0 && seconds <= durationMax) return;
  throw new WordingError('duration/range', `duration is ${seconds} seconds, expected 0 to ${durationMax}`);
}
