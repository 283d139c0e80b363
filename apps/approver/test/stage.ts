import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { runToExitCode, type Environment, type InputStream, type OutputStream } from '@countersign/program';
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

type TypedLine = string | (() => string);

/** What a call of the approver's program may be given beside its arguments. */
export interface Given {
  readonly passphrase?: string;
  /** Lines that a person types, each with its line end; a terminal is there exactly when given. A function is called when its line is wanted. */
  readonly typed?: readonly TypedLine[];
  readonly home?: string;
}

/** The commands of a program. */
type Main = Parameters<typeof runToExitCode>[0];

/** A temporary folder with an executor's home and any number of approvers' homes, driven by the commands of both programs. */
export class Stage {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'countersign-approver-'));
  readonly #executor: Main | undefined;

  private constructor(executor: Main | undefined) {
    this.#executor = executor;
  }

  /**
   * Makes a demonstration home of the executor. Its commands run in this process where they are given; else its program is started for
   * each, which takes longer than most commands.
   */
  static async open(executor?: Main): Promise<Stage> {
    const stage = new Stage(executor);
    const said = await stage.online('init', '--demo');
    if (said.exitCode !== 0) throw new Error(said.stderr);
    return stage;
  }

  path(...parts: readonly string[]): string {
    return join(this.directory, ...parts);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Runs the executor's program. */
  async online(...parameters: readonly string[]): Promise<Said> {
    const argv = [...parameters, '--home', this.path('online')];
    if (this.#executor !== undefined) return this.#run(this.#executor, argv, {});
    const program = join(root, 'apps', 'executor', 'src', 'main.ts');
    const options = { encoding: 'utf8', cwd: this.directory } as const;
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...argv], options);
    return { exitCode: status ?? -1, stdout, stderr };
  }

  /** Submits SQL that needs approval, exports it to `name` and returns the request's id in hex. */
  async request(sql: string, name: string): Promise<string> {
    const said = await this.online('submit', sql, '--reason', 'for the test of the approver', '--json');
    const { request_id: id } = JSON.parse(said.stdout) as { readonly request_id: string };
    await this.export(id, name);
    return id;
  }

  /** Exports a request as a file, or as several pictures where the name is that of one. */
  async export(id: string, name: string): Promise<void> {
    const kind = name.endsWith('.png') ? ['--density', '20', '--png'] : ['--file'];
    const said = await this.online('export', id, ...kind, this.path(name));
    if (said.exitCode !== 0) throw new Error(said.stderr);
  }

  /** Runs the approver's program. */
  offline(parameters: readonly string[], given: Given = {}): Promise<Said> {
    const home = given.home === undefined ? [] : ['--home', this.path(given.home)];
    return this.#run(approverMain, [...parameters, ...home], given);
  }

  async #run(main: Main, argv: readonly string[], { typed, passphrase: typedAhead }: Given): Promise<Said> {
    const [stdout, stderr] = [new Sink(), new Sink()];
    const environment: Environment = {
      HOME: this.directory,
      ...(typedAhead === undefined ? {} : { COUNTERSIGN_PASSPHRASE: typedAhead }),
    };
    const exitCode = await runToExitCode(main, {
      argv,
      environment,
      workingDirectory: this.directory,
      stdin: new Keyboard(typed),
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
  readonly #lines: TypedLine[];

  constructor(lines: readonly TypedLine[] | undefined) {
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
    else this.write(typeof line === 'string' ? line : line());
  }
}
