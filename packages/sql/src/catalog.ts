/** A table, view or virtual table of the target; column names as declared. */
export interface CatalogTable {
  readonly kind: 'table' | 'view' | 'virtual';
  readonly columns: readonly string[];
  /** The CREATE text; needed for views, whose reads are found by reading it. */
  readonly sql?: string;
  /** Tables whose rows a delete (or key update) here deletes or changes, and how. */
  readonly cascades?: readonly CatalogCascade[];
  /** Columns that its primary key, a unique constraint or index, or a foreign key on either side names. Not carried. */
  readonly keys?: readonly string[];
  /** PostgreSQL: its parents, children and partitions, which show its rows under the same names of columns. Not carried. */
  readonly kin?: readonly string[];
  /** PostgreSQL: all that a materialized view's query reads, through other views too: it keeps values of theirs. Not carried. */
  readonly keeps?: readonly string[];
}

export interface CatalogCascade {
  /** Qualified name of the referencing table. */
  readonly table: string;
  readonly on: 'delete' | 'update';
  /** Columns of the referencing table that the action changes; empty when rows are deleted. */
  readonly columns: readonly string[];
}

export interface CatalogTrigger {
  readonly name: string;
  /** Qualified name of the table or view it stands on. */
  readonly table: string;
  readonly sql: string;
  /** PostgreSQL: qualified name of the function it calls; what that does is looked up in `functions`. */
  readonly calls?: string;
  /** PostgreSQL: what it fires on; every change when left out. */
  readonly on?: readonly ('insert' | 'update' | 'delete' | 'truncate')[];
}

/** One definition among those that share a function's name. */
export interface FunctionOverload {
  /** Types of its arguments as the engine writes them, such as `text, integer`; empty for none. */
  readonly signature: string;
  /** SHA-256 in hex over the whole definition as the engine prints it, body, language and settings included. */
  readonly bodyHash: string;
}

/** What is known of a function that somebody made; one that is neither harmless nor says what it writes is opaque. */
export interface CatalogFunction {
  /** It changes nothing and calls nothing that does. */
  readonly harmless: boolean;
  readonly reads?: readonly string[];
  /** All that it writes; left out when that is not known. */
  readonly writes?: readonly string[];
  /** Every definition of this name; without them policy can vouch for none. */
  readonly overloads?: readonly FunctionOverload[];
}

/** Plain data about the target, keyed by qualified name (`main.customers`), as the executor inspected it. */
export interface Catalog {
  readonly tables: ReadonlyMap<string, CatalogTable>;
  readonly triggers: readonly CatalogTrigger[];
  /** True when there may be more than is listed, so that unlisted names are assumed and not refused. */
  readonly partial?: boolean;
  /** MySQL, MariaDB: the database that bare names are looked for in; left out, they stay bare. */
  readonly currentSchema?: string;
  /** MySQL, MariaDB: the session's `sql_mode`; the server's defaults when left out. */
  readonly sqlMode?: string;
  /** MySQL, MariaDB: the server's `lower_case_table_names`; 0, where case matters, when left out. */
  readonly lowerCaseTableNames?: 0 | 1 | 2;
  /** PostgreSQL: schemas that bare names are looked for in, after pg_temp and pg_catalog; `public` when left out. */
  readonly searchPath?: readonly string[];
  /** PostgreSQL: false when backslashes escape in plain quotes; true when left out. */
  readonly standardConformingStrings?: boolean;
  /** Every function that somebody made, by qualified name; left out in PostgreSQL, built-in names are assumed. */
  readonly functions?: ReadonlyMap<string, CatalogFunction>;
  /** PostgreSQL: every type outside pg_catalog by qualified name, true when casting to it runs nothing. */
  readonly types?: ReadonlyMap<string, boolean>;
  /** PostgreSQL: names of every operator outside pg_catalog. */
  readonly operators?: ReadonlySet<string>;
}
