// Makes test/vectors/codec/ed25519-edges.json: one departure from a good signature in each vector.
import { Point } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import { concatBytes, toHex, utf8 } from '../src/index.ts';
import {
  bytesOf,
  challenge,
  groupOrder,
  messageWithEvenChallenge,
  nonCanonicalEncodings,
  numberOf,
  offCurveEncodings,
  scalarOf,
  signatureWith,
  timesBase,
  torsionPoint,
} from './curve.ts';
import type { SignatureVector } from './vectors.ts';

const a = scalarOf('edge vectors: key');
const key = timesBase(a).toBytes();
const r = scalarOf('edge vectors: nonce');
const encodedR = timesBase(r).toBytes();
const message = utf8('update customers set status = 1');
const good = signatureWith({ encodedR, r, a, key, message });
const goodS = numberOf(good.subarray(32));

/** Returns the vectors, the same ones each time. */
export function edgeVectors(): readonly SignatureVector[] {
  return [...forms(), ...scalars(), ...points(), ...torsionInR(), ...forgeries(), ...keys(), ...mixedKeys()];
}

function vector(
  name: string,
  code: string | undefined,
  over: Partial<Record<'key' | 'message' | 'signature', Uint8Array>>,
): SignatureVector {
  const all = { key, message, signature: good, ...over };
  const hex = { name, key: toHex(all.key), message: toHex(all.message), signature: toHex(all.signature) };
  return code === undefined ? hex : { ...hex, code };
}

function withS(s: bigint): Uint8Array {
  return concatBytes(encodedR, bytesOf(s));
}

function forms(): readonly SignatureVector[] {
  const empty = utf8('');
  const long = new Uint8Array(5000).fill(0x61);
  return [
    vector('good', undefined, {}),
    vector('good, empty message', undefined, {
      message: empty,
      signature: signatureWith({ encodedR, r, a, key, message: empty }),
    }),
    vector('good, 5,000 bytes', undefined, {
      message: long,
      signature: signatureWith({ encodedR, r, a, key, message: long }),
    }),
    ...[0, 1, 32, 63, 65, 96, 128].map((length) =>
      vector(`signature of ${length} bytes`, 'signature/length', {
        signature: concatBytes(good, good).subarray(0, length),
      }),
    ),
  ];
}

function scalars(): readonly SignatureVector[] {
  const high: readonly (readonly [string, bigint])[] = [
    ['S + L', goodS + groupOrder],
    ['S + 2L', goodS + 2n * groupOrder],
    ['S + 7L', goodS + 7n * groupOrder],
    ['S = L', groupOrder],
    ['S = L + 1', groupOrder + 1n],
    ['S = 2^252 + 2^125', 2n ** 252n + 2n ** 125n],
    ['S with bit 253', goodS | (1n << 253n)],
    ['S with bit 254', goodS | (1n << 254n)],
    ['S with bit 255', goodS | (1n << 255n)],
    ['S = 2^256 - 1', 2n ** 256n - 1n],
  ];
  const low: readonly (readonly [string, bigint])[] = [
    ['S = 0', 0n],
    ['S = 1', 1n],
    ['S = L - 1', groupOrder - 1n],
    ['S negated', groupOrder - goodS],
    ['S + 1', goodS + 1n],
  ];
  return [
    ...high.map(([name, s]) => vector(name, 'signature/s-range', { signature: withS(s) })),
    ...low.map(([name, s]) => vector(name, 'signature/invalid', { signature: withS(s) })),
  ];
}

function points(): readonly SignatureVector[] {
  const nonCanonical = nonCanonicalEncodings().map(({ name, bytes }) =>
    vector(`R: ${name}`, 'signature/r-not-canonical', {
      signature: signatureWith({ encodedR: bytes, r: 0n, a, key, message }),
    }),
  );
  // With r = 0 the cofactored equation holds: only the rule on R stops these.
  const small = Array.from({ length: 8 }, (_, i) =>
    vector(`R of small order ${i}·T, equation times the cofactor holds`, 'signature/r-small-order', {
      signature: signatureWith({ encodedR: torsionPoint(i).toBytes(), r: 0n, a, key, message }),
    }),
  );
  const off = offCurveEncodings(4).map((bytes, i) =>
    vector(`R is no point of the curve ${i}`, 'signature/invalid', {
      signature: concatBytes(bytes, bytesOf(goodS)),
    }),
  );
  const negated = timesBase(r).negate().toBytes();
  return [
    ...nonCanonical,
    ...small,
    ...off,
    vector('R negated', 'signature/invalid', { signature: concatBytes(negated, bytesOf(goodS)) }),
    vector('R is the key', 'signature/invalid', { signature: concatBytes(key, bytesOf(goodS)) }),
    vector('R is the base point', 'signature/invalid', {
      signature: concatBytes(Point.BASE.toBytes(), bytesOf(goodS)),
    }),
  ];
}

