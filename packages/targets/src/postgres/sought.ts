import { postgresSoughtRows } from '@countersign/sql';
import type { SoughtComparison, SoughtRows } from '@countersign/sql';
import type { DryRunLimits, Statement } from '../target.ts';
import type { Input, PostgresSession } from './session.ts';
import type { TouchedTable } from './touched.ts';
import { quoteName, quoteText } from './values.ts';

/** Changed tuples of a table that are looked up one by one. */
const lookedUpMax = 10_000;

/** Where changed rows of a table are looked for. None of it need be right: what is found is counted. */
export interface Sought {
  /** A condition that an index answers, of built-in types and operators alone: it runs nobody's code. */
  readonly where: string | undefined;
  /** The order in which the newest rows come first, when there is a key. */
  readonly order: string | undefined;
  /** Whether the engine can follow a row to its newest version. */
  readonly follows: boolean;
}

/** Whether looking up changed rows costs less than reading the table, of which `pagesScannedMax` pages always are. */
function isWorthLookingUp({ changed, counted }: TouchedTable, pagesScannedMax: number): boolean {
  if (counted === undefined || changed > lookedUpMax) return false;
  return counted.pages - changed > pagesScannedMax;
}

interface Shape {
  readonly table: TouchedTable;
  /** Built-in types by the columns that have one. */
  readonly types: ReadonlyMap<string, string>;
  /** Columns that an index begins with. */
  readonly indexed: ReadonlySet<string>;
  /** Schema and name of the table and of those that it is a part of. */
  readonly names: readonly (readonly [schema: string, name: string])[];
  /** Keys of other tables that it follows when they change. */
  readonly follows: readonly Reference[];
}

interface Reference {
  readonly column: string;
  readonly parent: string;
  readonly parentColumn: string;
}

const shapesText = `
  SELECT c.oid, pg_catalog.to_regprocedure('pg_catalog.currtid2(text,tid)') IS NOT NULL,
    (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(a.attname, t.typname))
      FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        AND t.typtype = 'b' AND t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace),
    (SELECT pg_catalog.json_agg(a.attname) FROM pg_catalog.pg_index i
      JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
      JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid JOIN pg_catalog.pg_am m ON m.oid = x.relam
      WHERE i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL AND m.amname IN ('btree', 'hash')),
    (WITH RECURSIVE above (oid) AS (
        SELECT c.oid UNION SELECT i.inhparent FROM above a JOIN pg_catalog.pg_inherits i ON i.inhrelid = a.oid)
      SELECT pg_catalog.json_agg(pg_catalog.json_build_array(n.nspname, p.relname)) FROM above a
      JOIN pg_catalog.pg_class p ON p.oid = a.oid JOIN pg_catalog.pg_namespace n ON n.oid = p.relnamespace),
    (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(own.attname, k.confrelid, other.attname)) FROM pg_catalog.pg_constraint k
      JOIN pg_catalog.pg_attribute own ON own.attrelid = k.conrelid AND own.attnum = k.conkey[1]
      JOIN pg_catalog.pg_attribute other ON other.attrelid = k.confrelid AND other.attnum = k.confkey[1]
      WHERE k.conrelid = c.oid AND k.contype = 'f' AND (k.confupdtype IN ('c', 'n', 'd') OR k.confdeltype IN ('c', 'n', 'd')))
  FROM pg_catalog.pg_class c WHERE c.oid = ANY ($1::oid[])`;

/**
 * Returns where the texts, and foreign keys that cascade, say that the changed rows are, by the number of the table; of tables alone
 * for which it is worth it.
 */
export async function readSought(
  session: PostgresSession,
  tables: readonly TouchedTable[],
  statements: readonly Statement[],
  inputs: readonly (readonly Input[])[],
  { pagesScannedMax }: Pick<DryRunLimits, 'pagesScannedMax'>,
): Promise<ReadonlyMap<string, Sought>> {
  const large = tables.filter((table) => isWorthLookingUp(table, pagesScannedMax));
  if (large.length === 0) return new Map();
  const { rows } = await session.query(shapesText, [`{${tables.map(({ oid }) => oid).join(',')}}`]);
  const shapes = new Map<string, Shape>();
  for (const [oid, , types, indexed, names, references] of rows) {
    const table = tables.find((one) => one.oid === oid);
    if (table === undefined) continue;
    shapes.set(table.oid, {
      table,
      types: new Map(listOf(types).map(([name = '', type = '']) => [name, type])),
      indexed: new Set(listOf(indexed).flat()),
      names: listOf(names).map(([schema = '', name = '']) => [schema, name]),
      follows: listOf(references).map(([column = '', parent = '', parentColumn = '']) => ({
        column,
        parent,
        parentColumn,
      })),
    });
  }
  const texts = statements.map(({ sql }, index) => ({
    rows: postgresSoughtRows(sql),
    inputs: inputs[index] ?? [],
  }));
  const follows = rows.every(([, found]) => found === 't');
  return new Map(
    large.map(({ oid, key, columns }) => {
      const names = key.map((index) => columns[index]?.name ?? '');
      const ordered = names.length > 0 && names.every((name) => shapes.get(oid)?.types.has(name) === true);
      const order = ordered ? names.map((name) => `${quoteName(name)} DESC`).join(', ') : undefined;
      return [oid, { where: whereOf(oid, shapes, texts, []), order, follows }];
    }),
  );
}

