import { callExpression, isCall } from './call-grammar.ts';
import { operation, subquery } from './expressions.ts';
import { startsQuery } from './lookahead.ts';
import { PREDICATES, predicate } from './predicate-grammar.ts';
import type { Tokens } from './tokens.ts';
import type { Constant, Expr } from './tree.ts';
import { BARE_FUNCTIONS, CONSTANT_WORDS, UNITS } from './words.ts';

/** How tightly operators bind; the server's order. */
const OR = 1;
const XOR = 2;
const AND = 3;
const NOT = 4;
const COMPARISON = 5;
const BIT_OR = 6;
const BINARY: Readonly<Record<string, number>> = {
  or: OR,
  xor: XOR,
  and: AND,
  '&&': AND,
  '=': COMPARISON,
  '<=>': COMPARISON,
  '>=': COMPARISON,
  '>': COMPARISON,
  '<=': COMPARISON,
  '<': COMPARISON,
  '<>': COMPARISON,
  '!=': COMPARISON,
  '|': BIT_OR,
  '&': 7,
  '<<': 8,
  '>>': 8,
  '+': 9,
  '-': 9,
  '*': 10,
  '/': 10,
  '%': 10,
  div: 10,
  mod: 10,
  '^': 11,
};
const CONCAT = 12;
const UNARY = 13;
const TIGHT = 14;
const TYPED_LITERALS: ReadonlySet<string> = new Set(['date', 'time', 'timestamp']);
/** Character sets whose bytes cannot hide a quote. */
const INTRODUCERS = /^_(?:utf8|utf8mb3|utf8mb4|latin1|ascii|binary)$/;

/** Reads an expression. @throws SqlError `sql/unread`, `sql/tree-too-deep` */
export function expression(tokens: Tokens): Expr {
  return binary(tokens, OR);
}

/** Reads an expression without comparisons, as it stands before IN and in BETWEEN. */
export function arithmetic(tokens: Tokens): Expr {
  return binary(tokens, BIT_OR);
}

function binary(tokens: Tokens, level: number): Expr {
  const start = tokens.token;
  let left = prefix(tokens, level);
  // An operator that stands several times in a row makes one list, so that long chains stay flat.
  let args: Expr[] | undefined;
  let before = '';
  for (;;) {
    const { kind, text, lower } = tokens.token;
    const op = kind === 'symbol' ? text : lower;
    if (COMPARISON >= level && PREDICATES.has(op)) {
      const next = predicate(tokens, left, start.start);
      if (next === undefined) return left;
      [left, args, before] = [next, undefined, ''];
      continue;
    }
    const binds = strength(tokens, op);
    if (binds === undefined || binds < level) return left;
    tokens.next();
    const right = tokens.deeper(() => operand(tokens, op, binds));
    if (args !== undefined && op === before) args.push(right);
    else args = [left, right];
    before = op;
    left = operation(op, args, { offset: start.start, length: tokens.last.end - start.start });
  }
}

function strength(tokens: Tokens, op: string): number | undefined {
  if (op === '||') return tokens.modes.pipesAsConcat ? CONCAT : OR;
  return Object.hasOwn(BINARY, op) ? BINARY[op] : undefined;
}

/** What stands right of an operator; a comparison may ask ALL or ANY of a query. */
function operand(tokens: Tokens, op: string, binds: number): Expr {
  const quantified = tokens.is('all') || tokens.is('any') || tokens.is('some');
  if (binds === COMPARISON && quantified && tokens.peek().text === '(') {
    tokens.next();
    return subquery(tokens, 'value');
  }
  return op === '||' && !tokens.modes.pipesAsConcat ? binary(tokens, XOR) : binary(tokens, binds + 1);
}

function prefix(tokens: Tokens, level: number): Expr {
  const start = tokens.token;
  const one = (op: string, binds: number): Expr => {
    tokens.next();
    const arg = tokens.deeper(() => binary(tokens, binds));
    return operation(op, [arg], tokens.spanFrom(start));
  };
  if (start.kind === 'symbol') {
    if (start.text === '-' || start.text === '+' || start.text === '~') return one(start.text, UNARY);
    if (start.text === '!') return one('not', TIGHT);
  }
  if (start.lower === 'not' && level <= NOT) return one('not', tokens.modes.highNotPrecedence ? TIGHT : NOT);
  if (start.lower === 'binary' && tokens.peek().text !== '(') return one('binary', TIGHT);
  return collated(tokens, atom(tokens));
}

