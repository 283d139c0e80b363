import { equalBytes } from './bytes.ts';
import { fromHex } from './text-forms.ts';

// The eight points of order 1, 2, 4 and 8, in their canonical encodings.
const smallOrderPoints: readonly Uint8Array[] = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
].map(fromHex);

// 1 and p-1 with the sign bit set: x is 0 there and has no negative.
const zeroWithSign: readonly Uint8Array[] = [
  '0100000000000000000000000000000000000000000000000000000000000080',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
].map(fromHex);

/**
 * Returns whether 32 bytes are the one encoding of a point, if they are one at all: y < p = 2^255-19,
 * and no sign on x = 0 (RFC 8032 section 5.1.3). Whether they lie on the curve is not judged.
 */
export function isCanonicalPoint(encoded: Uint8Array): boolean {
  if (zeroWithSign.some((point) => equalBytes(point, encoded))) return false;
  // y >= p needs the bytes 0xed..0xff, 0xff (30 times), 0x7f without the sign bit.
  if ((encoded[0] ?? 0) < 0xed) return true;
  for (let i = 1; i < 31; i++) if (encoded[i] !== 0xff) return true;
  return ((encoded[31] ?? 0) & 0x7f) !== 0x7f;
}

/** Returns whether a canonical encoding is one of the eight points whose order divides the cofactor. */
export function isSmallOrderPoint(encoded: Uint8Array): boolean {
  return smallOrderPoints.some((point) => equalBytes(point, encoded));
}

// L = 2^252 + 27742317777372353535851937790883648493, the order of the base point, little-endian.
const groupOrder = fromHex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010');

/** Returns whether 32 little-endian bytes are a number below the group order L. */
export function isReducedScalar(scalar: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) {
    const difference = (scalar[i] ?? 0) - (groupOrder[i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
