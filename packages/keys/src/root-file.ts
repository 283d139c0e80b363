import { compareBytes, equalBytes } from '@countersign/codec';
import { KeysError } from './keys-error.ts';
import { formatPublicKeyLine, parsePublicKeyLine, type NamedKey } from './public-key-line.ts';
import { quote } from './quote.ts';

/** The trust anchor: which root keys sign rosters, and how many of them it takes. */
export interface RootFile {
  readonly threshold: number;
  /** Ascending by key bytes, as in a roster; no key and no name twice. */
  readonly keys: readonly NamedKey[];
}

const textLengthMax = 8192;
const keysMax = 32;
const headerShape = /^countersign-root ([1-9]\d{0,2})-of-([1-9]\d{0,2})$/;

/**
 * Returns a root file: `countersign-root M-of-N` and N lines of public keys, or a single such line, which is 1-of-1.
 *
 * @throws KeysError `root/too-large` (over 8,192 characters), `root/header`, `root/threshold`, `root/key-count` (also over 32 keys),
 * `root/duplicate-key`, `root/duplicate-name`, `cspub/…` with the line; CodecError `key/…`
 */
export function parseRootFile(text: string): RootFile {
  if (text.length > textLengthMax)
    throw new KeysError(
      'root/too-large',
      `root file of ${text.length} characters, expected at most ${textLengthMax}`,
    );
  const lines = (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
  const [first = ''] = lines;
  if (lines.length === 1 && first.startsWith('cspub'))
    return { threshold: 1, keys: [parsePublicKeyLine(first, 1)] };
  const { threshold, count } = parseHeader(first);
  if (lines.length - 1 !== count)
    throw new KeysError(
      'root/key-count',
      `root file with ${lines.length - 1} keys, its first line says ${count}`,
    );
  return checkedRoot(
    threshold,
    lines.slice(1).map((line, at) => parsePublicKeyLine(line, at + 2)),
  );
}

function parseHeader(line: string): { threshold: number; count: number } {
  const match = headerShape.exec(line);
  if (match === null)
    throw new KeysError(
      'root/header',
      `root file that begins with ${quote(line)}, expected "countersign-root M-of-N"`,
      { line: 1 },
    );
  return { threshold: Number(match[1]), count: Number(match[2]) };
}

function checkedRoot(threshold: number, keys: readonly NamedKey[]): RootFile {
  if (keys.length > keysMax)
    throw new KeysError('root/key-count', `root file with ${keys.length} keys, expected at most ${keysMax}`);
  if (!Number.isInteger(threshold) || threshold < 1 || threshold > keys.length)
    throw new KeysError(
      'root/threshold',
      `threshold ${threshold} of ${keys.length} keys, expected 1 to ${keys.length}`,
    );
  const sorted = [...keys].sort((a, b) => compareBytes(a.key, b.key));
  for (const [at, { key, name }] of sorted.entries()) {
    const next = sorted[at + 1];
    if (next !== undefined && equalBytes(key, next.key))
      throw new KeysError(
        'root/duplicate-key',
        `root file where ${quote(name)} and ${quote(next.name)} are one key`,
      );
    if (sorted.slice(at + 1).some((other) => other.name === name))
      throw new KeysError('root/duplicate-name', `root file with two keys named ${quote(name)}`);
  }
  return { threshold, keys: sorted };
}

/**
 * Returns the text of a root file, keys ascending.
 *
 * @throws KeysError `root/threshold`, `root/key-count`, `root/duplicate-key`, `root/duplicate-name`, `cspub/name`
 */
export function formatRootFile(root: RootFile): string {
  const { threshold, keys } = checkedRoot(root.threshold, root.keys);
  const lines = [`countersign-root ${threshold}-of-${keys.length}`, ...keys.map(formatPublicKeyLine)];
  return `${lines.join('\n')}\n`;
}
