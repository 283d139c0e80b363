import { expect, test } from 'vitest';
import { passphraseStrength, requireStrongPassphrase } from '../src/index.ts';
import { codeOf, readVectors } from './vectors.ts';

const vectors = readVectors('passphrases');

test('there are 15 vectors', () => expect(vectors.length).toBe(15));

test.each(vectors)('$passphrase', ({ passphrase, verdict, code }) => {
  const strength = passphraseStrength(passphrase);
  expect(strength.verdict).toBe(verdict);
  expect(strength.problem).toBe(code);
  expect(strength.length).toBe(Array.from(passphrase).length);
  expect(codeOf(() => requireStrongPassphrase(passphrase))).toBe(code);
});

test('the message never holds the passphrase', () => {
  for (const { passphrase, code } of vectors.filter((vector) => vector.passphrase !== '')) {
    if (code === undefined) continue;
    const refuse = (): void => requireStrongPassphrase(passphrase);
    expect(refuse).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(passphrase) as string }),
    );
  }
});

test('more of the same kind is never weaker', () => {
  let before = 0;
  for (const length of [1, 5, 10, 15, 20]) {
    const { bits } = passphraseStrength('a quiet lake at noon'.slice(0, length));
    expect(bits).toBeGreaterThanOrEqual(before);
    before = bits;
  }
});
