import { admitKey, fromBase64Url, toBase64Url, type PublicKey } from '@countersign/codec';
import { KeysError } from './keys-error.ts';
import { quote } from './quote.ts';

/** A public key with the short name its owner gave it. */
export interface NamedKey {
  readonly key: PublicKey;
  /** 1 to 64 of `a-z 0-9 - . _`, beginning with a letter or digit. */
  readonly name: string;
}

const lineShape = /^cspub1 ([A-Za-z0-9_-]{43}) (.*)$/;
const versionShape = /^cspub(\d{1,9}) /;
const nameShape = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** @throws KeysError `cspub/name` */
function requireName(name: string, line?: number): void {
  if (nameShape.test(name)) return;
  const facts = line === undefined ? {} : { line };
  throw new KeysError('cspub/name', `key name ${quote(name)}, expected 1 to 64 of a-z 0-9 - . _`, facts);
}

/**
 * Returns `cspub1 <43 characters of base64url> <name>` without a line feed.
 *
 * @throws KeysError `cspub/name`
 */
export function formatPublicKeyLine({ key, name }: NamedKey): string {
  requireName(name);
  return `cspub1 ${toBase64Url(key)} ${name}`;
}

/**
 * Returns the key and the name of one line, without its line feed. `line` numbers it in messages.
 *
 * @throws KeysError `cspub/version`, `cspub/shape`, `cspub/key-text`, `cspub/name`; CodecError `key/…` for a weak key
 */
export function parsePublicKeyLine(text: string, line?: number): NamedKey {
  const facts = line === undefined ? {} : { line };
  const version = versionShape.exec(text)?.[1];
  if (version !== undefined && version !== '1')
    throw new KeysError('cspub/version', `public key of form cspub${version}, expected cspub1`, facts);
  const match = lineShape.exec(text);
  if (match === null)
    throw new KeysError(
      'cspub/shape',
      `${quote(text)} is no public key, expected "cspub1 <43 characters> <name>"`,
      facts,
    );
  const [, encoded = '', name = ''] = match;
  requireName(name, line);
  return { key: admitKey(keyBytes(encoded, facts)), name };
}

function keyBytes(encoded: string, facts: { line?: number }): Uint8Array {
  try {
    return fromBase64Url(encoded);
  } catch (cause) {
    throw new KeysError('cspub/key-text', `key text ${quote(encoded)} is not canonical base64url`, {
      ...facts,
      cause,
    });
  }
}

/** Returns the text of a `.cspub` file: the line and a line feed. */
export function formatPublicKeyFile(named: NamedKey): string {
  return `${formatPublicKeyLine(named)}\n`;
}

/** Returns what a `.cspub` file holds: one line, its line feed optional. Throws as {@link parsePublicKeyLine} does. */
export function parsePublicKeyFile(text: string): NamedKey {
  return parsePublicKeyLine(text.endsWith('\n') ? text.slice(0, -1) : text, 1);
}
