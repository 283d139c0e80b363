import { randomBytes } from 'node:crypto';
import { digest, TableBuilder } from '@countersign/diff';
import type { Diff, Setting } from '@countersign/diff';
import { isFault } from '../fault.ts';
import { sha256 } from '../sha256.ts';
import type { Rehearsed, Road } from '../road.ts';
import type { ServerAccount } from '../server-address.ts';
import { alreadyRan, requireSignedIdentity } from '../standing.ts';
import type { DryRunLimits, RunJob, RunOutcome, Statement, StatementCount } from '../target.ts';
import { TargetError } from '../target-error.ts';
import { ChangedRows } from './changed-rows.ts';
import { engineError } from './engine-error.ts';
import { findEngineMade } from './engine-made.ts';
import type { EngineMade } from './engine-made.ts';
import { insertMarker, readIdentity, readMarker } from './marker.ts';
import { RowCount } from './row-count.ts';
import { readScene } from './scene.ts';
import type { Scene } from './scene.ts';
import { errorNumber, MariadbSession } from './session.ts';
import { pinnedSettings, pinSession, pinWriter, readKind, requireChanging } from './settings.ts';
import type { ServerKind } from './settings.ts';
import type { TableShape } from './table-shapes.ts';
import { toInput } from './values.ts';
import type { Input } from './values.ts';
import { requireWriteTexts } from './write-text.ts';

const noSavepoint = 1305;

/** What is known once the transaction watches. */
interface Watch {
  readonly scene: Scene;
  readonly rows: ChangedRows;
}

/**
 * Statements run for real in a transaction whose end the caller decides. A second session sees what was committed last:
 * of a row that the transaction changed, and so holds, that is the row as it was.
 */
export class Rehearsal implements Road {
  readonly #statements: readonly Statement[];
  readonly #inputs: readonly (readonly Input[])[];
  readonly #limits: DryRunLimits;
  readonly #until: number;
  readonly #writer: MariadbSession;
  readonly #observer: MariadbSession;
  readonly #counts: StatementCount[] = [];
  /** Nobody can name it in a statement, and it is gone when the transaction is. */
  readonly #savepoint = `countersign_${randomBytes(8).toString('hex')}`;
  /** Rows that were changed before the watch: the marker. */
  #ours = 0;
  #kind: ServerKind | undefined;
  #watch: Watch | undefined;

  private constructor(sessions: Sessions, statements: readonly Statement[], limits: DryRunLimits) {
    this.#statements = statements;
    this.#inputs = inputsOf(statements);
    this.#limits = limits;
    this.#until = performance.now() + limits.timeoutMs;
    this.#writer = sessions.writer;
    this.#observer = sessions.observer;
  }

  /** Opens both sessions. @throws TargetError `statement/…` by the texts alone, `target/unreachable`, `target/reads-only` */
  static async open(
    account: ServerAccount,
    statements: readonly Statement[],
    limits: DryRunLimits,
  ): Promise<Rehearsal> {
    requireWriteTexts(statements);
    // What cannot be sent is refused before anything is open.
    inputsOf(statements);
    const rehearsal = new Rehearsal(await openBoth(account), statements, limits);
    try {
      await rehearsal.#pin();
      return rehearsal;
    } catch (cause) {
      await rehearsal.close();
      throw engineError(cause, undefined);
    }
  }

  /** The session that runs the statements. */
  get writer(): MariadbSession {
    return this.#writer;
  }

  async begin(): Promise<void> {
    await asOurs(async () => {
      // The snapshot makes the engine begin at once: a transaction that has not begun has no count of rows.
      await this.#writer.control('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ WRITE');
      await this.#writer.control(`SAVEPOINT ${this.#savepoint}`);
    });
  }

