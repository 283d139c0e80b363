import { alias, columnNames } from './list-grammar.ts';
import { startsQuery } from './lookahead.ts';
import type { Tokens } from './tokens.ts';
import type { Expr, From, FromItem } from './tree.ts';

interface Joined {
  readonly items: FromItem[];
  readonly conditions: Expr[];
  readonly using: string[];
  natural: boolean;
  portion: boolean;
}

/** Reads tables and joins as they stand in FROM, UPDATE and USING. */
export function fromClause(tokens: Tokens): From {
  const start = tokens.token;
  const joined: Joined = { items: [], conditions: [], using: [], natural: false, portion: false };
  references(tokens, joined);
  return { ...joined, span: tokens.spanFrom(start) };
}

function references(tokens: Tokens, joined: Joined): void {
  tokens.list(() => {
    chain(tokens, joined);
  });
}

function chain(tokens: Tokens, joined: Joined): void {
  factor(tokens, joined);
  while (joinWords(tokens, joined)) {
    factor(tokens, joined);
    // ON belongs to the join before it; nested joins close theirs one after the other.
    while (joinCondition(tokens, joined));
  }
}

function joinWords(tokens: Tokens, joined: Joined): boolean {
  if (tokens.accept('straight_join') || tokens.accept('join')) return true;
  if (tokens.acceptAll('inner', 'join') || tokens.acceptAll('cross', 'join')) return true;
  const natural = tokens.accept('natural');
  if (natural) joined.natural = true;
  if (tokens.acceptOneOf('left', 'right') !== undefined) {
    tokens.accept('outer');
    tokens.expect('join');
    return true;
  }
  if (!natural) return false;
  tokens.accept('inner');
  tokens.expect('join');
  return true;
}

function joinCondition(tokens: Tokens, joined: Joined): boolean {
  if (tokens.accept('on')) joined.conditions.push(tokens.expression());
  else if (tokens.accept('using')) joined.using.push(...columnNames(tokens));
  else return false;
  return true;
}

function factor(tokens: Tokens, joined: Joined): void {
  tokens.deeper(() => {
    if (tokens.acceptSymbol('{')) {
      tokens.expect('oj');
      references(tokens, joined);
      tokens.expectSymbol('}');
    } else if (tokens.is('lateral')) {
      tokens.next();
      joined.items.push(derived(tokens, true));
    } else if (tokens.isSymbol('(')) {
      if (startsQuery(tokens, 1)) joined.items.push(derived(tokens, false));
      else
        tokens.inParentheses(() => {
          references(tokens, joined);
        });
    } else if (tokens.is('json_table') && tokens.peek().text === '(') joined.items.push(jsonTable(tokens));
    else joined.items.push(tableReference(tokens, joined));
  });
}

function derived(tokens: Tokens, lateral: boolean): FromItem {
  const found = tokens.inParentheses(() => tokens.query());
  const name = alias(tokens);
  const columns = name !== undefined && tokens.isSymbol('(') ? columnNames(tokens) : undefined;
  return { type: 'derived', query: found, alias: name, columns, lateral };
}

function jsonTable(tokens: Tokens): FromItem {
  tokens.next();
  tokens.expectSymbol('(');
  const args = [tokens.expression()];
  tokens.expectSymbol(',');
  args.push(tokens.arithmetic());
  tokens.expect('columns');
  tokens.skipParentheses();
  tokens.expectSymbol(')');
  return { type: 'json-table', args, alias: alias(tokens) };
}

function tableReference(tokens: Tokens, joined: Joined): FromItem {
  const name = tokens.name();
  partitions(tokens);
  const part = portion(tokens);
  if (part !== undefined) {
    joined.portion = true;
    joined.conditions.push(...part);
  }
  const period = tokens.is('for') && tokens.peek().lower === 'system_time';
  if (period) joined.conditions.push(...systemTime(tokens));
  const given = alias(tokens);
  while (indexHint(tokens));
  return { type: 'table', name, alias: given };
}

/** `db.t [PARTITION (…)] [AS a]`, with nothing that a FROM may have beside it. */
export function tableItem(tokens: Tokens): Extract<FromItem, { type: 'table' }> {
  const name = tokens.name();
  partitions(tokens);
  return { type: 'table', name, alias: alias(tokens) };
}

export function partitions(tokens: Tokens): void {
  if (tokens.accept('partition')) columnNames(tokens);
}

/** `FOR PORTION OF period FROM a TO b` of MariaDB; undefined when something else stands here. */
export function portion(tokens: Tokens): readonly Expr[] | undefined {
  if (!tokens.acceptAll('for', 'portion', 'of')) return undefined;
  tokens.identifier();
  tokens.expect('from');
  return between(tokens, 'to');
}

/** `FOR SYSTEM_TIME …` of MariaDB. */
function systemTime(tokens: Tokens): readonly Expr[] {
  tokens.expect('for');
  tokens.expect('system_time');
  if (tokens.accept('all')) return [];
  if (tokens.acceptAll('as', 'of')) return [moment(tokens)];
  if (tokens.accept('between')) return between(tokens, 'and');
  tokens.expect('from');
  return between(tokens, 'to');
}

function between(tokens: Tokens, word: string): readonly Expr[] {
  const from = moment(tokens);
  tokens.expect(word);
  return [from, moment(tokens)];
}

function moment(tokens: Tokens): Expr {
  const typed = tokens.is('timestamp') && tokens.peek().kind === 'text';
  if (!typed) tokens.acceptOneOf('timestamp', 'transaction');
  return tokens.arithmetic();
}

function indexHint(tokens: Tokens): boolean {
  if (tokens.acceptOneOf('use', 'ignore', 'force') === undefined) return false;
  if (tokens.acceptOneOf('index', 'key') === undefined) tokens.fail();
  if (tokens.accept('for') && !tokens.accept('join')) {
    if (tokens.acceptOneOf('order', 'group') === undefined) tokens.fail();
    tokens.expect('by');
  }
  tokens.skipParentheses();
  return true;
}
