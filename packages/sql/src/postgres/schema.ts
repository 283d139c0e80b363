import type { Catalog, CatalogFunction, CatalogTable, CatalogTrigger } from '../catalog.ts';
import { DefinitionBudget } from '../definition-budget.ts';
import { qualified } from '../text.ts';
import { CATALOG_RELATIONS } from './built-in-names.ts';
import type { Node } from './tree.ts';

/** A relation of the catalogue, or one that an earlier statement of the texts made. */
export interface KnownRelation {
  readonly kind: 'table' | 'view' | 'virtual';
  readonly columns: readonly string[] | undefined;
  /** The query of a view. */
  readonly sql?: string;
  readonly query?: Node;
  readonly cascades: CatalogTable['cascades'];
}

/** The names that the texts of one submission are read against, one text after the other. */
export class Schema {
  readonly catalog: Catalog | undefined;
  readonly definitions: DefinitionBudget = new DefinitionBudget();
  readonly searchPath: readonly string[];
  /** True when a name that is not known does not exist. */
  readonly complete: boolean;
  /** True once a statement changed what the names after it may mean. */
  changed = false;
  readonly #made = new Map<string, KnownRelation>();
  readonly #dropped = new Set<string>();

  constructor(catalog: Catalog | undefined) {
    this.catalog = catalog;
    this.searchPath = catalog?.searchPath ?? ['public'];
    this.complete = catalog !== undefined && catalog.partial !== true;
  }

  /** The qualified name of a relation, found as PostgreSQL does: temporary, built-in, then along the path. */
  qualify(schema: string, name: string): string {
    if (schema !== '') return qualified(schema, name);
    const temporary = qualified('pg_temp', name);
    if (this.relation(temporary) !== undefined) return temporary;
    if (CATALOG_RELATIONS.has(name)) return qualified('pg_catalog', name);
    const found = this.searchPath.find((part) => this.relation(qualified(part, name)) !== undefined);
    return qualified(found ?? this.searchPath[0] ?? '?', name);
  }

  relation(table: string): KnownRelation | undefined {
    if (this.#dropped.has(table)) return undefined;
    return this.#made.get(table) ?? fromCatalog(this.catalog?.tables.get(table));
  }

  make(table: string, relation: KnownRelation): void {
    this.#dropped.delete(table);
    this.#made.set(table, relation);
  }

  drop(table: string): void {
    this.#made.delete(table);
    this.#dropped.add(table);
  }

  triggersOn(table: string): readonly CatalogTrigger[] {
    return this.catalog?.triggers.filter((trigger) => trigger.table === table) ?? [];
  }

  /** A function of the catalogue that a call may mean; a bare name is looked for along the path. */
  userFunction(parts: readonly string[]): CatalogFunction | undefined {
    const functions = this.catalog?.functions;
    if (functions === undefined) return undefined;
    if (parts.length > 1) return functions.get(qualified(...parts));
    const [name = ''] = parts;
    // The engine takes the one whose arguments fit best, wherever it stands in the path: none may be better than it is.
    const found = this.searchPath.flatMap((part) => functions.get(qualified(part, name)) ?? []);
    return found.find(({ harmless, writes }) => !harmless && writes === undefined) ?? together(found);
  }
}

function fromCatalog(table: CatalogTable | undefined): KnownRelation | undefined {
  if (table === undefined) return undefined;
  const { kind, columns, sql, cascades } = table;
  return { kind, columns, cascades: cascades ?? [], ...(sql === undefined ? {} : { sql }) };
}

/** What functions of one name do that are all known: anything that one of them does. */
function together(found: readonly CatalogFunction[]): CatalogFunction | undefined {
  const [first, second] = found;
  if (second === undefined) return first;
  const changing = found.filter(({ writes }) => writes !== undefined);
  return {
    harmless: found.every(({ harmless }) => harmless),
    reads: found.flatMap(({ reads }) => reads ?? []),
    ...(changing.length === 0 ? {} : { writes: changing.flatMap(({ writes }) => writes ?? []) }),
  };
}
