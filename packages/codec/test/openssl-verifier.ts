import { createPublicKey, verify } from 'node:crypto';
import { CodecError, toBase64Url, type SignatureVerifier } from '../src/index.ts';

/** OpenSSL as Node ships it. */
export const opensslVerifier: SignatureVerifier = {
  verify(publicKey, message, signature) {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: toBase64Url(publicKey) };
    if (verify(null, message, createPublicKey({ key: jwk, format: 'jwk' }), signature)) return;
    throw new CodecError('signature/invalid', 'signature that this key did not make of this message');
  },
};
