import { describe, expect, test } from 'vitest';
import { equalBytes, fromHex, toHex, utf8 } from '@countersign/codec';
import {
  decodePem,
  decodePkcs8,
  encodePem,
  encodePkcs8,
  formatPublicKeyFile,
  formatRootFile,
  parsePublicKeyFile,
  parseRootFile,
} from '../src/index.ts';
import { codeOf, readVectors } from './vectors.ts';

const pems = readVectors('pem');
const publicKeys = readVectors('public-keys');
const roots = readVectors('roots');

test('there are 15, 24 and 22 vectors', () => {
  expect([pems.length, publicKeys.length, roots.length]).toEqual([15, 24, 22]);
});

describe('PEM', () => {
  test.each(pems)('$note', ({ pem, seed, code }) => {
    if (code !== undefined) expect(codeOf(() => decodePem(utf8(pem)))).toBe(code);
    else expect(toHex(decodePem(utf8(pem)))).toBe(seed);
  });
  test('what is written is the first vector', () => {
    const [first] = pems;
    expect(first === undefined || equalBytes(encodePem(fromHex(first.seed)), utf8(first.pem))).toBe(true);
  });
  test('bytes that are no text are refused by the codec', () => {
    expect(codeOf(() => decodePem(Uint8Array.of(0xff)))).toBe('text/utf8');
  });
  test('every truncation and every change of one byte of the DER head is refused', () => {
    const der = encodePkcs8(new Uint8Array(32).fill(7));
    for (let length = 0; length < der.length; length++)
      expect(codeOf(() => decodePkcs8(der.subarray(0, length)))).toBe('pkcs8/length');
    for (let at = 0; at < 16; at++) {
      const changed = der.map((byte, index) => (index === at ? byte ^ 1 : byte));
      expect(codeOf(() => decodePkcs8(changed))).toMatch(/^pkcs8\/(algorithm|shape)$/);
    }
  });
  test('a seed of another length is not written', () => {
    expect(codeOf(() => encodePkcs8(new Uint8Array(31)))).toBe('pkcs8/seed-length');
  });
});

describe('public key file', () => {
  test.each(publicKeys)('$note', ({ text, key, name, code }) => {
    if (code !== undefined) {
      expect(codeOf(() => parsePublicKeyFile(text))).toBe(code);
      return;
    }
    const named = parsePublicKeyFile(text);
    expect([toHex(named.key), named.name]).toEqual([key, name]);
    expect(formatPublicKeyFile(named)).toBe(text.endsWith('\n') ? text : `${text}\n`);
  });
  test('a name that could not be read again is not written', () => {
    const [first] = publicKeys;
    const { key } = parsePublicKeyFile(first?.text ?? '');
    for (const name of ['', 'Ada', 'a b', 'a\n', 'a'.repeat(65)])
      expect(codeOf(() => formatPublicKeyFile({ key, name }))).toBe('cspub/name');
  });
  test('every truncation is refused or loses only the end of the name', () => {
    const text = publicKeys[1]?.text ?? '';
    for (let length = 0; length < text.length; length++) {
      const cut = text.slice(0, length);
      const code = codeOf(() => parsePublicKeyFile(cut));
      if (length > text.length - 3) expect(code).toBeUndefined();
      else expect(code).toMatch(/^cspub\/(shape|name)$/);
    }
  });
});

describe('root file', () => {
  test.each(roots)('$note', ({ text, threshold, names, code, line }) => {
    if (code !== undefined) {
      const parse = (): unknown => parseRootFile(text);
      expect(parse).toThrow(expect.objectContaining(line === undefined ? { code } : { code, line }));
      return;
    }
    const root = parseRootFile(text);
    expect([root.threshold, root.keys.map(({ name }) => name)]).toEqual([threshold, names]);
    expect(parseRootFile(formatRootFile(root))).toEqual(root);
  });
  test('what would not be read again is not written', () => {
    const { keys } = parseRootFile(roots[0]?.text ?? '');
    for (const threshold of [0, 4, 1.5, Number.NaN])
      expect(codeOf(() => formatRootFile({ threshold, keys }))).toBe('root/threshold');
    expect(codeOf(() => formatRootFile({ threshold: 1, keys: [] }))).toBe('root/threshold');
    expect(codeOf(() => formatRootFile({ threshold: 1, keys: [...keys, ...keys] }))).toBe(
      'root/duplicate-key',
    );
  });
});
