import { hasParser, parsePostgres } from './parser.ts';
import { child, flag, node, nodes, text, values, words } from './tree.ts';
import type { Node, Tree } from './tree.ts';

/** What a column is compared with: a constant of the text, or the parameter of a number. */
export type SoughtValue =
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'parameter'; readonly number: number };

/** A comparison that rows meet before they are changed, or that new rows meet. */
export interface SoughtComparison {
  /** As the engine has it, not quoted. */
  readonly column: string;
  /** `any` is equal to one of the values, `array` to one in the only value, which is a whole array. */
  readonly operator: '<' | '<=' | '>=' | '>' | 'any' | 'array';
  readonly values: readonly SoughtValue[];
}

/** Which rows of a table a text changes, as far as its plain comparisons say. */
export interface SoughtRows {
  /** Empty when the text names none. */
  readonly schema: string;
  readonly table: string;
  /** All of them hold; the text may ask for more. */
  readonly comparisons: readonly SoughtComparison[];
}

/**
 * Returns where the rows are that INSERT, UPDATE and DELETE of a text change, those in its WITH too: one entry for each table
 * written. No judgement: names are not resolved, and what is not understood is left out, so more rows may meet
 * it than are changed. Empty for any other text, and when no parser was provided.
 */
export function postgresSoughtRows(sql: string): readonly SoughtRows[] {
  if (!hasParser()) return [];
  const list = parsePostgres(sql) ?? [];
  return list.flatMap((statement) => {
    const one = node(statement, 'stmt');
    return one === undefined ? [] : soughtIn(one);
  });
}

function soughtIn({ tag, body }: Node): SoughtRows[] {
  const inner = nodes(child(body, 'withClause'), 'ctes').flatMap((cte) => {
    const query = node(cte.body, 'ctequery');
    return query === undefined ? [] : soughtIn(query);
  });
  const relation = child(body, 'relation');
  if (relation === undefined) return inner;
  const own = { schema: text(relation, 'schemaname'), table: text(relation, 'relname') };
  const alias = text(child(relation, 'alias'), 'aliasname');
  switch (tag) {
    case 'UpdateStmt':
    case 'DeleteStmt': {
      const names = [alias === '' ? own.table : alias];
      return [...inner, { ...own, comparisons: comparisonsOf(node(body, 'whereClause'), names) }];
    }
    case 'InsertStmt':
      return [...inner, { ...own, comparisons: givenTo(body) }];
    case 'MergeStmt':
      return [...inner, { ...own, comparisons: [] }];
    default:
      return inner;
  }
}

/** What a list of VALUES gives to columns that the text names. */
function givenTo(insert: Tree): SoughtComparison[] {
  const columns = nodes(insert, 'cols').map(({ body }) => text(body, 'name'));
  const rows = nodes(node(insert, 'selectStmt')?.body, 'valuesLists').map(({ body }) => nodes(body, 'items'));
  if (rows.length === 0) return [];
  return columns.flatMap((column, place) => comparison(column, 'any', rows.map((row) => row[place]))); // prettier-ignore
}

function comparisonsOf(condition: Node | undefined, names: readonly string[]): SoughtComparison[] {
  if (condition === undefined) return [];
  const { tag, body } = condition;
  if (tag === 'BoolExpr' && text(body, 'boolop') === 'AND_EXPR') {
    return nodes(body, 'args').flatMap((one) => comparisonsOf(one, names));
  }
  return tag === 'A_Expr' ? compared(body, names) : [];
}

const mirrored = { '<': '>', '<=': '>=', '>=': '<=', '>': '<', '=': '=' } as const;
type Symbol = keyof typeof mirrored;

function compared(body: Tree, names: readonly string[]): SoughtComparison[] {
  const [left, right] = [node(body, 'lexpr'), node(body, 'rexpr')];
  const column = columnOf(left, names);
  const items = nodes(right?.body, 'items');
  const symbol = words(values(body, 'name')).join('.');
  switch (text(body, 'kind')) {
    case 'AEXPR_OP': {
      if (!isSymbol(symbol)) return [];
      if (column !== undefined) return simple(column, symbol, right);
      const other = columnOf(right, names);
      return other === undefined ? [] : simple(other, mirrored[symbol], left);
    }
    case 'AEXPR_IN':
      return column !== undefined && symbol === '=' ? comparison(column, 'any', items) : [];
    case 'AEXPR_OP_ANY':
      if (column === undefined || symbol !== '=') return [];
      return right?.tag === 'A_ArrayExpr'
        ? comparison(column, 'any', nodes(right.body, 'elements'))
        : comparison(column, 'array', [right]);
    case 'AEXPR_BETWEEN':
      if (column === undefined) return [];
      return [...comparison(column, '>=', items.slice(0, 1)), ...comparison(column, '<=', items.slice(1))];
    default:
      return [];
  }
}

function isSymbol(symbol: string): symbol is Symbol {
  return symbol in mirrored;
}

function simple(column: string, symbol: Symbol, value: Node | undefined): SoughtComparison[] {
  return comparison(column, symbol === '=' ? 'any' : symbol, [value]);
}

/** Nothing when any of the values is none that is known before. */
function comparison(
  column: string,
  operator: SoughtComparison['operator'],
  list: readonly (Node | undefined)[],
): SoughtComparison[] {
  const known = list.flatMap((value) => valueOf(value) ?? []);
  return list.length === 0 || known.length < list.length ? [] : [{ column, operator, values: known }];
}

/** The column of the table that is written, bare or behind one of its names. */
function columnOf(value: Node | undefined, names: readonly string[]): string | undefined {
  if (value?.tag !== 'ColumnRef') return undefined;
  const fields = words(values(value.body, 'fields'));
  if (fields.length !== values(value.body, 'fields').length) return undefined;
  const [first = '', second] = fields;
  if (second === undefined) return first;
  return fields.length === 2 && names.includes(first) ? second : undefined;
}

function valueOf(value: Node | undefined): SoughtValue | undefined {
  if (value === undefined) return undefined;
  const { tag, body } = value;
  if (tag === 'TypeCast') return valueOf(node(body, 'arg'));
  if (tag === 'ParamRef') {
    const number = body['number'];
    return typeof number === 'number' ? { kind: 'parameter', number } : undefined;
  }
  if (tag !== 'A_Const' || flag(body, 'isnull')) return undefined;
  const found = constantOf(body);
  return found === undefined ? undefined : { kind: 'text', text: found };
}

function constantOf(body: Tree): string | undefined {
  const whole = child(body, 'ival');
  // The parser leaves out what is 0, empty or false.
  if (whole !== undefined) {
    const value = whole['ival'] ?? 0;
    return typeof value === 'number' ? String(value) : undefined;
  }
  const real = child(body, 'fval');
  if (real !== undefined) return text(real, 'fval');
  const string = child(body, 'sval');
  if (string !== undefined) return text(string, 'sval');
  const boolean = child(body, 'boolval');
  return boolean === undefined ? undefined : String(flag(boolean, 'boolval'));
}
