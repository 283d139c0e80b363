import { TargetError } from '../target-error.ts';
import type { Connection } from './connection.ts';
import { quoteName } from './values.ts';

/** One table of the main schema, as far as imaging its rows needs it. */
export interface TableShape {
  readonly name: string;
  /** Every column, generated ones included, in order. */
  readonly columns: readonly string[];
  /** Declared types, as written. */
  readonly types: readonly string[];
  /** Texts of the columns' defaults; null where none is declared. */
  readonly defaults: readonly (string | null)[];
  /** Indexes of generated columns. */
  readonly computed: readonly number[];
  /** Indexes of the declared primary key, in key order. */
  readonly primaryKey: readonly number[];
  /** A name of the row id that no column takes; undefined when the table has none. */
  readonly rowid: string | undefined;
  readonly withoutRowid: boolean;
  /** Whether the table is STRICT, where ANY converts nothing. */
  readonly strict: boolean;
  /** Index of the column that is the row id itself. */
  readonly rowidColumn: number | undefined;
}

/** The tables whose rows can be imaged, and the virtual ones whose own rows cannot. */
export interface Shapes {
  readonly tables: readonly TableShape[];
  /** Virtual tables by name in lower case. */
  readonly virtual: ReadonlyMap<string, string>;
}

export const ownTables = '_countersign';

/** Whether a name is one of the tables that this package keeps in the database. */
export function isOwnTable(name: string): boolean {
  return name.toLowerCase().startsWith(ownTables);
}

/** Returns the shapes of all tables, ours and the engine's own left out. */
export function readShapes(connection: Connection): Shapes {
  const tables: TableShape[] = [];
  const virtual = new Map<string, string>();
  const list = connection.all(
    `SELECT name, type, wr, strict FROM pragma_table_list WHERE schema = 'main' ORDER BY name`,
  );
  const kinds = list.map(([name, type, wr, strict]) => ({
    name: String(name),
    type: String(type),
    withoutRowid: wr === 1n,
    strict: strict === 1n,
  }));
  for (const { name, type } of kinds) if (type === 'virtual') virtual.set(name.toLowerCase(), name);
  for (const { name, type, ...options } of kinds) {
    const plain = type === 'table' || (type === 'shadow' && isContent(name, virtual));
    const internal = name.toLowerCase().startsWith('sqlite_');
    if (plain && !internal && !isOwnTable(name)) tables.push(readShape(connection, name, options));
  }
  return { tables, virtual };
}

/** A full-text table keeps its readable rows in `NAME_content`; its other shadows follow from them. */
function isContent(name: string, virtual: ReadonlyMap<string, string>): boolean {
  const lower = name.toLowerCase();
  return lower.endsWith('_content') && virtual.has(lower.slice(0, -'_content'.length));
}

/** @throws TargetError `limit/columns` */
export function readShape(
  connection: Connection,
  name: string,
  { withoutRowid, strict }: Pick<TableShape, 'withoutRowid' | 'strict'>,
): TableShape {
  const rows = connection
    .all('SELECT name, type, pk, hidden, dflt_value FROM pragma_table_xinfo(?) ORDER BY cid', name)
    .map(([column, type, pk, hidden, value]) => ({
      column: String(column),
      type: String(type),
      pk: Number(pk),
      hidden: Number(hidden),
      value: typeof value === 'string' ? value : null,
    }));
  if (rows.length > 900) {
    throw new TargetError('limit/columns', `a table has ${rows.length} columns, expected at most 900`);
  }
  const columns = rows.map((row) => row.column);
  const computed = [...rows.entries()].filter(([, row]) => row.hidden >= 2).map(([index]) => index);
  const primaryKey = [...rows.entries()]
    .filter(([, row]) => row.pk > 0)
    .sort(([, a], [, b]) => a.pk - b.pk)
    .map(([index]) => index);
  const lower = new Set(columns.map((column) => column.toLowerCase()));
  const rowid = withoutRowid ? undefined : ['rowid', '_rowid_', 'oid'].find((alias) => !lower.has(alias));
  return {
    name,
    columns,
    types: rows.map((row) => row.type),
    defaults: rows.map((row) => row.value),
    computed,
    primaryKey,
    rowid,
    withoutRowid,
    strict,
    rowidColumn: withoutRowid ? undefined : findRowidColumn(connection, name, rows, primaryKey),
  };
}

/** `INTEGER PRIMARY KEY` is the row id, but not with DESC, which then has an index of its own. */
function findRowidColumn(
  connection: Connection,
  name: string,
  rows: readonly { readonly type: string }[],
  primaryKey: readonly number[],
): number | undefined {
  const [only] = primaryKey;
  if (primaryKey.length !== 1 || only === undefined) return undefined;
  if (rows[only]?.type.toUpperCase() !== 'INTEGER') return undefined;
  const indexed = connection.first(`SELECT 1 FROM pragma_index_list(?) WHERE origin = 'pk'`, name);
  return indexed === undefined ? only : undefined;
}

/** How the engine can be asked for one row of a table: an expression for each part of its identity. */
export interface Identity {
  /** The identity columns, quoted, to stand behind `OLD.`, `NEW.` or an alias. */
  readonly parts: readonly string[];
  /** The affinity of each part. */
  readonly affinities: readonly string[];
  readonly byRowid: boolean;
}

/** @throws TargetError `limit/columns` for a table all of whose row id names are taken by columns */
export function identityOf(shape: TableShape): Identity {
  if (shape.rowidColumn !== undefined) {
    return {
      parts: [quoteName(shape.columns[shape.rowidColumn] ?? '')],
      affinities: ['INTEGER'],
      byRowid: true,
    };
  }
  if (shape.rowid !== undefined) return { parts: [shape.rowid], affinities: ['INTEGER'], byRowid: true };
  if (!shape.withoutRowid) {
    throw new TargetError('limit/columns', 'columns of a table take every name of the row id');
  }
  return {
    parts: shape.primaryKey.map((index) => quoteName(shape.columns[index] ?? '')),
    affinities: shape.primaryKey.map((index) => affinityOf(shape.types[index] ?? '', shape.strict)),
    byRowid: false,
  };
}

/** The affinity that a declared type gives a column, by the engine's five rules in their order. */
function affinityOf(type: string, strict: boolean): string {
  // NUMERIC would take '1' and 1, two keys of such a table, for one row.
  if (strict && /^any$/i.test(type)) return 'BLOB';
  // Not INTEGER: alone in a primary key that would be the row id, which takes nothing but integers.
  if (/int/i.test(type)) return 'INT';
  if (/char|clob|text/i.test(type)) return 'TEXT';
  if (/blob/i.test(type) || type === '') return 'BLOB';
  return /real|floa|doub/i.test(type) ? 'REAL' : 'NUMERIC';
}

/** The columns as a diff shows them: the row id first where no key is declared. */
export function shownColumns(shape: TableShape): {
  readonly columns: readonly string[];
  readonly expressions: readonly string[];
  readonly key: readonly number[];
  readonly computed: readonly number[];
} {
  const expressions = shape.columns.map(quoteName);
  if (shape.primaryKey.length > 0 || shape.rowid === undefined) {
    return { columns: shape.columns, expressions, key: shape.primaryKey, computed: shape.computed };
  }
  return {
    columns: [shape.rowid, ...shape.columns],
    expressions: [shape.rowid, ...expressions],
    key: [0],
    computed: shape.computed.map((index) => index + 1),
  };
}
