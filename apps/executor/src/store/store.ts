import Database from 'better-sqlite3';
import { chmodSync, existsSync } from 'node:fs';
import { ExecutorError } from '../executor-error.ts';
import type { DecisionRow, RequestRow } from './request-row.ts';
import { isMove, storeMigrations, storeSchema, storeVersion, type RequestState } from './schema.ts';

/** Columns of a request that a move between states may set beside the state itself. */
export type RequestChange = Partial<
  Omit<RequestRow, 'id' | 'sequence' | 'state' | 'submission' | 'submitter' | 'madeAt'>
>;

const requestColumns: Readonly<Record<keyof RequestRow, string>> = {
  id: 'id',
  sequence: 'sequence',
  state: 'state',
  target: 'target',
  submitter: 'submitter',
  madeAt: 'made_at',
  changedAt: 'changed_at',
  submission: 'submission',
  facts: 'facts',
  verdict: 'verdict',
  sealed: 'sealed',
  digest: 'digest',
  entryIndex: 'entry_index',
  pages: 'pages',
  reviewBy: 'review_by',
  runBy: 'run_by',
  follows: 'follows',
  attempt: 'attempt',
  receipt: 'receipt',
  asRun: 'as_run',
  code: 'code',
  detail: 'detail',
};
const requestList = Object.entries(requestColumns)
  .map(([name, column]) => `${column} AS "${name}"`)
  .join(', ');
const decisionList =
  'digest, request_id AS "requestId", kid, person, sequence, choice, step, roles, in_chain AS "inChain", bytes, entry_index AS "entryIndex", refused';

type StoredDecision = Omit<DecisionRow, 'roles' | 'inChain'> & {
  readonly roles: string;
  readonly inChain: number;
};

/** Pages of the write-ahead log, of 4 KiB, after which a commit also brings them into the file. */
const checkpointPages = 8_000;

/** The executor's requests and decisions; the ledger lies in the same file (see `StoredLedger`). */
export class Store {
  readonly database: Database.Database;
  readonly #statements = new Map<string, Database.Statement>();
  /** Made once: the driver makes four functions for each that it is given. */
  readonly #transaction: Database.Transaction<(work: () => unknown) => unknown>;

  private constructor(database: Database.Database) {
    this.database = database;
    this.#transaction = database.transaction((work) => work());
  }

  /**
   * Opens the store at `path`, or makes it when `create` is set.
   * @throws `home/store-damaged`, `home/store-version`, `home/exists`, `home/disk-full`, `home/read-only`, `home/busy`
   */
  static open(path: string, options: { create: boolean }): Store {
    if (options.create && existsSync(path))
      throw new ExecutorError('home/exists', `${path} is already there`);
    let database: Database.Database;
    try {
      database = new Database(path, { fileMustExist: !options.create, timeout: 10_000 });
      database.pragma('journal_mode = WAL');
      database.pragma('synchronous = FULL');
      database.pragma('foreign_keys = ON');
      // What a savepoint may have to take back is else written to a file that is made anew for each larger transaction.
      database.pragma('temp_store = MEMORY');
      // Pages that are written again and again go to the file once for so many, and one commit in many waits for that.
      database.pragma(`wal_autocheckpoint = ${checkpointPages}`);
    } catch (cause) {
      const failure = storeFailure(cause);
      if (failure !== undefined) throw failure;
      throw damagedStore(path, cause);
    }
    if (options.create) {
      chmodSync(path, 0o600);
      database.transaction(() => {
        database.exec(storeSchema);
        database.pragma(`user_version = ${storeVersion}`);
      })();
    }
    const version = migrate(database, path);
    if (version !== storeVersion) {
      database.close();
      throw new ExecutorError(
        'home/store-version',
        `${path} has store version ${String(version)}, expected ${storeVersion}`,
      );
    }
    return new Store(database);
  }

  close(): void {
    this.database.close();
  }

  /**
   * Returns the statement of a text of our own, compiled once: compiling costs several times what running it does.
   * A text is used with `pluck` always or never, since the statement keeps that mode.
   */
  prepare<P extends unknown[] = unknown[], R = unknown>(sql: string): Database.Statement<P, R> {
    const known = this.#statements.get(sql);
    const statement = known ?? this.database.prepare(sql);
    if (known === undefined) this.#statements.set(sql, statement);
    return statement as Database.Statement<P, R>;
  }

