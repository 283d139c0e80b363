import { digest, TableBuilder } from '@countersign/diff';
import type { Diff, Setting, TableDiff } from '@countersign/diff';
import { isFault } from '../fault.ts';
import { sha256 } from '../sha256.ts';
import type { Rehearsed, Road } from '../road.ts';
import type { ServerAccount } from '../server-address.ts';
import { alreadyRan, requireSignedIdentity } from '../standing.ts';
import type { DryRunLimits, RunJob, RunOutcome, Statement, StatementCount } from '../target.ts';
import { TargetError } from '../target-error.ts';
import { engineError } from './engine-error.ts';
import { findEngineMade } from './engine-made.ts';
import type { EngineMade } from './engine-made.ts';
import { imageTable } from './images.ts';
import { LockHold } from './lock-hold.ts';
import { insertMarker, readIdentity, readMarker } from './marker.ts';
import type { Input, PostgresSession } from './session.ts';
import { ownPath, pinnedSettings, pinSession, readSearchPath, watchConnection } from './settings.ts';
import { SchemaWatch } from './schema-watch.ts';
import type { SchemaSeen, Standing } from './schema-watch.ts';
import {
  changedBetween,
  describeTouched,
  findTouched,
  heldRelations,
  movedSequences,
  readCounters,
  refuseForeign,
  sameCounters,
} from './touched.ts';
import { openTwo } from './sides.ts';
import type { TransactionStart } from './sides.ts';
import { readSought } from './sought.ts';
import type { Sought } from './sought.ts';
import { together } from './together.ts';
import { TransactionGuard } from './transaction-guard.ts';
import type { Counters, HeldRelation, TouchedTable } from './touched.ts';
import { toInput } from './values.ts';
import { requireWriteTexts } from './write-text.ts';
import type { WriteClass } from './write-text.ts';

/** Everything that one look at the transaction found. */
interface Found {
  readonly seen: SchemaSeen | undefined;
  readonly watched: readonly TableDiff[];
  readonly sequences: readonly string[];
  readonly made: EngineMade;
  readonly environment: readonly Setting[];
}

/** Numbers below this one are of objects that the engine came with. */
const firstNormalOid = 16_384;

function isEngines(oid: string): boolean {
  return Number(oid) < firstNormalOid;
}

/**
 * Statements run for real in a transaction whose end the caller decides. A second session, on the same exported snapshot, sees
 * every row as it was: no trigger is installed and no statement rewritten.
 */
export class Rehearsal implements Road {
  readonly #statements: readonly Statement[];
  readonly #inputs: readonly (readonly Input[])[];
  readonly #limits: DryRunLimits;
  readonly #writer: PostgresSession;
  readonly #observer: PostgresSession;
  readonly #searchPath: string;
  /** Set when the texts change the schema. */
  readonly #schema: SchemaWatch | undefined;
  readonly #hold: LockHold;
  #counts: StatementCount[] = [];
  /** Those in which statements look for bare names. */
  #schemas: readonly string[] = [];
  #counters: Counters = new Map();
  readonly #guard: TransactionGuard;
  #start: TransactionStart = { transaction: '', group: '' };

  private constructor(
    statements: readonly Statement[],
    limits: DryRunLimits,
    sessions: { readonly writer: PostgresSession; readonly observer: PostgresSession },
    searchPath: string,
    kind: WriteClass,
  ) {
    this.#statements = statements;
    this.#inputs = statements.map(({ params }, index) => params.map((cell) => toInput(cell, index)));
    this.#limits = limits;
    this.#writer = sessions.writer;
    this.#guard = new TransactionGuard(sessions.writer, searchPath);
    this.#observer = sessions.observer;
    this.#searchPath = searchPath;
    this.#schema = kind === 'schema' ? new SchemaWatch(sessions, limits) : undefined;
    this.#hold = new LockHold(limits.lockedMs, () => this.cancel());
  }

