import type { BinaryExpr, Expr, Operator } from 'sqlite3-parser';
import { foldAscii } from '../text.ts';
import { isBare } from './reading.ts';
import type { Scope } from '../findings.ts';
import type { Reading } from './reading.ts';
import { isQuotedText } from './scope.ts';

/** A value that is the same in every row; null is SQL's NULL. */
type Constant = number | string | null;

/** Constant of an expression, or undefined when it was not worked out. */
type Folded = Constant | undefined;

const CONDITION_DEPTH_MAX = 60;

/** True only when the condition is proved to hold for every row; false means nothing was proved. */
export function isAlwaysTrue(reading: Reading, condition: Expr, scope: Scope): boolean {
  return truth(new Folder(reading, scope), condition) === true;
}

class Folder {
  readonly reading: Reading;
  readonly scope: Scope;
  depth = 0;

  constructor(reading: Reading, scope: Scope) {
    this.reading = reading;
    this.scope = scope;
  }
}

/** Whether a condition holds: true or false for every row, null always NULL, undefined not worked out. */
function truth(folder: Folder, expr: Expr): boolean | null | undefined {
  if (holdsByForm(folder, expr)) return true;
  const value = fold(folder, expr);
  if (value === undefined || value === null) return value;
  return numeric(value) !== 0;
}

/** Forms that hold whatever the columns are: `x IS x`, `a IS NULL OR a IS NOT NULL`, `1 OR x`. */
function holdsByForm(folder: Folder, expr: Expr): boolean {
  switch (expr.type) {
    case 'ParenthesizedExpr': {
      const [only, second] = expr.exprs;
      return only !== undefined && second === undefined && deeper(folder, () => truth(folder, only) === true);
    }
    case 'BinaryExpr':
      return holdsBinary(folder, expr);
    case 'UnaryExpr':
      return expr.op === 'Not' && deeper(folder, () => truth(folder, expr.expr) === false);
    case 'ExistsExpr': {
      const core = expr.select.select;
      if (expr.select.limit !== undefined || expr.select.compounds !== undefined) return false;
      return (
        core.type === 'SelectValues' ||
        (core.from === undefined && core.whereClause === undefined && core.having === undefined)
      );
    }
    case 'NotNullExpr':
      return isRowid(expr.expr);
    default:
      return false;
  }
}

function holdsBinary(folder: Folder, expr: BinaryExpr): boolean {
  const { left, right, op } = expr;
  if (op === 'And') {
    return deeper(folder, () => truth(folder, left) === true && truth(folder, right) === true);
  }
  if (op === 'Or') {
    const terms = disjuncts(expr);
    return (
      terms.some((term) => deeper(folder, () => truth(folder, term) === true)) || coversNull(folder, terms)
    );
  }
  const column = columnKey(folder, left);
  if (column === undefined || column !== columnKey(folder, right)) return false;
  if (op === 'Is') return true;
  return isRowid(left) && (op === 'Equals' || op === 'GreaterEquals' || op === 'LessEquals');
}

function disjuncts(expr: Expr): readonly Expr[] {
  const terms: Expr[] = [];
  let rest: Expr = expr;
  while (rest.type === 'BinaryExpr' && rest.op === 'Or' && terms.length < CONDITION_DEPTH_MAX) {
    terms.push(rest.right);
    rest = rest.left;
  }
  return [...terms, rest];
}

/** True when one term asks that a column is NULL and another holds whenever it is not. */
function coversNull(folder: Folder, terms: readonly Expr[]): boolean {
  const nulls = new Set<string>();
  const others = new Set<string>();
  for (const term of terms.map(unwrap)) {
    const key = nullTest(folder, term);
    if (key === undefined) continue;
    (key.startsWith('null ') ? nulls : others).add(key.slice(5));
  }
  return [...nulls].some((key) => others.has(key));
}

/** `null x` when the term holds for NULL x, `some x` when it holds for every other x. */
function nullTest(folder: Folder, term: Expr): string | undefined {
  if (term.type === 'IsNullExpr' || term.type === 'NotNullExpr') {
    const key = columnKey(folder, term.expr);
    return key === undefined ? undefined : `${term.type === 'IsNullExpr' ? 'null' : 'some'} ${key}`;
  }
  if (term.type !== 'BinaryExpr') return undefined;
  const key = columnKey(folder, term.left);
  if (key === undefined) return undefined;
  if (term.op === 'Equals' && key === columnKey(folder, term.right)) return `some ${key}`;
  if (unwrap(term.right).type !== 'NullLiteral') return undefined;
  if (term.op === 'Is') return `null ${key}`;
  return term.op === 'IsNot' ? `some ${key}` : undefined;
}

