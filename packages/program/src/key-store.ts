import type { PublicKey, Signer } from '@countersign/codec';
import {
  formatPublicKeyFile,
  lockKey,
  encodePem,
  parsePublicKeyFile,
  parseRootFile,
  keyFileForm,
  unlockKey,
  type NamedKey,
  type RootFile,
} from '@countersign/keys';
import { nodeScrypt, nodeSigner } from './ed25519.ts';
import { isExampleKeyFile } from './example-key-guard.ts';
import { openFileCarefully, readFileCarefully } from './file-read.ts';
import { writeFileAtomically } from './file-write.ts';
import { readPassphrase, type PassphraseSource } from './passphrase.ts';
import { ProgramError } from './program-error.ts';
import { systemRandom } from './surroundings.ts';
import { quote } from './visible-text.ts';

const privateKeyBytesMax = 4096;
const publicKeyBytesMax = 8192;
const othersMask = 0o077;

export interface PrivateKeyOptions {
  /** Whether a key in the clear will do, as for an executor that starts without a person; refused when absent. */
  readonly allowUnencrypted?: boolean;
}

export interface LoadedKey {
  readonly signer: Signer;
  readonly publicKey: PublicKey;
  /** RFC 8032 private key, 32 bytes. */
  readonly seed: Uint8Array;
  readonly encrypted: boolean;
}

/**
 * Returns the private key of a `.cskey` file, asking for its passphrase when it has one.
 *
 * @throws ProgramError `key/permissions` when group or others may touch the file (a published example key excepted),
 * `key/text`, `file/…`, `passphrase/…`; KeysError `keyfile/…`, `passphrase/wrong`, `pem/…`, `pkcs8/…`
 */
export async function loadPrivateKey(
  path: string,
  source: PassphraseSource,
  options: PrivateKeyOptions = {},
): Promise<LoadedKey> {
  const { bytes, mode } = openFileCarefully(path, { bytesMax: privateKeyBytesMax });
  if ((mode & othersMask) !== 0 && !isExampleKeyFile(bytes))
    throw new ProgramError(
      'key/permissions',
      `${quote(path)} has mode ${mode.toString(8).padStart(3, '0')}, expected a private key only its owner can read`,
      { hint: `chmod 600 ${quote(path)} (on a memory stick without permissions: mount it with umask=077)` },
    );
  const seed = await unlockKey(bytes, {
    passphrase: () => readPassphrase(source, { purpose: 'open', subject: path }),
    allowUnencrypted: options.allowUnencrypted === true,
    scrypt: nodeScrypt,
  });
  const signer = nodeSigner(seed);
  return { signer, publicKey: signer.publicKey, seed, encrypted: keyFileForm(bytes) === 'encrypted' };
}

/**
 * Writes a new private key with mode 600, never over an existing file; without a passphrase in the clear.
 *
 * @throws ProgramError `file/…`; KeysError `passphrase/too-short`, `passphrase/common`, `passphrase/repetitive`
 */
export async function savePrivateKey(
  path: string,
  seed: Uint8Array,
  passphrase: string | undefined,
): Promise<void> {
  const bytes =
    passphrase === undefined
      ? encodePem(seed)
      : await lockKey(seed, { passphrase, random: systemRandom, scrypt: nodeScrypt });
  writeFileAtomically(path, bytes, { mode: 0o600 });
}

function textOf(path: string): string {
  const bytes = readFileCarefully(path, { bytesMax: publicKeyBytesMax });
  if (bytes.some((byte) => byte > 0x7e))
    throw new ProgramError(
      'key/text',
      `${quote(path)} holds a byte that is not ASCII, expected public key lines`,
    );
  return new TextDecoder().decode(bytes);
}

/**
 * Returns the key of a `.cspub` file.
 *
 * @throws ProgramError `file/…`, `key/text`; KeysError `cspub/…`; CodecError `key/…`
 */
export function loadPublicKey(path: string): NamedKey {
  return parsePublicKeyFile(textOf(path));
}

/** Writes a `.cspub` file, never over an existing one. @throws ProgramError `file/…`; KeysError `cspub/name` */
export function savePublicKey(path: string, named: NamedKey): void {
  writeFileAtomically(path, new TextEncoder().encode(formatPublicKeyFile(named)));
}

/**
 * Returns the trust anchor of a root file, or of a single public key line.
 *
 * @throws ProgramError `file/…`, `key/text`; KeysError `root/…`, `cspub/…`; CodecError `key/…`
 */
export function loadRootFile(path: string): RootFile {
  return parseRootFile(textOf(path));
}
