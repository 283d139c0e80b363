/** A table, view or virtual table of the target; column names as declared. */
export interface CatalogTable {
  readonly kind: 'table' | 'view' | 'virtual';
  readonly columns: readonly string[];
  /** The CREATE text; needed for views, whose reads are found by reading it. */
  readonly sql?: string;
  /** Tables whose rows a delete (or key update) here deletes or changes, and how. */
  readonly cascades?: readonly CatalogCascade[];
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
}

/** Plain data about the target, keyed by qualified name (`main.customers`), as the executor inspected it. */
export interface Catalog {
  readonly tables: ReadonlyMap<string, CatalogTable>;
  readonly triggers: readonly CatalogTrigger[];
}
