import type { ExitCode } from './exit-code.ts';
import type { ProgramRun } from './run-program.ts';

/** What an implementation gets: where it runs, its arguments as typed, its options as parsed by name. */
export interface Invocation {
  readonly run: ProgramRun;
  readonly arguments: readonly string[];
  readonly options: Options;
}

export type Implementation = (invocation: Invocation) => Promise<ExitCode>;

export interface OptionLine {
  readonly flags: string;
  readonly text: string;
  /** May be given several times; the values are a list. */
  readonly repeat?: true;
}

/** One command: how it is typed, what it says of itself, and where its code is. */
export interface Verb {
  readonly usage: string;
  readonly summary: string;
  readonly options?: readonly OptionLine[];
  readonly example: string;
  /** Loads the code only when the verb is used: `--help` must answer at once. */
  readonly load: () => Promise<Implementation>;
}

/** The options of one call. Names are those of the flags in camelCase. */
export class Options {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === 'string' ? value : undefined;
  }

  texts(name: string): readonly string[] {
    const value = this.#values[name];
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  /** True when `--no-NAME` was given. */
  without(name: string): boolean {
    return this.#values[name] === false;
  }
}

export const passphraseFile: OptionLine = {
  flags: '--passphrase-file <path>',
  text: 'file whose first line is the passphrase',
};
