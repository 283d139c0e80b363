const PLAIN_NAME = /^[a-z_\u0080-\uffff][a-z0-9_\u0080-\uffff]*$/;
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
const ODD_SPACE = /[\p{Zs}]/u;

/**
 * True for a code point that a screen does not show as what it is: control and format characters,
 * line separators other than LF, CR LF and TAB, fillers, and every space but U+0020.
 */
export function isHidden(codePoint: number): boolean {
  if (codePoint === 0x20 || codePoint === 0x09 || codePoint === 0x0a) return false;
  if (codePoint > 0x20 && codePoint < 0x7f) return false;
  const character = String.fromCodePoint(codePoint);
  return HIDDEN.test(character) || ODD_SPACE.test(character);
}

/** Text for an error message: at most 64 characters, hidden characters as `\u{…}`. */
export function quoted(text: string): string {
  let shown = '';
  for (const character of text.slice(0, 64)) {
    const codePoint = character.codePointAt(0) ?? 0;
    shown += isHidden(codePoint) || codePoint === 0x0a ? `\\u{${codePoint.toString(16)}}` : character;
  }
  return `"${shown}${text.length > 64 ? '…' : ''}"`;
}

/** Lower-cases A to Z only, as SQLite compares names. */
export function foldAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/** The names in ascending order of their UTF-16 code units, each once. */
export function sortedNames(names: Iterable<string>): readonly string[] {
  return [...new Set(names)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/** A qualified name such as `main.customers`; a part that is no plain lower-case word stands in double quotes. */
export function qualified(...parts: readonly string[]): string {
  return parts.map((part) => (PLAIN_NAME.test(part) ? part : `"${part.replaceAll('"', '""')}"`)).join('.');
}

/** The parts of a qualified name, without their quotes. */
export function nameParts(name: string): readonly string[] {
  return [...name.matchAll(/"((?:[^"]|"")*)"|([^.]+)/g)].map(
    ([, inQuotes, plain]) => inQuotes?.replaceAll('""', '"') ?? plain ?? '',
  );
}

const PART = '(?:"(?:[^"]|"")*"|[^".]+)';
const OWNED = new RegExp(`^(${PART}(?:\\.${PART})*)\\.${PART}$`);

/** The name without its last part: `main.t` of `main.t."first.name"`; undefined of what is no qualified name. */
export function ownerName(name: string): string | undefined {
  return OWNED.exec(name)?.[1];
}

/** The name that facts give to an object of SQLite: folded, qualified, quoted where it must be. */
export function sqliteName(...parts: readonly string[]): string {
  return qualified(...parts.map(foldAscii));
}
