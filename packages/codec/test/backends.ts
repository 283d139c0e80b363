// The backends that the one rule must make agree.
import { createPublicKey, verify, type webcrypto } from 'node:crypto';
import {
  CodecError,
  toBase64Url,
  type AsyncSignatureVerifier,
  type PublicKey,
  type SignatureVerifier,
} from '../src/index.ts';

/** OpenSSL as Node ships it. */
export const opensslVerifier: SignatureVerifier = {
  verify(publicKey, message, signature) {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: toBase64Url(publicKey) };
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    if (!verify(null, message, key, signature)) throw invalid();
  },
};

/** Returns a verifier over the WebCrypto of this runtime. */
export function subtleVerifier(subtle: webcrypto.SubtleCrypto): AsyncSignatureVerifier {
  return {
    async verify(publicKey: PublicKey, message: Uint8Array, signature: Uint8Array): Promise<void> {
      const key = await subtle.importKey('raw', Uint8Array.from(publicKey), 'Ed25519', false, ['verify']);
      const holds = await subtle.verify('Ed25519', key, Uint8Array.from(signature), Uint8Array.from(message));
      if (!holds) throw invalid();
    },
  };
}

function invalid(): CodecError {
  return new CodecError('signature/invalid', 'signature that this key did not make of this message');
}
