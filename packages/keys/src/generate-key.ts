import { keyId, seedSigner, type PublicKey } from '@countersign/codec';
import { KeysError } from './keys-error.ts';

const seedLength = 32;

export interface KeyPair {
  /** RFC 8032 private key, 32 bytes. */
  readonly seed: Uint8Array;
  readonly publicKey: PublicKey;
  /** 32 bytes, what envelopes name the key by. */
  readonly id: Uint8Array;
}

/**
 * Returns the key pair of 32 unpredictable bytes, which become its private key.
 *
 * @throws KeysError `random/length`
 */
export function generateKey(random: Uint8Array): KeyPair {
  if (random.length !== seedLength)
    throw new KeysError('random/length', `${random.length} random bytes, expected ${seedLength}`);
  const seed = Uint8Array.from(random);
  const { publicKey } = seedSigner(seed);
  return { seed, publicKey, id: keyId(publicKey) };
}
