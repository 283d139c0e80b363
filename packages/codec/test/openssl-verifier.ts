import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { CodecError, toBase64Url, type PublicKey, type SignatureVerifier } from '../src/index.ts';

const imported = new WeakMap<PublicKey, KeyObject>();

/** OpenSSL as Node ships it. Each key is imported once. */
export const opensslVerifier: SignatureVerifier = {
  verify(publicKey, message, signature) {
    if (verify(null, message, keyObjectOf(publicKey), signature)) return;
    throw new CodecError('signature/invalid', 'signature that this key did not make of this message');
  },
};

function keyObjectOf(publicKey: PublicKey): KeyObject {
  const known = imported.get(publicKey);
  if (known !== undefined) return known;
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: toBase64Url(publicKey) };
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  imported.set(publicKey, key);
  return key;
}
