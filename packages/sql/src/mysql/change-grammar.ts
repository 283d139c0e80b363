import { fromClause, partitions, portion } from './from-grammar.ts';
import { orderBy } from './list-grammar.ts';
import { startsQuery } from './lookahead.ts';
import { item, limitClause } from './query-grammar.ts';
import type { Tokens } from './tokens.ts';
import type {
  Assignment,
  Cte,
  Deletion,
  From,
  Insertion,
  Item,
  Name,
  Query,
  RowsMeant,
  Update,
} from './tree.ts';

const PRIORITIES = ['low_priority', 'delayed', 'high_priority'] as const;

/** Reads INSERT or REPLACE from the word after it. */
export function insert(tokens: Tokens, replaces: boolean): Insertion {
  tokens.acceptOneOf(...PRIORITIES);
  tokens.accept('ignore');
  tokens.accept('into');
  const table = tokens.name();
  partitions(tokens);
  const filled = tokens.accept('set') ? fromSet(tokens) : fromRows(tokens);
  const rowAlias = filled.query === undefined && tokens.accept('as') ? tokens.identifier() : undefined;
  if (rowAlias !== undefined && tokens.isSymbol('(')) tokens.skipParentheses();
  const updates = tokens.acceptAll('on', 'duplicate', 'key', 'update') ? assignments(tokens) : undefined;
  return { type: 'insert', replaces, table, ...filled, rowAlias, updates, returning: returning(tokens) };
}

interface Filled {
  readonly columns: readonly string[] | undefined;
  readonly rows: Insertion['rows'];
  readonly query: Query | undefined;
}

function fromSet(tokens: Tokens): Filled {
  const sets = assignments(tokens);
  return {
    columns: sets.map(({ column }) => column.parts.at(-1) ?? ''),
    rows: [sets.flatMap(({ value }) => value ?? [])],
    query: undefined,
  };
}

function fromRows(tokens: Tokens): Filled {
  const listed = tokens.isSymbol('(') && !startsQuery(tokens, 1);
  const columns = listed ? insertColumns(tokens) : undefined;
  if (!tokens.is('values') && !tokens.is('value')) return { columns, rows: [], query: tokens.query() };
  tokens.next();
  const rows = tokens.list(() => {
    tokens.accept('row');
    return tokens.inParentheses(() => (tokens.isSymbol(')') ? [] : tokens.expressions()));
  });
  return { columns, rows, query: undefined };
}

/** `()` is every column with its default. */
function insertColumns(tokens: Tokens): readonly string[] | undefined {
  const names = tokens.inParentheses(() =>
    tokens.isSymbol(')') ? [] : tokens.list(() => tokens.name(3).parts.at(-1) ?? ''),
  );
  return names.length === 0 ? undefined : names;
}

function assignments(tokens: Tokens): readonly Assignment[] {
  return tokens.list(() => {
    const column = tokens.name(3);
    if (!tokens.acceptSymbol('=')) tokens.expectSymbol(':=');
    return { column, value: tokens.expression() };
  });
}

function returning(tokens: Tokens): readonly Item[] | undefined {
  return tokens.accept('returning') ? tokens.list(() => item(tokens)) : undefined;
}

/** Reads UPDATE from the word after it. */
export function update(tokens: Tokens, ctes: readonly Cte[]): Update {
  tokens.accept('low_priority');
  tokens.accept('ignore');
  const from = fromClause(tokens);
  tokens.expect('set');
  const sets = assignments(tokens);
  return { type: 'update', ctes, from, sets, ...rowsMeant(tokens) };
}

function rowsMeant(tokens: Tokens): RowsMeant {
  const start = tokens.token;
  const where = tokens.accept('where') ? tokens.expression() : undefined;
  const order = orderBy(tokens);
  const limited = tokens.is('limit');
  const tail = [...order, ...limitClause(tokens)];
  const none = { offset: start.start, length: 0 };
  return { where, tail, limited, span: tokens.token === start ? none : tokens.spanFrom(start) };
}

/** Reads DELETE from the word after it, of one table or several. */
export function deletion(tokens: Tokens, ctes: readonly Cte[]): Deletion {
  while (tokens.acceptOneOf('low_priority', 'quick', 'ignore') !== undefined);
  const first = tokens.accept('from');
  const start = tokens.token;
  const names = tokens.list(() => target(tokens));
  if (!first) {
    tokens.expect('from');
    return several(tokens, ctes, names, fromClause(tokens));
  }
  if (tokens.accept('using')) return several(tokens, ctes, names, fromClause(tokens));
  const [only, second] = names;
  if (only === undefined || second !== undefined) return tokens.fail();
  partitions(tokens);
  const part = portion(tokens);
  const alias = tokens.accept('as') || tokens.isName() ? tokens.identifier() : undefined;
  const from: From = {
    items: [{ type: 'table', name: only, alias }],
    conditions: part ?? [],
    using: [],
    natural: false,
    portion: part !== undefined,
    span: tokens.spanFrom(start),
  };
  const targets = [alias === undefined ? only : { ...only, parts: [alias] }];
  return { type: 'delete', ctes, targets, from, ...rowsMeant(tokens), returning: returning(tokens) };
}

/** `t`, `db.t`, `t.*` */
function target(tokens: Tokens): Name {
  const start = tokens.token;
  const parts = [tokens.identifier()];
  while (tokens.acceptSymbol('.')) {
    if (tokens.acceptSymbol('*')) break;
    parts.push(tokens.identifier());
    if (parts.length > 2) tokens.fail();
  }
  return { parts, span: tokens.spanFrom(start) };
}

function several(tokens: Tokens, ctes: readonly Cte[], targets: readonly Name[], from: From): Deletion {
  return { type: 'delete', ctes, targets, from, ...rowsMeant(tokens), returning: undefined };
}
