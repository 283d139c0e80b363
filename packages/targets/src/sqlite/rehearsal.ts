import type { StatementSync } from 'node:sqlite';
import { digest } from '@countersign/diff';
import type { Diff, Setting, TableDiff } from '@countersign/diff';
import type { Rehearsed } from '../road.ts';
import type { DryRunLimits, Statement, StatementCount } from '../target.ts';
import { sha256 } from '../sha256.ts';
import { TargetError } from '../target-error.ts';
import { CaptureObserver } from './capture.ts';
import { Connection, engineVersion, pinnedSettings } from './connection.ts';
import { newlyBroken, readBrokenKeys } from './deferred-keys.ts';
import { engineError, isFull, runError } from './engine-error.ts';
import { visible } from '../visible-text.ts';
import { findEngineMade, insertsRows, nothingMade } from './engine-made.ts';
import type { EngineMade, StatementWrites } from './engine-made.ts';
import { Guard } from './guard.ts';
import type { Observer } from './observer.ts';
import { ScanObserver } from './scan.ts';
import { compareSchemas, countOwnObjects, readSchema } from './schema-snapshot.ts';
import type { SchemaObject } from './schema-snapshot.ts';
import { imageSequences, movedSequences, readSequences } from './sequences.ts';
import type { Sequences } from './sequences.ts';
import { admitStatement, requireWhole } from './statement-gate.ts';
import type { StatementClass } from './statement-gate.ts';
import { readShapes } from './table-shapes.ts';
import type { Shapes } from './table-shapes.ts';
import { bindingsOf, toInput } from './values.ts';

/** The state before the statements, as far as it is compared by hand. */
interface Before {
  readonly schema: readonly SchemaObject[];
  readonly sequences: Sequences;
  readonly shapes: Shapes;
  readonly ownObjects: number;
}

/**
 * Statements run for real in a transaction whose end the caller decides: `begin`, `statement` for
 * each, `finish`, then `commit` or `close`, which rolls back whatever was not committed.
 */
export class Rehearsal {
  readonly connection: Connection;
  readonly #path: string;
  readonly #statements: readonly Statement[];
  readonly #limits: DryRunLimits;
  readonly #guard: Guard;
  readonly #classes: readonly StatementClass[];
  readonly #changesSchema: boolean;
  readonly #counts: StatementCount[] = [];
  readonly #writes: StatementWrites[] = [];
  #observer: Observer | undefined;
  #before: Before | undefined;

  /** @throws TargetError `statement/…` by the texts alone, before a connection is made; `target/…` */
  constructor(path: string, statements: readonly Statement[], limits: DryRunLimits) {
    if (statements.length === 0) throw new TargetError('statement/empty', 'no statement, expected one');
    const classes = statements.map((one, index) => admitStatement(one, index, false));
    for (const [index, one] of statements.entries()) one.params.forEach((cell) => toInput(cell, index));
    this.#path = path;
    this.#statements = statements;
    this.#limits = limits;
    this.#classes = classes;
    this.#changesSchema = classes.includes('schema');
    this.connection = new Connection(path, { readOnly: false, busyMs: limits.busyMs });
    this.#guard = Guard.forWriting(this.connection.database, this.connection.prefix, this.#changesSchema);
  }

  /** Takes the write lock. @throws TargetError `target/busy` */
  begin(): void {
    this.own(() => this.connection.run('BEGIN IMMEDIATE'));
  }

