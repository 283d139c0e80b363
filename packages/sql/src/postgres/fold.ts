import { child, flag, node, nodeOf, nodes, text, values, words } from './tree.ts';
import type { Node, Tree, Value } from './tree.ts';

/** A value that is the same in every row; null is SQL's NULL. */
type Constant = number | string | boolean | null;
type Folded = Constant | undefined;

const DEPTH_MAX = 60;
const TRUE_WORDS = /^(?:t|tr|tru|true|y|ye|yes|on|1)$/i;
const FALSE_WORDS = /^(?:f|fa|fal|fals|false|n|no|of|off|0)$/i;

/** True only when the condition is proved to hold for every row; false means nothing was proved. */
export function isAlwaysTrue(where: Value): boolean {
  return truth(nodeOf(where), 0) === true;
}

/** Whether a condition holds: true or false for every row, null always NULL, undefined not worked out. */
function truth(item: Node | undefined, depth: number): boolean | null | undefined {
  if (item === undefined || depth > DEPTH_MAX) return undefined;
  if (holdsByForm(item, depth)) return true;
  return asBoolean(fold(item, depth));
}

function asBoolean(value: Folded): boolean | null | undefined {
  if (value === undefined || value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number') return undefined;
  const word = value.trim();
  if (TRUE_WORDS.test(word)) return true;
  return FALSE_WORDS.test(word) ? false : undefined;
}

/** Forms that hold whatever the columns are: `x IS NOT DISTINCT FROM x`, `a IS NULL OR a IS NOT NULL`. */
function holdsByForm({ tag, body }: Node, depth: number): boolean {
  switch (tag) {
    case 'BoolExpr':
      return holdsBool(body, depth);
    case 'A_Expr':
      return holdsOperator(body);
    case 'NullTest':
      return text(body, 'nulltesttype') === 'IS_NOT_NULL' && isSystem(node(body, 'arg'));
    case 'SubLink':
      return text(body, 'subLinkType') === 'EXISTS_SUBLINK' && hasOneRow(node(body, 'subselect'));
    default:
      return false;
  }
}

function holdsBool(body: Tree, depth: number): boolean {
  const terms = nodes(body, 'args');
  switch (text(body, 'boolop')) {
    case 'AND_EXPR':
      return terms.every((term) => truth(term, depth + 1) === true);
    case 'OR_EXPR':
      return terms.some((term) => truth(term, depth + 1) === true) || coversNull(terms);
    default:
      return truth(terms[0], depth + 1) === false;
  }
}

function holdsOperator(body: Tree): boolean {
  const left = columnKey(node(body, 'lexpr'));
  if (left === undefined || left !== columnKey(node(body, 'rexpr'))) return false;
  if (text(body, 'kind') === 'AEXPR_NOT_DISTINCT') return true;
  return isSystem(node(body, 'lexpr')) && text(body, 'kind') === 'AEXPR_OP' && operator(body) === '=';
}

function operator(body: Tree): string {
  return words(values(body, 'name')).at(-1) ?? '';
}

/** True when one term asks that a column is NULL and another holds whenever it is not. */
function coversNull(terms: readonly Node[]): boolean {
  const nulls = new Set<string>();
  const others = new Set<string>();
  for (const { tag, body } of terms) {
    const key = columnKey(node(body, tag === 'NullTest' ? 'arg' : 'lexpr'));
    if (key === undefined) continue;
    if (tag === 'NullTest') (text(body, 'nulltesttype') === 'IS_NULL' ? nulls : others).add(key);
    if (tag === 'A_Expr' && operator(body) === '=' && key === columnKey(node(body, 'rexpr'))) others.add(key);
  }
  return [...nulls].some((key) => others.has(key));
}

function columnKey(item: Node | undefined): string | undefined {
  if (item?.tag !== 'ColumnRef') return undefined;
  const parts = words(values(item.body, 'fields'));
  return parts.length === values(item.body, 'fields').length ? JSON.stringify(parts) : undefined;
}

function isSystem(item: Node | undefined): boolean {
  return (
    item?.tag === 'ColumnRef' &&
    /^(?:ctid|tableoid|xmin)$/.test(words(values(item.body, 'fields')).at(-1) ?? '')
  );
}

/** A subquery without tables or conditions, which has exactly one row. */
function hasOneRow(query: Node | undefined): boolean {
  if (query?.tag !== 'SelectStmt') return false;
  return (
    Object.keys(query.body).every((field) => ['targetList', 'limitOption', 'op'].includes(field)) &&
    nodes(query.body, 'targetList').every(({ body }) => node(body, 'val')?.tag === 'A_Const')
  );
}

function fold(item: Node | undefined, depth: number): Folded {
  if (item === undefined || depth > DEPTH_MAX) return undefined;
  const { tag, body } = item;
  switch (tag) {
    case 'A_Const':
      return foldConstant(body);
    case 'TypeCast':
      return foldCast(body, depth);
    case 'BoolExpr':
      return foldBool(body, depth);
    case 'NullTest': {
      const value = fold(node(body, 'arg'), depth + 1);
      return value === undefined
        ? undefined
        : (value === null) === (text(body, 'nulltesttype') === 'IS_NULL');
    }
    case 'BooleanTest':
      return foldBooleanTest(text(body, 'booltesttype'), truth(node(body, 'arg'), depth + 1));
    case 'A_Expr':
      return foldOperator(body, depth);
    case 'CoalesceExpr':
      return fold(nodes(body, 'args')[0], depth + 1) ?? undefined;
    case 'SubLink': {
      const query = node(body, 'subselect');
      if (text(body, 'subLinkType') !== 'EXPR_SUBLINK' || !hasOneRow(query)) return undefined;
      return fold(node(nodes(query?.body, 'targetList')[0]?.body, 'val'), depth + 1);
    }
    default:
      return undefined;
  }
}

function foldConstant(body: Tree): Folded {
  if (flag(body, 'isnull')) return null;
  if (body['boolval'] !== undefined) return flag(child(body, 'boolval'), 'boolval');
  if (body['sval'] !== undefined) return text(child(body, 'sval'), 'sval');
  if (body['ival'] !== undefined) {
    const value = child(body, 'ival')?.['ival'];
    return typeof value === 'number' ? value : 0;
  }
  if (body['fval'] === undefined) return undefined;
  const value = Number(text(child(body, 'fval'), 'fval').replaceAll('_', ''));
  return Number.isFinite(value) && Math.abs(value) < 1e15 ? value : undefined;
}

function foldCast(body: Tree, depth: number): Folded {
  const type = words(values(child(body, 'typeName'), 'names')).at(-1);
  const value = fold(node(body, 'arg'), depth + 1);
  if (value === undefined || value === null) return value;
  if (type === 'bool') return typeof value === 'number' ? value !== 0 : asBoolean(value);
  if (/^int[248]$/.test(type ?? '') && typeof value !== 'boolean') {
    return Number.isSafeInteger(Number(value)) && String(value).trim() !== '' ? Number(value) : undefined;
  }
  return type === 'text' && typeof value === 'string' ? value : undefined;
}

function foldBool(body: Tree, depth: number): Folded {
  const all = nodes(body, 'args').map((term) => truth(term, depth + 1));
  switch (text(body, 'boolop')) {
    case 'AND_EXPR':
      if (all.includes(false)) return false;
      if (all.includes(undefined)) return undefined;
      return all.includes(null) ? null : true;
    case 'OR_EXPR':
      if (all.includes(true)) return true;
      if (all.includes(undefined)) return undefined;
      return all.includes(null) ? null : false;
    default: {
      const [only] = all;
      return typeof only === 'boolean' ? !only : only;
    }
  }
}

function foldBooleanTest(test: string, value: boolean | null | undefined): Folded {
  if (value === undefined) return undefined;
  switch (test) {
    case 'IS_TRUE':
      return value === true;
    case 'IS_NOT_TRUE':
      return value !== true;
    case 'IS_FALSE':
      return value === false;
    case 'IS_NOT_FALSE':
      return value !== false;
    case 'IS_UNKNOWN':
      return value === null;
    case 'IS_NOT_UNKNOWN':
      return value !== null;
    default:
      return undefined;
  }
}

function foldOperator(body: Tree, depth: number): Folded {
  const left = fold(node(body, 'lexpr'), depth + 1);
  const right = fold(node(body, 'rexpr'), depth + 1);
  const list = nodes(node(body, 'rexpr')?.body, 'items').map((item) => fold(item, depth + 1));
  const op = operator(body);
  switch (text(body, 'kind')) {
    case 'AEXPR_OP':
      if (node(body, 'lexpr') === undefined) return foldPrefix(op, right);
      return foldBinary(op, left, right);
    case 'AEXPR_NOT_DISTINCT':
    case 'AEXPR_DISTINCT': {
      if (left === undefined || right === undefined) return undefined;
      const same = left === null || right === null ? left === right : foldBinary('=', left, right);
      if (typeof same !== 'boolean') return undefined;
      return same === (text(body, 'kind') === 'AEXPR_NOT_DISTINCT');
    }
    case 'AEXPR_IN':
      return foldIn(op, left, list);
    case 'AEXPR_BETWEEN': {
      const [low, high] = list;
      return foldBinary('>=', left, low) === true && foldBinary('<=', left, high) === true ? true : undefined;
    }
    case 'AEXPR_LIKE':
      return op === '~~' && typeof left === 'string' && typeof right === 'string' && /^%+$/.test(right)
        ? true
        : undefined;
    default:
      return undefined;
  }
}

function foldIn(op: string, left: Folded, list: readonly Folded[]): Folded {
  const found = list.map((item) => foldBinary('=', left, item));
  if (op === '=') return found.includes(true) ? true : undefined;
  return found.length > 0 && found.every((same) => same === false) ? true : undefined;
}

function foldPrefix(op: string, value: Folded): Folded {
  if (typeof value !== 'number') return undefined;
  if (op === '-') return -value;
  return op === '+' ? value : undefined;
}

/** Both of one type, as PostgreSQL would make them: a text beside a number is read as one. */
function foldBinary(op: string, left: Folded, right: Folded): Folded {
  if (left === undefined || right === undefined) return undefined;
  if (left === null || right === null) return null;
  if (typeof left === 'number' || typeof right === 'number') {
    const [a, b] = [Number(left), Number(right)];
    const plain = [left, right].every((value) => typeof value !== 'boolean' && String(value).trim() !== '');
    return plain && Number.isFinite(a) && Number.isFinite(b) ? foldNumbers(op, a, b) : undefined;
  }
  if (op === '=')
    return String(left) === String(right) ? true : typeof left === typeof right ? false : undefined;
  if (op === '<>' && typeof left === typeof right) return left !== right;
  return undefined;
}

function foldNumbers(op: string, a: number, b: number): Folded {
  switch (op) {
    case '=':
      return a === b;
    case '<>':
      return a !== b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
    case '+':
      return exact(a + b);
    case '-':
      return exact(a - b);
    case '*':
      return exact(a * b);
    default:
      return undefined;
  }
}

/** Only results that both sides work out alike: whole and small. */
function exact(value: number): Folded {
  return Number.isSafeInteger(value) && Math.abs(value) < 2_147_483_648 ? value : undefined;
}
