import { expect, test } from 'vitest';
import { visible } from '../src/visible-text.ts';

test('a text of an engine is one line that shows what it holds, cut at 200 characters', () => {
  expect(visible('a\nb\u202ec')).toBe('a\\u{a}b\\u{202e}c');
  expect(visible('x'.repeat(200))).toBe('x'.repeat(200));
  expect(visible('x'.repeat(201))).toBe(`${'x'.repeat(199)}…`);
});

test.each(['', 'x'])('a cut leaves no half of a character: %j', (shift) => {
  const shown = visible(shift + '😀'.repeat(200));
  expect(shown.isWellFormed()).toBe(true);
  expect(shown).toContain('😀'.repeat(99));
  expect(visible('\ud83d').isWellFormed()).toBe(true);
});
