import { fromBase64, utf8Text } from '@countersign/codec';
import { KeysError } from './keys-error.ts';
import { quote } from './quote.ts';

/** The highest scrypt work factor that is read: N = 2^20 takes 1 GiB and some seconds. */
export const workFactorMax = 20;

export const ageVersionLine = 'age-encryption.org/v1';

/** What stands in the clear before the encrypted key. */
export interface AgeHeader {
  /** 16 bytes. */
  readonly salt: Uint8Array;
  /** log2 of scrypt's N, 1..20. */
  readonly workFactor: number;
  /** The file key under the key that scrypt makes of the passphrase, 32 bytes. */
  readonly wrappedKey: Uint8Array;
  /** How many bytes of the file the header takes. */
  readonly length: number;
}

// The longest header this reader accepts: version, stanza, wrapped key, MAC.
const headerLengthMax = 160;
const stanzaShape = /^-> scrypt ([A-Za-z0-9+/]{22}) ([0-9]{1,20})$/;
const wrappedKeyShape = /^[A-Za-z0-9+/]{43}$/;
const macShape = /^--- [A-Za-z0-9+/]{43}$/;

/** Returns the header's lines without their line feeds; four of them in a key file. */
function headerLines(bytes: Uint8Array): string[] {
  const lines: string[] = [];
  let start = 0;
  for (let at = 0; at < Math.min(bytes.length, headerLengthMax) && lines.length < 4; at++) {
    if (bytes[at] !== 0x0a) continue;
    lines.push(asciiText(bytes.subarray(start, at)));
    start = at + 1;
  }
  return lines;
}

function asciiText(bytes: Uint8Array): string {
  if (bytes.some((byte) => byte > 0x7e)) throw malformed('a byte that is not ASCII');
  return utf8Text(bytes);
}

function malformed(what: string, cause?: unknown): KeysError {
  return new KeysError('keyfile/header', `key file whose header holds ${what}`, { cause });
}

function base64Bytes(text: string): Uint8Array {
  try {
    return fromBase64(text + '='.repeat((4 - (text.length % 4)) % 4));
  } catch (cause) {
    throw malformed('base64 that is not canonical', cause);
  }
}

function workFactorOf(text: string): number {
  const workFactor = Number(text);
  if (text.startsWith('0') || workFactor > workFactorMax)
    throw new KeysError(
      'keyfile/work-factor',
      `key file that asks for a scrypt work factor of ${quote(text)}, expected 1 to ${workFactorMax}`,
    );
  return workFactor;
}

/**
 * Returns the header of an age file with exactly one recipient, a passphrase. Nothing is derived or allocated by what the file
 * says, so a hostile work factor costs nothing.
 *
 * @throws KeysError `keyfile/version`, `keyfile/truncated`, `keyfile/recipient`, `keyfile/work-factor`, `keyfile/header`
 */
export function parseAgeHeader(bytes: Uint8Array): AgeHeader {
  const [version, stanza, wrapped, mac] = headerLines(bytes);
  if (version !== undefined && version !== ageVersionLine)
    throw new KeysError(
      'keyfile/version',
      `age file of version ${quote(version)}, expected ${ageVersionLine}`,
    );
  if (stanza?.startsWith('-> ') === true && !stanza.startsWith('-> scrypt '))
    throw new KeysError('keyfile/recipient', 'age file for other recipients than a passphrase');
  if (mac?.startsWith('-> ') === true)
    throw new KeysError('keyfile/recipient', 'age file for more than one recipient, expected one passphrase');
  const match = stanza === undefined ? undefined : stanzaShape.exec(stanza);
  if (match === null) throw malformed('a malformed passphrase stanza');
  const workFactor = workFactorOf(match?.[2] ?? '1');
  if (version === undefined || match === undefined || wrapped === undefined || mac === undefined)
    throw truncatedOr(bytes);
  if (!wrappedKeyShape.test(wrapped)) throw malformed('a malformed file key');
  if (!macShape.test(mac)) throw malformed('a malformed check sum');
  return {
    salt: base64Bytes(match[1] ?? ''),
    workFactor,
    wrappedKey: base64Bytes(wrapped),
    length: version.length + (stanza?.length ?? 0) + wrapped.length + mac.length + 4,
  };
}

function truncatedOr(bytes: Uint8Array): KeysError {
  if (bytes.length >= headerLengthMax) return malformed('a line that is too long');
  return new KeysError('keyfile/truncated', 'key file that ends inside its header');
}
