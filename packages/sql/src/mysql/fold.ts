import type { Modes } from './modes.ts';
import type { Constant, Expr } from './tree.ts';

const DEPTH_MAX = 60;
const LIST_MAX = 60;
const ARITHMETIC: ReadonlySet<string> = new Set(['+', '-', '*', 'div']);

/** True only when the condition is proved to hold for every row; false means nothing was proved. */
export function isAlwaysTrue(condition: Expr, modes: Modes | undefined): boolean {
  return truth(condition, { modes, depth: 0 }) === true;
}

interface Folding {
  readonly modes: Modes | undefined;
  readonly depth: number;
}

/** Whether a condition holds: true or false for every row, null always NULL, undefined not worked out. */
function truth(expr: Expr | undefined, outside: Folding): boolean | null | undefined {
  const at = { ...outside, depth: outside.depth + 1 };
  if (expr === undefined || at.depth > DEPTH_MAX) return undefined;
  if (holdsByForm(expr, at)) return true;
  const value = fold(expr, at);
  return value === undefined || value === null ? value : numeric(value) !== 0;
}

/** Forms that hold whatever the columns are: `x <=> x`, `a IS NULL OR a IS NOT NULL`, `1 OR x`. */
function holdsByForm(expr: Expr, at: Folding): boolean {
  if (expr.type === 'subquery') return expr.form === 'exists' && hasOneRow(expr);
  if (expr.type !== 'operation') return false;
  const [left, right, third] = expr.args;
  switch (expr.op) {
    case '()':
    case 'collate':
      return truth(left, at) === true;
    case 'not':
      return truth(left, at) === false;
    case 'and':
    case '&&':
      return expr.args.every((arg) => truth(arg, at) === true);
    case 'or':
    case '||':
      if (expr.op === '||' && at.modes?.pipesAsConcat !== false) return false;
      return expr.args.some((arg) => truth(arg, at) === true) || coversNull(expr.args);
    case '<=>':
      return third === undefined && keyOf(left) !== undefined && keyOf(left) === keyOf(right);
    default:
      return false;
  }
}

/** True when one term asks that a column is NULL and another holds whenever it is not. */
function coversNull(terms: readonly Expr[]): boolean {
  const nulls = new Set<string>();
  const others = new Set<string>();
  for (const term of terms.slice(0, LIST_MAX).map(unwrap)) {
    if (term.type !== 'operation') continue;
    const [left, right, third] = term.args;
    const key = keyOf(left);
    if (key === undefined) continue;
    if (term.op === 'is null') nulls.add(key);
    if (term.op === 'is not null') others.add(key);
    if (term.op === '=' && third === undefined && key === keyOf(right)) others.add(key);
  }
  return [...nulls].some((key) => others.has(key));
}

function unwrap(expr: Expr): Expr {
  let inner = expr;
  while (inner.type === 'operation' && inner.op === '()' && inner.args[0] !== undefined)
    inner = inner.args[0];
  return inner;
}

function keyOf(expr: Expr | undefined): string | undefined {
  const inner = expr === undefined ? undefined : unwrap(expr);
  return inner?.type === 'column' ? inner.name.parts.join('.').toLowerCase() : undefined;
}

/** A subquery without tables or conditions, which has exactly one row. */
function hasOneRow({ query }: Extract<Expr, { type: 'subquery' }>): boolean {
  const { body } = query;
  if (query.limited || body.type !== 'select') return false;
  const { from, where, having, groupBy } = body;
  return from === undefined && where === undefined && having === undefined && groupBy.length === 0;
}

function fold(expr: Expr | undefined, outside: Folding): Constant {
  const at = { ...outside, depth: outside.depth + 1 };
  if (expr === undefined || at.depth > DEPTH_MAX) return undefined;
  switch (expr.type) {
    case 'literal':
      return expr.value;
    case 'subquery': {
      const { body } = expr.query;
      if (expr.form !== 'value' || !hasOneRow(expr) || body.type !== 'select') return undefined;
      const [only, second] = body.items;
      return only?.type === 'value' && second === undefined ? fold(only.expr, at) : undefined;
    }
    case 'operation':
      return foldOperation(expr, at);
    case 'column':
    case 'variable':
    case 'call':
      return undefined;
    default:
      return expr satisfies never;
  }
}

