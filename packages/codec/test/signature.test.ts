import { webcrypto } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Point } from '@noble/ed25519';
import { describe, expect, test } from 'vitest';
import { isCanonicalPoint, isReducedScalar, isSmallOrderPoint } from '../src/point-form.ts';
import {
  admitKey,
  fromHex,
  keyId,
  nobleVerifier,
  seedSigner,
  toHex,
  verifySignature,
  verifySignatureAsync,
} from '../src/index.ts';
import { opensslVerifier } from './openssl-verifier.ts';
import { bytesOf, groupOrder, nonCanonicalEncodings, torsionPoint } from './curve.ts';
import { edgeVectors } from './edge-vectors.ts';
import { formatVectors } from './format-vectors.ts';
import { verdictOf, verdictOfAsync } from './signature-verdict.ts';
import { subtleVerifier } from './subtle-verifier.ts';
import { readVectors, refusalOf, vectorPath } from './vectors.ts';

const rfc8032 = readVectors('ed25519-rfc8032');
const speccheck = readVectors('ed25519-speccheck');
const edges = readVectors('ed25519-edges');
const all = [...rfc8032, ...speccheck, ...edges];

test('the files hold as many vectors as they should, and what the generator makes', () => {
  expect([rfc8032.length, speccheck.length, edges.length]).toEqual([5, 12, 167]);
  const text = readFileSync(vectorPath('ed25519-edges'), 'utf8');
  expect(text).toBe(formatVectors('ed25519-edges', edgeVectors()));
});

test.each(rfc8032)('RFC 8032 $name: the seed gives this key and signature', (vector) => {
  const signer = seedSigner(fromHex(vector.seed));
  expect(toHex(signer.publicKey)).toBe(vector.key);
  expect(toHex(signer.sign(fromHex(vector.message)))).toBe(vector.signature);
});

const subtle = subtleVerifier(webcrypto.subtle);

describe('the verdict is the same with every backend', () => {
  test.each(all)('$name', async (vector) => {
    const expected = vector.code ?? 'accepted';
    expect(verdictOf(nobleVerifier, vector)).toBe(expected);
    expect(verdictOf(opensslVerifier, vector)).toBe(expected);
    expect(await verdictOfAsync(subtle, vector)).toBe(expected);
  });
});

describe('point-form', () => {
  test('the eight small-order points are those that eight times vanish', () => {
    const points = Array.from({ length: 8 }, (_, i) => torsionPoint(i).toBytes());
    expect(new Set(points.map(toHex)).size).toBe(8);
    for (const point of points) {
      expect(isSmallOrderPoint(point)).toBe(true);
      expect(isCanonicalPoint(point)).toBe(true);
      expect(Point.fromBytes(point).isSmallOrder()).toBe(true);
    }
    expect(isSmallOrderPoint(Point.BASE.toBytes())).toBe(false);
  });

  test('the forty encodings that are not canonical, and their neighbours that are', () => {
    expect(nonCanonicalEncodings()).toHaveLength(40);
    for (const { bytes } of nonCanonicalEncodings()) expect(isCanonicalPoint(bytes)).toBe(false);
    const p = 2n ** 255n - 19n;
    for (const y of [p - 1n, p - 2n, 0n, 1n, 2n, 2n ** 254n]) expect(isCanonicalPoint(bytesOf(y))).toBe(true);
    for (const y of [p - 2n, 0n, 2n]) expect(isCanonicalPoint(bytesOf(y + 2n ** 255n))).toBe(true);
  });

  test('scalars are compared with the group order exactly', () => {
    for (const s of [0n, 1n, groupOrder - 1n, 2n ** 252n]) expect(isReducedScalar(bytesOf(s))).toBe(true);
    for (const s of [groupOrder, groupOrder + 1n, 2n ** 253n, 2n ** 256n - 1n]) {
      expect(isReducedScalar(bytesOf(s))).toBe(false);
    }
  });
});

test('a key is copied when it is admitted', () => {
  const raw = Point.BASE.toBytes();
  const key = admitKey(raw);
  raw.fill(0);
  expect(toHex(key)).toBe(Point.BASE.toHex());
});

test('the key id is the RFC 9679 thumbprint', () => {
  // SHA-256 of a301012006215820 || x, computed with another program.
  const key = seedSigner(
    fromHex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'),
  ).publicKey;
  expect(toHex(keyId(key))).toBe('866eefbd6718c8846cd7ddfe43fc74ab1daac4538ff8514ea2ec2d410a415743');
});

test('a seed is copied and must be 32 bytes', () => {
  const seed = new Uint8Array(32).fill(3);
  const signer = seedSigner(seed);
  const before = toHex(signer.sign(new Uint8Array(1)));
  seed.fill(0);
  expect(toHex(signer.sign(new Uint8Array(1)))).toBe(before);
  expect(refusalOf(() => seedSigner(new Uint8Array(31))).code).toBe('key/seed-length');
});

test('what is returned is the message that was signed, also when the caller changes his copy', async () => {
  const signer = seedSigner(new Uint8Array(32).fill(3));
  const message = Uint8Array.of(1, 2, 3);
  const signature = signer.sign(message);
  expect(verifySignature(nobleVerifier, signer.publicKey, message, signature)).toBe(message);
  const pending = verifySignatureAsync(subtle, signer.publicKey, message, signature);
  message.fill(0);
  signature.fill(0);
  expect(await pending).toStrictEqual(Uint8Array.of(1, 2, 3));
});
