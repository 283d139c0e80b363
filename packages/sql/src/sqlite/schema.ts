import type { Catalog, CatalogCascade, CatalogTable } from '../catalog.ts';
import { DefinitionBudget } from '../definition-budget.ts';
import { foldAscii, nameParts, qualified, sqliteName } from '../text.ts';

/** What is known of a relation; columns are undefined when only its name is known. */
export interface KnownRelation {
  readonly kind: 'table' | 'view' | 'virtual';
  readonly columns: readonly string[] | undefined;
  readonly sql: string | undefined;
  readonly cascades: readonly CatalogCascade[];
}

const SCHEMA_TABLES: ReadonlySet<string> = new Set(['sqlite_master', 'sqlite_schema']);
const TEMP_SCHEMA_TABLES: ReadonlySet<string> = new Set(['sqlite_temp_master', 'sqlite_temp_schema']);
const SCHEMA_COLUMNS = ['type', 'name', 'tbl_name', 'rootpage', 'sql'];

/** Tables of SQLite's own that are ordinary to read. */
const INTERNAL_TABLES: ReadonlyMap<string, readonly string[] | undefined> = new Map([
  ['sqlite_schema', SCHEMA_COLUMNS],
  ['sqlite_sequence', ['name', 'seq']],
  ['sqlite_stat1', ['tbl', 'idx', 'stat']],
  ['sqlite_stat4', undefined],
]);

/** Modules whose tables do nothing when read but read; any other module may do whatever it was written for. */
const PLAIN_MODULES = /\busing\s+"?(?:fts3|fts4|fts5|fts5vocab|rtree|rtree_i32|geopoly)\b/i;

/**
 * The names a text is read against: those of the target when a catalogue was given, and those that
 * earlier statements of the same text made.
 */
export class Schema {
  /** True when a catalogue was given, so that a name not found does not exist. */
  readonly complete: boolean;
  readonly definitions: DefinitionBudget = new DefinitionBudget();
  readonly #catalog: Catalog | undefined;
  /** How the catalogue spells a name. */
  readonly #spelled = new Map<string, string>();
  readonly #relations = new Map<string, KnownRelation>();
  readonly #triggers = new Map<string, string[]>();

  constructor(catalog: Catalog | undefined) {
    this.complete = catalog !== undefined;
    this.#catalog = catalog;
    if (catalog === undefined) return;
    for (const name of catalog.tables.keys()) this.#spelled.set(canonical(name), name);
    for (const trigger of catalog.triggers) this.addTrigger(canonical(trigger.table), trigger.sql);
  }

  relation(name: string): KnownRelation | undefined {
    const known = this.#relations.get(name);
    const spelled = known === undefined ? this.#spelled.get(name) : undefined;
    const table = spelled === undefined ? undefined : this.#catalog?.tables.get(spelled);
    if (table === undefined) return known;
    const found = fromCatalog(table);
    this.#relations.set(name, found);
    return found;
  }

  define(name: string, relation: KnownRelation): void {
    this.#relations.set(name, relation);
  }

  triggersOn(table: string): readonly string[] {
    return this.#triggers.get(table) ?? [];
  }

  addTrigger(table: string, sql: string): void {
    const known = this.#triggers.get(table);
    if (known === undefined) this.#triggers.set(table, [sql]);
    else known.push(sql);
  }

  /** The qualified, folded name that SQLite finds: temp before main, unless the text says which. */
  qualify(database: string | undefined, name: string): string {
    const object = foldAscii(name);
    if (TEMP_SCHEMA_TABLES.has(object)) return 'temp.sqlite_schema';
    const own = SCHEMA_TABLES.has(object) ? 'sqlite_schema' : object;
    if (database !== undefined) return qualified(foldAscii(database), own);
    const temporary = qualified('temp', own);
    return this.relation(temporary) !== undefined ? temporary : qualified('main', own);
  }
}

function fromCatalog(table: CatalogTable): KnownRelation {
  return {
    kind: table.kind,
    columns: table.columns.map(foldAscii),
    sql: table.sql,
    cascades: (table.cascades ?? []).map((cascade) => ({
      ...cascade,
      table: canonical(cascade.table),
      columns: cascade.columns.map(foldAscii),
    })),
  };
}

/** A catalogue may spell names as the schema does, with or without quotes. */
function canonical(name: string): string {
  return sqliteName(...nameParts(name));
}

/** True for `sqlite_schema` of any database, under any of its names. */
export function isSchemaTable(name: string): boolean {
  return name.endsWith('.sqlite_schema');
}

/** The columns of one of SQLite's own tables; undefined when `object` is none that is ordinary to read. */
export function internalTable(object: string): { columns: readonly string[] | undefined } | undefined {
  return INTERNAL_TABLES.has(object) ? { columns: INTERNAL_TABLES.get(object) } : undefined;
}

/** True when the CREATE text names a virtual table module that is known to be harmless to read. */
export function hasPlainModule(sql: string | undefined): boolean {
  return sql !== undefined && PLAIN_MODULES.test(sql);
}
