import { formatJson, jsonOf, type JsonObject } from './json-text.ts';
import { coloursWanted, palette, paletteSequences, type Palette } from './palette.ts';
import { startProgress, type Progress } from './progress.ts';
import type { Surroundings } from './surroundings.ts';
import { visibleText } from './visible-text.ts';

const sequenceOrBreak = /(\u001b\[\d{1,2}m|\n|\t)/u;

/** Returns the text with line feeds, tabs and palette colours kept and everything else that is not plain made visible. */
function printable(text: string): string {
  return text
    .split(sequenceOrBreak)
    .map((part) => (part === '\n' || part === '\t' || paletteSequences.has(part) ? part : visibleText(part)))
    .join('');
}

/**
 * Where a program's words go. People read stdout line by line; with `--json` stdout carries exactly one document, written when
 * the program ends, and what is meant for people goes nowhere. Notes and progress are on stderr in both.
 */
export class Output {
  readonly json: boolean;
  /** For stdout. */
  readonly colours: Palette;
  /** For stderr. */
  readonly noteColours: Palette;
  readonly #surroundings: Surroundings;
  #document: JsonObject | undefined;

  constructor(surroundings: Surroundings, json: boolean) {
    const { environment, stdout, stderr } = surroundings;
    this.json = json;
    this.#surroundings = surroundings;
    this.colours = palette(!json && coloursWanted(environment, stdout.isTTY === true));
    this.noteColours = palette(coloursWanted(environment, stderr.isTTY === true));
  }

  /** Writes one line for people to stdout; nothing with `--json`. Foreign control characters become visible. */
  line(text = ''): void {
    if (!this.json) this.#surroundings.stdout.write(`${printable(text)}\n`);
  }

  /** Writes text to stdout as it is, for drawings on a terminal; nothing with `--json`. The caller vouches for every character. */
  drawing(text: string): void {
    if (!this.json) this.#surroundings.stdout.write(text);
  }

  /** Writes bytes to stdout for another program, such as CSV; nothing with `--json`. */
  raw(bytes: Uint8Array): void {
    if (!this.json) this.#surroundings.stdout.write(bytes);
  }

  /** Writes one line to stderr, with `--json` too. */
  note(text: string): void {
    this.#surroundings.stderr.write(`${printable(text)}\n`);
  }

  /** Keeps the fields of a failure; the request that the document before was about stays named. */
  failure(fields: object): void {
    const request = this.#document?.['request_id'];
    this.document(request === undefined ? fields : { ...fields, requestId: request });
  }

  /**
   * Keeps the fields of the one JSON document; {@link jsonOf} is applied, `schema_version` and `exit_code` are added at the end.
   * A second call replaces the first.
   */
  document(fields: object): void {
    this.#document = jsonOf(fields) as JsonObject;
  }

  /** Shows how far something long has come: on stderr, on a terminal only, and only after its first second. */
  progress(label: string): Progress {
    return startProgress(this.#surroundings.stderr, visibleText(label));
  }

  /** Shows, after its first second, how far work is that counts what it did; wiped when it ends, however it does. */
  counting<T>(label: string, work: (tell: Progress['update']) => T): T {
    const progress = this.progress(label);
    try {
      return work((done, total) => {
        progress.update(done, total);
      });
    } finally {
      progress.end();
    }
  }

  /** Shows, after its first second, that work goes on, and for how long; wiped when it ends, however it does. */
  async during<T>(label: string, work: () => Promise<T>): Promise<T> {
    const progress = this.progress(label);
    try {
      return await work();
    } finally {
      progress.end();
    }
  }

  /** Writes the kept document with the exit code. Called once, by `runProgram`. */
  finish(exitCode: number): void {
    if (!this.json) return;
    const document = { schema_version: 1, exit_code: exitCode, ...this.#document };
    this.#surroundings.stdout.write(formatJson({ ...document, exit_code: exitCode }));
  }
}
