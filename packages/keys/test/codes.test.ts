import { expect, test } from 'vitest';
import { keyId, toHex } from '@countersign/codec';
import { decodePkcs8, encodePkcs8, generateKey, KeysError, keysErrorCodes } from '../src/index.ts';
import { codeOf, readVectors } from './vectors.ts';

const files = ['words', 'pem', 'public-keys', 'roots', 'key-files', 'passphrases'] as const;

test('every code of the package is met by a vector or here', () => {
  const direct = [
    codeOf(() => encodePkcs8(new Uint8Array(31))),
    codeOf(() => decodePkcs8(new Uint8Array(47))),
    codeOf(() => generateKey(new Uint8Array(31))),
  ];
  expect(direct).toEqual(['pkcs8/seed-length', 'pkcs8/length', 'random/length']);
  const met = files.flatMap((file) => readVectors(file).map(({ code }) => code));
  const own = new Set([...direct, ...met].filter((code) => code !== undefined && !code.startsWith('key/')));
  expect([...own].sort()).toEqual([...keysErrorCodes].sort());
});

test('an error carries what it was made with', () => {
  const error = new KeysError('words/unknown', 'x', { word: 3 });
  expect([error.name, error.word, error.line, error.cause]).toEqual(['KeysError', 3, undefined, undefined]);
});

test('generateKey makes the pair of RFC 8032 test 1 from its seed, and copies it', () => {
  const random = Uint8Array.from(
    Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex'),
  );
  const pair = generateKey(random);
  expect(toHex(pair.publicKey)).toBe('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a');
  expect(pair.id).toEqual(keyId(pair.publicKey));
  random.fill(0);
  expect(toHex(pair.seed)).toMatch(/^9d61/);
});
