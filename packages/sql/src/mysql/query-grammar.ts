import { windowSpecification } from './call-grammar.ts';
import { fromClause, tableItem } from './from-grammar.ts';
import { alias, columnNames, orderBy, ordered } from './list-grammar.ts';
import type { Tokens } from './tokens.ts';
import type { Body, Cte, Expr, From, Item, Query, Select } from './tree.ts';

const SET_OPERATORS = ['union', 'except', 'intersect'] as const;
const OPTIONS: ReadonlySet<string> = new Set(
  `all distinct distinctrow high_priority straight_join sql_small_result sql_big_result sql_buffer_result sql_cache
  sql_no_cache sql_calc_found_rows`.split(/\s+/),
);

/** Reads a query with its WITH, ORDER BY, LIMIT, locks and INTO. */
export function query(tokens: Tokens): Query {
  const start = tokens.token;
  const ctes = withClause(tokens);
  const body = setBody(tokens);
  const order = orderBy(tokens);
  const before = tokens.token;
  const limit = limitClause(tokens);
  const limited = tokens.token !== before;
  tail(tokens);
  return { span: tokens.spanFrom(start), ctes, body, orderBy: order, limit, limited };
}

/** `WITH [RECURSIVE] name [(columns)] AS (query), …` */
export function withClause(tokens: Tokens): readonly Cte[] {
  if (!tokens.accept('with')) return [];
  const recursive = tokens.accept('recursive');
  return tokens.list(() => {
    const name = tokens.identifier();
    const columns = tokens.isSymbol('(') ? columnNames(tokens) : undefined;
    tokens.expect('as');
    const found = tokens.inParentheses(() => tokens.query());
    if (tokens.accept('cycle')) {
      tokens.list(() => tokens.identifier());
      tokens.expect('restrict');
    }
    return { name, recursive, columns, query: found };
  });
}

function setBody(tokens: Tokens): Body {
  const parts = [term(tokens)];
  while (tokens.acceptOneOf(...SET_OPERATORS) !== undefined) {
    tokens.acceptOneOf('all', 'distinct');
    parts.push(term(tokens));
  }
  const [only, second] = parts;
  return only !== undefined && second === undefined ? only : { type: 'set', parts };
}

function term(tokens: Tokens): Body {
  if (tokens.isSymbol('(')) {
    return { type: 'query', query: tokens.inParentheses(() => tokens.query()) };
  }
  if (tokens.accept('values')) {
    return { type: 'values', rows: tokens.list(() => row(tokens)) };
  }
  if (tokens.is('table')) {
    tokens.next();
    return { type: 'table', item: tableItem(tokens) };
  }
  return select(tokens);
}

function row(tokens: Tokens): readonly Expr[] {
  tokens.accept('row');
  return tokens.inParentheses(() => tokens.expressions());
}

function select(tokens: Tokens): Select {
  tokens.expect('select');
  while (tokens.isOneOf(OPTIONS)) tokens.next();
  const items = tokens.list(() => item(tokens));
  into(tokens);
  const from = tokens.accept('from') ? fromOrDual(tokens) : undefined;
  const where = tokens.accept('where') ? tokens.expression() : undefined;
  const groupBy = tokens.acceptAll('group', 'by') ? grouped(tokens) : [];
  const having = tokens.accept('having') ? tokens.expression() : undefined;
  const windows = tokens.accept('window') ? tokens.list(() => namedWindow(tokens)).flat() : [];
  return { type: 'select', items, from, where, groupBy, having, windows };
}

function fromOrDual(tokens: Tokens): From | undefined {
  return tokens.accept('dual') ? undefined : fromClause(tokens);
}

function grouped(tokens: Tokens): readonly Expr[] {
  const found = tokens.list(() => ordered(tokens));
  tokens.acceptAll('with', 'rollup');
  return found;
}

function namedWindow(tokens: Tokens): readonly Expr[] {
  tokens.identifier();
  tokens.expect('as');
  return windowSpecification(tokens);
}

/** One item of a select list or of RETURNING. */
export function item(tokens: Tokens): Item {
  const start = tokens.token;
  if (tokens.acceptSymbol('*')) return { type: 'star', name: undefined, span: tokens.spanFrom(start) };
  const star = starOf(tokens);
  if (star !== undefined) return star;
  const expr = tokens.expression();
  return { type: 'value', expr, alias: alias(tokens) };
}

