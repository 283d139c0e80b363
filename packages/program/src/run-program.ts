import { CommanderError } from 'commander';
import { ExitCode, exitCodeOfArea } from './exit-code.ts';
import { Output } from './output.ts';
import { CodedError, ProgramError } from './program-error.ts';
import { processSurroundings, type OutputStream, type Surroundings } from './surroundings.ts';
import { visibleText } from './visible-text.ts';

const codeShape = /^[a-z0-9-]+\/[a-z0-9-]+$/;

/** What the program's own code is handed. */
export interface ProgramRun {
  readonly surroundings: Surroundings;
  readonly output: Output;
  /** Aborted at the first SIGINT or SIGTERM; long work stops at its next safe point. */
  readonly signal: AbortSignal;
  /** Gives this main function so long after an interrupt to end by itself, with its own exit code; 0 until called. */
  readonly holdInterrupt: (graceMs: number) => void;
}

export interface Failure {
  readonly exitCode: ExitCode;
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
}

function isCoded(thrown: unknown): thrown is CodedError {
  return thrown instanceof CodedError;
}

/** Returns what is said and how the program ends for anything thrown, an error of any room among them. */
export function failureOf(thrown: unknown): Failure {
  if (isCoded(thrown))
    return { exitCode: thrown.exitCode, code: thrown.code, message: thrown.message, hint: thrown.hint };
  if (thrown instanceof CommanderError) return usageFailure(thrown);
  if (
    thrown instanceof Error &&
    'code' in thrown &&
    typeof thrown.code === 'string' &&
    codeShape.test(thrown.code)
  ) {
    const hint = 'hint' in thrown && typeof thrown.hint === 'string' ? thrown.hint : undefined;
    return { exitCode: exitCodeOfArea(thrown.code), code: thrown.code, message: thrown.message, hint };
  }
  return {
    exitCode: ExitCode.error,
    code: 'internal/unexpected',
    message: 'the program met a situation it was not written for and stopped',
    hint: 'run it again with COUNTERSIGN_DEBUG=1 and report what it prints',
  };
}

function usageFailure(error: CommanderError): Failure {
  if (error.code === 'commander.help') {
    const message = 'no command is named, expected one of the list above';
    return { exitCode: ExitCode.usage, code: 'usage/arguments', message, hint: undefined };
  }
  const message = error.message
    .replace(/^error: /, '')
    .split('\n')
    .join(' ');
  return { exitCode: ExitCode.usage, code: 'usage/arguments', message, hint: 'see --help' };
}

/** Returns whether `--json` stands among the arguments before a `--`. */
export function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return argv.slice(0, end === -1 ? undefined : end).includes('--json');
}

function isHelp(thrown: unknown): boolean {
  return thrown instanceof CommanderError && thrown.exitCode === 0;
}

function report(thrown: unknown, output: Output, surroundings: Surroundings): ExitCode {
  const failure = failureOf(thrown);
  const { exitCode, code, message, hint } = failure;
  output.failure({ code, message, hint });
  if (!output.json) {
    const { red, dim } = output.noteColours;
    output.note(`${red('error')}: ${visibleText(message)} ${dim(`[${code}]`)}`);
    if (hint !== undefined) output.note(`${dim('hint')}: ${visibleText(hint)}`);
  }
  if (surroundings.environment['COUNTERSIGN_DEBUG'] === '1' && thrown instanceof Error)
    output.note(thrown.stack ?? '');
  return exitCode;
}

/**
 * Runs a program's main function to its exit code, and turns whatever it throws into one: text on stderr, or with `--json` the
 * one document on stdout. Does not end the process; {@link runProgram} does.
 */
export async function runToExitCode(
  main: (run: ProgramRun) => Promise<ExitCode>,
  surroundings: Surroundings,
  signal: AbortSignal = new AbortController().signal,
): Promise<ExitCode> {
  const output = new Output(surroundings, wantsJson(surroundings.argv));
  let graceMs = 0;
  const holdInterrupt = (ms: number): void => {
    graceMs = ms;
  };
  const interrupted = new Promise<never>((_resolve, reject) => {
    const stop = (): void => reject(new ProgramError('program/interrupted', 'interrupted'));
    signal.addEventListener('abort', () => setTimeout(stop, graceMs), { once: true });
  });
  let exitCode: ExitCode;
  try {
    exitCode = await Promise.race([main({ surroundings, output, signal, holdInterrupt }), interrupted]);
  } catch (thrown) {
    if (isHelp(thrown)) return ExitCode.done;
    exitCode = report(thrown, output, surroundings);
  }
  output.finish(exitCode);
  return exitCode;
}

/**
 * Keeps a broken output from ending the process: a reader that has gone (`… | head`) or a full disk must not stop a run halfway.
 * Returns whether it broke in another way than by its reader's leaving.
 */
function tolerateBreaking(stream: OutputStream): () => boolean {
  let broken = false;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    broken ||= error.code !== 'EPIPE';
  });
  return () => broken;
}

function flushed(stream: OutputStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.writable) stream.write('', () => resolve());
    else resolve();
  });
}

/** Runs the main function of a program in this process and ends the process with its exit code. The first line of every program. */
export async function runProgram(main: (run: ProgramRun) => Promise<ExitCode>): Promise<never> {
  const surroundings = processSurroundings();
  const outputBroken = tolerateBreaking(surroundings.stdout);
  tolerateBreaking(surroundings.stderr);
  const controller = new AbortController();
  const interrupt = (): void => {
    // The second one does not wait for anything.
    if (controller.signal.aborted) process.exit(ExitCode.interrupted);
    controller.abort();
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  const exitCode = await runToExitCode(main, surroundings, controller.signal);
  await Promise.all([flushed(surroundings.stdout), flushed(surroundings.stderr)]);
  if (!outputBroken()) process.exit(exitCode);
  surroundings.stderr.write('error: the answer could not be written to standard output [output/failed]\n');
  await flushed(surroundings.stderr);
  process.exit(ExitCode.error);
}
