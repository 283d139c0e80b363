import { orderBy } from './list-grammar.ts';
import type { Token } from './scan.ts';
import type { Tokens } from './tokens.ts';
import type { Expr, Name } from './tree.ts';
import { BARE_FUNCTIONS, NO_SPACE_FUNCTIONS, UNITS } from './words.ts';

/** Reserved words that are also names of functions. */
const CALLABLE: ReadonlySet<string> = new Set(
  `if left right replace insert repeat mod char convert values database schema cast binary rank dense_rank
  row_number percent_rank cume_dist ntile lag lead first_value last_value nth_value grouping value current_date current_time
  current_timestamp current_user current_role localtime localtimestamp utc_date utc_time utc_timestamp separator`.split(
    /\s+/,
  ),
);

/** True at a word that a parenthesis follows and that may be a function. */
export function isCall(tokens: Tokens): boolean {
  const { token } = tokens;
  if (tokens.peek().text !== '(' || tokens.peek().kind !== 'symbol') return false;
  return CALLABLE.has(token.lower) || tokens.isName();
}

/**
 * Reads a function with its arguments and what follows them. `before` is its name when that was read
 * already because it may be qualified.
 */
export function callExpression(tokens: Tokens, before: { name: Name; start: Token } | undefined): Expr {
  const start = before?.start ?? tokens.token;
  const name = before?.name ?? bareName(tokens);
  const [first = ''] = name.parts;
  const lower = first.toLowerCase();
  const qualified = name.parts.length > 1;
  const stored = qualified || start.kind === 'name' ? true : apart(tokens, lower);
  if (BARE_FUNCTIONS.has(lower) && !tokens.isSymbol('(')) {
    return { type: 'call', name, stored: false, args: [], span: tokens.spanFrom(start) };
  }
  const args = tokens.inParentheses(() => argumentsOf(tokens, qualified ? '' : lower));
  const span = tokens.spanFrom(start);
  return { type: 'call', name, stored, args: [...args, ...windowOf(tokens)], span };
}

function bareName(tokens: Tokens): Name {
  const token = tokens.next();
  return { parts: [token.text], span: { offset: token.start, length: token.end - token.start } };
}

/** True when a space makes the name that of a stored function. */
function apart(tokens: Tokens, lower: string): boolean {
  if (tokens.modes.ignoreSpace || !tokens.isSymbol('(')) return false;
  return tokens.token.start !== tokens.last.end && NO_SPACE_FUNCTIONS.has(lower);
}

function argumentsOf(tokens: Tokens, name: string): readonly Expr[] {
  switch (name) {
    case 'cast':
      return castArguments(tokens);
    case 'convert':
      return convertArguments(tokens);
    case 'char':
      return charArguments(tokens);
    case 'column_get':
      return columnGetArguments(tokens);
    case 'column_create':
    case 'column_add':
      return tokens.list(() => typedArgument(tokens));
    case 'trim':
      return trimArguments(tokens);
    case 'extract':
      unit(tokens);
      tokens.expect('from');
      return [tokens.expression()];
    case 'position':
      return positionArguments(tokens);
    case 'timestampadd':
    case 'timestampdiff':
      unit(tokens);
      tokens.expectSymbol(',');
      return tokens.expressions();
    case 'get_format':
      if (tokens.acceptOneOf('date', 'time', 'datetime', 'timestamp') === undefined) tokens.fail();
      tokens.expectSymbol(',');
      return tokens.expressions();
    default:
      return plainArguments(tokens, name);
  }
}

function unit(tokens: Tokens): void {
  if (!tokens.isOneOf(UNITS)) tokens.fail();
  tokens.next();
}

function plainArguments(tokens: Tokens, name: string): readonly Expr[] {
  if (tokens.isSymbol(')')) return [];
  if (name === 'count' && tokens.acceptSymbol('*')) return [];
  if (tokens.acceptOneOf('distinct', 'all') === 'distinct') tokens.accept('all');
  const args = tokens.expressions();
  if (name === 'substring' || name === 'substr' || name === 'mid') return [...args, ...fromFor(tokens)];
  if (name === 'group_concat' || name === 'json_arrayagg') return [...args, ...groupTail(tokens)];
  return args;
}

/** `SUBSTRING(x FROM 1 FOR 2)` */
function fromFor(tokens: Tokens): readonly Expr[] {
  if (!tokens.accept('from')) return [];
  const from = tokens.expression();
  return tokens.accept('for') ? [from, tokens.expression()] : [from];
}

