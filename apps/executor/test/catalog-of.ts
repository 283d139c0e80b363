import type { Catalog } from '@countersign/sql';

/** A catalogue with these tables and nothing else; names without a schema are looked for in `schema`, when there is one. */
export function catalogOf(tables: Catalog['tables'], schema?: string): Catalog {
  return {
    tables,
    triggers: [],
    functions: new Map(),
    types: new Map(),
    operators: new Set(),
    ...(schema === undefined ? {} : { currentSchema: schema, searchPath: [schema] }),
  };
}