function collated(tokens: Tokens, value: Expr): Expr {
  let result = value;
  while (tokens.accept('collate')) {
    if (!tokens.accept('binary') && tokens.token.kind === 'text') tokens.next();
    else if (tokens.last.lower !== 'binary') tokens.identifier();
    result = operation('collate', [result], value.span);
  }
  return result;
}

function atom(tokens: Tokens): Expr {
  const { token } = tokens;
  switch (token.kind) {
    case 'number':
      tokens.next();
      return { type: 'literal', value: numberValue(token.text), span: tokens.spanFrom(token) };
    case 'text':
      return text(tokens);
    case 'parameter':
    case 'setting':
      tokens.next();
      return { type: 'variable', span: tokens.spanFrom(token) };
    case 'variable':
      return variable(tokens);
    case 'symbol':
      if (token.text === '{') return escaped(tokens);
      if (token.text === '@') return quotedVariable(tokens);
      return token.text === '(' ? parenthesis(tokens) : tokens.fail();
    case 'name':
      return named(tokens);
    case 'word':
      return word(tokens);
    case 'end':
      return tokens.fail();
    default:
      return token.kind satisfies never;
  }
}

function numberValue(written: string): Constant {
  if (!/^[\d.]+(?:e[+-]?\d+)?$/i.test(written)) return undefined;
  const value = Number(written);
  return Number.isFinite(value) && Math.abs(value) < 1e15 ? value : undefined;
}

/** String literals side by side are one. */
function text(tokens: Tokens): Expr {
  const start = tokens.token;
  let value: string | undefined = '';
  while (tokens.token.kind === 'text') {
    const part = textValue(tokens.next().text);
    value = value === undefined || part === undefined ? undefined : value + part;
  }
  return { type: 'literal', value, span: tokens.spanFrom(start) };
}

/** The value of a plain literal; one with backslashes or a letter before it is not worked out. */
function textValue(written: string): string | undefined {
  const quote = written.charAt(0);
  if (written.includes('\\') || (quote !== "'" && quote !== '"')) return undefined;
  return written.slice(1, -1).replaceAll(quote + quote, quote);
}

/** A variable whose name stands in quotes. */
function quotedVariable(tokens: Tokens): Expr {
  const at = tokens.token;
  const after = tokens.peek();
  if (after.start !== at.end || (after.kind !== 'name' && after.kind !== 'text')) tokens.fail();
  tokens.next();
  return variable(tokens);
}

function variable(tokens: Tokens): Expr {
  const start = tokens.next();
  if (!tokens.acceptSymbol(':=')) return { type: 'variable', span: tokens.spanFrom(start) };
  const value = tokens.expression();
  const span = tokens.spanFrom(start);
  tokens.note('session-setting', ['session'], span);
  return operation(':=', [value], span);
}

function parenthesis(tokens: Tokens): Expr {
  const start = tokens.token;
  if (startsQuery(tokens, 1, true)) return subquery(tokens, 'value');
  tokens.next();
  const items = tokens.expressions();
  tokens.expectSymbol(')');
  const [only, second] = items;
  if (only !== undefined && second === undefined) return operation('()', [only], tokens.spanFrom(start));
  return operation('row', items, tokens.spanFrom(start));
}

/** `{d '2026-01-01'}`, `{fn now()}`: what ODBC writes around a literal or a function. */
function escaped(tokens: Tokens): Expr {
  const start = tokens.next();
  if (tokens.acceptOneOf('d', 't', 'ts', 'fn') === undefined) tokens.fail();
  const value = tokens.expression();
  tokens.expectSymbol('}');
  return operation('escape', [value], tokens.spanFrom(start));
}

function word(tokens: Tokens): Expr {
  const { token } = tokens;
  const { lower } = token;
  if (CONSTANT_WORDS.has(lower)) {
    tokens.next();
    const value = lower === 'null' ? null : lower === 'true' ? 1 : 0;
    return { type: 'literal', value, span: tokens.spanFrom(token) };
  }
  const following = tokens.peek();
  if (following.kind === 'text' && (TYPED_LITERALS.has(lower) || INTRODUCERS.test(lower))) {
    tokens.next();
    return { ...text(tokens), type: 'literal', value: undefined };
  }
  // Bytes by number: no quote can hide in them, whatever the character set.
  if (lower.startsWith('_') && following.kind === 'number') {
    tokens.next();
    tokens.next();
    return { type: 'literal', value: undefined, span: tokens.spanFrom(token) };
  }
  // A literal in a character set that was not thought of: its quotes may not be where they seem.
  if (lower.startsWith('_') && following.kind === 'text') tokens.fail();
  if ((lower === 'next' || lower === 'previous') && following.lower === 'value') return sequence(tokens);
  switch (lower) {
    case 'case':
      return caseExpression(tokens);
    case 'exists':
      tokens.next();
      return subquery(tokens, 'exists');
    case 'interval':
      return interval(tokens);
    case 'match':
      return match(tokens);
    case 'default':
      return defaultValue(tokens);
    case 'ignore':
      // As the value of a column it stands for the old one, or for the default.
      tokens.next();
      return operation('default', [], tokens.spanFrom(token));
    case 'row':
      if (following.text !== '(') break;
      tokens.next();
      return operation(
        'row',
        tokens.inParentheses(() => tokens.expressions()),
        tokens.spanFrom(token),
      );
    default:
      break;
  }
  const bare = BARE_FUNCTIONS.has(lower) && !tokens.isName();
  return bare || isCall(tokens) ? callExpression(tokens, undefined) : named(tokens);
}

