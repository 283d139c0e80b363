import type { Expr, FunctionCallExpr } from 'sqlite3-parser';
import { foldAscii } from '../text.ts';
import { parseBody } from './body.ts';

const depthMax = 64;

/** Functions whose value the clock gives when their time is `now`, and how many arguments stand before the time. */
const clocks: ReadonlyMap<string, number> = new Map([
  ['date', 0],
  ['time', 0],
  ['datetime', 0],
  ['julianday', 0],
  ['unixepoch', 0],
  ['strftime', 1],
]);
const dice: ReadonlySet<string> = new Set(['random', 'randomblob']);
/** Functions that give the same for the same arguments and read nothing else. */
const steady: ReadonlySet<string> = new Set([
  'abs', 'char', 'coalesce', 'concat', 'concat_ws', 'format', 'hex', 'ifnull', 'instr', 'length', 'lower', 'ltrim',
  'nullif', 'printf', 'quote', 'replace', 'round', 'rtrim', 'substr', 'substring', 'trim', 'unicode', 'upper',
]); // prettier-ignore

/** `fixed`: constants alone; `made`: constants, and the clock or the dice; `other`: whatever else. */
type Origin = 'fixed' | 'made' | 'other';

/**
 * Whether a column default, as the schema holds it, gives a value that the engine makes up: one of
 * CURRENT_TIMESTAMP, CURRENT_DATE, CURRENT_TIME, or an expression of constants and of functions of time and chance.
 */
export function isSqliteEngineDefault(text: string): boolean {
  const statement = parseBody(`SELECT ${text}`);
  if (statement?.type !== 'SelectStmt') return false;
  const { select, with: ctes, compounds, orderBy, limit } = statement.body;
  const [column, ...more] = select.type === 'SelectFrom' ? select.columns : [];
  const around = [ctes, compounds, orderBy, limit];
  if (select.type !== 'SelectFrom' || select.from !== undefined || more.length > 0) return false;
  if (around.some((part) => part !== undefined) || column?.type !== 'ExprResultColumn') return false;
  return isMadeByEngine(column.expr);
}

/** Whether only the engine's clock or dice, and constants, decide the value, and constants alone do not. */
export function isMadeByEngine(expression: Expr): boolean {
  return originOf(expression, 0) === 'made';
}

function originOf(expression: Expr, depth: number): Origin {
  if (depth > depthMax) return 'other';
  const all = (parts: readonly Expr[]): Origin => joined(parts.map((part) => originOf(part, depth + 1)));
  switch (expression.type) {
    case 'NumericLiteral':
    case 'StringLiteral':
    case 'BlobLiteral':
    case 'NullLiteral':
      return 'fixed';
    case 'CurrentDateLiteral':
    case 'CurrentTimeLiteral':
    case 'CurrentTimestampLiteral':
      return 'made';
    case 'ParenthesizedExpr':
      return expression.exprs.length === 1 ? all(expression.exprs) : 'other';
    case 'BinaryExpr':
      return all([expression.left, expression.right]);
    case 'UnaryExpr':
    case 'CastExpr':
      return all([expression.expr]);
    case 'FunctionCallExpr':
      return callOrigin(expression, all(expression.args ?? []));
    default:
      return 'other';
  }
}

function callOrigin(call: FunctionCallExpr, given: Origin): Origin {
  if (call.distinctness !== undefined || call.orderBy !== undefined || call.filterOver !== undefined) {
    return 'other';
  }
  const name = foldAscii(call.name.name);
  if (given === 'other') return 'other';
  if (dice.has(name)) return 'made';
  if (steady.has(name)) return given;
  const before = clocks.get(name);
  if (before === undefined) return 'other';
  return isNow(call.args?.[before], call.args?.length ?? 0, before) ? 'made' : given;
}

/** No time at all means now, and so does a modifier that stands in its place. */
function isNow(time: Expr | undefined, count: number, before: number): boolean {
  if (time === undefined) return count === before;
  return time.type === 'StringLiteral' && ['now', 'subsec', 'subsecond'].includes(foldAscii(time.value));
}

function joined(origins: readonly Origin[]): Origin {
  if (origins.includes('other')) return 'other';
  return origins.includes('made') ? 'made' : 'fixed';
}
