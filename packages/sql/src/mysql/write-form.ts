import type { Catalog } from '../catalog.ts';
import { SqlError } from '../error.ts';
import { tokensFrom } from './parser.ts';
import { scanMysql } from './scan.ts';
import { Schema } from './schema.ts';
import { columnName } from './scope.ts';
import { statement } from './statement-grammar.ts';
import type { Act, Deletion, Expr, Insertion, Name, Span, Update } from './tree.ts';

/** A piece of a text and where its values are among those of the whole text. */
interface Piece {
  readonly text: string;
  /** Number of `?` before the piece. */
  readonly paramsBefore: number;
  /** Number of `?` inside it. */
  readonly params: number;
}

/** An UPDATE or DELETE of one table, cut into what names the table and what names its rows. */
export interface MysqlRowsForm {
  readonly kind: 'rows';
  /** Qualified, as facts name it. */
  readonly table: string;
  /** The table with its alias and partitions. */
  readonly from: Piece;
  /** From WHERE to the end of LIMIT; its text is empty when the whole table is meant. */
  readonly rows: Piece;
}

/** What an INSERT gives to one column of one row: nothing of its own, or an expression. */
export type MysqlGiven =
  | { readonly kind: 'default' }
  | { readonly kind: 'null' }
  /** The number 0, which an AUTO_INCREMENT column takes for nothing. */
  | { readonly kind: 'zero' }
  | ({ readonly kind: 'value' } & Piece);

/** An INSERT or REPLACE. */
export interface MysqlInsertForm {
  readonly kind: 'insert';
  /** Qualified, as facts name it. */
  readonly table: string;
  /** Columns it lists, in lower case; undefined when the text lists none. */
  readonly columns: readonly string[] | undefined;
  /** The rows that the text gives; undefined when a query does. */
  readonly rows: readonly (readonly MysqlGiven[])[] | undefined;
  /** Columns set by ON DUPLICATE KEY UPDATE, in lower case. */
  readonly updates: readonly string[];
}

export type MysqlWriteForm = MysqlRowsForm | MysqlInsertForm;

/**
 * Returns the form of one statement that changes rows, cut from the text by the grammar; undefined for a statement of
 * another kind, of several tables, with common table expressions, or that cannot be read as exactly one.
 */
export function mysqlWriteForm(
  sql: string,
  dialect: 'mysql' | 'mariadb',
  catalog: Catalog,
): MysqlWriteForm | undefined {
  const schema = new Schema(dialect, catalog);
  if (schema.modes === undefined) return undefined;
  const scan = scanMysql(sql, schema.modes);
  if (scan.refusal !== undefined) return undefined;
  const tokens = tokensFrom(sql, scan, schema.modes);
  const act = oneAct(() => {
    const { act: found } = statement(tokens);
    while (tokens.acceptSymbol(';'));
    return tokens.token.kind === 'end' ? found : undefined;
  });
  if (act === undefined) return undefined;
  const places = scan.tokens.flatMap(({ kind, start }) => (kind === 'parameter' ? [start] : []));
  return formOf(act, { sql, places, schema });
}

function oneAct(read: () => Act | undefined): Act | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof SqlError) return undefined;
    throw error;
  }
}

interface Text {
  readonly sql: string;
  /** Where each `?` stands, ascending. */
  readonly places: readonly number[];
  readonly schema: Schema;
}

function formOf(act: Act, text: Text): MysqlWriteForm | undefined {
  switch (act.type) {
    case 'insert':
      return insertForm(act, text);
    case 'update':
    case 'delete':
      return rowsForm(act, text);
    case 'query':
    case 'explain':
    case 'utility':
      return undefined;
  }
}

function rowsForm({ ctes, from, span }: Update | Deletion, text: Text): MysqlRowsForm | undefined {
  const [item, second] = from.items;
  if (item?.type !== 'table' || second !== undefined || ctes.length > 0 || from.portion) return undefined;
  return { kind: 'rows', table: nameOf(item.name, text), from: cut(from.span, text), rows: cut(span, text) };
}

function insertForm(act: Insertion, text: Text): MysqlInsertForm {
  return {
    kind: 'insert',
    table: nameOf(act.table, text),
    columns: act.columns?.map(columnName),
    rows: act.query === undefined ? act.rows.map((row) => row.map((value) => given(value, text))) : undefined,
    updates: (act.updates ?? []).map(({ column }) => columnName(column.parts.at(-1) ?? '')),
  };
}

function given(value: Expr, text: Text): MysqlGiven {
  if (value.type === 'operation' && value.op === 'default' && value.args.length === 0) {
    return { kind: 'default' };
  }
  if (value.type === 'literal' && value.value === null) return { kind: 'null' };
  if (value.type === 'literal' && value.value === 0) return { kind: 'zero' };
  return { kind: 'value', ...cut(value.span, text) };
}

function nameOf({ parts }: Name, { schema }: Text): string {
  return schema.qualify(parts, schema.catalog?.currentSchema);
}

function cut({ offset, length }: Span, { sql, places }: Text): Piece {
  const paramsBefore = countBelow(places, offset);
  return {
    text: sql.slice(offset, offset + length),
    paramsBefore,
    params: countBelow(places, offset + length) - paramsBefore,
  };
}

/** How many of ascending numbers are below a limit. */
function countBelow(numbers: readonly number[], limit: number): number {
  let [low, high] = [0, numbers.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? limit) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
