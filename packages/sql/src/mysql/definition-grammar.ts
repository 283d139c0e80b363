import type { Effect } from '../facts.ts';
import { defined, ifExists } from './defined.ts';
import { alterTable, createTable } from './table-grammar.ts';
import type { Tokens } from './tokens.ts';
import type { Made, Utility } from './tree.ts';
import { utilityOf } from './utility.ts';

/** Kinds of object whose definition is code: the rest of the text belongs to it. */
const PROGRAMS: ReadonlySet<string> = new Set(['procedure', 'function', 'trigger', 'event', 'package']);
const ACCOUNTS: ReadonlySet<string> = new Set(['user', 'role']);
const SERVER_OBJECTS: ReadonlySet<string> = new Set([
  'server',
  'tablespace',
  'logfile',
  'undo',
  'resource',
  'spatial',
  'instance',
]);
/** Reads CREATE … */
export function create(tokens: Tokens): Utility {
  const start = tokens.next();
  const replaces = tokens.acceptAll('or', 'replace');
  definer(tokens);
  const temporary = tokens.accept('temporary');
  const { lower } = tokens.token;
  if (lower === 'table') return createTable(tokens, replaces, temporary);
  if (lower === 'view') return createView(tokens);
  if (lower === 'sequence') return createSequence(tokens);
  if (
    lower === 'unique' ||
    lower === 'fulltext' ||
    lower === 'index' ||
    (lower === 'spatial' && tokens.peek().lower === 'index')
  ) {
    return createIndex(tokens);
  }
  if (lower === 'aggregate' || PROGRAMS.has(lower)) return program(tokens, start.start);
  if (ACCOUNTS.has(lower)) return account(tokens, 'create');
  if (lower === 'database' || lower === 'schema') return database(tokens, 'create');
  if (SERVER_OBJECTS.has(lower)) return serverObject(tokens, 'create');
  return tokens.fail();
}

/** What stands between CREATE and the kind of object: who it runs as, and how a view is worked out. */
function definer(tokens: Tokens): void {
  if (tokens.accept('algorithm')) {
    tokens.expectSymbol('=');
    if (tokens.acceptOneOf('undefined', 'merge', 'temptable') === undefined) tokens.fail();
  }
  if (tokens.accept('definer')) {
    tokens.expectSymbol('=');
    accountName(tokens);
  }
  if (tokens.acceptAll('sql', 'security') && tokens.acceptOneOf('definer', 'invoker') === undefined)
    tokens.fail();
}

function accountName(tokens: Tokens): void {
  if (tokens.accept('current_user')) {
    if (tokens.acceptSymbol('(')) tokens.expectSymbol(')');
    return;
  }
  const { kind } = tokens.token;
  if (kind !== 'text' && kind !== 'name' && kind !== 'word') tokens.fail();
  tokens.next();
  if (tokens.token.kind === 'variable') tokens.next();
  else if (tokens.acceptSymbol('@')) tokens.next();
}

function createView(tokens: Tokens): Utility {
  tokens.next();
  ifExists(tokens);
  const name = tokens.name();
  const columns = tokens.isSymbol('(')
    ? tokens.inParentheses(() => tokens.list(() => tokens.identifier()))
    : undefined;
  tokens.expect('as');
  const found = tokens.query();
  if (tokens.accept('with')) {
    tokens.acceptOneOf('cascaded', 'local');
    if (!tokens.acceptAll('check', 'option')) tokens.fail();
  }
  const makes: Made = { name, kind: 'view', columns, query: found };
  return defined(tokens, 'create-view', name.span, { writes: [name], query: found, makes });
}

function createSequence(tokens: Tokens): Utility {
  tokens.next();
  ifExists(tokens);
  const name = tokens.name();
  tokens.skipStatement();
  return defined(tokens, 'create-sequence', name.span, { writes: [name] });
}

function createIndex(tokens: Tokens): Utility {
  tokens.acceptOneOf('unique', 'fulltext', 'spatial');
  tokens.expect('index');
  ifExists(tokens);
  tokens.identifier();
  if (tokens.accept('using')) tokens.identifier();
  tokens.expect('on');
  const name = tokens.name();
  tokens.skipStatement();
  return defined(tokens, 'create-index', name.span, { writes: [name] });
}

/** A program's body has semicolons of its own, so that the statement is the rest of the text. */
function program(tokens: Tokens, offset: number): Utility {
  tokens.accept('aggregate');
  const kind = tokens.next().lower;
  const effects: Effect[] = ['ddl'];
  while (tokens.token.kind !== 'end') {
    // It loads code into the server.
    if (tokens.next().lower === 'soname') effects.push('admin');
  }
  const span = { offset, length: tokens.last.end - offset };
  tokens.note('opaque', [], span);
  if (kind === 'trigger') tokens.note('trigger-ddl', [], span);
  return defined(tokens, `create-${kind}`, span, { opaque: true, renames: true }, effects);
}

function account(tokens: Tokens, verb: string): Utility {
  const token = tokens.next();
  tokens.skipStatement();
  return defined(tokens, `${verb}-${token.lower}`, tokens.spanFrom(token), {}, ['privilege']);
}

