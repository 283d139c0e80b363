import { defaultDryRunLimits, defaultReadLimits } from '../limits.ts';
import { hasOwnCode } from '../fault.ts';
import { readerOf } from '../server-address.ts';
import type { ServerAccount } from '../server-address.ts';
import { requireSamePlace } from '../standing.ts';
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
import { settleAlone } from './definition-marker.ts';
import { runDefinition } from './definition-run.ts';
import { definitionText } from './definition.ts';
import { dryRunDefinition } from './definition-trial.ts';
import type { Workshop } from './definition-trial.ts';
import { engineError } from './engine-error.ts';
import { inspectDatabase } from './inspection.ts';
import { readMarker, readServerPlace } from './marker.ts';
import { prepareDatabase, preparationSteps } from './preparation.ts';
import { readPlace, requirePlace, requireReader, requireRefusals } from './read-account.ts';
import { requireReadTexts } from './read-form.ts';
import { readStatements } from './read-wall.ts';
import { dryRun, runJob } from './run.ts';
import { MariadbSession } from './session.ts';
import { pinSession, readKind } from './settings.ts';
import type { Engine } from './settings.ts';
import { countRows, orderTables } from './table-order.ts';

export interface MariadbOptions {
  readonly name: string;
  readonly engine: Engine;
  readonly main: ServerAccount;
  readonly read?: ServerAccount | undefined;
  /** For dry runs, when another account than `main`. */
  readonly dryRun?: ServerAccount | undefined;
  /** Absolute path of the server program on which definitions are tried; without one they are refused. */
  readonly shadow?: string | undefined;
}

/** A database of a MariaDB or MySQL server. Every call opens sessions of its own and ends them. */
export class MariadbTarget implements Target {
  readonly name: string;
  /** As the URL says; `inspect` says what the server is. */
  readonly engine: Engine;
  readonly #main: ServerAccount;
  readonly #read: ServerAccount | undefined;
  readonly #dryRun: ServerAccount | undefined;
  readonly #shadow: string | undefined;

  constructor({ name, engine, main, read, dryRun: rehearser, shadow }: MariadbOptions) {
    this.name = name;
    this.engine = engine;
    this.#main = main;
    this.#read = read;
    this.#dryRun = rehearser;
    this.#shadow = shadow;
  }

  /** Sessions are fresh for each statement, so there is nothing to start early. */
  warm(): void {
    return;
  }

  inspect(): Promise<TargetFacts> {
    return withSession(this.#main, inspectDatabase);
  }

  glance(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  prepare(): Promise<void> {
    return withSession(this.#main, (session) => prepareDatabase(session, readerOf(this.#read)));
  }

  preparation(): Promise<readonly PreparationStep[]> {
    return withSession(this.#main, (session) => preparationSteps(session, readerOf(this.#read)));
  }

  async requireReadAccount(): Promise<readonly string[]> {
    const read = this.#read;
    if (read === undefined) return ['target/no-read-account: nothing is read unasked, expected read_url'];
    const place = await withSession(this.#main, readPlace);
    return withSession(read, async (session) => {
      await requirePlace(session, place);
      await requireReader(session);
      await requireRefusals(session);
      return [];
    });
  }

  /** A name means one thing here, and the catalogue shows it: there are no overloads, operators or casts of anybody's. */
  requireReads(statements: readonly Statement[]): Promise<void> {
    return new Promise((done) => {
      requireReadTexts(statements);
      done();
    });
  }

  async read(statements: readonly Statement[], limits: Partial<ReadLimits> = {}): Promise<ReadResult> {
    const read = this.#read;
    if (read === undefined) {
      throw new TargetError('target/no-read-account', 'target has no account for reads, expected read_url');
    }
    const started = performance.now();
    const place = await withSession(this.#main, readPlace);
    const results = await readStatements(read, statements, { ...defaultReadLimits, ...limits }, place);
    return { results, elapsedMs: performance.now() - started };
  }

  rowCounts(tables?: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return withSession(this.#main, (session) => countRows(session, tables));
  }

  tablesParentsFirst(): Promise<readonly string[]> {
    return withSession(this.#main, orderTables);
  }

  async dryRun(statements: readonly Statement[], limits: Partial<DryRunLimits> = {}): Promise<DryRun> {
    if (this.#dryRun !== undefined) await this.#requireSamePlace(this.#dryRun);
    const bounds = { ...defaultDryRunLimits, ...limits };
    const alone = this.#definition(statements);
    if (alone !== undefined) return dryRunDefinition(alone.workshop, alone.sql, bounds);
    return dryRun(this.#dryRun ?? this.#main, statements, bounds);
  }

  async run(job: RunJob): Promise<RunOutcome> {
    const bounds = { ...defaultDryRunLimits, ...job.limits };
    const alone = this.#definition(job.statements);
    if (alone !== undefined) return runDefinition(alone.workshop, { sql: alone.sql, job }, bounds);
    return runJob(this.#main, job, bounds, () => this.marker(job.requestId));
  }

  /** The definition of a request, and where it is tried; undefined where there is none, or nothing to try it on. */
  #definition(
    statements: readonly Statement[],
  ): { readonly sql: string; readonly workshop: Workshop } | undefined {
    if (this.#shadow === undefined) return undefined;
    const sql = definitionText(statements);
    // Objects belong to whoever makes them, so the account of the run tries them too.
    return sql === undefined ? undefined : { sql, workshop: { account: this.#main, program: this.#shadow } };
  }

  /** The lock on the row, or on the place where it would be, waits for a run that still lives. */
  marker(requestId: Uint8Array): Promise<MarkerState> {
    return withSession(this.#main, async (session) => {
      await pinSession(session, await readKind(session), defaultDryRunLimits);
      const marker = await readMarker(session, requestId, true);
      return marker.kind === 'absent' ? settleAlone(session, requestId) : marker;
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #requireSamePlace(account: ServerAccount): Promise<void> {
    const [main, other] = [
      await withSession(this.#main, readServerPlace),
      await withSession(account, readServerPlace),
    ];
    requireSamePlace(main, other);
  }
}

/** Does something in a session of its own, and ends it. */
async function withSession<T>(
  account: ServerAccount,
  work: (session: MariadbSession) => Promise<T>,
): Promise<T> {
  const session = new MariadbSession(account);
  try {
    return await work(session);
  } catch (cause) {
    throw hasOwnCode(cause) ? cause : engineError(cause, undefined);
  } finally {
    await session.end();
  }
}
