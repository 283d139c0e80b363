import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { codeLines, cutText, findLookAlikes, harmless, plainText } from '../src/index.ts';

interface Vectors<V> {
  readonly count: number;
  readonly vectors: readonly V[];
}

function read<V>(file: string): Vectors<V> {
  const url = new URL(`../../../test/vectors/wording/${file}`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')) as Vectors<V>;
}

interface HarmlessVector {
  readonly name: string;
  readonly threat: string;
  readonly text: string;
  readonly harmless: string;
}

const hostile = read<HarmlessVector>('harmless.json');
const words = read<{ readonly text: string; readonly why: string | null }>('look-alike.json');

test('there are 30 hostile texts and 15 words', () => {
  expect([hostile.count, hostile.vectors.length]).toEqual([30, 30]);
  expect([words.count, words.vectors.length]).toEqual([15, 15]);
});

test.each(hostile.vectors)('$threat: $name', (vector) => {
  expect(harmless(vector.text)).toBe(vector.harmless);
});

test.each(words.vectors)('look-alike: $text', ({ text, why }) => {
  expect(findLookAlikes(`select ${text} from t`).map((found) => found.why)).toEqual(
    why === null ? [] : [why],
  );
});

const anything = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
);
const seed = 20_261_121;

test('any text comes out in visible characters on one line, and can be told from any other', () => {
  fc.assert(
    fc.property(anything, (text) => {
      const shown = harmless(text);
      expect(shown).not.toMatch(/[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u);
      expect(shown).not.toMatch(/[^\P{Z} ]/u);
      const back = shown.replace(/⟨U\+([0-9A-F]{4,6})⟩/gu, (_, hex: string) =>
        String.fromCodePoint(parseInt(hex, 16)),
      );
      expect(back).toBe(text);
    }),
    { seed, numRuns: 2000 },
  );
});

test('lines of code keep every character, tabs apart from arrows', () => {
  const lines = codeLines('a\tb\n\u21E5\r\n');
  expect(lines.map(plainText)).toEqual(['a⇥b', '⟨U+21E5⟩⟨U+000D⟩', '']);
});

test('a text is cut between characters and the rest is counted', () => {
  expect(cutText('añb', 4)).toEqual({ shown: 'añb', hiddenBytes: 0 });
  expect(cutText('añb', 3)).toEqual({ shown: 'añ', hiddenBytes: 1 });
  expect(cutText('añb', 2)).toEqual({ shown: 'a', hiddenBytes: 3 });
  expect(cutText('😀😀', 7)).toEqual({ shown: '😀', hiddenBytes: 4 });
});