  /**
   * Runs `work` in one immediate transaction: all of it is on disk when this returns, or none.
   * @throws `home/disk-full`, `home/read-only`, `home/busy`, and whatever `work` throws
   */
  atomically<T>(work: () => T): T {
    try {
      return this.#transaction.immediate(work) as T;
    } catch (error) {
      throw storeFailure(error) ?? error;
    }
  }

  /** Inside `atomically`: runs `work` in a savepoint, so that what it did goes when it throws, and nothing else. */
  apart<T>(work: () => T): T {
    return this.#transaction(work) as T;
  }

  /** Runs `work`, which only reads, on the store as it stands when it begins, whatever other processes write meanwhile. */
  consistently<T>(work: () => T): T {
    return this.#transaction(work) as T;
  }

  nextSequence(): number {
    return this.prepare<[], number>('SELECT coalesce(max(sequence), 0) + 1 FROM request').pluck().get() ?? 1;
  }

  insertRequest(row: RequestRow): void {
    const names = Object.keys(requestColumns) as (keyof RequestRow)[];
    const columns = names.map((name) => requestColumns[name]).join(', ');
    this.prepare(
      `INSERT INTO request (${columns}) VALUES (${names.map((name) => `@${name}`).join(', ')})`,
    ).run(row);
  }

  /** Returns the request with this id, or undefined. */
  request(id: Uint8Array): RequestRow | undefined {
    return this.#read(this.prepare(`SELECT ${requestList} FROM request WHERE id = ?`).get(id));
  }

  /** Returns how the request with this id stands, without reading its records; undefined when there is none. */
  stateOf(id: Uint8Array): RequestState | undefined {
    return this.prepare<[Uint8Array], RequestState>('SELECT state FROM request WHERE id = ?').pluck().get(id);
  }

  /** Returns what changes whenever there is news of a request, without reading its records; undefined when there is none. */
  news(id: Uint8Array): string | undefined {
    return this.prepare<[Uint8Array], string>(
      `SELECT state || ' ' || attempt || ' ' || coalesce(
         (SELECT max(entry_index) FROM decision WHERE request_id = request.id), '') FROM request WHERE id = ?`,
    )
      .pluck()
      .get(id);
  }