function database(tokens: Tokens, verb: 'create' | 'alter' | 'drop'): Utility {
  const token = tokens.next();
  ifExists(tokens);
  const name = tokens.isName() ? tokens.identifier() : undefined;
  tokens.skipStatement();
  const span = tokens.spanFrom(token);
  const drops = verb === 'drop';
  if (verb !== 'create') tokens.note(drops ? 'drop' : 'alter', [], span);
  const more = { opaque: drops, renames: true, dropsDatabase: drops ? name : undefined };
  return defined(tokens, `${verb}-database`, span, more, ['ddl', 'admin']);
}

function serverObject(tokens: Tokens, verb: string): Utility {
  const token = tokens.next();
  tokens.skipStatement();
  return defined(tokens, `${verb}-${token.lower}`, tokens.spanFrom(token), {}, ['admin']);
}

/** Reads ALTER … */
export function alter(tokens: Tokens): Utility {
  tokens.next();
  tokens.acceptOneOf('online', 'ignore');
  definer(tokens);
  const { lower } = tokens.token;
  if (lower === 'table') return alterTable(tokens);
  if (lower === 'view') {
    const view = createView(tokens);
    tokens.note('alter', [], view.writes[0]?.span ?? { offset: 0, length: 0 });
    return { ...view, kind: 'alter-view' };
  }
  if (lower === 'sequence') {
    const sequence = createSequence(tokens);
    tokens.note('alter', [], sequence.writes[0]?.span ?? { offset: 0, length: 0 });
    return { ...sequence, kind: 'alter-sequence', effects: ['write', 'ddl'] };
  }
  if (ACCOUNTS.has(lower)) return account(tokens, 'alter');
  if (lower === 'database' || lower === 'schema') return database(tokens, 'alter');
  if (SERVER_OBJECTS.has(lower)) return serverObject(tokens, 'alter');
  if (!PROGRAMS.has(lower)) tokens.fail();
  return { ...program(tokens, tokens.token.start), kind: `alter-${lower}` };
}

/** Reads DROP … */
export function drop(tokens: Tokens): Utility {
  const start = tokens.next();
  const temporary = tokens.accept('temporary');
  const { lower } = tokens.token;
  if (lower === 'table' || lower === 'tables' || lower === 'view' || lower === 'sequence') {
    tokens.next();
    ifExists(tokens);
    const names = tokens.list(() => tokens.name());
    tokens.acceptOneOf('restrict', 'cascade');
    if (tokens.acceptOneOf('wait', 'nowait') === 'wait') tokens.next();
    const kind = lower === 'tables' ? 'table' : lower;
    tokens.note('drop', [], tokens.spanFrom(start));
    if (temporary) tokens.note('temp-object', ['session'], tokens.spanFrom(start));
    return defined(tokens, `drop-${kind}`, tokens.spanFrom(start), { writes: names, drops: names });
  }
  if (lower === 'index') return dropIndex(tokens, start.start);
  if (lower === 'database' || lower === 'schema') return database(tokens, 'drop');
  if (ACCOUNTS.has(lower)) return account(tokens, 'drop');
  if (SERVER_OBJECTS.has(lower)) return serverObject(tokens, 'drop');
  if (!PROGRAMS.has(lower) && lower !== 'prepare') tokens.fail();
  tokens.skipStatement();
  const span = tokens.spanFrom(start);
  if (lower === 'prepare') return utilityOf('deallocate', ['session']);
  tokens.note(lower === 'trigger' ? 'trigger-ddl' : 'drop', [], span);
  return defined(tokens, `drop-${lower}`, span, { renames: true });
}

function dropIndex(tokens: Tokens, offset: number): Utility {
  tokens.next();
  ifExists(tokens);
  tokens.identifier();
  tokens.expect('on');
  const name = tokens.name();
  tokens.skipStatement();
  const span = { offset, length: tokens.last.end - offset };
  tokens.note('drop', [], span);
  return defined(tokens, 'drop-index', span, { writes: [name] });
}

/** Reads RENAME TABLE a TO b, … and RENAME USER. */
export function rename(tokens: Tokens): Utility {
  const start = tokens.next();
  if (tokens.is('user')) return account(tokens, 'rename');
  if (tokens.acceptOneOf('table', 'tables') === undefined) tokens.fail();
  ifExists(tokens);
  const names = tokens.list(() => {
    const from = tokens.name();
    waiting(tokens);
    if (!tokens.accept('to')) tokens.fail();
    return [from, tokens.name()];
  });
  const span = tokens.spanFrom(start);
  tokens.note('alter', [], span);
  return defined(tokens, 'rename-table', span, { writes: names.flat(), renames: true });
}

/** Reads TRUNCATE: it empties the table, ends the transaction and cannot be rolled back. */
export function truncate(tokens: Tokens): Utility {
  const start = tokens.next();
  tokens.accept('table');
  const name = tokens.name();
  waiting(tokens);
  const span = tokens.spanFrom(start);
  tokens.note('write-without-where', [], span);
  return defined(tokens, 'truncate', span, { writes: [name] }, ['write']);
}

/** `WAIT 5`, `NOWAIT`: how long it waits for whoever holds the table. */
function waiting(tokens: Tokens): void {
  if (tokens.acceptOneOf('wait', 'nowait') === 'wait') tokens.next();
}
