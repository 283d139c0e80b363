import { parseEnvelope, toBeSigned, type PublicKey } from '@countersign/codec';
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

/** Returns a fresh private key for measuring what a bare signature costs. */
export function rawPrivateKey(): KeyObject {
  return createPrivateKey(generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }));
}

/** Returns an admitted key as Node's own object. */
export function rawPublicKey(key: PublicKey): KeyObject {
  const x = Buffer.from(key).toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}

/** What a bare verification takes. */
export interface RawSignature {
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/** Returns what an envelope's signature covers, and the signature. */
export function rawSignature(envelope: Uint8Array): RawSignature & { readonly kid: Uint8Array } {
  const { protectedBytes, payload, signature, kid } = parseEnvelope(envelope);
  return { message: toBeSigned(protectedBytes, payload ?? new Uint8Array(0)), signature, kid };
}
