import { resolve } from 'node:path';
import { defaultDryRunLimits, defaultReadLimits } from '../limits.ts';
import type {
  DryRun,
  DryRunLimits,
  MarkerState,
  PreparationStep,
  ReadLimits,
  ReadResult,
  RunJob,
  RunOutcome,
  Statement,
  Target,
  TargetFacts,
} from '../target.ts';
import { TargetError } from '../target-error.ts';
import { Connection } from './connection.ts';
import { engineError } from './engine-error.ts';
import { inspectDatabase, orderTables } from './inspection.ts';
import { markerTables, prepareTables, readMarker, requireIdentity } from './marker.ts';
import { superviseRun } from './run-supervisor.ts';
import { SessionPool } from './session-pool.ts';
import { defaultProgram } from './session-process.ts';
import type { SessionProgram } from './session-process.ts';
import { readSchema } from './schema-snapshot.ts';
import { quoteName } from './values.ts';

export interface SqliteOptions {
  readonly name: string;
  /** The database's file. */
  readonly path: string;
  readonly program?: SessionProgram | undefined;
}

/** An SQLite database file. Statements of requests run in processes of their own, never in this one. */
export class SqliteTarget implements Target {
  readonly name: string;
  readonly engine = 'sqlite';
  readonly #path: string;
  readonly #writers: SessionPool;
  readonly #readers: SessionPool;

  constructor(options: SqliteOptions) {
    this.name = options.name;
    this.#path = resolve(options.path);
    const program = options.program ?? defaultProgram;
    this.#writers = new SessionPool(program);
    this.#readers = new SessionPool(program);
  }

  /** Starts the spare processes, so that the first read or dry run is as quick as the next. */
  warm(): void {
    this.#readers.warm();
    this.#writers.warm();
  }

  inspect(): Promise<TargetFacts> {
    return this.#with(true, inspectDatabase);
  }

  glance(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  prepare(): Promise<void> {
    return this.#with(false, prepareTables);
  }

  preparation(): Promise<readonly PreparationStep[]> {
    return Promise.resolve(markerTables.map((sql) => ({ sql })));
  }

  /** There are no accounts: the engine opens the file read-only, and its authorizer denies the rest. */
  requireReadAccount(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  rowCounts(tables?: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.#with(true, (connection) => {
      const all = readSchema(connection).filter(({ type }) => type === 'table');
      const named = all.filter(({ name }) => tables === undefined || tables.includes(name));
      return new Map(
        named.map(({ name }): [string, number] => [
          name,
          Number(connection.first(`SELECT count(*) FROM main.${quoteName(name)}`)),
        ]),
      );
    });
  }

  tablesParentsFirst(): Promise<readonly string[]> {
    return this.#with(true, orderTables);
  }

  async dryRun(statements: readonly Statement[], limits: Partial<DryRunLimits> = {}): Promise<DryRun> {
    const full = { ...defaultDryRunLimits, ...limits };
    const started = performance.now();
    const result = await this.#writers.perform(
      { kind: 'dry-run', path: this.#path, statements, limits: full },
      { timeoutMs: full.timeoutMs },
    );
    if (result.kind !== 'dry-run') throw unexpected();
    return { ...result.output, elapsedMs: performance.now() - started };
  }

  run(job: RunJob): Promise<RunOutcome> {
    const limits = { ...defaultDryRunLimits, ...job.limits };
    return superviseRun(this.#writers, this.#path, job, limits, () => this.marker(job.requestId));
  }

  /** The catalogue shows all that a name can mean here, and the engine's authorizer asks again in the read itself. */
  requireReads(): Promise<void> {
    return Promise.resolve();
  }

  async read(statements: readonly Statement[], limits: Partial<ReadLimits> = {}): Promise<ReadResult> {
    const full = { ...defaultReadLimits, ...limits };
    const started = performance.now();
    const result = await this.#readers.perform(
      { kind: 'read', path: this.#path, statements, limits: full },
      { timeoutMs: full.timeoutMs },
    );
    if (result.kind !== 'read') throw unexpected();
    return { ...result.output, elapsedMs: performance.now() - started };
  }

  /** Takes the write lock, so that a run that still lives has ended before it answers. */
  marker(requestId: Uint8Array): Promise<MarkerState> {
    return this.#with(false, (connection) => {
      connection.run('BEGIN IMMEDIATE');
      requireIdentity(connection);
      return readMarker(connection, requestId);
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.#writers.close(), this.#readers.close()]);
  }

  /** Runs short statements of our own in this process, on a connection of their own. */
  #with<T>(readOnly: boolean, work: (connection: Connection) => T): Promise<T> {
    return new Promise<T>((settle, fail) => {
      const connection = new Connection(this.#path, {
        readOnly,
        busyMs: defaultDryRunLimits.busyMs,
      });
      try {
        settle(work(connection));
      } catch (cause) {
        fail(engineError(cause, undefined, 'target/unreachable'));
      } finally {
        connection.close();
      }
    });
  }
}

function unexpected(): TargetError {
  return new TargetError('target/session-lost', 'session answered another task');
}