/** A column, or a function with or without the name of its database. */
function named(tokens: Tokens): Expr {
  const start = tokens.token;
  const name = tokens.name(3);
  if (tokens.isSymbol('(')) {
    if (name.parts.length > 2) tokens.fail();
    return callExpression(tokens, { name, start });
  }
  const column: Expr = { type: 'column', name, span: name.span };
  if (!tokens.isSymbol('->') && !tokens.isSymbol('->>')) return column;
  tokens.next();
  if (tokens.token.kind !== 'text') tokens.fail();
  return operation('->', [column, text(tokens)], tokens.spanFrom(start));
}

function caseExpression(tokens: Tokens): Expr {
  const start = tokens.next();
  const args: Expr[] = [];
  if (!tokens.is('when')) args.push(tokens.expression());
  if (!tokens.is('when')) tokens.fail();
  while (tokens.accept('when')) {
    args.push(tokens.expression());
    tokens.expect('then');
    args.push(tokens.expression());
  }
  if (tokens.accept('else')) args.push(tokens.expression());
  tokens.expect('end');
  return operation('case', args, tokens.spanFrom(start));
}

/** `INTERVAL 1 DAY`, or the function `INTERVAL(a, b, c)`. */
function interval(tokens: Tokens): Expr {
  const start = tokens.next();
  const value = tokens.arithmetic();
  if (tokens.isOneOf(UNITS)) tokens.next();
  else if (!beginsWithRow(value)) tokens.fail();
  return operation('interval', [value], tokens.spanFrom(start));
}

/** True of what begins with a list in parentheses: `INTERVAL(a, b) + 1` calls the function and goes on. */
function beginsWithRow(value: Expr): boolean {
  let left: Expr | undefined = value;
  while (left?.type === 'operation' && left.op !== 'row') left = left.args[0];
  return left?.type === 'operation';
}

function match(tokens: Tokens): Expr {
  const start = tokens.next();
  const columns = tokens.isSymbol('(')
    ? tokens.inParentheses(() => tokens.expressions())
    : tokens.list((): Expr => {
        const name = tokens.name(3);
        return { type: 'column', name, span: name.span };
      });
  tokens.expect('against');
  const search = tokens.inParentheses(() => {
    const value = tokens.arithmetic();
    const mode =
      tokens.acceptAll('in', 'boolean', 'mode') || tokens.acceptAll('in', 'natural', 'language', 'mode');
    if (mode || tokens.is('with')) tokens.acceptAll('with', 'query', 'expansion');
    return value;
  });
  return operation('match', [...columns, search], tokens.spanFrom(start));
}

/** DEFAULT as a value, or `DEFAULT(column)`, which works the default out: that may move a sequence. */
function defaultValue(tokens: Tokens): Expr {
  const start = tokens.next();
  const args = tokens.isSymbol('(') ? [tokens.inParentheses(() => tokens.expression())] : [];
  const span = tokens.spanFrom(start);
  if (args.length > 0) tokens.note('sequence', ['unknown'], span);
  return operation('default', args, span);
}

/** `NEXT VALUE FOR s` moves a sequence; `PREVIOUS VALUE FOR s` only looks. */
function sequence(tokens: Tokens): Expr {
  const start = tokens.next();
  tokens.expect('value');
  tokens.expect('for');
  const name = tokens.name();
  const span = tokens.spanFrom(start);
  if (start.lower === 'next') tokens.note('sequence', ['write'], span);
  return {
    type: 'call',
    name: { ...name, parts: [start.lower === 'next' ? 'nextval' : 'lastval'] },
    stored: false,
    args: [],
    span,
  };
}
