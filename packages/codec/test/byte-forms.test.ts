import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compareBytes,
  concatBytes,
  equalBytes,
  fromBase64,
  fromBase64Url,
  fromHex,
  sha256,
  toBase64,
  toBase64Url,
  toHex,
  utf8,
  utf8Length,
  utf8Text,
} from '../src/index.ts';

const seed = 7_202;
const someBytes = fc.uint8Array({ maxLength: 70 });

test('hex, base64 and base64url are those of Node, both ways', () => {
  fc.assert(
    fc.property(someBytes, (bytes) => {
      const buffer = Buffer.from(bytes);
      expect(toHex(bytes)).toBe(buffer.toString('hex'));
      expect(toBase64(bytes)).toBe(buffer.toString('base64'));
      expect(toBase64Url(bytes)).toBe(buffer.toString('base64url'));
      expect(fromHex(toHex(bytes))).toStrictEqual(bytes);
      expect(fromBase64(toBase64(bytes))).toStrictEqual(bytes);
      expect(fromBase64Url(toBase64Url(bytes))).toStrictEqual(bytes);
    }),
    { seed, numRuns: 300 },
  );
});

test('order and equality are those of Node', () => {
  fc.assert(
    fc.property(someBytes, someBytes, (a, b) => {
      expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(a, b));
      expect(equalBytes(a, b)).toBe(Buffer.compare(a, b) === 0);
      expect(equalBytes(a, Uint8Array.from(a))).toBe(true);
      expect(concatBytes(a, b)).toStrictEqual(Uint8Array.from([...a, ...b]));
    }),
    { seed, numRuns: 300 },
  );
});

describe('text', () => {
  test('a byte order mark stays', () => {
    expect(utf8Text(utf8('\ufeffa'))).toBe('\ufeffa');
  });

  test('the length is known without encoding', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(utf8Length(text)).toBe(utf8(text).length);
      }),
      { seed, numRuns: 300 },
    );
  });
});

test('SHA-256 of "abc" (FIPS 180-4)', () => {
  expect(toHex(sha256(utf8('abc')))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});