  /** Sets up the watch. The tables of this package may have been written before; what follows is seen. */
  watch(): void {
    this.own(() => {
      const shapes = readShapes(this.connection);
      this.#before = {
        schema: readSchema(this.connection),
        sequences: readSequences(this.connection),
        shapes,
        ownObjects: countOwnObjects(this.connection),
      };
      this.#observer = this.#changesSchema
        ? new ScanObserver(this.connection, this.#openOld(), this.#guard, this.#limits)
        : new CaptureObserver(this.connection, shapes.tables, this.#limits);
    });
  }

  /** Runs the statement at `index`. @throws TargetError `statement/…`, `limit/…` */
  statement(index: number): void {
    const statement = this.#statements[index];
    if (statement === undefined) throw new RangeError(`no statement ${index}`);
    this.#guard.takeWritesRows();
    this.#guard.takeRowWrites();
    const compiled = this.#compile(statement, index);
    const writesRows = this.#guard.takeWritesRows() && this.#classes[index] === 'rows';
    requireWhole(statement.sql, compiled.sourceSQL, index);
    const inputs = bindingsOf(compiled, statement, index);
    try {
      const { changes } = compiled.run(...inputs);
      this.#counts.push({ changed: writesRows ? Number(changes) : 0 });
    } catch (cause) {
      // Where there is no more room the engine itself ends the transaction.
      if (!isFull(cause)) this.#requireTransaction(index);
      throw this.#refusal(cause, index, () => runError(cause, index));
    }
    this.#requireTransaction(index);
    this.#writes.push({ sql: statement.sql, writes: this.#guard.takeRowWrites() });
    this.own(() => this.#observer?.check());
    this.#requireOwnTables(index);
  }

  /** Says what the statements changed. */
  async finish(): Promise<Rehearsed> {
    const [observer, before] = [this.#observer, this.#before];
    if (observer === undefined || before === undefined) throw new Error('finish before watch');
    const made = await this.#engineMade(before);
    return this.own(() => {
      const observed = observer.finish(made.columns);
      const sequences = this.#sequences(before.sequences);
      const tables = [...observed.tables, ...sequences.tables].toSorted((a, b) =>
        Buffer.compare(Buffer.from(a.table), Buffer.from(b.table)),
      );
      const diff: Diff = {
        tables,
        schema: compareSchemas(before.schema, readSchema(this.connection)),
        notPreviewed: [
          ...observed.notPreviewed,
          ...sequences.notes,
          ...this.#virtualNotes(before.shapes),
          ...this.#statisticsNotes(),
        ].toSorted(),
        complete: tables.every((one) => one.changes.length === one.inserted + one.updated + one.deleted),
        environment: [...this.#environment(), ...made.settings],
      };
      return { diff, digest: digest(diff, sha256), statements: this.#counts };
    });
  }

  /**
   * Rolls back when a commit would fail for a deferred foreign key, which the engine says at the commit only.
   * Rows that broke the key before are no fault of the statements: they are counted after the rollback.
   * @throws TargetError `statement/constraint`
   */
  foreseeCommit({ tables }: Diff): void {
    this.own(() => {
      const changed = tables.map(({ table }) => table);
      const after = readBrokenKeys(this.connection, changed);
      if (after.size === 0) return;
      this.connection.run('ROLLBACK');
      const [broken] = newlyBroken(readBrokenKeys(this.connection, changed), after);
      if (broken === undefined) return;
      throw new TargetError(
        'statement/constraint',
        `deferred foreign key of table ${visible(broken)} is broken at the end, expected every row to refer to one`,
      );
    });
  }

  /** Commits; deferred constraints are judged here. @throws TargetError `statement/constraint`, `target/busy` */
  commit(): void {
    this.#observer?.close();
    this.own(() => this.connection.run('COMMIT'));
  }

  /** Closes the session; what was not committed is rolled back. */
  close(): void {
    this.#observer?.close();
    if (this.connection.database.isOpen && this.connection.database.isTransaction) {
      this.own(() => this.connection.run('ROLLBACK'));
    }
    this.connection.close();
  }

  /** Runs statements of our own, the guard down, engine errors told as ours. */
  own<T>(work: () => T): T {
    try {
      return this.#guard.trusted(work);
    } catch (cause) {
      throw engineError(cause, undefined, 'statement/failed');
    }
  }

  #compile({ sql }: Statement, index: number): StatementSync {
    this.#guard.takeRefusal();
    try {
      return this.connection.database.prepare(sql);
    } catch (cause) {
      throw this.#refusal(cause, index, () => engineError(cause, index, 'statement/invalid'));
    }
  }

  #refusal(cause: unknown, index: number, otherwise: () => TargetError): TargetError {
    const code = this.#guard.takeRefusal();
    if (code === undefined) return otherwise();
    return new TargetError(code, 'statement does what is not allowed here', { statement: index, cause });
  }

  #requireTransaction(index: number): void {
    if (this.connection.database.isTransaction) return;
    throw new TargetError('statement/left-transaction', 'statement ended the transaction', {
      statement: index,
    });
  }

  /** The authorizer is not told the new name of a table: one of ours would be watched by nobody. */
  #requireOwnTables(index: number): void {
    if (!this.#changesSchema) return;
    const now = this.own(() => countOwnObjects(this.connection));
    if (now === this.#before?.ownObjects) return;
    throw new TargetError('statement/own-tables', 'statement takes a name that begins with _countersign', {
      statement: index,
    });
  }

  #openOld(): Connection {
    return new Connection(this.#path, { readOnly: true, busyMs: this.#limits.busyMs });
  }

  #sequences(before: Sequences): { tables: TableDiff[]; notes: string[] } {
    const after = readSequences(this.connection);
    if (!this.#guard.writesSequence) {
      const moved = movedSequences(before, after);
      return { tables: [], notes: moved.map((name) => `AUTOINCREMENT counter of table ${name}`) };
    }
    const table = imageSequences(before, after, this.#limits);
    return { tables: table === undefined ? [] : [table], notes: [] };
  }

  #virtualNotes({ virtual }: Shapes): string[] {
    const after = this.#changesSchema ? readShapes(this.connection).virtual : virtual;
    return [...new Map([...virtual, ...after])].flatMap(([lower, name]) =>
      this.#guard.written.has(lower) ? [`index and shadow rows of virtual table ${name}`] : [],
    );
  }

  /** The engine allows no trigger on its tables of statistics, so nobody watched them. */
  #statisticsNotes(): string[] {
    const tables = [...this.#guard.written].filter((name) => /^sqlite_stat[0-9]$/.test(name));
    return tables.map((name) => `rows of ${name}, the statistics of the query planner`);
  }

  /** When the schema changes, the texts do not say what the engine ran: everything is bound. */
  #engineMade({ shapes, schema }: Before): EngineMade | Promise<EngineMade> {
    if (this.#changesSchema || !insertsRows(this.#writes)) return nothingMade;
    return findEngineMade(this.#writes, shapes.tables, schema);
  }

  /** What a second run must share with the first for their digests to agree. */
  #environment(): Setting[] {
    const { rowsImagedMax, imagedBytesMax } = this.#limits;
    return [
      ['engine', `sqlite ${engineVersion(this.connection)}`],
      ['imaged_bytes_max', String(imagedBytesMax)],
      ['rows_imaged_max', String(rowsImagedMax)],
      ...pinnedSettings(this.connection),
    ];
  }
}
