import { SqlError } from '../error.ts';
import { scopeOf } from '../findings.ts';
import type { Source } from '../findings.ts';
import { deletion, insert, update } from './change-grammar.ts';
import { create } from './definition-grammar.ts';
import { readExpressions } from './expression.ts';
import { noteOpaque } from './reading.ts';
import type { Reading } from './reading.ts';
import { tokensOf } from './parser.ts';

import { readQuery } from './select.ts';
import { readAct } from './statement.ts';
import type { Tokens } from './tokens.ts';
import type { Act, Expr, Span } from './tree.ts';

/** Reads a view's query, given as a bare query or as its CREATE text, at the place that reached it. */
export function readView(reading: Reading, sql: string, span: Span): void {
  const found = attempt(reading, sql, (tokens) => {
    const query = tokens.is('create') ? (create(tokens).query ?? tokens.fail()) : tokens.query();
    // Beside its query a definition says nothing that reading the view would do.
    tokens.notes = tokens.notes.filter(({ code }) => code !== 'leaves-transaction');
    if (tokens.token.kind !== 'end' || tokens.notes.length > 0) tokens.fail();
    return query;
  });
  if (found === undefined) noteOpaque(reading, span);
  else readQuery(reading, found, undefined, undefined);
}

/** Reads the statement that a trigger runs for each row, at the place that fires it. */
export function readTrigger(reading: Reading, sql: string, span: Span): void {
  const found = attempt(reading, sql, program);
  if (found === undefined) {
    noteOpaque(reading, span);
    return;
  }
  for (const act of found.acts) readAct(reading, act, span);
  const row: Source = { name: undefined, table: undefined, columns: undefined };
  readExpressions(reading, found.exprs, scopeOf([row], undefined, undefined));
}

/**
 * A body is kept with the modes of the session that made it, which may differ: what they could change
 * the meaning of is not read.
 */
function attempt<T>(reading: Reading, sql: string, read: (tokens: Tokens) => T): T | undefined {
  reading.schema.definitions.spend(sql.length);
  const tokens = /["\\]|\|\|/.test(sql) ? undefined : tokensOf(sql, reading.schema.modes, true);
  if (tokens === undefined) return undefined;
  try {
    return read(tokens);
  } catch (error) {
    if (error instanceof SqlError && error.code === 'sql/unread') return undefined;
    throw error;
  }
}

/** What a program does, whichever way it goes. */
interface Program {
  readonly acts: Act[];
  readonly exprs: Expr[];
  /** Lower-case names of its variables. */
  readonly variables: Set<string>;
}

function program(tokens: Tokens): Program {
  if (tokens.is('create')) toRow(tokens);
  const found: Program = { acts: [], exprs: [], variables: new Set() };
  step(tokens, found);
  tokens.acceptSymbol(';');
  if (tokens.token.kind !== 'end' || tokens.notes.length > 0) tokens.fail();
  return found;
}

/** Skips `CREATE TRIGGER … FOR EACH ROW`. */
function toRow(tokens: Tokens): void {
  while (!tokens.acceptAll('for', 'each', 'row')) {
    if (tokens.token.kind === 'end') tokens.fail();
    tokens.next();
  }
  if (tokens.acceptOneOf('follows', 'precedes') !== undefined) tokens.identifier();
}

function step(tokens: Tokens, found: Program): void {
  tokens.deeper(() => {
    const { lower } = tokens.token;
    switch (lower) {
      case 'begin':
        tokens.next();
        // Variables end with their block.
        steps(tokens, { ...found, variables: new Set(found.variables) });
        tokens.expect('end');
        return;
      case 'if':
        condition(tokens, found);
        return;
      case 'declare':
        declaration(tokens, found);
        return;
      case 'set':
        tokens.next();
        tokens.list(() => {
          assignment(tokens, found);
        });
        return;
      case 'signal':
        while (!tokens.atEnd && !tokens.isSymbol('(')) tokens.next();
        return;
      default:
        found.acts.push(change(tokens));
    }
  });
}

function steps(tokens: Tokens, found: Program): void {
  while (!tokens.is('end') && !tokens.is('else') && !tokens.is('elseif')) {
    step(tokens, found);
    tokens.expectSymbol(';');
  }
}

function condition(tokens: Tokens, found: Program): void {
  tokens.next();
  do {
    found.exprs.push(tokens.expression());
    tokens.expect('then');
    steps(tokens, found);
  } while (tokens.accept('elseif'));
  if (tokens.accept('else')) steps(tokens, found);
  tokens.expect('end');
  tokens.expect('if');
}

/** `DECLARE a, b INT DEFAULT 0`; cursors, conditions and handlers are not read. */
function declaration(tokens: Tokens, found: Program): void {
  tokens.next();
  for (const name of tokens.list(() => tokens.identifier())) found.variables.add(name.toLowerCase());
  if (tokens.is('cursor') || tokens.is('condition') || tokens.is('handler')) tokens.fail();
  while (!tokens.atEnd && !tokens.is('default')) tokens.next();
  if (tokens.accept('default')) found.exprs.push(tokens.expression());
}

/** Sets a column of the new row or a variable of the program; anything else is the session's. */
function assignment(tokens: Tokens, found: Program): void {
  const [first = '', second] = tokens.name().parts;
  const own = second === undefined ? found.variables.has(first.toLowerCase()) : first.toLowerCase() === 'new';
  if (!own) tokens.fail();
  if (!tokens.acceptSymbol('=')) tokens.expectSymbol(':=');
  found.exprs.push(tokens.expression());
}

function change(tokens: Tokens): Act {
  const { lower } = tokens.token;
  if (lower === 'select') return { type: 'query', query: tokens.query() };
  tokens.next();
  switch (lower) {
    case 'insert':
    case 'replace':
      return insert(tokens, lower === 'replace');
    case 'update':
      return update(tokens, []);
    case 'delete':
      return deletion(tokens, []);
    default:
      return tokens.fail();
  }
}
