import { deletion, insert, update } from './change-grammar.ts';
import { alter, create, drop, rename, truncate } from './definition-grammar.ts';
import { startsQuery } from './lookahead.ts';
import { withClause } from './query-grammar.ts';
import { setting } from './setting-grammar.ts';
import { planOf, show } from './show-grammar.ts';
import type { Tokens } from './tokens.ts';
import type { Act, Statement } from './tree.ts';
import { utilityOf } from './utility.ts';
import { command } from './command-grammar.ts';

const EXPLAINED: ReadonlySet<string> = new Set([
  'select',
  'insert',
  'replace',
  'update',
  'delete',
  'with',
  'table',
  'values',
]);

/**
 * Reads one statement up to its semicolon or the end.
 * @throws SqlError `sql/unread` at whatever the grammar does not have, `sql/tree-too-deep`
 */
export function statement(tokens: Tokens): Statement {
  const start = tokens.token;
  tokens.notes = [];
  const found = act(tokens);
  if (!tokens.atEnd) tokens.fail();
  return { act: found, notes: tokens.notes, span: tokens.spanFrom(start) };
}

function act(tokens: Tokens): Act {
  if (tokens.isSymbol('(') && startsQuery(tokens, 0)) return { type: 'query', query: tokens.query() };
  const { lower } = tokens.token;
  switch (lower) {
    case 'select':
    case 'values':
    case 'table':
      return { type: 'query', query: tokens.query() };
    case 'with':
      return withStatement(tokens);
    case 'insert':
    case 'replace':
      tokens.next();
      return insert(tokens, lower === 'replace');
    case 'update':
      tokens.next();
      return update(tokens, []);
    case 'delete':
      tokens.next();
      return deletion(tokens, []);
    default:
      return otherStatement(tokens);
  }
}

function otherStatement(tokens: Tokens): Act {
  switch (tokens.token.lower) {
    case 'explain':
    case 'describe':
    case 'desc':
      return explain(tokens);
    case 'analyze':
      return analyze(tokens);
    case 'create':
      return create(tokens);
    case 'alter':
      return alter(tokens);
    case 'drop':
      return drop(tokens);
    case 'rename':
      return rename(tokens);
    case 'truncate':
      return truncate(tokens);
    case 'show':
      return show(tokens);
    case 'set':
      return setting(tokens);
    default:
      return command(tokens);
  }
}

/** WITH belongs to the query, UPDATE or DELETE after it. */
function withStatement(tokens: Tokens): Act {
  const ahead = verbAfterWith(tokens);
  if (ahead !== 'update' && ahead !== 'delete') return { type: 'query', query: tokens.query() };
  const ctes = withClause(tokens);
  tokens.next();
  return ahead === 'update' ? update(tokens, ctes) : deletion(tokens, ctes);
}

/** The first word of a verb outside parentheses. */
function verbAfterWith(tokens: Tokens): string {
  let depth = 0;
  for (let at = 1; ; at += 1) {
    const token = tokens.peek(at);
    if (token.kind === 'end') return '';
    if (token.kind === 'symbol' && token.text === '(') depth += 1;
    if (token.kind === 'symbol' && token.text === ')') depth -= 1;
    if (depth === 0 && EXPLAINED.has(token.lower)) return token.lower;
  }
}

/** EXPLAIN of a statement, or of a table as DESCRIBE does. */
function explain(tokens: Tokens): Act {
  const start = tokens.next();
  const analyzes = tokens.is('analyze') && tokens.peek().kind === 'word';
  if (analyzes) tokens.next();
  tokens.acceptOneOf('extended', 'partitions');
  if (tokens.accept('format')) {
    tokens.expectSymbol('=');
    if (tokens.token.kind === 'text') tokens.next();
    else tokens.identifier();
  }
  if (!analyzes && tokens.acceptAll('for', 'connection')) return planOf(tokens, 'explain');
  if (tokens.isOneOf(EXPLAINED) || tokens.isSymbol('(')) {
    const found = act(tokens);
    return { type: 'explain', runs: analyzes, act: found, span: tokens.spanFrom(start) };
  }
  if (analyzes || !tokens.isName()) tokens.fail();
  const table = tokens.name();
  if (tokens.token.kind === 'text') tokens.next();
  else if (tokens.isName()) tokens.identifier();
  return utilityOf('describe', ['read'], { reads: [table] });
}

/** ANALYZE of MariaDB runs the statement; ANALYZE TABLE writes statistics. */
function analyze(tokens: Tokens): Act {
  const start = tokens.next();
  if (tokens.accept('format')) {
    tokens.expectSymbol('=');
    tokens.identifier();
  }
  if ((tokens.isOneOf(EXPLAINED) && !tokens.is('table')) || tokens.isSymbol('(')) {
    const found = act(tokens);
    return { type: 'explain', runs: true, act: found, span: tokens.spanFrom(start) };
  }
  tokens.acceptOneOf('no_write_to_binlog', 'local');
  if (tokens.acceptOneOf('table', 'tables') === undefined) tokens.fail();
  const tables = tokens.list(() => tokens.name());
  tokens.skipStatement();
  tokens.note('leaves-transaction', [], tokens.spanFrom(start));
  return utilityOf('analyze', ['ddl', 'write'], { reads: tables });
}
