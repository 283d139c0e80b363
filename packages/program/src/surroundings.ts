import { randomBytes } from 'node:crypto';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where keys and piped data come from; `setRawMode` is there when it is a terminal. */
export interface InputStream extends NodeJS.ReadableStream {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
}

export interface OutputStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  /** Width of the terminal. */
  readonly columns?: number;
}

/** What a program is started with; tests pass their own, programs take {@link processSurroundings}. */
export interface Surroundings {
  /** Arguments after the program's name. */
  readonly argv: readonly string[];
  readonly environment: Environment;
  readonly workingDirectory: string;
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}

/** Returns the surroundings of this process. */
export function processSurroundings(): Surroundings {
  return {
    argv: process.argv.slice(2),
    environment: process.env,
    workingDirectory: process.cwd(),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
  };
}

/** Returns the time in whole seconds since 1970. */
export type Clock = () => number;

/** Returns that many unpredictable bytes. */
export type Random = (length: number) => Uint8Array;

export const systemClock: Clock = () => Math.floor(Date.now() / 1000);

export const systemRandom: Random = (length) => new Uint8Array(randomBytes(length));