interface ReadText {
  readonly rows: readonly SoughtRows[];
  readonly inputs: readonly Input[];
}

/** Keys of keys that are followed. */
const followedMax = 3;

/** @param met tables that led here: keys may go in a circle */
function whereOf(
  oid: string,
  shapes: ReadonlyMap<string, Shape>,
  texts: readonly ReadText[],
  met: readonly string[],
): string | undefined {
  const shape = shapes.get(oid);
  if (shape === undefined || met.length > followedMax || met.includes(oid)) return undefined;
  const named = texts.flatMap(({ rows, inputs }) =>
    rows
      .filter((one) => shape.names.some((name) => isNamed(one, name)))
      .flatMap((one) => conditionOf(shape, one.comparisons, inputs) ?? []),
  );
  const followed = shape.follows.flatMap(({ column, parent, parentColumn }) => {
    const above = shapes.get(parent);
    const where = whereOf(parent, shapes, texts, [...met, oid]);
    if (above === undefined || where === undefined || !shape.indexed.has(column)) return [];
    if (!shape.types.has(column) || !above.types.has(parentColumn)) return [];
    const keys = `SELECT ${quoteName(parentColumn)} FROM ONLY ${above.table.quoted} WHERE xmax OPERATOR(pg_catalog.<>) '0'::pg_catalog.xid AND (${where})`;
    return [`${quoteName(column)} OPERATOR(pg_catalog.=) ANY (ARRAY(${keys}))`];
  });
  const all = [...named, ...followed];
  return all.length === 0 ? undefined : all.map((one) => `(${one})`).join(' OR ');
}

function isNamed(
  { schema, table }: SoughtRows,
  [ownSchema, name]: readonly [schema: string, name: string],
): boolean {
  return table === name && (schema === '' || schema === ownSchema);
}

/** The comparisons that can be made of columns of built-in types; undefined when no index answers any of them. */
function conditionOf(
  { types, indexed }: Shape,
  comparisons: readonly SoughtComparison[],
  inputs: readonly Input[],
): string | undefined {
  const usable = comparisons.flatMap((one) => {
    // What no index answers narrows little, and may be of a type that compares nothing.
    const text = indexed.has(one.column) ? comparisonText(one, types.get(one.column), inputs) : undefined;
    return text ?? [];
  });
  return usable.length === 0 ? undefined : usable.join(' AND ');
}

function comparisonText(
  { column, operator, values }: SoughtComparison,
  type: string | undefined,
  inputs: readonly Input[],
): string | undefined {
  const given = values.flatMap((value) => {
    const text = value.kind === 'text' ? value.text : inputs[value.number - 1];
    return typeof text === 'string' ? (quoteText(text) ?? []) : [];
  });
  // The name of an array's type makes no type of lists of arrays.
  if (type === undefined || type.startsWith('_') || given.length < values.length) return undefined;
  const name = quoteName(column);
  const typed = `pg_catalog.${quoteName(type)}`;
  switch (operator) {
    case 'any':
      return `${name} OPERATOR(pg_catalog.=) ANY (ARRAY[${given.join(', ')}]::${typed}[])`;
    case 'array':
      return `${name} OPERATOR(pg_catalog.=) ANY (${given.join('')}::${typed}[])`;
    default:
      return `${name} OPERATOR(pg_catalog.${operator}) ${given.join('')}::${typed}`;
  }
}

function listOf(json: string | null | undefined): readonly (readonly string[])[] {
  const list: unknown = JSON.parse(json ?? '[]');
  if (!Array.isArray(list)) return [];
  return list.map((one: unknown) => (Array.isArray(one) ? one.map(String) : [String(one)]));
}
