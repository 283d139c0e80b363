import type { Cell, Diff, Hash, Row, Setting, Tolerance } from '@countersign/diff';
import type {
  Catalog,
  CatalogCascade,
  CatalogTable,
  CatalogTrigger,
  TrustedFunction,
} from '@countersign/sql';
import type { SchemaPart } from './schema-parts.ts';

export type Engine = 'sqlite' | 'postgres' | 'mysql' | 'mariadb';

/** Exact SQL text of one statement, and its typed parameters in order. */
export interface Statement {
  readonly sql: string;
  readonly params: readonly Cell[];
}

/** A database that requests are run against. One object for each configured target; safe to share. */
export interface Target {
  readonly name: string;
  readonly engine: Engine;
  /** Reads what identifies the database and its schema. Changes nothing. */
  inspect(): Promise<TargetFacts>;
  /**
   * What `inspect` found at most a second ago, or finds now: enough to judge a read by or to deny, never to sign. Undefined where nothing
   * is kept between calls.
   */
  glance(): Promise<TargetFacts | undefined>;
  /**
   * Creates the marker and identity tables where they are missing, on a server the account for reads too, and grants it SELECT.
   * @throws TargetError `target/rights` when an administrator has to do it
   */
  prepare(): Promise<void>;
  /** What `prepare` would do, as an administrator would write it; no text holds a password. */
  preparation(): Promise<readonly PreparationStep[]>;
  /**
   * Asks the engine what the account for reads may do, and tries to write with it.
   * @returns what an operator should know, as `code: text`
   * @throws TargetError `target/account-writes`, `target/other-database`, `target/unreachable`
   */
  requireReadAccount(): Promise<readonly string[]>;
  /** Counts the rows of the named tables (all when absent). */
  rowCounts(tables?: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Starts what makes the first read or dry run quicker; optional. */
  warm(): void;
  /** The tables, those referred to before those that refer to them: the order for an undo. */
  tablesParentsFirst(): Promise<readonly string[]>;
  /** Runs the statements in a transaction that is always rolled back, and says what they changed. */
  dryRun(statements: readonly Statement[], limits?: Partial<DryRunLimits>): Promise<DryRun>;
  /** Runs a job at most once: marker, statements, comparison with the signed digest, commit. */
  run(job: RunJob): Promise<RunOutcome>;
  /**
   * Has the engine itself resolve what statements name, as far as texts cannot show it. Nothing of them runs. `trusted`
   * are functions that policy vouches for.
   * @throws TargetError `statement/not-offered` for a form that the road for reads never takes; `statement/not-a-read` for one that reaches anything not known to be without effect
   */
  requireReads(statements: readonly Statement[], trusted?: readonly TrustedFunction[]): Promise<void>;
  /** Runs statements that policy let through unasked, behind the engine's own read-only wall. */
  read(
    statements: readonly Statement[],
    limits?: Partial<ReadLimits>,
    trusted?: readonly TrustedFunction[],
  ): Promise<ReadResult>;
  /** Whether a request has run; waits until no run is in progress. */
  marker(requestId: Uint8Array): Promise<MarkerState>;
  close(): Promise<void>;
}

/** One statement of a preparation. */
export interface PreparationStep {
  readonly sql: string;
  readonly note?: string;
  /** `prepare` leaves it out: it takes something from others, or gives what only an administrator can. */
  readonly optional?: true;
}

/** What `inspect` finds. */
export interface TargetFacts {
  readonly engine: Engine;
  /** The engine's version as it reports it. */
  readonly version: string;
  /** Fingerprint of this very database; null until `prepare` has run. */
  readonly identity: Hash | null;
  /** Fingerprint of the schema, our own tables excluded. */
  readonly schema: Hash;
  /** The objects that the fingerprint is of, so that a change can be told by their names. */
  readonly parts: readonly SchemaPart[];
  /** Pinned session settings, ascending by name. */
  readonly session: readonly Setting[];
  readonly catalog: Catalog;
  /** What an operator should know or mend, as `code: text`. */
  readonly warnings: readonly string[];
}

export type { Catalog, CatalogCascade, CatalogTable, CatalogTrigger };

export interface DryRunLimits {
  /** Wall-clock milliseconds from the first statement to the finished diff. */
  readonly timeoutMs: number;
  /** Milliseconds to wait for another writer. */
  readonly busyMs: number;
  /** Changed rows above which the statements are refused. */
  readonly rowsMax: number;
  /** Changed rows of one table above which only this many are kept as a sample. */
  readonly rowsImagedMax: number;
  /** Bytes of imaged rows kept in the diff, over all tables. */
  readonly imagedBytesMax: number;
  /** Bytes of scratch space for old images. */
  readonly bytesMax: number;
  /** Changed rows of one table, on PostgreSQL, above which both images are read in order and not held at once. */
  readonly rowsHeldMax: number;
  /**
   * PostgreSQL: a table that has more pages than this, besides one for each tuple changed, is not read as a whole where its changed
   * rows can be looked up and counting proves that these are all.
   */
  readonly pagesScannedMax: number;
  /** Rows of tables compared whole when statements change the schema. */
  readonly rowsScannedMax: number;
  /** PostgreSQL: milliseconds for which a dry run may keep the locks of a change of the schema; a run keeps them as long as it must. */
  readonly lockedMs: number;
  /** PostgreSQL and MariaDB: milliseconds for a statement that runs outside transactions. */
  readonly aloneMs: number;
}

/** What a dry run found; the database is as it was. */
export interface DryRun {
  readonly diff: Diff;
  readonly digest: Hash;
  /** Rows each statement says it changed, by itself. */
  readonly statements: readonly StatementCount[];
  readonly elapsedMs: number;
  /** Nothing was run: the one statement runs outside any transaction, and the diff says no more than that. */
  readonly untried?: true;
  /** The one statement commits by itself, so it was run on a copy of the schema without rows. */
  readonly onCopy?: true;
}

export interface StatementCount {
  readonly changed: number;
}

/** The points a run passes, in order; a `statement` is passed before each statement. */
export const runSteps = [
  'opened',
  'begun',
  'marked',
  'statement',
  'ran',
  'compared',
  'committing',
  'committed',
  'rolled-back',
] as const;
export type RunStep = (typeof runSteps)[number];

export interface RunJob {
  /** 16 bytes. */
  readonly requestId: Uint8Array;
  /** Hash of the signed request's bytes. */
  readonly requestDigest: Hash;
  readonly statements: readonly Statement[];
  /** Digest of the diff that was signed. */
  readonly expectedDigest: Hash;
  /** The signed diff, and what the run may do otherwise; left out: nothing. docs/spec/diff.md#tolerance */
  readonly tolerated?: { readonly signed: Diff; readonly tolerance: Tolerance };
  /** Identity fingerprint that was signed; another database is refused before anything runs. */
  readonly expectedIdentity: Hash;
  /** Whole seconds since 1970, written beside the marker. */
  readonly startedAt: number;
  /** As in the dry run that was signed: they shape the digest. */
  readonly limits?: Partial<DryRunLimits>;
  /** Called with what is about to be committed; the run waits for it. A rejection rolls back. */
  readonly beforeCommit?: (found: { readonly diff: Diff; readonly digest: Hash }) => void | Promise<void>;
  /** Called at every step; the run waits for it. A rejection rolls back. */
  readonly onStep?: (step: RunStep) => void | Promise<void>;
}

export type RunOutcome =
  | { readonly kind: 'executed'; readonly effect: Diff; readonly digest: Hash; readonly elapsedMs: number }
  | { readonly kind: 'drifted'; readonly diff: Diff; readonly digest: Hash }
  | { readonly kind: 'failed'; readonly code: string; readonly reason: string }
  | { readonly kind: 'already-ran'; readonly requestDigest: Hash; readonly startedAt: number }
  /** The session was lost after it was told to commit: `marker` knows. */
  | { readonly kind: 'ambiguous'; readonly reason: string };

export type MarkerState =
  | { readonly kind: 'absent' }
  /** A statement outside any transaction was about to be sent, its session is gone, and nothing says that it did all of its work. */
  | { readonly kind: 'begun'; readonly requestDigest: Hash; readonly startedAt: number }
  | { readonly kind: 'present'; readonly requestDigest: Hash; readonly startedAt: number };

export interface ReadLimits {
  readonly timeoutMs: number;
  readonly busyMs: number;
  /** Rows over all statements; more are cut and `truncated` is set. */
  readonly rowsMax: number;
  /** Bytes of all cells; more are cut likewise. */
  readonly bytesMax: number;
}

export interface ReadResult {
  readonly results: readonly ResultSet[];
  readonly elapsedMs: number;
}

export interface ResultSet {
  readonly columns: readonly string[];
  /**
   * The stored column that each result column shows unchanged, by the name facts give it; null where it is none or not
   * known. Of several selects in one statement it is that of the first. Left out: nothing is known.
   */
  readonly origins?: readonly (string | null)[];
  readonly rows: readonly Row[];
  readonly truncated: boolean;
}
