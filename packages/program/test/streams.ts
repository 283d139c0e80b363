import { PassThrough } from 'node:stream';
import type { Environment, InputStream, OutputStream, Surroundings } from '../src/index.ts';

/** A stream that keeps what is written to it; a terminal when asked to be one. */
export class Kept extends PassThrough implements OutputStream {
  readonly isTTY: boolean;
  #text = '';

  constructor(isTTY = false) {
    super();
    this.isTTY = isTTY;
    this.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString();
    });
  }

  get text(): string {
    return this.#text;
  }
}

/** Keys as a terminal sends them; remembers whether echo is off. */
export class Keyboard extends PassThrough implements InputStream {
  readonly isTTY = true;
  readonly rawModes: boolean[] = [];

  setRawMode(raw: boolean): void {
    this.rawModes.push(raw);
  }
}

export interface KeptSurroundings extends Surroundings {
  readonly stdout: Kept;
  readonly stderr: Kept;
}

/** Returns surroundings whose output is kept, off a terminal unless `isTTY`. */
export function keptSurroundings(
  argv: readonly string[] = [],
  environment: Environment = {},
  isTTY = false,
): KeptSurroundings {
  return {
    argv,
    environment,
    workingDirectory: '/',
    stdin: new PassThrough(),
    stdout: new Kept(isTTY),
    stderr: new Kept(isTTY),
  };
}
