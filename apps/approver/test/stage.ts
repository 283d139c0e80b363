import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { runToExitCode, type InputStream, type OutputStream } from '@countersign/program';
import { approverMain } from '../src/cli/command-line.ts';

const root = join(import.meta.dirname, '..', '..', '..');

/** Where the published example keys lie. */
export const exampleKeys: string = join(root, 'keys.example');

/** What a program said, and how it ended. */
export interface Said {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a call of the approver's program may be given beside its arguments. */
export interface Given {
  readonly passphrase?: string;
  /** Lines that a person types, each with its line end; a terminal is there exactly when given. */
  readonly typed?: readonly string[];
  readonly home?: string;
}

/** A temporary folder with an executor's home, driven by the real program, and any number of approvers' homes. */
export class Stage {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'countersign-approver-'));

  /** Makes a demonstration home of the executor. */
  constructor() {
    this.online('init', '--demo');
  }

  path(...parts: readonly string[]): string {
    return join(this.directory, ...parts);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Runs the executor's program as a process of its own. */
  online(...parameters: readonly string[]): Said {
    const program = join(root, 'apps', 'executor', 'src', 'main.ts');
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [program, ...parameters, '--home', this.path('online')],
      { encoding: 'utf8', cwd: this.directory },
    );
    return { exitCode: status ?? -1, stdout, stderr };
  }

  /** Submits SQL that needs approval, exports it to `name` and returns the request's id in hex. */
  request(sql: string, name: string): string {
    const said = this.online('submit', sql, '--reason', 'for the test of the approver', '--json');
    const { request_id: id } = JSON.parse(said.stdout) as { readonly request_id: string };
    this.export(id, name);
    return id;
  }

  export(id: string, name: string): void {
    const said = this.online('export', id, name.endsWith('.png') ? '--png' : '--file', this.path(name));
    if (said.exitCode !== 0) throw new Error(said.stderr);
  }

  /** Runs the approver's program in this process. */
  async offline(parameters: readonly string[], given: Given = {}): Promise<Said> {
    const [stdout, stderr] = [new Sink(), new Sink()];
    const stdin = new Keyboard(given.typed);
    const home = given.home === undefined ? [] : ['--home', this.path(given.home)];
    const exitCode = await runToExitCode(approverMain, {
      argv: [...parameters, ...home],
      environment: {
        HOME: this.directory,
        ...(given.passphrase === undefined ? {} : { COUNTERSIGN_PASSPHRASE: given.passphrase }),
      },
      workingDirectory: this.directory,
      stdin,
      stdout: stdout as OutputStream,
      stderr: stderr as OutputStream,
    });
    return { exitCode, stdout: stdout.text, stderr: stderr.text };
  }

  /** Makes the home of one of the example's approvers, as somebody does who does not type the passphrase yet. */
  async approver(name: string, home: string = name): Promise<void> {
    mkdirSync(this.path(home), { mode: 0o700 });
    writeFileSync(this.path(home, 'COUNTERSIGN-DEMO'), '');
    const said = await this.offline(
      ['init', '--root', join(exampleKeys, 'root.pub'), '--key', join(exampleKeys, `${name}.cskey`), '--yes'],
      { home },
    );
    if (said.exitCode !== 0) throw new Error(said.stderr);
  }
}

/** The passphrase of every example key. */
export const passphrase = 'countersign-demo';

/** Returns the JSON document of a call. */
export function documentOf(said: Said): Readonly<Record<string, unknown>> {
  return JSON.parse(said.stdout) as Readonly<Record<string, unknown>>;
}

class Sink extends PassThrough {
  text = '';

  constructor() {
    super();
    this.on('data', (chunk: Buffer) => {
      this.text += chunk.toString('utf8');
    });
  }
}

/** A terminal at which a line is typed whenever somebody listens; without lines it is no terminal. */
class Keyboard extends PassThrough implements InputStream {
  readonly isTTY: boolean;
  readonly #lines: string[];

  constructor(lines: readonly string[] | undefined) {
    super();
    this.isTTY = lines !== undefined;
    this.#lines = [...(lines ?? [])];
    if (lines === undefined) this.end();
  }

  setRawMode(raw: boolean): this {
    if (raw) setImmediate(() => this.#type());
    return this;
  }

  #type(): void {
    const line = this.#lines.shift();
    if (line === undefined) this.end();
    else this.write(line);
  }
}
