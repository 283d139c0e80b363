import {
  CodecError,
  array,
  bool,
  decodeWith,
  encodeWith,
  oneOf,
  optional,
  positional,
  record,
  required,
  text,
} from '@countersign/codec';
import type { Schema } from '@countersign/codec';
import type { Catalog, CatalogCascade, CatalogFunction, CatalogTable, CatalogTrigger } from './catalog.ts';
import { SqlError } from './error.ts';
import { LIMITS } from './limits.ts';

const NAME_BYTES_MAX = 4096;
const DECODE_LIMITS = { bytesMax: 8_388_608, itemsMax: 1_048_576 };

type Named<T> = T & { readonly name: string };
/** Functions are told apart by signature and definition before the catalogue is made smaller, not by its reader. */
type WireFunction = Named<Omit<CatalogFunction, 'overloads'>>;

interface WireType {
  readonly name: string;
  readonly harmless: boolean;
}

type WireTable = Named<Omit<CatalogTable, 'keys' | 'kin' | 'keeps'>>;

interface WireCatalog extends Omit<Catalog, 'tables' | 'functions' | 'types' | 'operators'> {
  readonly version: 1;
  readonly tables: readonly WireTable[];
  readonly functions?: readonly WireFunction[];
  readonly types?: readonly WireType[];
  readonly operators?: readonly string[];
}

const name: Schema<string> = text(NAME_BYTES_MAX, 1);
const names: Schema<readonly string[]> = array(name, { max: LIMITS.namesMax });
const definition: Schema<string> = text(LIMITS.textBytesMax);

const cascade: Schema<CatalogCascade> = positional<CatalogCascade>({
  table: name,
  on: oneOf('delete', 'update'),
  columns: names,
});

const table: Schema<WireTable> = record<WireTable>({
  name: required(1, name),
  kind: required(2, oneOf('table', 'view', 'virtual')),
  columns: required(3, names),
  sql: optional(4, definition),
  cascades: optional(5, array(cascade, { max: LIMITS.namesMax })),
});

const trigger: Schema<CatalogTrigger> = record<CatalogTrigger>({
  name: required(1, name),
  table: required(2, name),
  sql: required(3, definition),
  calls: optional(4, name),
  on: optional(5, array(oneOf('insert', 'update', 'delete', 'truncate'), { max: 4 })),
});

const madeFunction: Schema<WireFunction> = record<WireFunction>({
  name: required(1, name),
  harmless: required(2, bool()),
  reads: optional(3, names),
  writes: optional(4, names),
});

const catalogSchema: Schema<WireCatalog> = record<WireCatalog>({
  version: required(1, oneOf(1)),
  tables: required(2, array(table, { max: LIMITS.namesMax })),
  triggers: required(3, array(trigger, { max: LIMITS.namesMax })),
  partial: optional(4, bool()),
  currentSchema: optional(5, name),
  sqlMode: optional(6, text(NAME_BYTES_MAX)),
  lowerCaseTableNames: optional(7, oneOf(0, 1, 2)),
  searchPath: optional(8, names),
  standardConformingStrings: optional(9, bool()),
  functions: optional(10, array(madeFunction, { max: LIMITS.namesMax })),
  types: optional(11, array(positional<WireType>({ name, harmless: bool() }), { max: LIMITS.namesMax })),
  operators: optional(12, names),
});

/** The catalogue as bytes: docs/spec/facts.md. */
export function encodeCatalog(catalog: Catalog): Uint8Array {
  const { tables, functions, types, operators, ...rest } = catalog;
  const wire: WireCatalog = {
    version: 1,
    ...rest,
    tables: entries(tables).map(packedTable),
    ...(functions === undefined ? {} : { functions: entries(functions).map(packedFunction) }),
    ...(types === undefined
      ? {}
      : { types: entries(types).map(([key, harmless]) => ({ name: key, harmless })) }),
    ...(operators === undefined ? {} : { operators: [...operators].sort() }),
  };
  return encodeWith(catalogSchema, wire, DECODE_LIMITS);
}

/** The catalogue that bytes hold. @throws SqlError `sql/catalog-malformed` */
export function decodeCatalog(bytes: Uint8Array): Catalog {
  const { tables, functions, types, operators, ...rest } = read(bytes);
  return {
    ...rest,
    tables: keyed(tables),
    ...(functions === undefined ? {} : { functions: keyed(functions) }),
    ...(types === undefined ? {} : { types: new Map(types.map((type) => [type.name, type.harmless])) }),
    ...(operators === undefined ? {} : { operators: new Set(operators) }),
  };
}

function read(bytes: Uint8Array): WireCatalog {
  try {
    return decodeWith(catalogSchema, bytes, DECODE_LIMITS);
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    throw new SqlError('sql/catalog-malformed', error.message, error);
  }
}

function entries<V>(map: ReadonlyMap<string, V>): readonly (readonly [string, V])[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Whose rows a relation holds besides its own matters to masks, not to facts. */
function packedTable([key, { kind, columns, sql, cascades }]: readonly [string, CatalogTable]): WireTable {
  return {
    name: key,
    kind,
    columns,
    ...(sql === undefined ? {} : { sql }),
    ...(cascades === undefined ? {} : { cascades }),
  };
}

function packedFunction([key, { harmless, reads, writes }]: readonly [
  string,
  CatalogFunction,
]): WireFunction {
  return {
    name: key,
    harmless,
    ...(reads === undefined ? {} : { reads }),
    ...(writes === undefined ? {} : { writes }),
  };
}

/** A name that stands twice would be two answers to one question. */
function keyed<T extends { readonly name: string }>(
  items: readonly T[],
): ReadonlyMap<string, Omit<T, 'name'>> {
  const map = new Map(items.map(({ name: key, ...value }) => [key, value] as const));
  if (map.size !== items.length) throw new SqlError('sql/catalog-malformed', 'a name that stands twice');
  return map;
}
