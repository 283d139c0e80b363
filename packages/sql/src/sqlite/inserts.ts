import type { DistinctNames, Expr, QualifiedName, Select } from 'sqlite3-parser';
import { foldAscii } from '../text.ts';
import { parseBody } from './body.ts';
import { isMadeByEngine } from './engine-value.ts';

/** What an INSERT gives to one place of every row it makes. */
export type GivenValue =
  /** The literal NULL. */
  | { readonly kind: 'null' }
  /** In a trigger: an expression that only the engine's clock or dice decide; `text` is its source. */
  | { readonly kind: 'engine'; readonly text: string }
  | { readonly kind: 'other' };

/** The form of one INSERT: which columns its rows fill, and with what. */
export interface InsertForm {
  /** Table or view, folded, without its schema. */
  readonly table: string;
  /** Columns it lists, folded; undefined when the text lists none. */
  readonly columns: readonly string[] | undefined;
  /** One for each place; undefined when the text does not say (compounds, stars): take them for given. */
  readonly values: readonly GivenValue[] | undefined;
  /** DEFAULT VALUES: no column is given. */
  readonly defaults: boolean;
}

/**
 * Returns the INSERTs of one SQLite text: that of an INSERT statement, or those in the body of a CREATE
 * TRIGGER text; none for other statements. Undefined when the text cannot be read as one statement.
 * Only a trigger's values can be `engine`: its text is part of the schema.
 */
export function sqliteInserts(sql: string): readonly InsertForm[] | undefined {
  const statement = parseBody(sql);
  switch (statement?.type) {
    case undefined:
      return undefined;
    case 'InsertStmt': {
      const { tblName, columns, body } = statement;
      const select = body.type === 'SelectInsertBody' ? body.select : undefined;
      return [insertForm(tblName, columns, select, undefined)];
    }
    case 'CreateTriggerStmt':
      return statement.commands.flatMap((command) =>
        command.type === 'InsertTriggerCmd'
          ? [insertForm(command.tblName, command.colNames, command.select, sql)]
          : [],
      );
    default:
      return [];
  }
}

function insertForm(
  table: QualifiedName,
  columns: DistinctNames | undefined,
  select: Select | undefined,
  trigger: string | undefined,
): InsertForm {
  return {
    table: foldAscii(table.objName.text),
    columns: columns?.map((name) => foldAscii(name.text)),
    values: select === undefined ? [] : valuesOf(select, trigger),
    defaults: select === undefined,
  };
}

function valuesOf(select: Select, trigger: string | undefined): readonly GivenValue[] | undefined {
  if (select.compounds !== undefined && select.compounds.length > 0) return undefined;
  const rows = rowsOf(select);
  const [first] = rows ?? [];
  if (rows === undefined || first === undefined) return undefined;
  return first.map((_, place) => together(rows.map((row) => givenValue(row[place], trigger))));
}

function rowsOf({ select }: Select): readonly (readonly Expr[])[] | undefined {
  if (select.type === 'SelectValues') return select.values.map((row) => row.values);
  const row = select.columns.flatMap((column) => (column.type === 'ExprResultColumn' ? [column.expr] : []));
  return row.length === select.columns.length ? [row] : undefined;
}

function givenValue(expression: Expr | undefined, trigger: string | undefined): GivenValue {
  if (expression?.type === 'NullLiteral') return { kind: 'null' };
  if (expression === undefined || trigger === undefined || !isMadeByEngine(expression))
    return { kind: 'other' };
  const { offset, length } = expression.span;
  return { kind: 'engine', text: trigger.slice(offset, offset + length) };
}

/** What all rows have in common at one place. */
function together(values: readonly GivenValue[]): GivenValue {
  const [first] = values;
  if (first === undefined || values.some(({ kind }) => kind !== first.kind)) return { kind: 'other' };
  if (first.kind !== 'engine') return first;
  const texts = values.flatMap((value) => (value.kind === 'engine' ? [value.text] : []));
  return { kind: 'engine', text: [...new Set(texts)].join(', ') };
}