  mark(job: RunJob): Promise<RunOutcome | undefined> {
    return asOurs(async () => {
      requireSignedIdentity(await readIdentity(this.#writer, this.#server()), job.expectedIdentity);
      const standing = alreadyRan(await readMarker(this.#writer, job.requestId));
      // A second run of the same request waits here for the first, and is told when that one committed.
      const ended = standing ?? alreadyRan(await insertMarker(this.#writer, job));
      if (ended === undefined) this.#ours = 1;
      return ended;
    });
  }

  async watch(): Promise<void> {
    await asOurs(async () => {
      const sides = { writer: this.#writer, observer: this.#observer };
      const scene = await readScene(sides, this.#statements, this.#server());
      this.#watch = { scene, rows: new ChangedRows(sides, scene, this.#server().engine, this.#limits) };
    });
  }

  async statement(index: number): Promise<void> {
    const [statement, inputs] = [this.#statements[index], this.#inputs[index]];
    if (statement === undefined || inputs === undefined) throw new RangeError(`no statement ${index}`);
    try {
      const lookAfter = await this.#watched().rows.before(index, statement.sql, inputs);
      const changed = await this.#writer.change(statement.sql, inputs);
      await this.#requireSameTransaction();
      const reads = this.#watched().scene.facts.statements[index]?.writes.length === 0;
      this.#counts.push({ changed: reads ? 0 : changed });
      await lookAfter(changed);
    } catch (cause) {
      throw engineError(cause, index);
    }
  }

  finish(): Promise<Rehearsed> {
    return asOurs(async () => {
      // What looked for rows since the last statement must not have ended it either.
      await this.#requireSameTransaction();
      const counted =
        (await new RowCount(this.#writer, this.#server().engine).read(this.#until)) - this.#ours;
      const made = this.#made();
      const changes = await this.#watched().rows.find(counted, (shape) => this.#builder(shape, made));
      const tables = changes.flatMap(([, builder]) => (builder.count > 0 ? [builder.finish()] : []));
      const diff: Diff = {
        tables,
        schema: [],
        notPreviewed: tables.flatMap(({ table, inserted }) =>
          inserted === 0 ? [] : (made.counters.get(table) ?? []),
        ),
        complete: tables.every((one) => one.changes.length === one.inserted + one.updated + one.deleted),
        environment: [...(await this.#environment()), ...made.settings],
      };
      return { diff, digest: digest(diff, sha256), statements: this.#counts };
    });
  }

  async rollback(): Promise<void> {
    await asOurs(() => this.#writer.control('ROLLBACK'));
  }

  async commit(): Promise<boolean> {
    await asOurs(() => this.#writer.control('COMMIT'));
    return true;
  }

  /** Returns when the server has taken the changes back, however long that takes it within a bound, and ended both sessions. */
  async close(): Promise<void> {
    await Promise.all([this.#writer.takeBack(), this.#observer.end()]);
  }

  async cancel(): Promise<void> {
    await Promise.all([this.#writer.cancel(), this.#observer.cancel()]);
  }

  async #pin(): Promise<void> {
    const kind = await readKind(this.#writer);
    requireChanging(kind);
    this.#kind = kind;
    await Promise.all(
      [this.#writer, this.#observer].map(async (session) => {
        await pinSession(session, kind, this.#limits);
        await pinWriter(session, kind, this.#limits);
      }),
    );
  }

  /** A savepoint lives as long as its transaction: whatever ended that took it away. */
  async #requireSameTransaction(): Promise<void> {
    try {
      await this.#writer.control(`RELEASE SAVEPOINT ${this.#savepoint}`);
    } catch (cause) {
      if (errorNumber(cause) !== noSavepoint) throw cause;
      throw new TargetError('statement/left-transaction', 'statement ended the transaction', { cause });
    }
    await this.#writer.control(`SAVEPOINT ${this.#savepoint}`);
  }

  #made(): EngineMade {
    const { facts, shapes, catalog } = this.#watched().scene;
    return findEngineMade(this.#statements, facts, shapes, this.#server().engine, catalog);
  }

  #builder({ name, columns, key }: TableShape, made: EngineMade): TableBuilder {
    const shape = {
      table: name,
      columns: columns.map((column) => column.name),
      key,
      computed: [...columns.keys()].filter((index) => columns[index]?.computed === true),
      generated: made.columns.get(name) ?? [],
    };
    return new TableBuilder(shape, this.#limits, sha256);
  }

  /** What a second run must share with the first for their digests to agree. */
  async #environment(): Promise<Setting[]> {
    const { engine, version } = this.#server();
    const { rowsImagedMax, imagedBytesMax } = this.#limits;
    return [
      ['engine', `${engine} ${version}`],
      ['imaged_bytes_max', String(imagedBytesMax)],
      ['rows_imaged_max', String(rowsImagedMax)],
      ...(await pinnedSettings(this.#writer, this.#server())),
    ];
  }

  #server(): ServerKind {
    if (this.#kind === undefined) throw new RangeError('the session is not pinned yet');
    return this.#kind;
  }

  #watched(): Watch {
    if (this.#watch === undefined) throw new RangeError('nothing is watched yet');
    return this.#watch;
  }
}

interface Sessions {
  readonly writer: MariadbSession;
  readonly observer: MariadbSession;
}

/** Begins both sessions, or none: the password is read for each, and may be gone for the second. */
async function openBoth(account: ServerAccount): Promise<Sessions> {
  const writer = new MariadbSession(account);
  try {
    return { writer, observer: new MariadbSession(account) };
  } catch (cause) {
    await writer.end();
    throw cause;
  }
}

function inputsOf(statements: readonly Statement[]): readonly (readonly Input[])[] {
  return statements.map(({ params }, index) => params.map((cell) => toInput(cell, index)));
}

/** Does something of our own in the sessions; an error of the engine is ours then. */
async function asOurs<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (isFault(cause)) throw cause;
    throw engineError(cause, undefined);
  }
}
