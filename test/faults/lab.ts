import { executorMain } from '../../apps/executor/src/command-line.ts';
import { inHome, useWorldOptions } from '../../apps/executor/src/commands/session.ts';
import type { WorldOptions } from '../../apps/executor/src/home/open-world.ts';
import type { World } from '../../apps/executor/src/world.ts';
import { ExitCode, Options, runToExitCode, type Surroundings } from '@countersign/program';
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { Approver, responseOf } from './signer.ts';

/** How one call of the program ended, and the one document it wrote. */
export interface Answer {
  readonly exitCode: number;
  readonly code: string;
  readonly document: Readonly<Record<string, unknown>>;
  readonly stderr: string;
}

/** An answer of a program in a process of its own; `signal` is set when it was killed. */
export interface Ending extends Answer {
  readonly signal: NodeJS.Signals | null;
}

/** A program that was started and may still run. */
export interface Started {
  readonly pid: number;
  readonly ended: Promise<Ending>;
}

const repository = join(import.meta.dirname, '..', '..');
const program = join(repository, 'apps', 'executor', 'src', 'main.ts');
const dying = join(import.meta.dirname, 'dying-executor.ts');

const roots: string[] = [];
let template: Promise<string> | undefined;

/** Removes every home that was made. To be called when a file's tests are over. */
export function removeLabs(): void {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true, force: true });
  template = undefined;
}

function newDirectory(): string {
  const root = mkdtempSync(join(tmpdir(), 'countersign-fault-'));
  roots.push(root);
  return root;
}

async function makeTemplate(): Promise<string> {
  const root = newDirectory();
  const { exitCode, stderr } = await ask(root, ['init', '--demo', '--home', join(root, 'home')]);
  if (exitCode !== 0) throw new Error(`init ended with ${exitCode}: ${stderr}`);
  return root;
}

/** A demonstration home of the real executor with its sample database, and approvers that sign with the published keys. */
export class Lab {
  readonly root: string;
  readonly #approvers = new Map<string, Approver>();

  private constructor(root: string) {
    this.root = root;
  }

  /** Makes a home; all homes of a test file are copies of one, made when the first is asked for. */
  static async make(): Promise<Lab> {
    template ??= makeTemplate();
    const root = newDirectory();
    cpSync(await template, root, { recursive: true });
    return new Lab(root);
  }

  get home(): string {
    return join(this.root, 'home');
  }

  get database(): string {
    return join(this.home, 'demo.db');
  }

  path(...parts: readonly string[]): string {
    return join(this.root, ...parts);
  }

  /** Runs the program in this process. */
  ask(...argv: readonly string[]): Promise<Answer> {
    return ask(this.root, [...argv, '--home', this.home]);
  }

  /** Runs the program in this process and returns what it says to people; it must end well. */
  async say(...argv: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await call(this.root, [...argv, '--home', this.home]);
    if (exitCode !== 0) throw new Error(`${argv.join(' ')} ended with ${exitCode}: ${stderr}`);
    return stdout;
  }

  /** Runs the program in this process and returns what it says to people, however it ends. */
  tell(...argv: readonly string[]): Promise<Written & { readonly exitCode: number }> {
    return call(this.root, [...argv, '--home', this.home]);
  }

  /** Runs the program in this process with a test's clock. */
  async askAt(clock: () => number, ...argv: readonly string[]): Promise<Answer> {
    return withWorld({ clock }, () => this.ask(...argv));
  }

