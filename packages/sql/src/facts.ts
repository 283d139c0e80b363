import type { HazardCode } from './hazards.ts';

/** SQL dialects a text can be read in; the names are those of the engines. */
export type Dialect = 'sqlite' | 'postgres' | 'mysql' | 'mariadb';

export const DIALECTS: readonly Dialect[] = ['sqlite', 'postgres', 'mysql', 'mariadb'];

/**
 * What a statement does, from the mildest to the one nothing is known about. `session` changes the
 * connection or its transaction, `admin` the server, its files or other databases.
 */
export type Effect = 'read' | 'write' | 'ddl' | 'privilege' | 'session' | 'admin' | 'unknown';

/** Effects, mildest first; the effect of a whole text is the last of these that any statement has. */
export const EFFECTS: readonly Effect[] = [
  'read',
  'write',
  'ddl',
  'session',
  'privilege',
  'admin',
  'unknown',
];

/** The WHERE of an UPDATE or DELETE (or of a SELECT); `none` when the kind of statement has no WHERE. */
export type WhereForm = 'present' | 'absent' | 'always-true' | 'none';

export const WHERE_FORMS: readonly WhereForm[] = ['present', 'absent', 'always-true', 'none'];

/** Something a person or a policy should know, and where it stands. */
export interface Hazard {
  readonly code: HazardCode;
  /** Index of the submitted text. */
  readonly text: number;
  /** Start and length in UTF-16 code units of that text; both 0 when the whole text is meant. */
  readonly offset: number;
  readonly length: number;
}

/** What one statement does, by name. Names are qualified: `main.customers`, `main.customers.id`. */
export interface StatementFacts {
  /** Exact slice of the submitted text, without the closing semicolon. */
  readonly sql: string;
  /** Index of the submitted text, and where in it the slice starts (UTF-16 code units). */
  readonly text: number;
  readonly offset: number;
  /** Kebab-case verb such as `select`, `update`, `create-table`, `pragma`, `explain`; `unknown` when unread. */
  readonly kind: string;
  /** In the order of `EFFECTS`, never empty. */
  readonly effects: readonly Effect[];
  /** Sorted, without duplicates; so are all lists of names. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly columnsRead: readonly string[];
  readonly columnsWritten: readonly string[];
  readonly where: WhereForm;
  /** True when the statement bounds its own rows by LIMIT. */
  readonly limited: boolean;
  /** Lower-case names of the functions called. */
  readonly functions: readonly string[];
  readonly hazards: readonly Hazard[];
  /** True when it runs text or bodies that were not read. */
  readonly opaque: boolean;
}

/** What must be plain tables and built-ins on the target for the facts to hold; empty with a catalogue. */
export interface Assumes {
  readonly relations: readonly string[];
  readonly functions: readonly string[];
  readonly casts: readonly string[];
  readonly operators: readonly string[];
}

/** Everything that was read out of one or several submitted texts. */
export interface Facts {
  readonly dialect: Dialect;
  /** False when any text could not be read to its end. */
  readonly parsed: boolean;
  readonly statements: readonly StatementFacts[];
  readonly assumes: Assumes;
  /** The gravest effect of all statements. */
  readonly effect: Effect;
  /** True only when every statement is known to change nothing, given `assumes`. */
  readonly readOnly: boolean;
  /** Hazards of whole texts; those of one statement stand with it. */
  readonly hazards: readonly Hazard[];
}
