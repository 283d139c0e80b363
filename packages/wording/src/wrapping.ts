import { characterWidth } from './display-width.ts';
import type { Span } from './document.ts';

/**
 * Returns spans broken into lines of at most `width` columns, after a space where there is one in the second half of
 * what fits, else anywhere. Nothing is dropped. `width` is at least 2. Takes time in proportion to the text: a line
 * may have a million characters.
 */
export function wrapSpans(spans: readonly Span[], width: number): readonly (readonly Span[])[] {
  const lines: Span[][] = [];
  let current: Span[] = [];
  let room = width;
  for (const { role, text } of spans) {
    let start = 0;
    while (start < text.length) {
      const fit = measure(text, start, room);
      const whole = fit.end === text.length;
      const end = whole ? fit.end : breakPoint(text, start, fit.end, current.length > 0);
      if (end > start) current.push({ role, text: text.slice(start, end) });
      start = end;
      if (whole) {
        room -= fit.width;
      } else {
        lines.push(current);
        current = [];
        room = width;
      }
    }
  }
  lines.push(current);
  return lines;
}

// Returns how far from `start` the text fits into `room` columns, and the columns it takes.
function measure(
  text: string,
  start: number,
  room: number,
): { readonly end: number; readonly width: number } {
  let end = start;
  let width = 0;
  while (end < text.length) {
    const character = String.fromCodePoint(text.codePointAt(end) ?? 0);
    const next = characterWidth(character);
    if (width + next > room) break;
    width += next;
    end += character.length;
  }
  return { end, width };
}

// Returns where to end a line that could hold the text from `start` to `end`, which is not all of it.
function breakPoint(text: string, start: number, end: number, begun: boolean): number {
  const part = text.slice(start, end);
  const space = part.lastIndexOf(' ');
  if (space >= 0 && space >= part.length / 2) return start + space + 1;
  // A short word that something else on the line leaves no room for is better begun on the next one.
  return begun && space === -1 && text.slice(end, end + shortWord).includes(' ') ? start : end;
}

const shortWord = 16;
