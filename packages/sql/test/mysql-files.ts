import { readFileSync } from 'node:fs';
import type { Catalog, CatalogFunction, CatalogTable, CatalogTrigger } from '@countersign/sql';

export type MysqlDialect = 'mysql' | 'mariadb';

/** What a text does; test/vectors/sql/README.md says what each field claims. */
export interface Truth {
  readonly engine: 'reads' | 'changes' | 'refuses' | 'invisible' | 'not-run';
  readonly effect: string;
  readonly may?: 'unknown';
  readonly hazards: readonly string[];
  readonly reads?: readonly string[];
  readonly writes?: readonly string[];
  readonly where?: string;
  /** What the WHERE comes to on the engine, where that is more than its text shows. */
  readonly measured?: 'always-true';
  readonly assumed?: boolean;
  readonly seen?: readonly string[];
}

export interface MysqlVector {
  readonly dialect: MysqlDialect;
  readonly sql?: string;
  /** Pieces and how often each stands there, for texts too long to be written out. */
  readonly parts?: readonly (readonly [string, number])[];
  readonly sql_mode?: string;
  readonly outside?: boolean;
  readonly truth: Truth;
  readonly not_run?: string;
  readonly why: string;
}

export interface VectorFile {
  readonly count: number;
  /** The database that bare names are looked for in. */
  readonly database: string;
  readonly fixture: readonly string[];
  readonly vectors: readonly MysqlVector[];
}

export interface Ordinary {
  readonly sql: string;
  readonly effect: string;
  readonly reads?: readonly string[];
  readonly writes: readonly string[];
  readonly hazards?: readonly string[];
  readonly parameters?: readonly (string | number)[];
  readonly not_run?: string;
}

export interface OrdinaryFile {
  readonly count: number;
  readonly statements: readonly Ordinary[];
}

/** The fixture as an executor would inspect it. */
export interface CatalogFile {
  readonly database: string;
  readonly sql_mode: string;
  readonly tables: Readonly<Record<string, CatalogTable>>;
  readonly triggers: readonly CatalogTrigger[];
  readonly functions: Readonly<Record<string, CatalogFunction>>;
  readonly sequences: readonly string[];
  /** Sequences that the defaults of a table move, by the table's name. */
  readonly defaults: Readonly<Record<string, readonly string[]>>;
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../test/vectors/sql/${name}.json`, import.meta.url), 'utf8'));
}

export function vectorsOf(dialect: MysqlDialect): VectorFile {
  return read(dialect) as VectorFile;
}

export function ordinaryOf(dialect: MysqlDialect): OrdinaryFile {
  return read(`${dialect}-ordinary`) as OrdinaryFile;
}

export function catalogFileOf(dialect: MysqlDialect): CatalogFile {
  return read(`${dialect}-catalog`) as CatalogFile;
}

/** The text of a vector, whole. */
export function textOf({ sql, parts }: Pick<MysqlVector, 'sql' | 'parts'>): string {
  return sql ?? (parts ?? []).map(([piece, times]) => piece.repeat(times)).join('');
}

/** The fixture's catalogue in the classifier's own shape. */
export function mysqlCatalog(dialect: MysqlDialect): Catalog {
  const file = catalogFileOf(dialect);
  return {
    tables: new Map(Object.entries(file.tables)),
    triggers: file.triggers,
    functions: new Map(Object.entries(file.functions)),
    currentSchema: file.database,
    sqlMode: file.sql_mode,
  };
}