  /** Returns requests, newest first, of one state or all. */
  requests(state: RequestState | undefined, countMax: number): readonly RequestRow[] {
    const rows = this.prepare(
      `SELECT ${requestList} FROM request WHERE @state IS NULL OR state = @state ORDER BY sequence DESC LIMIT @countMax`,
    ).all({ state: state ?? null, countMax });
    return rows.flatMap((row) => this.#read(row) ?? []);
  }

  /** Returns requests, newest first, that were numbered before `before`; of one state and one submitter when they are given. */
  requestsBefore(page: {
    readonly before: number;
    readonly state: RequestState | null;
    readonly submitter: string | null;
    readonly countMax: number;
  }): readonly RequestRow[] {
    const rows = this.prepare(
      `SELECT ${requestList} FROM request WHERE sequence < @before AND (@state IS NULL OR state = @state)
       AND (@submitter IS NULL OR submitter = @submitter) ORDER BY sequence DESC LIMIT @countMax`,
    ).all(page);
    return rows.flatMap((row) => this.#read(row) ?? []);
  }

  /** Returns the requests whose id begins with these bytes, in hex; at most two, to tell one from several. */
  requestsByPrefix(hexPrefix: string): readonly RequestRow[] {
    const rows = this.prepare(
      `SELECT ${requestList} FROM request WHERE substr(lower(hex(id)), 1, ?) = ? LIMIT 2`,
    ).all(hexPrefix.length, hexPrefix);
    return rows.flatMap((row) => this.#read(row) ?? []);
  }

  /**
   * Moves a request from one state to another and sets `change`; inside a transaction with the ledger entry that says so.
   * @throws `request/state` when the request is in another state by now, or the state machine has no such move
   */
  move(
    id: Uint8Array,
    from: RequestState,
    to: RequestState,
    change: RequestChange & { readonly changedAt: number },
  ): void {
    if (!isMove(from, to))
      throw new ExecutorError('request/state', `a request that is ${from} cannot become ${to}`);
    const names = Object.keys(change) as (keyof RequestRow)[];
    const assignments = names.map((name) => `${requestColumns[name]} = @${name}`).join(', ');
    const result = this.prepare(
      `UPDATE request SET state = @to, ${assignments} WHERE id = @id AND state = @from`,
    ).run({ ...change, id, from, to });
    if (result.changes !== 1) {
      throw new ExecutorError('request/state', `the request is no longer ${from}`, {
        hint: 'look at it with `countersign show`',
      });
    }
  }

  /**
   * Keeps the pages of what a run is about to commit; on disk when this returns.
   * @throws `request/state` when that attempt is not the one that runs
   */
  keepAsRun(id: Uint8Array, attempt: number, asRun: Uint8Array): void {
    const { changes } = this.atomically(() =>
      this.prepare(
        "UPDATE request SET as_run = @asRun WHERE id = @id AND state = 'running' AND attempt = @attempt",
      ).run({ id, attempt, asRun }),
    );
    if (changes !== 1) throw new ExecutorError('request/state', 'another attempt runs the request');
  }

  /** Keeps a decision; one that was refused for a gap in its key's chain may come again and take its place. */
  putDecision(row: DecisionRow): void {
    this.prepare(
      'INSERT OR REPLACE INTO decision (digest, request_id, kid, person, sequence, choice, step, roles, in_chain, bytes, entry_index, refused) ' +
        'VALUES (@digest, @requestId, @kid, @person, @sequence, @choice, @step, @roles, @inChain, @bytes, @entryIndex, @refused)',
    ).run({ ...row, roles: JSON.stringify(row.roles), inChain: row.inChain ? 1 : 0 });
  }

  /** Returns the decision with this hash of its signed bytes, or undefined. */
  decision(digest: Uint8Array): DecisionRow | undefined {
    return this.#decisions('WHERE digest = ?', digest)[0];
  }

  /** Returns every authentic decision on a request in ledger order. */
  decisionsOf(requestId: Uint8Array): readonly DecisionRow[] {
    return this.#decisions('WHERE request_id = ? ORDER BY entry_index', requestId);
  }

  /** Returns the head of the chain of a key's decisions, or undefined. */
  chainHead(kid: Uint8Array): DecisionRow | undefined {
    return this.#decisions('WHERE kid = ? AND in_chain = 1 ORDER BY sequence DESC LIMIT 1', kid)[0];
  }

  #decisions(where: string, key: Uint8Array): readonly DecisionRow[] {
    return this.prepare<[Uint8Array], StoredDecision>(`SELECT ${decisionList} FROM decision ${where}`)
      .all(key)
      .map((row) => ({ ...row, roles: JSON.parse(row.roles) as string[], inChain: row.inChain === 1 }));
  }

  #read(row: unknown): RequestRow | undefined {
    return row === undefined ? undefined : (row as RequestRow);
  }
}

/** Brings an older store up to date, one version a transaction, and returns the version it has then. */
function migrate(database: Database.Database, path: string): unknown {
  const version = (): unknown => database.pragma('user_version', { simple: true });
  const step = database.transaction((): boolean => {
    const migration = storeMigrations.get(Number(version()));
    if (migration === undefined) return false;
    database.exec(migration);
    database.pragma(`user_version = ${Number(version()) + 1}`);
    return true;
  });
  try {
    while (step.immediate());
    return version();
  } catch (cause) {
    database.close();
    throw storeFailure(cause) ?? damagedStore(path, cause);
  }
}

function damagedStore(path: string, cause: unknown): ExecutorError {
  return new ExecutorError('home/store-damaged', `${path} cannot be opened as the executor's store`, {
    cause,
    hint: 'restore the home from a backup; requests that ran since are refused by their markers',
  });
}

/** Returns what the surroundings did to the store, when they and not its content are the cause. */
export function storeFailure(cause: unknown): ExecutorError | undefined {
  if (!(cause instanceof Database.SqliteError)) return undefined;
  const { code } = cause;
  const settled = 'a run that was begun is settled by its marker';
  if (code === 'SQLITE_FULL' || code.startsWith('SQLITE_IOERR')) {
    return new ExecutorError(
      'home/disk-full',
      `the store cannot be written (${code}); this step was not recorded`,
      {
        cause,
        hint: `free disk space, then try again; ${settled}`,
      },
    );
  }
  if (code.startsWith('SQLITE_READONLY')) {
    return new ExecutorError('home/read-only', 'the store may only be read; this step was not recorded', {
      cause,
      hint: `make it writable, then try again; ${settled}`,
    });
  }
  if (code.startsWith('SQLITE_BUSY')) {
    return new ExecutorError('home/busy', 'another countersign process holds the store', {
      cause,
      hint: 'try again',
    });
  }
  return undefined;
}