function foldOperation(expr: Extract<Expr, { type: 'operation' }>, at: Folding): Constant {
  const { op, args } = expr;
  const [first, second, third] = args;
  switch (op) {
    case '()':
    case 'binary':
      return fold(first, at);
    case 'not':
      return negated(fromTruth(truth(first, at)));
    case 'and':
    case '&&':
      return conjunction(args.map((arg) => truth(arg, at)));
    case 'or':
      return disjunction(args.map((arg) => truth(arg, at)));
    case 'xor':
      return args.length === 2 ? exclusive(truth(first, at), truth(second, at)) : undefined;
    case 'in':
    case 'not in':
      return foldIn(fold(first, at), args.slice(1), op === 'not in', at);
    case 'between':
    case 'not between': {
      const low = compare('>=', fold(first, at), fold(second, at));
      const high = compare('<=', fold(first, at), fold(third, at));
      const both = conjunction([toTruth(low), toTruth(high)]);
      return op === 'between' ? both : negated(both);
    }
    case 'like':
    case 'not like': {
      const [text, pattern] = [fold(first, at), fold(second, at)];
      if (third !== undefined || typeof text !== 'string' || typeof pattern !== 'string') return undefined;
      return op === 'like' && /^%+$/.test(pattern) ? 1 : undefined;
    }
    default:
      return op.startsWith('is ') ? foldIs(op, truth(first, at)) : foldArithmetic(op, args, at);
  }
}

function foldIs(op: string, value: boolean | null | undefined): Constant {
  if (value === undefined) return undefined;
  const word = op.split(' ').at(-1);
  const holds = word === 'null' || word === 'unknown' ? value === null : value === (word === 'true');
  return holds !== op.includes(' not ') ? 1 : 0;
}

function foldArithmetic(op: string, args: readonly Expr[], at: Folding): Constant {
  const [first, ...others] = args.map((arg) => fold(arg, at));
  if (others.length === 0) {
    if (first === undefined || first === null || op === '+') return first;
    return op === '-' ? -numeric(first) : undefined;
  }
  // A comparison of three, `1 = 1 = 1`, compares the answer of the first.
  return others.reduce<Constant>((left, right) => two(op, left, right), first);
}

function two(op: string, left: Constant, right: Constant): Constant {
  if (!ARITHMETIC.has(op)) return compare(op, left, right);
  if (left === undefined || right === undefined) return undefined;
  if (left === null || right === null) return null;
  const value = calculated(op, numeric(left), numeric(right));
  return Number.isSafeInteger(value) ? value : undefined;
}

function calculated(op: string, a: number, b: number): number {
  switch (op) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    default:
      return Number.isSafeInteger(a) && Number.isSafeInteger(b) && b !== 0 ? Math.trunc(a / b) : NaN;
  }
}

/** Texts are compared by their collation, so only equal ones are known to be so. */
function compare(op: string, left: Constant, right: Constant): Constant {
  if (left === undefined || right === undefined) return undefined;
  if (op === '<=>' && (left === null || right === null)) return left === right ? 1 : 0;
  if (left === null || right === null) return null;
  if (typeof left === 'string' && typeof right === 'string') {
    if (left !== right) return undefined;
    return ['=', '<=>', '<=', '>='].includes(op) ? 1 : ['<>', '!=', '<', '>'].includes(op) ? 0 : undefined;
  }
  const [a, b] = [numeric(left), numeric(right)];
  switch (op) {
    case '=':
    case '<=>':
      return a === b ? 1 : 0;
    case '<>':
    case '!=':
      return a === b ? 0 : 1;
    case '<':
      return a < b ? 1 : 0;
    case '<=':
      return a <= b ? 1 : 0;
    case '>':
      return a > b ? 1 : 0;
    case '>=':
      return a >= b ? 1 : 0;
    default:
      return undefined;
  }
}

function foldIn(value: Constant, list: readonly Expr[], not: boolean, at: Folding): Constant {
  if (list.length > LIST_MAX || list.some((item) => item.type === 'subquery')) return undefined;
  const hits = list.map((item) => compare('=', value, fold(item, at)));
  if (hits.includes(1)) return not ? 0 : 1;
  return hits.every((hit) => hit === 0) ? (not ? 1 : 0) : undefined;
}

function fromTruth(value: boolean | null | undefined): Constant {
  return typeof value === 'boolean' ? Number(value) : value;
}

function toTruth(value: Constant): boolean | null | undefined {
  return value === undefined || value === null ? value : numeric(value) !== 0;
}

function negated(value: Constant): Constant {
  return value === undefined || value === null ? value : numeric(value) === 0 ? 1 : 0;
}

function conjunction(all: readonly (boolean | null | undefined)[]): Constant {
  if (all.includes(false)) return 0;
  if (all.includes(undefined)) return undefined;
  return all.includes(null) ? null : 1;
}

function disjunction(all: readonly (boolean | null | undefined)[]): Constant {
  if (all.includes(true)) return 1;
  if (all.includes(undefined)) return undefined;
  return all.includes(null) ? null : 0;
}

function exclusive(a: boolean | null | undefined, b: boolean | null | undefined): Constant {
  if (a === undefined || b === undefined) return undefined;
  return a === null || b === null ? null : a === b ? 0 : 1;
}

/** The number the server takes a value for: of a text, the number it begins with, else 0. */
function numeric(value: number | string): number {
  if (typeof value === 'number') return value;
  const match = /^[ \t\n\v\f\r]*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)/i.exec(value);
  return match === null ? 0 : Number(match[1]);
}
