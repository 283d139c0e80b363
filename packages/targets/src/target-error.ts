/** Every way a target refuses. Those in `retryableCodes` may pass when tried again unchanged. */
export type TargetErrorCode =
  /** The URL is not one of an engine that is supported here. */
  | 'target/bad-url'
  /** The database is not there, is not a database, or cannot be opened. */
  | 'target/unreachable'
  /** The account for reads may do more than read. */
  | 'target/account-writes'
  /** No account for reads is named. */
  | 'target/no-read-account'
  /** The account may not make what a preparation needs, or not see what a dry run needs. */
  | 'target/rights'
  /** Only reads are possible on this engine. */
  | 'target/reads-only'
  /** Our tables are missing: `prepare` has not run. */
  | 'target/not-prepared'
  /** Another database answers than the one that was signed. */
  | 'target/other-database'
  /** Another session holds the write lock. */
  | 'target/busy'
  /** The server for trying definitions on a copy of the schema did not start, or the schema cannot be copied there. */
  | 'target/shadow'
  /** That server is of another release series than the one of the target. */
  | 'target/shadow-version'
  /** The session's process ended by itself. */
  | 'target/session-lost'
  /** The target was closed. */
  | 'target/closed'
  /** No statement, or only white space and comments. */
  | 'statement/empty'
  /** Longer than 1,000,000 bytes. */
  | 'statement/too-long'
  /** A NUL, a lone surrogate, or a byte order mark. */
  | 'statement/bad-text'
  /** More than one statement in a text. */
  | 'statement/several'
  /** BEGIN, COMMIT, END, ROLLBACK, SAVEPOINT, RELEASE. */
  | 'statement/transaction-control'
  /** ATTACH, DETACH. */
  | 'statement/attach'
  /** PRAGMA, as a statement or a table. */
  | 'statement/pragma'
  /** VACUUM, which runs outside transactions and can write files. */
  | 'statement/vacuum'
  /** A first word that is not on the list. */
  | 'statement/unknown-verb'
  /** Parameters with a number, or named ones beside `?`: places are all `?` or, on SQLite, all named. */
  | 'statement/named-parameter'
  /** Another number of parameters than `?` or names in the text. */
  | 'statement/parameter-count'
  /** A parameter that the engine has no value for. */
  | 'statement/bad-parameter'
  /** Temporary objects, where our own observers stand. */
  | 'statement/temporary'
  /** Tables whose names begin with `_countersign`. */
  | 'statement/own-tables'
  /** An action that the guard of the session denies. */
  | 'statement/denied'
  /** A statement that writes, on the road for reads. */
  | 'statement/not-a-read'
  /** A form of SHOW, DESCRIBE, EXPLAIN or HELP whose answer no scope and no mask reaches. */
  | 'statement/not-offered'
  /** The statement ended the transaction (`OR ROLLBACK`, `RAISE(ROLLBACK)`). */
  | 'statement/left-transaction'
  /** It leaves another value of a setting under which its changes are read, or the transaction is bounded or ends. */
  | 'statement/moves-setting'
  /** It changes the schema or the engine's own tables, of which this engine's dry run shows nothing or which it cannot try. */
  | 'statement/changes-schema'
  /** It runs outside transactions, so it must be the only statement of its request, without parameters. */
  | 'statement/runs-alone'
  /** It writes a foreign table, whose rows lie elsewhere. */
  | 'statement/foreign-table'
  /** What it changes cannot be told from its text and the schema, on an engine whose dry run needs to know. */
  | 'statement/unknown-effect'
  /** It changes a table that keeps changes of a transaction that is rolled back. */
  | 'statement/not-transactional'
  /** It changes a table that keeps its own history, whose rows are never twice the same. */
  | 'statement/system-versioned'
  /** The engine counts other changed rows than were found. */
  | 'statement/unproved'
  /** The engine could not make sense of it. */
  | 'statement/invalid'
  /** A constraint or a trigger said no. */
  | 'statement/constraint'
  /** The engine failed otherwise while running it. */
  | 'statement/failed'
  /** A row of more columns than the observers can hold. */
  | 'limit/columns'
  | 'limit/time'
  /** More objects of the schema change than a request can name. */
  | 'limit/objects'
  | 'limit/rows'
  | 'limit/bytes';

export const retryableCodes: readonly TargetErrorCode[] = [
  'target/busy',
  'target/session-lost',
  'target/shadow',
];

/** What to do next, where the code alone says it. */
const hints: Partial<Record<TargetErrorCode, string>> = {
  'statement/invalid':
    'compare names and spelling: `countersign target check NAME` shows the tables, `countersign classify` how the text is read',
  'statement/unknown-verb': 'give SQL alone; `countersign classify` shows how a text is read',
};

/** A refusal of this package. `statement` is the index of the statement that caused it. */
export class TargetError extends Error {
  readonly code: TargetErrorCode;
  readonly statement: number | undefined;
  /** What to do next; undefined when there is nothing to say. */
  readonly hint: string | undefined;

  constructor(
    code: TargetErrorCode,
    message: string,
    options: {
      readonly statement?: number | undefined;
      readonly hint?: string | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'TargetError';
    this.code = code;
    this.statement = options.statement;
    this.hint = options.hint ?? hints[code];
  }

  get retryable(): boolean {
    return retryableCodes.includes(this.code);
  }
}