function torsionInR(): readonly SignatureVector[] {
  return Array.from({ length: 7 }, (_, i) => {
    const mixed = timesBase(r)
      .add(torsionPoint(i + 1))
      .toBytes();
    return vector(`R + ${i + 1}·T, equation times the cofactor holds`, 'signature/invalid', {
      signature: signatureWith({ encodedR: mixed, r, a, key, message }),
    });
  });
}

function forgeries(): readonly SignatureVector[] {
  const other = scalarOf('edge vectors: other key');
  const prehashed = sha512(message);
  const ph = 'SigEd25519 no Ed25519 collisions\u0001\u0000';
  const context = 'SigEd25519 no Ed25519 collisions\u0000\u0003foo';
  const bits = [0, 7, 100, 250].flatMap((bit) => [bit, 256 + bit]);
  return [
    vector('another message', 'signature/invalid', { message: utf8('update customers set status = 2') }),
    vector('message with a byte more', 'signature/invalid', {
      message: concatBytes(message, Uint8Array.of(0)),
    }),
    vector('message with a byte less', 'signature/invalid', { message: message.subarray(1) }),
    vector('another key', 'signature/invalid', { key: timesBase(other).toBytes() }),
    vector('negated key', 'signature/invalid', { key: timesBase(a).negate().toBytes() }),
    vector('the base point as key', 'signature/invalid', { key: Point.BASE.toBytes() }),
    vector('made as Ed25519ph', 'signature/invalid', {
      signature: signatureWith({ encodedR, r, a, key, message: prehashed, prefix: ph }),
    }),
    vector('made as Ed25519ctx', 'signature/invalid', {
      signature: signatureWith({ encodedR, r, a, key, message, prefix: context }),
    }),
    vector('made without the key in the challenge', 'signature/invalid', {
      signature: signatureWith({ encodedR, r, a, key: new Uint8Array(0), message }),
    }),
    ...bits.map((bit) => {
      const signature = Uint8Array.from(good, (byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      return vector(`bit ${bit} of the signature flipped`, 'signature/invalid', { signature });
    }),
  ];
}

function keys(): readonly SignatureVector[] {
  const small = Array.from({ length: 8 }, (_, i) => {
    const weak = torsionPoint(i).toBytes();
    const any = messageWithEvenChallenge(encodedR, weak);
    return vector(`key of small order ${i}·T, equation holds`, 'key/small-order', {
      key: weak,
      message: any,
      signature: concatBytes(encodedR, bytesOf(r)),
    });
  });
  return [
    ...small,
    ...nonCanonicalEncodings().map(({ name, bytes }) =>
      vector(`key: ${name}`, 'key/not-canonical', { key: bytes }),
    ),
    ...offCurveEncodings(4).map((bytes, i) =>
      vector(`key is no point of the curve ${i}`, 'key/not-on-curve', { key: bytes }),
    ),
    ...[0, 31, 33, 64].map((length) =>
      vector(`key of ${length} bytes`, 'key/length', { key: concatBytes(key, key).subarray(0, length) }),
    ),
  ];
}

// The message is chosen so that the torsion of the key drops out and the equation itself holds.
function mixedKeys(): readonly SignatureVector[] {
  return Array.from({ length: 7 }, (_, i) => {
    const mixed = timesBase(a)
      .add(torsionPoint(i + 1))
      .toBytes();
    const chosen = messageWithEvenChallenge(encodedR, mixed);
    const s = (r + challenge(encodedR, mixed, chosen) * a) % groupOrder;
    return vector(`key + ${i + 1}·T, equation holds`, 'key/mixed-order', {
      key: mixed,
      message: chosen,
      signature: withS(s),
    });
  });
}
