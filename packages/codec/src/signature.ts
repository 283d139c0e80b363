import { getPublicKey, hashes, Point, sign, verify } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import { CodecError } from './error.ts';
import { isCanonicalPoint, isReducedScalar, isSmallOrderPoint } from './point-form.ts';
import { admitKey, type PublicKey } from './public-key.ts';
import { verified, type Verified } from './trust.ts';

hashes.sha512 = sha512;

/**
 * A backend that decides the group equation S·B = R + k·A without the cofactor. It is reached only
 * through `verifySignature`, with a signature whose form was checked.
 */
export interface SignatureVerifier {
  /** Returns when the equation holds, @throws CodecError `signature/invalid` when it does not. */
  verify(publicKey: PublicKey, message: Uint8Array, signature: Uint8Array): void;
}

/** A backend that answers later, such as WebCrypto. */
export interface AsyncSignatureVerifier {
  /** Resolves when the equation holds, rejects with CodecError `signature/invalid` when it does not. */
  verify(publicKey: PublicKey, message: Uint8Array, signature: Uint8Array): Promise<void>;
}

/** Something that holds one private key. */
export interface Signer {
  readonly publicKey: PublicKey;
  /** Returns the Ed25519 signature of `message`, 64 bytes. */
  sign(message: Uint8Array): Uint8Array;
}

/**
 * Returns `message`, verified, when `signature` is one that `key` made of it, by the one rule of
 * docs/spec/signatures.md: the answer does not depend on the backend.
 * @throws CodecError `signature/length`, `signature/s-range`, `signature/r-not-canonical`,
 * `signature/r-small-order`, `signature/invalid`
 */
export function verifySignature(
  verifier: SignatureVerifier,
  key: PublicKey,
  message: Uint8Array,
  signature: Uint8Array,
): Verified<Uint8Array> {
  requireForm(signature);
  verifier.verify(key, message, signature);
  return verified(message);
}

/** Like `verifySignature`, for a backend that answers later. What is returned is a copy made before it is asked. */
export async function verifySignatureAsync(
  verifier: AsyncSignatureVerifier,
  key: PublicKey,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<Verified<Uint8Array>> {
  // The caller's arrays could change while the backend works.
  const signed = Uint8Array.from(message);
  const given = Uint8Array.from(signature);
  requireForm(given);
  await verifier.verify(key, signed, given);
  return verified(signed);
}

// Backends differ on each of these; what is refused here never reaches one.
function requireForm(signature: Uint8Array): void {
  if (signature.length !== 64) {
    throw new CodecError('signature/length', `signature of ${signature.length} bytes, expected 64`);
  }
  if (!isReducedScalar(signature.subarray(32))) {
    throw new CodecError('signature/s-range', 'signature whose S is not below the group order');
  }
  const point = signature.subarray(0, 32);
  if (!isCanonicalPoint(point)) {
    throw new CodecError('signature/r-not-canonical', 'signature whose R is not in canonical form');
  }
  if (isSmallOrderPoint(point)) {
    throw new CodecError('signature/r-small-order', 'signature whose R is of small order');
  }
}

/** The pure JavaScript backend, the same in every runtime. */
export const nobleVerifier: SignatureVerifier = {
  verify(publicKey, message, signature) {
    // The library multiplies the equation by the cofactor; with A and R free of torsion that is the
    // same as the equation itself.
    if (verify(signature, message, publicKey, { zip215: false }) && isTorsionFree(signature.subarray(0, 32)))
      return;
    throw new CodecError('signature/invalid', 'signature that this key did not make of this message');
  },
};

function isTorsionFree(encoded: Uint8Array): boolean {
  return Point.fromBytes(encoded, false).isTorsionFree();
}

/**
 * Returns a signer over a 32-byte RFC 8032 seed, in JavaScript. The seed is copied.
 * @throws CodecError `key/seed-length`
 */
export function seedSigner(seed: Uint8Array): Signer {
  if (seed.length !== 32)
    throw new CodecError('key/seed-length', `seed of ${seed.length} bytes, expected 32`);
  const secret = Uint8Array.from(seed);
  return {
    publicKey: admitKey(getPublicKey(secret)),
    sign: (message) => sign(message, secret),
  };
}
