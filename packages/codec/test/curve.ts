// Signatures made on purpose: the parts of Ed25519 with every choice left to the caller.
import { Point } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import { concatBytes, fromHex, utf8 } from '../src/index.ts';

/** The order of the base point. */
export const groupOrder: bigint = Point.CURVE().n;
/** The field's prime. */
export const fieldPrime: bigint = Point.CURVE().p;

/** Returns the number of little-endian bytes. */
export function numberOf(bytes: Uint8Array): bigint {
  return bytes.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
}

/** Returns a number below 2^256 as 32 little-endian bytes. */
export function bytesOf(number: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((number >> BigInt(8 * i)) & 255n));
}

/** Returns the scalar that a label stands for: never 0. */
export function scalarOf(label: string): bigint {
  return (numberOf(sha512(utf8(label))) % (groupOrder - 1n)) + 1n;
}

/** Returns n·B. */
export function timesBase(n: bigint): Point {
  return Point.BASE.multiply(n, false);
}

const torsion = Point.fromBytes(fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'));

/** Returns i·T for a point T of order 8; i is 0..7. */
export function torsionPoint(i: number): Point {
  return i === 0 ? Point.ZERO : torsion.multiply(BigInt(i), false);
}

/** Returns k = SHA-512(prefix || R || A || M) mod L; the prefix is empty but for the other variants. */
export function challenge(r: Uint8Array, key: Uint8Array, message: Uint8Array, prefix = ''): bigint {
  return numberOf(sha512(concatBytes(utf8(prefix), r, key, message))) % groupOrder;
}

/** Returns the first of "0", "1", … as a message for which the challenge divides by 8. */
export function messageWithEvenChallenge(r: Uint8Array, key: Uint8Array): Uint8Array {
  for (let i = 0; ; i++) {
    const message = utf8(String(i));
    if (challenge(r, key, message) % 8n === 0n) return message;
  }
}

/** Returns R || S with S = r + k·a for the R that is given, whatever r has to do with it. */
export function signatureWith(p: {
  readonly encodedR: Uint8Array;
  readonly r: bigint;
  readonly a: bigint;
  readonly key: Uint8Array;
  readonly message: Uint8Array;
  readonly prefix?: string;
}): Uint8Array {
  const k = challenge(p.encodedR, p.key, p.message, p.prefix);
  return concatBytes(p.encodedR, bytesOf((p.r + k * p.a) % groupOrder));
}

/** Returns all encodings with y ≥ p, and those of x = 0 with a sign. */
export function nonCanonicalEncodings(): readonly { readonly name: string; readonly bytes: Uint8Array }[] {
  const sign = 2n ** 255n;
  const high = Array.from({ length: 19 }, (_, i) => BigInt(i)).flatMap((i) => [
    { name: `y = p+${i}`, bytes: bytesOf(fieldPrime + i) },
    { name: `y = p+${i} with the sign bit`, bytes: bytesOf(fieldPrime + i + sign) },
  ]);
  return [
    ...high,
    { name: 'x = 0, y = 1 with the sign bit', bytes: bytesOf(1n + sign) },
    { name: 'x = 0, y = -1 with the sign bit', bytes: bytesOf(fieldPrime - 1n + sign) },
  ];
}

/** Returns the first `count` encodings from y = 2 on that are no point of the curve. */
export function offCurveEncodings(count: number): readonly Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let y = 2n; found.length < count; y++) {
    try {
      Point.fromBytes(bytesOf(y));
    } catch {
      found.push(bytesOf(y));
    }
  }
  return found;
}
