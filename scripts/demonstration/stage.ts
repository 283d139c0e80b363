import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const programs = join(root, 'node_modules', '.bin');
const colour = process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '';
const paint = (code: string, text: string): string => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);

/** What a program said and how it ended. */
export interface Said {
  readonly exitCode: number;
  readonly stdout: string;
}

/** Where the demonstration plays, and which programs it starts there. */
export class Stage {
  readonly directory: string;
  #step = 0;

  constructor(directory: string) {
    this.directory = directory;
  }

  path(...parts: readonly string[]): string {
    return join(this.directory, ...parts);
  }

  /** Prints the heading of the next step and what it is about. */
  step(title: string, about: string): void {
    this.#step += 1;
    process.stdout.write(
      `\n${paint('1;36', `━━ ${this.#step}. ${title} `)}${paint('36', '━'.repeat(Math.max(0, 92 - title.length)))}\n`,
    );
    process.stdout.write(`${paint('2', about)}\n`);
  }

  /** Runs a program as a person would, showing the command and what it says; it must end with `expected`. */
  run(
    command: readonly string[],
    expected: number,
    environment: Readonly<Record<string, string>> = {},
  ): Said {
    process.stdout.write(`\n${paint('1', `$ ${command.map(shown).join(' ')}`)}\n`);
    const said = this.#spawn(command, environment);
    process.stdout.write(said.stdout);
    this.#require(command, said, expected);
    if (said.exitCode !== 0) process.stdout.write(paint('2', `(exit code ${said.exitCode})\n`));
    return said;
  }

  /** Runs a program for its JSON document, showing nothing. */
  ask(
    command: readonly string[],
    expected: number,
    environment: Readonly<Record<string, string>> = {},
  ): Readonly<Record<string, unknown>> {
    const said = this.#spawn([...command, '--json'], environment);
    this.#require(command, said, expected);
    return JSON.parse(said.stdout) as Readonly<Record<string, unknown>>;
  }

  #spawn([name = '', ...parameters]: readonly string[], environment: Readonly<Record<string, string>>): Said {
    const { status, stdout, stderr, error } = spawnSync(join(programs, name), parameters, {
      cwd: this.directory,
      encoding: 'utf8',
      env: {
        PATH: `${programs}:${process.env['PATH'] ?? ''}`,
        HOME: this.directory,
        ...(colour ? { FORCE_COLOR: '1' } : { NO_COLOR: '1' }),
        ...environment,
      },
      maxBuffer: 64 * 1024 * 1024,
    });
    if (error !== undefined) throw error;
    return { exitCode: status ?? -1, stdout: stdout + stderr };
  }

  #require(command: readonly string[], { exitCode, stdout }: Said, expected: number): void {
    if (exitCode === expected) return;
    throw new Error(`${command.join(' ')} ended with ${exitCode}, expected ${expected}:\n${stdout}`);
  }
}

/** Returns the words of a command: those of the text, parted by spaces, and each value as one word. */
export function command(text: TemplateStringsArray, ...values: readonly string[]): readonly string[] {
  return text.flatMap((part, index) => {
    const value = values[index];
    const words = part.split(' ').filter((word) => word !== '');
    return value === undefined ? words : [...words, value];
  });
}

/** Writes one line of the narrator's. */
export function narrate(text: string): void {
  process.stdout.write(`${text}\n`);
}

function shown(word: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