  /** Runs the plain program in a process of its own, a shell's `limit` in force when one is given. */
  spawn(argv: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ending> {
    return start(process.execPath, [program, ...this.#arguments(argv)], this.root, environment).ended;
  }

  /** Starts the plain program in a process of its own, which the caller may kill. */
  begin(argv: readonly string[]): Started {
    return start(process.execPath, [program, ...this.#arguments(argv)], this.root, {});
  }

  /** Runs the program that dies as `environment` says; see `dying-executor.ts`. */
  die(argv: readonly string[], environment: Readonly<Record<string, string>>): Promise<Ending> {
    return start(process.execPath, [dying, ...this.#arguments(argv)], this.root, environment).ended;
  }

  /** Runs the program with no file allowed to grow beyond `kilobytes`, as on a full disk. */
  cramped(argv: readonly string[], kilobytes: number): Promise<Ending> {
    const words = [process.execPath, dying, ...this.#arguments(argv)];
    return start('bash', ['-c', `ulimit -f ${kilobytes}; exec "$@"`, 'bash', ...words], this.root, {}).ended;
  }

  /** Submits and returns the id of the request, which must be pending. */
  async submit(sql: string, ...more: readonly string[]): Promise<string> {
    return pendingId(await this.ask('submit', sql, '--reason', 'a reason to test', ...more));
  }

  approver(name: string): Approver {
    const known = this.#approvers.get(name) ?? Approver.published(name);
    this.#approvers.set(name, known);
    return known;
  }

  /** Makes an approver's machine forget what it knows, as a new one. */
  forget(name: string): void {
    this.#approvers.delete(name);
  }

  /** Carries a request out and returns its bundle. */
  async export(id: string): Promise<Uint8Array> {
    const file = this.path(`${id}.csreq`);
    const { exitCode, code } = await this.ask('export', id, '--file', file);
    if (exitCode !== 0) throw new Error(`export ended with ${exitCode} ${code}`);
    return new Uint8Array(readFileSync(file));
  }

  /** Writes a response as a file and returns its path. */
  carry(bytes: Uint8Array, name = 'in.csdec'): string {
    const path = this.path(name);
    writeFileSync(path, bytes);
    return path;
  }

  /** Carries a response in. */
  import(bytes: Uint8Array, ...more: readonly string[]): Promise<Answer> {
    return this.ask('import', this.carry(bytes), ...more);
  }

  /** Calls `act` with the opened home, as a command gets it. */
  async inWorld<T>(act: (world: World) => T | Promise<T>): Promise<T> {
    let found: { readonly value: T } | undefined;
    const command = inHome(async ({ world }) => {
      found = { value: await act(world) };
      return ExitCode.done;
    });
    let failure: unknown;
    await runToExitCode(
      async (run) => {
        try {
          return await command({ run, arguments: [], options: new Options({ home: this.home }) });
        } catch (error) {
          failure = error;
          return 1;
        }
      },
      surroundingsOf(this.root, []),
    );
    if (found === undefined) throw failure;
    return found.value;
  }

  /** Lets the named persons approve, one after the other, and carries each decision in. */
  async approve(id: string, ...names: readonly string[]): Promise<void> {
    for (const name of names) {
      const response = this.approver(name).decide(await this.export(id), { choice: 'approve' });
      const { exitCode, document } = await this.import(response);
      if (exitCode !== 0) throw new Error(`import ended with ${exitCode}: ${JSON.stringify(document)}`);
    }
  }

  /** Submits and lets Ada and Ben approve. */
  async approved(sql: string, ...more: readonly string[]): Promise<string> {
    const id = await this.submit(sql, ...more);
    const bundle = await this.export(id);
    const signed = ['ada', 'ben'].map((name) => this.approver(name).sign(bundle, { choice: 'approve' }));
    const { exitCode, document } = await this.import(responseOf(this.approver('ada').domain, signed));
    if (exitCode !== 0) throw new Error(`import ended with ${exitCode}: ${JSON.stringify(document)}`);
    return id;
  }

  /** Edits a file of the policy, which the edit must change, and returns what takes that back. */
  policy(name: string, edit: (text: string) => string): () => void {
    const path = join(this.home, 'policy', name);
    const before = readFileSync(path, 'utf8');
    const after = edit(before);
    if (after === before) throw new Error(`${name} was not edited`);
    writeFileSync(path, after);
    return () => writeFileSync(path, before);
  }

  /** Changes the last byte of a stored record (`table.column`) of a request behind the executor's back, and returns what mends it. */
  tamper(column: string, id: Uint8Array): () => void {
    const [table = '', name = ''] = column.split('.');
    const flip = (): void => {
      using store = new DatabaseSync(join(this.home, 'state.db'));
      const where = `WHERE ${table === 'request' ? 'id' : 'request_id'} = ?`;
      const read = store.prepare(`SELECT rowid AS row, ${name} AS bytes FROM ${table} ${where} LIMIT 1`);
      const { row, bytes } = read.get(id) as { row: number; bytes: Uint8Array };
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
      store.prepare(`UPDATE ${table} SET ${name} = ? WHERE rowid = ?`).run(bytes, row);
    };
    flip();
    return flip;
  }

  /** Edits `countersign.yaml`. */
  configure(edit: (text: string) => string): void {
    const path = join(this.home, 'countersign.yaml');
    writeFileSync(path, edit(readFileSync(path, 'utf8')));
  }

  /** Returns the state that `show` tells. */
  async state(id: string): Promise<string> {
    const { document } = await this.ask('show', id);
    return String(document['state']);
  }

  /** Runs statements on the executor's own store, as whoever gets at the file may. */
  store(sql: string): void {
    using store = new DatabaseSync(join(this.home, 'state.db'));
    store.exec(sql);
  }

  /** Runs statements on the target as an application would that knows nothing of the executor. */
  write(sql: string): void {
    using database = new DatabaseSync(this.database, { timeout: 5_000 });
    database.exec(sql);
  }

  /** Takes the target's write lock as a long transaction of an application does, and returns what releases it. */
  lock(): () => void {
    // A session whose executor was killed may still be leaving.
    const database = new DatabaseSync(this.database, { timeout: 5_000 });
    database.exec('BEGIN IMMEDIATE');
    return () => {
      database.exec('ROLLBACK');
      database.close();
    };
  }

  /** Reads rows of the target. */
  rows(sql: string): readonly (readonly SQLOutputValue[])[] {
    using database = new DatabaseSync(this.database, { readOnly: true, returnArrays: true });
    return database.prepare(sql).all() as unknown as SQLOutputValue[][];
  }

  /** Returns everything in the target but the executor's own tables, as text. */
  dump(): string {
    const objects = this.rows(
      `SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE '\\_countersign%' ESCAPE '\\' ORDER BY 1, 2`,
    );
    const tables = objects.filter(([type]) => type === 'table').map(([, name]) => String(name));
    const rows = tables.map((name) => [name, this.rows(`SELECT * FROM "${name}"`)]);
    return JSON.stringify([objects, rows], (_key, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    );
  }

  /** Copies the whole home away and returns what puts it back; the target stays as it is. */
  backup(): () => void {
    const copy = newDirectory();
    cpSync(this.home, copy, { recursive: true });
    return () => {
      const target = readFileSync(this.database);
      rmSync(this.home, { recursive: true });
      cpSync(copy, this.home, { recursive: true });
      writeFileSync(this.database, target);
    };
  }

  #arguments(argv: readonly string[]): readonly string[] {
    return [...argv, '--home', this.home, '--json'];
  }
}

/** Returns the id of a submission that waits for approvers. */
export function pendingId({ exitCode, document, stderr }: Answer): string {
  const id = document['request_id'];
  if (exitCode === 8 && typeof id === 'string') return id;
  throw new Error(`submit ended with ${exitCode}: ${JSON.stringify(document)} ${stderr}`);
}

/** Runs `act` with a test's clock or fault points in the world of every command of this process. */
export async function withWorld<T>(options: WorldOptions, act: () => Promise<T>): Promise<T> {
  useWorldOptions(options);
  try {
    return await act();
  } finally {
    useWorldOptions({});
  }
}

/** Returns what the decisions of an import became, one line each: outcome, code, whether it was logged. */
export function admissions({ document }: Answer): readonly string[] {
  const decisions = (document['decisions'] ?? []) as readonly Readonly<Record<string, unknown>>[];
  return decisions.map(({ outcome, code, logged }) => {
    const words = [outcome, code, logged === true ? 'logged' : 'not logged'];
    return words.filter((one) => typeof one === 'string').join(' ');
  });
}

async function ask(workingDirectory: string, argv: readonly string[]): Promise<Answer> {
  const { exitCode, ...written } = await call(workingDirectory, [...argv, '--json']);
  return answerOf(exitCode, written);
}

interface Written {
  readonly stdout: string;
  readonly stderr: string;
}

async function call(
  workingDirectory: string,
  argv: readonly string[],
): Promise<Written & { readonly exitCode: number }> {
  const surroundings = surroundingsOf(workingDirectory, argv);
  const written = { stdout: '', stderr: '' };
  surroundings.stdout.on('data', (chunk: Buffer) => (written.stdout += chunk.toString()));
  surroundings.stderr.on('data', (chunk: Buffer) => (written.stderr += chunk.toString()));
  const exitCode = await runToExitCode(executorMain, surroundings);
  await new Promise((resolve) => setImmediate(resolve));
  return { exitCode, ...written };
}

function surroundingsOf(workingDirectory: string, argv: readonly string[]): Surroundings {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  stdin.end();
  const environment = { HOME: workingDirectory, NO_COLOR: '1' };
  return { argv, environment, workingDirectory, stdin, stdout, stderr };
}

function answerOf(exitCode: number, { stdout, stderr }: Written): Answer {
  const document = (stdout === '' ? {} : JSON.parse(stdout)) as Readonly<Record<string, unknown>>;
  const { code } = document;
  return { exitCode, code: typeof code === 'string' ? code : '', document, stderr };
}

function start(
  file: string,
  argv: readonly string[],
  cwd: string,
  environment: Readonly<Record<string, string>>,
): Started {
  const env = { PATH: process.env['PATH'] ?? '', HOME: cwd, NO_COLOR: '1', ...environment };
  const child = spawn(file, argv, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const written = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (written.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (written.stderr += chunk.toString()));
  const ended = new Promise<Ending>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => resolve({ ...answerOf(status ?? -1, written), signal }));
  });
  return { pid: child.pid ?? -1, ended };
}
