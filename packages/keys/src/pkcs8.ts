import { concatBytes, equalBytes, fromBase64, toBase64, utf8, utf8Text } from '@countersign/codec';
import { KeysError } from './keys-error.ts';
import { quote } from './quote.ts';

// RFC 8410 section 7: SEQUENCE (46 bytes) { version 0, AlgorithmIdentifier { id-Ed25519 }, OCTET STRING { OCTET STRING (32 bytes) } }.
const derHead = Uint8Array.of(
  0x30,
  0x2e,
  0x02,
  0x01,
  0x00,
  0x30,
  0x05,
  0x06,
  0x03,
  0x2b,
  0x65,
  0x70,
  0x04,
  0x22,
  0x04,
  0x20,
);
const seedLength = 32;
const derLength = derHead.length + seedLength;
// The algorithm stands between the version and the key.
const algorithmStart = 5;
const algorithmEnd = 12;

const pemBegin = '-----BEGIN PRIVATE KEY-----';
const pemEnd = '-----END PRIVATE KEY-----';
const pemShape = /^-----BEGIN PRIVATE KEY-----\n([A-Za-z0-9+/]{64})\n-----END PRIVATE KEY-----\n?$/;
const pemLabel = /^-----BEGIN ([A-Z0-9 ]+)-----/;

/**
 * Returns the PKCS#8 form of an Ed25519 seed: 16 fixed bytes || seed, 48 bytes in all.
 *
 * @throws KeysError `pkcs8/seed-length`
 */
export function encodePkcs8(seed: Uint8Array): Uint8Array {
  if (seed.length !== seedLength)
    throw new KeysError('pkcs8/seed-length', `seed of ${seed.length} bytes, expected ${seedLength}`);
  return concatBytes(derHead, seed);
}

/**
 * Returns the seed, 32 bytes, of exactly the form that {@link encodePkcs8} writes.
 *
 * @throws KeysError `pkcs8/length`, `pkcs8/algorithm`, `pkcs8/shape`
 */
export function decodePkcs8(der: Uint8Array): Uint8Array {
  if (der.length !== derLength)
    throw new KeysError('pkcs8/length', `private key of ${der.length} bytes, expected ${derLength}`);
  const algorithm = (bytes: Uint8Array): Uint8Array => bytes.subarray(algorithmStart, algorithmEnd);
  if (!equalBytes(algorithm(der), algorithm(derHead)))
    throw new KeysError('pkcs8/algorithm', 'private key of another algorithm, expected Ed25519');
  if (!equalBytes(der.subarray(0, derHead.length), derHead))
    throw new KeysError('pkcs8/shape', 'private key that is not plain PKCS#8 of RFC 8410');
  return der.slice(derHead.length);
}

/** Returns the PEM text of a seed, as UTF-8: what `openssl pkey` reads. */
export function encodePem(seed: Uint8Array): Uint8Array {
  return utf8(`${pemBegin}\n${toBase64(encodePkcs8(seed))}\n${pemEnd}\n`);
}

/**
 * Returns the seed of a PEM text: one block, one line of base64, line feeds, nothing before or after.
 *
 * @throws KeysError `pem/label`, `pem/shape`, `pkcs8/…`; CodecError `text/utf8`
 */
export function decodePem(pem: Uint8Array): Uint8Array {
  const text = utf8Text(pem);
  const label = pemLabel.exec(text)?.[1];
  if (label !== undefined && label !== 'PRIVATE KEY')
    throw new KeysError(
      'pem/label',
      `PEM block ${quote(label)}, expected "PRIVATE KEY" (PKCS#8, not encrypted by PEM itself)`,
    );
  const base64 = pemShape.exec(text)?.[1];
  if (base64 === undefined)
    throw new KeysError('pem/shape', 'text that is not one PEM block with a 48-byte Ed25519 private key');
  return decodePkcs8(fromBase64(base64));
}
