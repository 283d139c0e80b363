import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, seedSigner, toHex } from '@countersign/codec';
import {
  digestWords,
  evenWords,
  fingerprint,
  KeysError,
  keyFingerprint,
  oddWords,
  parseWords,
  words,
} from '../src/index.ts';
import { readVectors } from './vectors.ts';

const vectors = readVectors('words');

test('the lists are 256 two-syllable and 256 three-syllable words, each word once in both together', () => {
  expect([evenWords.length, oddWords.length]).toEqual([256, 256]);
  const all = [...evenWords, ...oddWords].map((word) => word.toLowerCase());
  expect(new Set(all).size).toBe(512);
  expect(all.every((word) => /^[a-z]+$/.test(word))).toBe(true);
});

test('each list is in alphabetical order, but for one word of the original', () => {
  const disorder = (list: readonly string[]): string[] =>
    list.filter((word, at) => at > 0 && word.toLowerCase() < (list[at - 1] ?? '').toLowerCase());
  expect(disorder(evenWords)).toEqual([]);
  expect(disorder(oddWords)).toEqual(['Apollo']);
});

test('the published example reads as published', () => {
  expect(words(fromHex('e58294f2e9a227486e8b061b31cc528fd7fa3f19')).join(' ')).toBe(
    'topmost Istanbul Pluto vagabond treadmill Pacific brackish dictator goldfish Medusa afflict bravado chatter revolver Dupont midsummer stopwatch whimsical cowbell bottomless',
  );
});

describe('vectors', () => {
  test('there are 12', () => expect(vectors.length).toBe(12));
  test.each(vectors.filter(({ code }) => code === undefined))('$words', (vector) => {
    expect(toHex(parseWords(vector.words))).toBe(vector.hex);
    if (vector.reformatted !== true) expect(words(fromHex(vector.hex)).join(' ')).toBe(vector.words);
  });
  test.each(vectors.filter(({ code }) => code !== undefined))('$note', ({ words: text, code, word }) => {
    const thrown = (): Uint8Array => parseWords(text);
    expect(thrown).toThrow(KeysError);
    expect(thrown).toThrow(expect.objectContaining({ code, word }));
  });
});

test('words and parseWords are inverse', () => {
  const property = fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
    expect(toHex(parseWords(words(bytes).join(' ')))).toBe(toHex(bytes));
  });
  fc.assert(property, { seed: 7 });
});

test('any two neighbours exchanged and any word left out are noticed', () => {
  const spoken = words(fromHex('e58294f2e9a227486e8b'));
  for (let at = 0; at + 1 < spoken.length; at++) {
    const exchanged = [...spoken.slice(0, at), spoken[at + 1], spoken[at], ...spoken.slice(at + 2)].join(' ');
    expect(() => parseWords(exchanged)).toThrow(
      expect.objectContaining({ code: 'words/wrong-list', word: at }),
    );
    const missing = [...spoken.slice(0, at), ...spoken.slice(at + 1)].join(' ');
    expect(() => parseWords(missing)).toThrow(
      expect.objectContaining({ code: 'words/wrong-list', word: at }),
    );
  }
});

test('a request is read as five words, a key as ten with the whole id in hex', () => {
  const digest = fromHex('e58294f2e9a227486e8b061b31cc528fd7fa3f19');
  expect(digestWords(digest)).toBe('topmost Istanbul Pluto vagabond treadmill');
  expect(fingerprint(digest)).toEqual({
    words: 'topmost Istanbul Pluto vagabond treadmill Pacific brackish dictator goldfish Medusa',
    hex: 'e58294f2e9a227486e8b061b31cc528fd7fa3f19',
  });
  const { hex, words: spoken } = keyFingerprint(seedSigner(new Uint8Array(32)).publicKey);
  expect(hex).toMatch(/^[0-9a-f]{64}$/);
  expect(toHex(parseWords(spoken))).toBe(hex.slice(0, 20));
});