  /** Opens both sessions. @throws TargetError `statement/…` by the texts alone, `target/unreachable` */
  static async open(
    account: ServerAccount,
    statements: readonly Statement[],
    limits: DryRunLimits,
  ): Promise<Rehearsal> {
    const kind = requireWriteTexts(statements);
    for (const [index, { params }] of statements.entries()) params.forEach((cell) => toInput(cell, index));
    const [writer, observer] = await openTwo(account);
    try {
      const [searchPath] = await Promise.all([
        readSearchPath(writer),
        watchConnection(writer),
        watchConnection(observer),
      ]);
      return new Rehearsal(statements, limits, { writer, observer }, searchPath, kind);
    } catch (cause) {
      await Promise.all([writer.close(), observer.close()]);
      throw engineError(cause, undefined);
    }
  }

  /** Begins both transactions on one snapshot. */
  begin(): Promise<void> {
    return this.#asOurs(() => this.#begin());
  }

  mark(job: RunJob): Promise<RunOutcome | undefined> {
    return this.#asOurs(async () => {
      requireSignedIdentity(await readIdentity(this.#writer), job.expectedIdentity);
      const standing = alreadyRan(await readMarker(this.#writer, job.requestId));
      // A second run of the same request waits here for the first, and is refused when that one committed.
      if (standing === undefined) await insertMarker(this.#writer, job);
      return standing;
    });
  }

  /** Sets up the watch: what was written before is ours and stays out of the diff. */
  watch(): Promise<void> {
    return this.#asOurs(async () => {
      this.#counters = await readCounters(this.#writer);
      await this.#schema?.begin();
      [, this.#schemas] = await together([this.#guard.begin(), this.#readSchemas()]);
    });
  }

  /** Runs the statement at `index`. @throws TargetError `statement/…`, `limit/…`, `target/busy` */
  statement(index: number): Promise<void> {
    return this.#asOurs(() => this.#statement(index));
  }

  /** Says what the statements changed. */
  finish(): Promise<Rehearsed> {
    return this.#asOurs(() => this.#finish());
  }

  async rollback(): Promise<void> {
    await this.#asOurs(() => this.#writer.query('ROLLBACK'));
  }

  /** Commits. @returns false when the server rolled back instead */
  async commit(): Promise<boolean> {
    const { command } = await this.#asOurs(() => this.#writer.query('COMMIT'));
    return command === 'COMMIT';
  }

  /** Ends both sessions; what was not committed is rolled back. Returns when the server has ended them. */
  async close(): Promise<void> {
    this.#hold.stop();
    await Promise.all([this.#rollBack(), this.#observer.close()]);
  }

  /** Tells the server to give up what runs in either session. */
  async cancel(): Promise<void> {
    await Promise.all([this.#writer.cancel(), this.#observer.cancel()]);
  }

  /** Does something in the sessions; an error of the engine is ours then, also one that comes of locks held too long. */
  async #asOurs<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      if (isFault(cause)) throw cause;
      throw engineError(this.#hold.explain(cause), undefined);
    }
  }

  async #begin(): Promise<void> {
    const { timeoutMs, busyMs } = this.#limits;
    const bounds: readonly Setting[] = [
      ['lock_timeout', String(Math.max(1, busyMs))],
      ['statement_timeout', String(Math.max(1, timeoutMs))],
      ['idle_in_transaction_session_timeout', String(timeoutMs + 60_000)],
    ];
    const [snapshot] = await together([
      this.#observe(bounds),
      pinSession(this.#writer, ownPath, [...bounds, ['synchronous_commit', 'on']]),
      this.#requireCounts(),
      this.#writer.query('BEGIN ISOLATION LEVEL REPEATABLE READ'),
    ]);
    const [, { rows }] = await together([
      this.#writer.query(`SET TRANSACTION SNAPSHOT '${snapshot}'`),
      // The age of group 1 is the number of the next one, less one.
      this.#writer.query(
        `SELECT pg_catalog.pg_current_xact_id()::xid, (pg_catalog.mxid_age('1'::xid)::bigint & 4294967295) + 1`,
      ),
    ]);
    const [transaction, group] = rows[0] ?? [];
    this.#start = { transaction: transaction ?? '', group: group ?? '' };
  }

  /** Begins the observer's transaction and returns the name of its snapshot. */
  async #observe(bounds: readonly Setting[]): Promise<string> {
    const [, , , snapshot] = await together([
      pinSession(this.#observer, ownPath, [...bounds, ['default_transaction_read_only', 'on']]),
      this.#observer.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY'),
      // Where a policy would hide rows the engine refuses instead.
      this.#observer.query('SET LOCAL row_security = off'),
      this.#observer.first('SELECT pg_catalog.pg_export_snapshot()'),
    ]);
    return snapshot ?? '';
  }

  /** Nothing that we ask changes rows. @throws TargetError `statement/failed` when something did since */
  async #requireSettled(counters: Counters): Promise<void> {
    if (sameCounters(counters, await readCounters(this.#writer))) return;
    throw new TargetError('statement/failed', 'rows changed while the changes were read, expected none to');
  }

  async #requireCounts(): Promise<void> {
    if ((await this.#writer.first(`SELECT pg_catalog.current_setting('track_counts')`)) === 'on') return;
    throw new TargetError('target/unreachable', 'server counts no changed rows, expected track_counts on');
  }

  async #statement(index: number): Promise<void> {
    const statement = this.#statements[index];
    if (statement === undefined) throw new RangeError(`no statement ${index}`);
    if (this.#schema !== undefined) this.#hold.start();
    try {
      const { changed, command } = await this.#writer.stream(
        statement.sql,
        this.#inputs[index] ?? [],
        () => true,
      );
      this.#counts.push({ changed: command === 'SELECT' ? 0 : changed });
    } catch (cause) {
      throw engineError(cause, index);
    }
    await this.#guard.requireStanding(index);
  }

  async #rollBack(): Promise<void> {
    await this.#writer.query('ROLLBACK').catch(() => undefined);
    await this.#writer.close();
  }

  async #again(): Promise<void> {
    this.#counts = [];
    await this.#guard.beginAgain();
    for (const index of this.#statements.keys()) await this.#statement(index);
    await this.#guard.endDeferred();
  }

  async #finish(): Promise<Rehearsed> {
    await this.#guard.endDeferred();
    const standing = await this.#schema?.settle({
      again: () => this.#again(),
      released: () => {
        this.#hold.stop();
      },
    });
    const held = heldRelations(this.#writer);
    const counting = readCounters(this.#writer);
    const [touched, sequences, counters, environment] = await together([
      this.#touched(counting, standing, held),
      this.#movedSequences(standing, held),
      counting,
      this.#environment(),
      this.#requireCounts(),
      this.#writer.query('SET LOCAL row_security = off'),
    ]);
    const total = touched.reduce((sum, { changed }) => sum + changed, 0);
    if (total > this.#limits.rowsMax) {
      throw new TargetError('limit/rows', `statements change more than ${this.#limits.rowsMax} rows`);
    }
    const compared = standing?.compared.flatMap(({ after }) => after ?? []) ?? [];
    const made = findEngineMade(this.#statements, [...touched, ...compared], this.#schemas);
    const seen = standing === undefined ? undefined : await this.#schema?.finish(standing, made.columns);
    const watched = await this.#watchedTables(touched, made);
    await this.#schema?.requireUnmoved();
    await this.#requireSettled(counters);
    return this.#rehearsed({ seen, watched, sequences, made, environment });
  }

  /** Tables whose rows the two sessions image between them. */
  async #touched(
    counters: Promise<Counters>,
    standing: Standing | undefined,
    held: Promise<readonly HeldRelation[]>,
  ): Promise<TouchedTable[]> {
    if (standing === undefined) {
      const [before, after] = [this.#counters, await counters];
      return findTouched(this.#writer, changedBetween(before, after), held);
    }
    refuseForeign(await held);
    const compared = new Set(standing.compared.map(({ after }) => after?.oid));
    const watched = [...standing.counters].filter(([oid]) => !compared.has(oid) && !isEngines(oid));
    return describeTouched(this.#writer, new Map(watched));
  }

  async #movedSequences(
    standing: Standing | undefined,
    held: Promise<readonly HeldRelation[]>,
  ): Promise<string[]> {
    const moved = movedSequences(await held);
    const lasting = standing === undefined ? undefined : this.#schema?.standingSequences(standing);
    return lasting === undefined ? moved : moved.filter((name) => lasting.has(name));
  }

  async #watchedTables(touched: readonly TouchedTable[], made: EngineMade): Promise<readonly TableDiff[]> {
    const tables: TableDiff[] = [];
    const budget = { bytes: this.#limits.bytesMax };
    // What a change of the schema does to the counters is not reasoned about.
    const sought =
      this.#schema === undefined
        ? await readSought(this.#writer, touched, this.#statements, this.#inputs, this.#limits)
        : undefined;
    for (const table of touched) {
      const builder = await this.#image(table, made, budget, sought?.get(table.oid));
      if (builder.count > 0) tables.push(builder.finish());
    }
    return tables;
  }

  #rehearsed({ seen, watched, sequences, made, environment }: Found): Rehearsed {
    const tables = [...watched, ...(seen?.tables ?? [])].toSorted((a, b) =>
      Buffer.compare(Buffer.from(a.table), Buffer.from(b.table)),
    );
    const diff: Diff = {
      tables,
      schema: seen?.schema ?? [],
      notPreviewed: [
        ...sequences.map((name) => `sequence ${name} moves, also when nothing is committed`),
        ...(seen?.notPreviewed ?? []),
      ],
      complete: tables.every((one) => one.changes.length === one.inserted + one.updated + one.deleted),
      environment: [...environment, ...made.settings, ...(seen?.settings ?? [])],
    };
    return { diff, digest: digest(diff, sha256), statements: this.#counts };
  }

  async #image(
    table: TouchedTable,
    made: EngineMade,
    budget: { bytes: number },
    sought: Sought | undefined,
  ): Promise<TableBuilder> {
    const shape = {
      table: table.name,
      columns: table.columns.map(({ name }) => name),
      key: table.key,
      computed: [...table.columns.keys()].filter((index) => table.columns[index]?.computed === true),
      generated: made.columns.get(table.name) ?? [],
    };
    const builder = new TableBuilder(shape, this.#limits, sha256);
    const sides = { writer: this.#writer, observer: this.#observer, start: this.#start };
    const way = { rowsHeldMax: this.#limits.rowsHeldMax, sought };
    await imageTable(sides, table, budget, builder, way);
    return builder;
  }

  async #readSchemas(): Promise<readonly string[]> {
    const json = await this.#writer.first('SELECT pg_catalog.to_json(pg_catalog.current_schemas(false))');
    const list: unknown = JSON.parse(json ?? '[]');
    return Array.isArray(list) ? list.map(String) : [];
  }

  /** What a second run must share with the first for their digests to agree. */
  async #environment(): Promise<Setting[]> {
    const [version, pinned] = await together([
      this.#writer.first(`SELECT pg_catalog.current_setting('server_version')`),
      pinnedSettings(this.#writer, this.#searchPath),
    ]);
    const { rowsImagedMax, imagedBytesMax } = this.#limits;
    return [
      ['engine', `postgres ${version ?? ''}`],
      ['imaged_bytes_max', String(imagedBytesMax)],
      ['rows_imaged_max', String(rowsImagedMax)],
      ...pinned,
    ];
  }
}