function groupTail(tokens: Tokens): readonly Expr[] {
  const order = orderBy(tokens);
  if (tokens.accept('separator')) {
    if (tokens.token.kind !== 'text') tokens.fail();
    tokens.next();
  }
  return tokens.accept('limit') ? [...order, ...tokens.expressions()] : order;
}

function castArguments(tokens: Tokens): readonly Expr[] {
  const value = tokens.expression();
  tokens.expect('as');
  castType(tokens);
  tokens.accept('array');
  return [value];
}

function convertArguments(tokens: Tokens): readonly Expr[] {
  const value = tokens.expression();
  if (tokens.accept('using')) charset(tokens);
  else {
    tokens.expectSymbol(',');
    castType(tokens);
  }
  return [value];
}

function charset(tokens: Tokens): void {
  if (tokens.accept('binary') || tokens.accept('default')) return;
  if (tokens.token.kind === 'text') tokens.next();
  else tokens.identifier();
}

const SIZED: ReadonlySet<string> = new Set([
  'binary',
  'char',
  'nchar',
  'varchar',
  'datetime',
  'time',
  'decimal',
  'float',
  'double',
  'date',
  'json',
  'year',
  'real',
  'int',
  'integer',
  'inet4',
  'inet6',
  'uuid',
]);

function castType(tokens: Tokens): void {
  const sign = tokens.acceptOneOf('signed', 'unsigned');
  if (sign !== undefined) {
    if (!tokens.accept('integer')) tokens.accept('int');
    return;
  }
  if (!tokens.isOneOf(SIZED)) tokens.fail();
  tokens.next();
  tokens.accept('precision');
  if (tokens.isSymbol('(')) tokens.skipParentheses();
  if (tokens.accept('charset') || tokens.acceptAll('character', 'set')) charset(tokens);
  tokens.acceptOneOf('ascii', 'unicode', 'binary');
}

function charArguments(tokens: Tokens): readonly Expr[] {
  const args = tokens.expressions();
  if (tokens.accept('using')) charset(tokens);
  return args;
}

/** `COLUMN_GET(columns, name AS type)` */
function columnGetArguments(tokens: Tokens): readonly Expr[] {
  const args = tokens.expressions();
  tokens.expect('as');
  castType(tokens);
  return args;
}

/** `COLUMN_CREATE(name, value AS type, …)` */
function typedArgument(tokens: Tokens): Expr {
  const value = tokens.expression();
  if (tokens.accept('as')) castType(tokens);
  return value;
}

function trimArguments(tokens: Tokens): readonly Expr[] {
  const side = tokens.acceptOneOf('both', 'leading', 'trailing');
  if (side !== undefined && tokens.accept('from')) return [tokens.expression()];
  const args = [tokens.expression()];
  if (tokens.accept('from')) args.push(tokens.expression());
  else if (side !== undefined) tokens.fail();
  while (tokens.acceptSymbol(',')) args.push(tokens.expression());
  return args;
}

function positionArguments(tokens: Tokens): readonly Expr[] {
  const needle = tokens.arithmetic();
  tokens.expect('in');
  return [needle, tokens.expression()];
}

/** `WITHIN GROUP (…)`, `IGNORE NULLS` and `OVER …`; the expressions in them. */
function windowOf(tokens: Tokens): readonly Expr[] {
  const args: Expr[] = [];
  if (tokens.acceptAll('within', 'group')) args.push(...tokens.inParentheses(() => orderBy(tokens)));
  if (!tokens.acceptAll('respect', 'nulls')) tokens.acceptAll('ignore', 'nulls');
  if (!tokens.accept('over')) return args;
  if (!tokens.isSymbol('(')) {
    tokens.identifier();
    return args;
  }
  return [...args, ...windowSpecification(tokens)];
}

/** `( [name] [PARTITION BY …] [ORDER BY …] [frame] )` */
export function windowSpecification(tokens: Tokens): readonly Expr[] {
  return tokens.inParentheses(() => {
    if (tokens.isName() && !tokens.is('rows') && !tokens.is('range')) tokens.identifier();
    const args = tokens.acceptAll('partition', 'by') ? tokens.expressions() : [];
    args.push(...orderBy(tokens));
    if (tokens.acceptOneOf('rows', 'range', 'groups') === undefined) return args;
    if (!tokens.accept('between')) return [...args, ...frameBound(tokens)];
    args.push(...frameBound(tokens));
    tokens.expect('and');
    return [...args, ...frameBound(tokens)];
  });
}

function frameBound(tokens: Tokens): readonly Expr[] {
  if (tokens.acceptAll('current', 'row')) return [];
  const args = tokens.accept('unbounded') ? [] : [tokens.arithmetic()];
  if (tokens.acceptOneOf('preceding', 'following') === undefined) tokens.fail();
  return args;
}
