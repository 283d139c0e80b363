import { defaultDryRunLimits, defaultReadLimits } from '../limits.ts';
import type { TrustedFunction } from '@countersign/sql';
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
import { aloneStatement, describeAlone, runAlone } from './alone.ts';
import { engineError } from './engine-error.ts';
import { inspectDatabase } from './inspection.ts';
import { awaitMarker, readPlace } from './marker.ts';
import { prepareDatabase, preparationSteps } from './preparation.ts';
import { publicRights, requireReader, requireRefusals } from './read-account.ts';
import { Looks } from './looks.ts';
import { readStatements } from './read-wall.ts';
import { Readers } from './readers.ts';
import { askingResolver } from './resolver.ts';
import type { Resolver } from './resolver.ts';
import { dryRun, runJob } from './run.ts';
import { PostgresSession } from './session.ts';
import { ownPath, pinPath } from './settings.ts';
import { countRows, orderTables } from './table-order.ts';

export interface PostgresOptions {
  readonly name: string;
  readonly main: ServerAccount;
  readonly read?: ServerAccount | undefined;
  /** For dry runs, when another account than `main`. */
  readonly dryRun?: ServerAccount | undefined;
  /** Keeps sessions for reads, and what was found of the schema, for the next call. */
  readonly stays?: boolean | undefined;
}

/** A database of a PostgreSQL server. Every call opens sessions of its own and ends them, but reads of a program that stays. */
export class PostgresTarget implements Target {
  readonly name: string;
  readonly engine = 'postgres';
  readonly #main: ServerAccount;
  readonly #read: ServerAccount | undefined;
  readonly #dryRun: ServerAccount | undefined;
  readonly #looks: Looks | undefined;
  readonly #resolver: Resolver;
  readonly #readers: Readers | undefined;

  constructor({ name, main, read, dryRun: rehearser, stays = false }: PostgresOptions) {
    this.name = name;
    this.#main = main;
    this.#read = read;
    this.#dryRun = rehearser;
    this.#readers = read === undefined ? undefined : new Readers(read, stays);
    this.#looks = stays ? new Looks(main, this.#readers) : undefined;
    this.#resolver = this.#looks ?? askingResolver(main);
  }

  /** What is kept is opened by the first read. */
  warm(): void {
    return;
  }

  inspect(): Promise<TargetFacts> {
    // It asks for the path of the account first.
    return asAccount(this.#main, inspectDatabase);
  }

  async glance(): Promise<TargetFacts | undefined> {
    return (await this.#looks?.current())?.facts;
  }

  prepare(): Promise<void> {
    return this.#with((session) => prepareDatabase(session, readerOf(this.#read)));
  }

  preparation(): Promise<readonly PreparationStep[]> {
    return this.#with((session) => preparationSteps(session, readerOf(this.#read)));
  }

  async requireReadAccount(): Promise<readonly string[]> {
    const read = this.#read;
    if (read === undefined) return ['target/no-read-account: nothing is read unasked, expected read_url'];
    const place = await this.#with(readPlace);
    return withSession(read, async (session) => {
      await requireReader(session, place);
      await requireRefusals(session);
      return publicRights(session);
    });
  }

  async requireReads(
    statements: readonly Statement[],
    trusted: readonly TrustedFunction[] = [],
  ): Promise<void> {
    await this.#resolver.resolve(statements, trusted);
  }

  async read(
    statements: readonly Statement[],
    limits: Partial<ReadLimits> = {},
    trusted: readonly TrustedFunction[] = [],
  ): Promise<ReadResult> {
    const readers = this.#readers;
    if (readers === undefined) {
      throw new TargetError('target/no-read-account', 'target has no account for reads, expected read_url');
    }
    const started = performance.now();
    const results = await readStatements(
      { resolver: this.#resolver, readers },
      statements,
      { ...defaultReadLimits, ...limits },
      trusted,
    );
    return { results, elapsedMs: performance.now() - started };
  }

  rowCounts(tables?: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.#with((session) => countRows(session, tables));
  }

  tablesParentsFirst(): Promise<readonly string[]> {
    return this.#with(orderTables);
  }

  async dryRun(statements: readonly Statement[], limits: Partial<DryRunLimits> = {}): Promise<DryRun> {
    const account = this.#dryRun ?? this.#main;
    if (this.#dryRun !== undefined) await this.#requireSamePlace(this.#dryRun);
    const alone = aloneStatement(statements);
    const bounds = { ...defaultDryRunLimits, ...limits };
    if (alone !== undefined) return describeAlone(this.#main, alone, bounds);
    return dryRun(account, statements, bounds);
  }

  async run(job: RunJob): Promise<RunOutcome> {
    const alone = aloneStatement(job.statements);
    if (alone !== undefined)
      return runAlone(this.#main, { alone, job }, { ...defaultDryRunLimits, ...job.limits });
    return runJob(this.#main, job, { ...defaultDryRunLimits, ...job.limits }, () =>
      this.marker(job.requestId),
    );
  }

  marker(requestId: Uint8Array): Promise<MarkerState> {
    return this.#with((session) => awaitMarker(session, requestId, defaultDryRunLimits.busyMs));
  }

  async close(): Promise<void> {
    await this.#readers?.close();
  }

  async #requireSamePlace(account: ServerAccount): Promise<void> {
    const [main, other] = [await this.#with(readPlace), await withSession(account, readPlace)];
    requireSamePlace(main, other);
  }

  #with<T>(work: (session: PostgresSession) => Promise<T>): Promise<T> {
    return withSession(this.#main, work);
  }
}

/** Does something in a session of its own, under our own search path, and ends it. */
function withSession<T>(account: ServerAccount, work: (session: PostgresSession) => Promise<T>): Promise<T> {
  return asAccount(account, async (session) => {
    await pinPath(session, ownPath);
    return work(session);
  });
}

/** The same under the search path of the account. */
async function asAccount<T>(
  account: ServerAccount,
  work: (session: PostgresSession) => Promise<T>,
): Promise<T> {
  const session = await PostgresSession.open(account);
  try {
    return await work(session);
  } catch (cause) {
    throw hasOwnCode(cause) ? cause : engineError(cause, undefined);
  } finally {
    await session.close();
  }
}
