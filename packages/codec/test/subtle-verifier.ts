import type { webcrypto } from 'node:crypto';
import { CodecError, type AsyncSignatureVerifier } from '../src/index.ts';

/** Returns a verifier over the WebCrypto of this runtime. */
export function subtleVerifier(subtle: webcrypto.SubtleCrypto): AsyncSignatureVerifier {
  return {
    async verify(publicKey, message, signature) {
      const key = await subtle.importKey('raw', Uint8Array.from(publicKey), 'Ed25519', false, ['verify']);
      if (await subtle.verify('Ed25519', key, Uint8Array.from(signature), Uint8Array.from(message))) return;
      throw new CodecError('signature/invalid', 'signature that this key did not make of this message');
    },
  };
}
