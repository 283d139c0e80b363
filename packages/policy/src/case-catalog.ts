import { namedRelations } from '@countersign/sql';
import type { Catalog, CatalogCascade, CatalogTable, CatalogTrigger, Dialect } from '@countersign/sql';
import { oneOf } from './case-facts.ts';
import type { Item, Mapping } from './document.ts';
import { PolicyError } from './error.ts';
import type { PolicyRelation } from './input.ts';
import { closedMap, list, openMap, requiredEntry, text } from './shape.ts';

const RELATIONS_MAX = 200;
const COLUMNS_MAX = 200;
const DEFINITION_LENGTH_MAX = 100_000;
const RELATION_KINDS = ['table', 'view', 'virtual'] as const;
const CASCADE_KINDS = ['delete', 'update'] as const;

/** What a case says about the database. */
export interface GivenCatalog {
  /** What its SQL is read with. */
  readonly catalog: Catalog;
  /** The same by the names that facts use; tags are held against it. */
  readonly relations: ReadonlyMap<string, PolicyRelation>;
}

/**
 * Reads `relations` and `triggers` of a case: all that there is in the database, as the executor would inspect it.
 * @throws PolicyError with the place
 */
export function readCatalog(
  relations: Item | undefined,
  triggers: Item | undefined,
  dialect: Dialect,
): GivenCatalog | undefined {
  if (relations === undefined) {
    if (triggers === undefined) return undefined;
    throw new PolicyError('policy/test-given', 'triggers without relations', triggers.place);
  }
  const entries = [...openMap(relations)];
  if (entries.length > RELATIONS_MAX)
    throw new PolicyError('policy/too-large', `more than ${RELATIONS_MAX} relations`, relations.place);
  const tables = new Map(
    entries.map(([name, { key, value }]): [string, CatalogTable] => {
      if (!/^[^.]+\../.test(name))
        throw new PolicyError('policy/type', 'expected a qualified name such as main.customers', key);
      return [name, readRelation(value)];
    }),
  );
  const catalog = { tables, triggers: few(triggers).map(readTrigger) };
  return { catalog, relations: namedRelations(dialect, catalog) };
}

function readRelation(item: Item): CatalogTable {
  const entries = closedMap(item, ['kind', 'columns', 'sql', 'cascades']);
  const kind = entries.get('kind');
  const sql = entries.get('sql');
  return {
    kind: kind === undefined ? 'table' : oneOf(kind.value, RELATION_KINDS),
    columns: names(entries, 'columns'),
    ...(sql === undefined ? {} : { sql: text(sql.value, DEFINITION_LENGTH_MAX) }),
    cascades: few(entries.get('cascades')?.value).map(readCascade),
  };
}

function readCascade(item: Item): CatalogCascade {
  const entries = closedMap(item, ['table', 'on', 'columns']);
  return {
    table: text(requiredEntry(entries, 'table', item.place), 256),
    on: oneOf(requiredEntry(entries, 'on', item.place), CASCADE_KINDS),
    columns: names(entries, 'columns'),
  };
}

function readTrigger(item: Item): CatalogTrigger {
  const entries = closedMap(item, ['name', 'table', 'sql']);
  const required = (key: string, lengthMax: number): string =>
    text(requiredEntry(entries, key, item.place), lengthMax);
  return {
    name: required('name', 256),
    table: required('table', 256),
    sql: required('sql', DEFINITION_LENGTH_MAX),
  };
}

function names(entries: Mapping['entries'], key: string): readonly string[] {
  return few(entries.get(key)?.value).map((item) => text(item, 256));
}

function few(item: Item | undefined): readonly Item[] {
  const items = item === undefined ? [] : list(item);
  if (items.length > COLUMNS_MAX)
    throw new PolicyError('policy/too-large', `more than ${COLUMNS_MAX} entries`, item?.place);
  return items;
}