/** `t.*` and `db.t.*` */
function starOf(tokens: Tokens): Item | undefined {
  const start = tokens.token;
  const isStar = (at: number): boolean => tokens.peek(at).text === '.' && tokens.peek(at + 1).text === '*';
  if (!tokens.isName() || (!isStar(1) && !(tokens.peek(1).text === '.' && isStar(3)))) return undefined;
  const parts = [tokens.identifier()];
  tokens.expectSymbol('.');
  while (!tokens.acceptSymbol('*')) {
    parts.push(tokens.identifier());
    tokens.expectSymbol('.');
  }
  const span = tokens.spanFrom(start);
  return { type: 'star', name: { parts, span }, span };
}

/** `LIMIT 1, 2`, `LIMIT 1 OFFSET 2`, `LIMIT 1 ROWS EXAMINED 9`, `OFFSET 1 ROWS FETCH FIRST 2 ROWS ONLY`. */
export function limitClause(tokens: Tokens): readonly Expr[] {
  const found: Expr[] = [];
  if (tokens.accept('limit')) {
    if (!tokens.is('rows')) found.push(tokens.expression());
    if (tokens.acceptSymbol(',') || tokens.accept('offset')) found.push(tokens.expression());
    if (tokens.acceptAll('rows', 'examined')) found.push(tokens.expression());
    return found;
  }
  if (tokens.is('offset') && !tokens.isName()) {
    tokens.next();
    found.push(tokens.expression());
    if (tokens.acceptOneOf('row', 'rows') === undefined) tokens.fail();
  }
  if (!tokens.accept('fetch')) return found;
  if (tokens.acceptOneOf('first', 'next') === undefined) tokens.fail();
  if (!tokens.is('row') && !tokens.is('rows')) found.push(tokens.expression());
  tokens.next();
  if (!tokens.accept('only') && !tokens.acceptAll('with', 'ties')) tokens.fail();
  return found;
}

/** Locks and INTO, in either order. */
function tail(tokens: Tokens): void {
  if (tokens.acceptAll('procedure', 'analyse')) analyse(tokens);
  into(tokens);
  for (let locks = lock(tokens); locks; locks = lock(tokens));
  into(tokens);
}

/** `PROCEDURE ANALYSE()` describes the rows; numbers are the only arguments it may have. */
function analyse(tokens: Tokens): void {
  tokens.inParentheses(() => {
    while (tokens.token.kind === 'number' || tokens.isSymbol(',')) tokens.next();
  });
}

function lock(tokens: Tokens): boolean {
  const start = tokens.token;
  if (tokens.acceptAll('lock', 'in', 'share', 'mode')) lockEnd(tokens);
  else if (tokens.acceptAll('for', 'update') || tokens.acceptAll('for', 'share')) {
    if (tokens.accept('of')) tokens.list(() => tokens.name());
    lockEnd(tokens);
  } else return false;
  tokens.note('takes-locks', ['session'], tokens.spanFrom(start));
  return true;
}

function lockEnd(tokens: Tokens): void {
  if (tokens.accept('nowait') || tokens.acceptAll('skip', 'locked')) return;
  if (tokens.accept('wait')) tokens.expression();
}

function into(tokens: Tokens): void {
  const start = tokens.token;
  if (!tokens.accept('into')) return;
  if (tokens.acceptOneOf('outfile', 'dumpfile') === undefined) {
    const names = tokens.list(() => {
      if (tokens.token.kind === 'variable') return tokens.next().text;
      if (!tokens.inProgram) tokens.fail();
      return tokens.identifier();
    });
    const outside = names.some((name) => name.startsWith('@'));
    if (outside) tokens.note('session-setting', ['session'], tokens.spanFrom(start));
    return;
  }
  if (tokens.token.kind !== 'text') tokens.fail();
  tokens.next();
  fileFormat(tokens);
  tokens.note('server-file', ['admin'], tokens.spanFrom(start));
}

const FORMAT_WORDS: ReadonlySet<string> = new Set(
  `character set charset fields columns terminated by optionally enclosed escaped lines starting utf8 utf8mb4 latin1
  binary`.split(/\s+/),
);

function fileFormat(tokens: Tokens): void {
  while (tokens.isOneOf(FORMAT_WORDS) || tokens.token.kind === 'text') tokens.next();
}