function unwrap(expr: Expr): Expr {
  let inner = expr;
  while (inner.type === 'ParenthesizedExpr') {
    const [only, second] = inner.exprs;
    if (only === undefined || second !== undefined) return inner;
    inner = only;
  }
  return inner;
}

function columnKey(folder: Folder, expr: Expr): string | undefined {
  const inner = unwrap(expr);
  if (inner.type === 'QualifiedExpr') return foldAscii(`${inner.table.text}.${inner.column.text}`);
  if (inner.type !== 'Id') return undefined;
  return isQuotedText(folder.reading, folder.scope, inner.name, inner.span)
    ? undefined
    : foldAscii(inner.name);
}

function isRowid(expr: Expr): boolean {
  const inner = unwrap(expr);
  const name = inner.type === 'Id' ? inner.name : inner.type === 'QualifiedExpr' ? inner.column.text : '';
  return ['rowid', 'oid', '_rowid_'].includes(foldAscii(name));
}

function deeper(folder: Folder, work: () => boolean): boolean {
  if (folder.depth >= CONDITION_DEPTH_MAX) return false;
  folder.depth += 1;
  const result = work();
  folder.depth -= 1;
  return result;
}

function fold(folder: Folder, expr: Expr): Folded {
  if (folder.depth >= CONDITION_DEPTH_MAX) return undefined;
  folder.depth += 1;
  const value = foldNode(folder, expr);
  folder.depth -= 1;
  return value;
}

function foldNode(folder: Folder, expr: Expr): Folded {
  switch (expr.type) {
    case 'NumericLiteral':
      return foldNumber(expr.value);
    case 'StringLiteral':
      return expr.value;
    case 'NullLiteral':
      return null;
    case 'Id':
      return foldName(folder, expr.name, expr.span);
    case 'ParenthesizedExpr': {
      const inner = unwrap(expr);
      return inner.type === 'ParenthesizedExpr' ? undefined : fold(folder, inner);
    }
    case 'UnaryExpr':
      return foldUnary(expr.op, fold(folder, expr.expr));
    case 'BinaryExpr':
      return foldBinary(folder, expr);
    case 'IsNullExpr':
    case 'NotNullExpr': {
      const value = fold(folder, expr.expr);
      if (value === undefined) return undefined;
      return (value === null) === (expr.type === 'IsNullExpr') ? 1 : 0;
    }
    case 'InListExpr':
      return foldIn(folder, expr.lhs, expr.rhs ?? [], expr.not);
    case 'BetweenExpr': {
      const low = compare('GreaterEquals', fold(folder, expr.lhs), fold(folder, expr.start));
      const high = compare('LessEquals', fold(folder, expr.lhs), fold(folder, expr.end));
      return negateIf(expr.not, both(low, high));
    }
    case 'LikeExpr': {
      const text = fold(folder, expr.lhs);
      const pattern = fold(folder, expr.rhs);
      if (expr.op !== 'Like' || expr.escape !== undefined || typeof text !== 'string') return undefined;
      return typeof pattern === 'string' && /^%+$/.test(pattern) ? negateIf(expr.not, 1) : undefined;
    }
    case 'SubqueryExpr':
      return foldSubquery(folder, expr);
    default:
      return undefined;
  }
}

/** `(SELECT constant)`, which has exactly one row. */
function foldSubquery(folder: Folder, expr: Extract<Expr, { type: 'SubqueryExpr' }>): Folded {
  const { select, compounds, limit } = expr.select;
  if (select.type !== 'SelectFrom' || compounds !== undefined || limit !== undefined) return undefined;
  if (select.from !== undefined || select.whereClause !== undefined || select.having !== undefined)
    return undefined;
  const [only, second] = select.columns;
  return only?.type === 'ExprResultColumn' && second === undefined ? fold(folder, only.expr) : undefined;
}

