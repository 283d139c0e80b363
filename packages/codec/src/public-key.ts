import { Point } from '@noble/ed25519';
import { concatBytes } from './bytes.ts';
import { CodecError } from './error.ts';
import { sha256 } from './hash.ts';
import { isCanonicalPoint, isSmallOrderPoint } from './point-form.ts';

declare const admittedBrand: unique symbol;

/** An Ed25519 public key, 32 bytes, that `admitKey` let in. Never written to. */
export type PublicKey = Uint8Array & { readonly [admittedBrand]: true };

// The COSE key {1: 1 (OKP), -1: 6 (Ed25519), -2: x} up to the 32 bytes of x, RFC 9679 section 4.
const coseKeyHead = Uint8Array.of(0xa3, 0x01, 0x01, 0x20, 0x06, 0x21, 0x58, 0x20);

/**
 * Returns a copy of `raw` as a key that signatures may be checked with: docs/spec/signatures.md.
 * Costs one scalar multiplication, so it is done once for each key, not for each signature.
 * @throws CodecError `key/length`, `key/not-canonical`, `key/small-order`, `key/not-on-curve`,
 * `key/mixed-order`
 */
export function admitKey(raw: Uint8Array): PublicKey {
  if (raw.length !== 32) {
    throw new CodecError('key/length', `public key of ${raw.length} bytes, expected 32`);
  }
  const key = Uint8Array.from(raw);
  if (!isCanonicalPoint(key)) {
    throw new CodecError('key/not-canonical', 'public key in a form that is not canonical');
  }
  if (isSmallOrderPoint(key)) {
    throw new CodecError('key/small-order', 'public key of small order, anyone can sign for it');
  }
  // A torsion component makes cofactored and cofactorless verifiers disagree about one signature.
  if (!pointOf(key).isTorsionFree()) {
    throw new CodecError('key/mixed-order', 'public key outside the prime-order group');
  }
  return key as PublicKey;
}

function pointOf(key: Uint8Array): Point {
  try {
    return Point.fromBytes(key, false);
  } catch (cause) {
    throw new CodecError('key/not-on-curve', 'public key that is no point of the curve', { cause });
  }
}

/** Returns the key id: the SHA-256 thumbprint of the COSE key (RFC 9679), 32 bytes. */
export function keyId(key: PublicKey): Uint8Array {
  return sha256(concatBytes(coseKeyHead, key));
}
