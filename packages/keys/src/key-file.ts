import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { scryptAsync } from '@noble/hashes/scrypt.js';
import { concatBytes, toBase64, utf8 } from '@countersign/codec';
import { parseAgeHeader, type AgeHeader } from './age-header.ts';
import { KeysError } from './keys-error.ts';
import { requireStrongPassphrase } from './passphrase-strength.ts';
import { decodePem, encodePem } from './pkcs8.ts';

/** The scrypt work factor that new key files are written with: N = 2^18, 256 MiB. */
export const workFactorWritten = 18;

const fileBytesMax = 4096;
const saltLength = 16;
const scryptLabel = utf8('age-encryption.org/v1/scrypt');
const zeroNonce = new Uint8Array(12);
const armourLine = '-----BEGIN AGE ENCRYPTED FILE-----';

/** Returns 32 bytes: scrypt of passphrase and salt with N = 2^workFactor, r = 8, p = 1. */
export type Scrypt = (passphrase: Uint8Array, salt: Uint8Array, workFactor: number) => Promise<Uint8Array>;

/** scrypt in JavaScript, the same in every runtime; programs on Node pass a native one. */
export const nobleScrypt: Scrypt = (passphrase, salt, workFactor) =>
  scryptAsync(passphrase, salt, { N: 2 ** workFactor, r: 8, p: 1, dkLen: 32 });

export interface LockOptions {
  readonly passphrase: string;
  /** Returns that many unpredictable bytes; used for the salt. */
  readonly random: (length: number) => Uint8Array;
  readonly scrypt?: Scrypt;
}

export interface UnlockOptions {
  /** Asked only after the header was found sound. */
  readonly passphrase: () => string | Promise<string>;
  /** Whether a private key in the clear is accepted; refused when absent. */
  readonly allowUnencrypted?: boolean;
  readonly scrypt?: Scrypt;
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return utf8(text).every((byte, at) => bytes[at] === byte);
}

/**
 * Returns whether a private key file is under a passphrase or in the clear, by its first bytes.
 *
 * @throws KeysError `keyfile/too-large` (over 4,096 bytes), `keyfile/armoured`, `keyfile/form`
 */
export function keyFileForm(bytes: Uint8Array): 'encrypted' | 'unencrypted' {
  if (bytes.length > fileBytesMax)
    throw new KeysError(
      'keyfile/too-large',
      `key file of ${bytes.length} bytes, expected at most ${fileBytesMax}`,
    );
  if (startsWith(bytes, armourLine))
    throw new KeysError('keyfile/armoured', 'age file in its text form, expected the binary one');
  if (startsWith(bytes, 'age-encryption.org/')) return 'encrypted';
  if (startsWith(bytes, '-----BEGIN ')) return 'unencrypted';
  throw new KeysError('keyfile/form', 'file that is neither an age file nor a PEM private key');
}

/**
 * Returns the seed, 32 bytes, of a private key file. docs/spec/keyfile.md
 *
 * @throws KeysError `keyfile/…`, `passphrase/wrong`, `pem/…`, `pkcs8/…`
 */
export async function unlockKey(bytes: Uint8Array, options: UnlockOptions): Promise<Uint8Array> {
  if (keyFileForm(bytes) === 'encrypted') return decodePem(await decryptFile(bytes, options));
  if (options.allowUnencrypted !== true)
    throw new KeysError(
      'keyfile/unencrypted',
      'private key without a passphrase, expected an encrypted key file',
    );
  return decodePem(bytes);
}

async function decryptFile(bytes: Uint8Array, options: UnlockOptions): Promise<Uint8Array> {
  const header = parseAgeHeader(bytes);
  const passphrase = await options.passphrase();
  const fileKey = await unwrapFileKey(header, passphrase, options.scrypt ?? nobleScrypt);
  // Loaded here: half of a program's start would go into it, and few commands open a locked key.
  const { Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  decrypter.addIdentity({ unwrapFileKey: () => fileKey });
  try {
    await decrypter.decryptHeader(bytes.subarray(0, header.length));
  } catch (cause) {
    throw new KeysError('keyfile/header-modified', 'key file whose header was changed', { cause });
  }
  try {
    return await decrypter.decrypt(bytes);
  } catch (cause) {
    throw new KeysError('keyfile/payload-modified', 'key file whose encrypted part was changed or cut off', {
      cause,
    });
  }
}

async function wrappingKey(
  passphrase: string,
  salt: Uint8Array,
  workFactor: number,
  scrypt: Scrypt,
): Promise<Uint8Array> {
  return scrypt(utf8(passphrase), concatBytes(scryptLabel, salt), workFactor);
}

async function unwrapFileKey(header: AgeHeader, passphrase: string, scrypt: Scrypt): Promise<Uint8Array> {
  const key = await wrappingKey(passphrase, header.salt, header.workFactor, scrypt);
  try {
    return chacha20poly1305(key, zeroNonce).decrypt(header.wrappedKey);
  } catch (cause) {
    throw new KeysError('passphrase/wrong', 'wrong passphrase for this key file', { cause });
  }
}

/**
 * Returns the bytes of a `.cskey` file: the seed as PEM under the passphrase. The file key and the nonce are drawn by the age
 * library from the platform's own generator.
 *
 * @throws KeysError `passphrase/too-short`, `passphrase/common`, `passphrase/repetitive`, `pkcs8/seed-length`, `random/length`
 */
export async function lockKey(seed: Uint8Array, options: LockOptions): Promise<Uint8Array> {
  requireStrongPassphrase(options.passphrase);
  return encryptFile(encodePem(seed), options, workFactorWritten);
}

/** Returns an age file of any bytes. For {@link lockKey} and tests, which need not spend 256 MiB each. */
export async function encryptFile(
  plain: Uint8Array,
  options: LockOptions,
  workFactor: number,
): Promise<Uint8Array> {
  const salt = options.random(saltLength);
  if (salt.length !== saltLength)
    throw new KeysError('random/length', `${salt.length} random bytes, expected ${saltLength}`);
  const key = await wrappingKey(options.passphrase, salt, workFactor, options.scrypt ?? nobleScrypt);
  const { Encrypter, Stanza } = await import('age-encryption');
  const encrypter = new Encrypter();
  encrypter.addRecipient({
    wrapFileKey: (fileKey) => [
      new Stanza(
        ['scrypt', toBase64(salt).replaceAll('=', ''), String(workFactor)],
        chacha20poly1305(key, zeroNonce).encrypt(fileKey),
      ),
    ],
  });
  return encrypter.encrypt(plain);
}