function foldNumber(written: string): Folded {
  const value = Number(written.replaceAll('_', ''));
  return Number.isFinite(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER ? value : undefined;
}

function foldName(folder: Folder, name: string, span: Extract<Expr, { type: 'Id' }>['span']): Folded {
  const { reading, scope } = folder;
  if (isQuotedText(reading, scope, name, span)) return name;
  const folded = foldAscii(name);
  if (!isBare(reading, span) || (folded !== 'true' && folded !== 'false')) return undefined;
  return folded === 'true' ? 1 : 0;
}

function foldUnary(op: 'BitwiseNot' | 'Negative' | 'Not' | 'Positive', value: Folded): Folded {
  if (value === undefined || value === null) return value;
  switch (op) {
    case 'Not':
      return numeric(value) === 0 ? 1 : 0;
    case 'Negative':
      return -numeric(value);
    case 'Positive':
      return value;
    case 'BitwiseNot':
      return -Math.trunc(numeric(value)) - 1;
    default:
      return op satisfies never;
  }
}

function foldBinary(folder: Folder, expr: BinaryExpr): Folded {
  const left = fold(folder, expr.left);
  const right = fold(folder, expr.right);
  switch (expr.op) {
    case 'And':
      return both(asBoolean(left), asBoolean(right));
    case 'Or':
      return negateIf(true, both(negateIf(true, asBoolean(left)), negateIf(true, asBoolean(right))));
    case 'Add':
    case 'Subtract':
    case 'Multiply':
      return arithmetic(expr.op, left, right);
    case 'Concat':
      return typeof left === 'string' && typeof right === 'string' ? left + right : undefined;
    default:
      return compare(expr.op, left, right);
  }
}

function arithmetic(op: 'Add' | 'Subtract' | 'Multiply', left: Folded, right: Folded): Folded {
  if (left === undefined || right === undefined) return undefined;
  if (left === null || right === null) return null;
  const [a, b] = [numeric(left), numeric(right)];
  const value = op === 'Add' ? a + b : op === 'Subtract' ? a - b : a * b;
  return Number.isSafeInteger(value) ? value : undefined;
}

function compare(op: Operator, left: Folded, right: Folded): Folded {
  if (left === undefined || right === undefined) return undefined;
  if (op === 'Is' || op === 'IsNot') return (left === right) === (op === 'Is') ? 1 : 0;
  if (left === null || right === null) return null;
  // Two texts are compared byte by byte; only whether they are the same is worked out here.
  if (typeof left === 'string' && typeof right === 'string' && op !== 'Equals' && op !== 'NotEquals') {
    return undefined;
  }
  // Without a column there is no affinity: any number sorts before any text.
  const order =
    typeof left !== typeof right
      ? typeof left === 'number'
        ? -1
        : 1
      : left < right
        ? -1
        : left > right
          ? 1
          : 0;
  switch (op) {
    case 'Equals':
      return order === 0 ? 1 : 0;
    case 'NotEquals':
      return order === 0 ? 0 : 1;
    case 'Less':
      return order < 0 ? 1 : 0;
    case 'LessEquals':
      return order <= 0 ? 1 : 0;
    case 'Greater':
      return order > 0 ? 1 : 0;
    case 'GreaterEquals':
      return order >= 0 ? 1 : 0;
    default:
      return undefined;
  }
}

function foldIn(folder: Folder, lhs: Expr, list: readonly Expr[], not: boolean): Folded {
  if (list.length === 0) return not ? 1 : 0;
  if (list.length > CONDITION_DEPTH_MAX) return undefined;
  const value = fold(folder, lhs);
  const hits = list.map((item) => compare('Equals', value, fold(folder, item)));
  if (hits.includes(1)) return not ? 0 : 1;
  return hits.every((hit) => hit === 0) ? (not ? 1 : 0) : undefined;
}

/** AND of SQL's three values. */
function both(left: Folded, right: Folded): Folded {
  if (left === 0 || right === 0) return 0;
  if (left === undefined || right === undefined) return undefined;
  return left === null || right === null ? null : 1;
}

function asBoolean(value: Folded): Folded {
  if (value === undefined || value === null) return value;
  return numeric(value) === 0 ? 0 : 1;
}

function negateIf(not: boolean, value: Folded): Folded {
  if (value === undefined || value === null || !not) return value;
  return value === 0 ? 1 : 0;
}

/** The number SQLite takes a value for: of a text, the number it begins with, else 0. */
function numeric(value: number | string): number {
  if (typeof value === 'number') return value;
  const match = /^[ \t\n\v\f\r]*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)/i.exec(value);
  return match === null ? 0 : Number(match[1]);
}
