import { createPrivateKey, createPublicKey, scrypt, sign, verify, type KeyObject } from 'node:crypto';
import {
  admitKey,
  CodecError,
  type PublicKey,
  type SignatureVerifier,
  type Signer,
} from '@countersign/codec';
import { decodePem, encodePkcs8, type Scrypt } from '@countersign/keys';

// SubjectPublicKeyInfo of Ed25519 up to the 32 bytes of the key, RFC 8410 section 4.
const spkiHead = Uint8Array.of(0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00);
const seedLength = 32;

// Making a key object costs about as much as a verification; admitted keys are never written to and live long.
const keyObjects = new WeakMap<PublicKey, KeyObject>();

function keyObjectOf(key: PublicKey): KeyObject {
  const known = keyObjects.get(key);
  if (known !== undefined) return known;
  const made = createPublicKey({ key: Buffer.concat([spkiHead, key]), format: 'der', type: 'spki' });
  keyObjects.set(key, made);
  return made;
}

/** The native backend of Ed25519: OpenSSL's cofactorless verification. */
export const nodeVerifier: SignatureVerifier = {
  verify(publicKey, message, signature) {
    if (verify(null, message, keyObjectOf(publicKey), signature)) return;
    throw new CodecError('signature/invalid', 'signature that this key did not make of this message');
  },
};

/**
 * Returns a native signer over a 32-byte seed or a PEM text in the clear.
 *
 * @throws KeysError `pem/…`, `pkcs8/…` for anything else
 */
export function nodeSigner(seedOrPem: Uint8Array): Signer {
  const seed = seedOrPem.length === seedLength ? seedOrPem : decodePem(seedOrPem);
  const key = createPrivateKey({ key: Buffer.from(encodePkcs8(seed)), format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return {
    publicKey: admitKey(new Uint8Array(spki.subarray(spkiHead.length))),
    sign: (message) => new Uint8Array(sign(null, message, key)),
  };
}

/** scrypt of OpenSSL on a thread of its own, twice as fast as the one in JavaScript. */
export const nodeScrypt: Scrypt = (passphrase, salt, workFactor) =>
  new Promise((resolve, reject) => {
    const N = 2 ** workFactor;
    // OpenSSL counts a little more than the 1024 bytes per step that r = 8 takes.
    const maxmem = 1024 * N + 65_536;
    scrypt(passphrase, salt, 32, { N, r: 8, p: 1, maxmem }, (error, key) => {
      if (error === null) resolve(new Uint8Array(key));
      else reject(error);
    });
  });
