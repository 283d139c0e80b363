import type { Catalog, CatalogFunction, CatalogTable, CatalogTrigger } from '../catalog.ts';
import type { Dialect } from '../facts.ts';
import type { Columns } from '../findings.ts';
import { DefinitionBudget } from '../definition-budget.ts';
import { nameParts, qualified } from '../text.ts';
import { modesOf } from './modes.ts';
import type { Modes } from './modes.ts';
import type { Query } from './tree.ts';

/** A relation of the catalogue, or one that an earlier statement of the texts made. */
export interface KnownRelation {
  readonly kind: CatalogTable['kind'];
  readonly columns: Columns;
  /** The query of a view: as text of the catalogue, or read already. */
  readonly sql: string | undefined;
  readonly query: Query | undefined;
  readonly cascades: NonNullable<CatalogTable['cascades']>;
}

/** Databases that are the server's own; their names have no case. */
const OWN: ReadonlySet<string> = new Set(['information_schema', 'performance_schema', 'mysql', 'sys']);
const READ_ONLY_OWN = /^(?:information_schema|performance_schema)\./;

/** The names and modes that the texts of one submission are read against, one text after the other. */
export class Schema {
  readonly definitions: DefinitionBudget = new DefinitionBudget();
  readonly catalog: Catalog | undefined;
  /** Undefined when the session's modes give SQL a grammar that is not read. */
  readonly modes: Modes | undefined;
  /** True when a name that is not known does not exist. */
  readonly complete: boolean;
  /** True when names of tables are compared without case. */
  readonly folds: boolean;
  /** True once a statement changed what the texts after it mean. */
  changed = false;
  readonly #made = new Map<string, KnownRelation>();

  constructor(dialect: Dialect, catalog: Catalog | undefined) {
    this.catalog = catalog;
    this.modes = modesOf(dialect, catalog?.sqlMode);
    this.complete = catalog !== undefined && catalog.partial !== true;
    this.folds = (catalog?.lowerCaseTableNames ?? 0) !== 0;
  }

  /** The qualified name of a table; without a default database a bare name stays bare. */
  qualify(parts: readonly string[], from: string | undefined): string {
    const [table = '', database = from] = [...parts].reverse();
    const own = database !== undefined && OWN.has(database.toLowerCase()) ? database.toLowerCase() : database;
    const names = own === undefined ? [table] : [own, table];
    const fold = this.folds || own === 'information_schema' || own === 'performance_schema';
    return qualified(...names.map((name) => (fold ? name.toLowerCase() : name)));
  }

  relation(table: string): KnownRelation | undefined {
    return this.#made.get(table) ?? fromCatalog(this.catalog?.tables.get(table));
  }

  make(table: string, relation: KnownRelation): void {
    this.#made.set(table, relation);
  }

  /** Forgets what is known of a table that was altered or dropped: it counts as one not listed. */
  forget(table: string): void {
    this.#made.set(table, {
      kind: 'table',
      columns: undefined,
      sql: undefined,
      query: undefined,
      cascades: [],
    });
  }

  /** Qualified names of what the catalogue has in a database. */
  tablesOf(database: string): readonly string[] {
    const name = this.folds ? database.toLowerCase() : database;
    const tables = this.catalog?.tables;
    const inside = [...(tables?.keys() ?? [])].filter((table) => {
      const [first, second] = nameParts(table);
      return second !== undefined && first === name;
    });
    return inside.filter((table) => tables?.has(table) === true);
  }

  triggersOn(table: string): readonly CatalogTrigger[] {
    return this.catalog?.triggers.filter((trigger) => trigger.table === table) ?? [];
  }

  /** A stored function that the catalogue describes; its name has no case. */
  storedFunction(parts: readonly string[], from: string | undefined): CatalogFunction | undefined {
    const [name = '', database = from] = [...parts].reverse();
    if (database === undefined) return undefined;
    return this.catalog?.functions?.get(
      qualified(this.folds ? database.toLowerCase() : database, name.toLowerCase()),
    );
  }
}

/** True for tables of the server's own databases. */
export function isInternal(table: string): boolean {
  return READ_ONLY_OWN.test(table) || /^(?:mysql|sys)\./.test(table);
}

/** True for tables that the server makes up and nobody can add to. */
export function isBuiltIn(table: string): boolean {
  return READ_ONLY_OWN.test(table);
}

function fromCatalog(table: CatalogTable | undefined): KnownRelation | undefined {
  if (table === undefined) return undefined;
  const columns = table.columns.map((column) => column.toLowerCase());
  return { kind: table.kind, columns, sql: table.sql, query: undefined, cascades: table.cascades ?? [] };
}
