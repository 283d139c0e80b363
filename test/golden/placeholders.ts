import { digestWords } from '@countersign/keys';

/** Every word that digests and fingerprints are read aloud with. */
const words: ReadonlySet<string> = new Set(
  Array.from({ length: 256 }, (_, byte) => digestWords(new Uint8Array(32).fill(byte)).split(' ')).flat(),
);

/** What differs from run to run and has no number: the first rule that matches a place wins. */
const rules: readonly (readonly [pattern: RegExp, placeholder: string])[] = [
  [/\bcountersign\/[0-9a-f]{8}\b/g, 'countersign/<home>'],
  [/\b[0-9a-f]{64}\b/g, '<hash>'],
  [/\b[0-9a-f]{16}\b/g, '<hash>'],
  [/(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{43,}={0,2}(?![A-Za-z0-9+/=])/g, '<base64>'],
  [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{3})?(?:Z| UTC)/g, '<time>'],
  [/(?<=<time> )\((?:in [^)]*|[^)]* ago)\)/g, '(<span>)'],
  [/\b\d+ (?:s|min|h|d)(?: \d+ (?:s|min|h))? ago\b/g, '<span> ago'],
  [/(?<="version": )"\d+\.\d+\.\d+"/g, '"<version>"'],
  [/(?<![\d,])\d+ bytes\b/g, '<size> bytes'],
  [/("(?:bytes|size)": )\d+/g, '$1<size>'],
  [/\b\d+ MiB free\b/g, '<size> MiB free'],
  [/\bsqlite \d+\.\d+\.\d+/g, 'sqlite <version>'],
  [/\bv?\d+ more bytes announced, \d+ remain\b/g, '<size> more bytes announced, <size> remain'],
];

/**
 * Replaces what differs from run to run. Ids are numbered in the order they appear, so that a transcript can name
 * them in its commands: `<id1>` is a whole one, `<short1>` its first eight digits.
 */
export class Placeholders {
  readonly #ids: string[] = [];
  readonly #paths: readonly (readonly [path: string, placeholder: string])[];

  constructor(paths: Readonly<Record<string, string>>) {
    this.#paths = Object.entries(paths).map(([name, path]) => [path, `<${name}>`]);
  }

  /** Returns what a program said with placeholders in it. */
  hide(text: string): string {
    let hidden = text;
    for (const [path, placeholder] of this.#paths) hidden = hidden.replaceAll(path, placeholder);
    for (const [pattern, placeholder] of rules) hidden = hidden.replace(pattern, placeholder);
    hidden = hidden.replace(/\b(?:[0-9a-f]{32}|[0-9a-f]{8})\b/g, (id) => this.#nameOf(id));
    return hidden.replace(/[A-Za-z]+(?: [A-Za-z]+)+/g, hideWords);
  }

  /** Returns a command with the ids that its placeholders stand for. */
  fill(command: string): string {
    return command.replace(/<(id|short)(\d+)>/g, (placeholder, kind: string, number: string) => {
      const id = this.#ids[Number(number) - 1];
      if (id === undefined) throw new Error(`no id ${placeholder} has appeared yet`);
      return kind === 'short' ? id.slice(0, 8) : id;
    });
  }

  #nameOf(id: string): string {
    // A number is no id: `00000000` or a year; ids of eight digits alone are rare enough.
    const at = this.#ids.findIndex((known) => known.slice(0, 8) === id.slice(0, 8));
    const index = at === -1 ? this.#ids.push(id) - 1 : at;
    if (id.length > (this.#ids[index] ?? '').length) this.#ids[index] = id;
    return `<${id.length === 32 ? 'id' : 'short'}${index + 1}>`;
  }
}

/** Replaces every run of five or more words of the word list. */
function hideWords(run: string): string {
  const parts = run.split(' ');
  const spoken = parts.map((word) => words.has(word));
  const lines: string[] = [];
  for (let at = 0; at < parts.length;) {
    let end = at;
    while (spoken[end] === true) end += 1;
    if (end - at >= 5) lines.push('<words>');
    else lines.push(...parts.slice(at, Math.max(end, at + 1)));
    at = Math.max(end, at + 1);
  }
  return lines.join(' ');
}
