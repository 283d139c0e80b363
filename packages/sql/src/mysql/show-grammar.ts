import { noteLockingQuery } from './locking-query.ts';
import type { Tokens } from './tokens.ts';
import type { Expr, Name, Utility } from './tree.ts';
import { utilityOf } from './utility.ts';

/** What SHOW may be followed by, when nothing but LIKE and WHERE come after it. */
const LISTS: readonly (readonly string[])[] = [
  ['databases'],
  ['schemas'],
  ['tables'],
  ['table', 'status'],
  ['open', 'tables'],
  ['triggers'],
  ['events'],
  ['variables'],
  ['status'],
  ['character', 'set'],
  ['charset'],
  ['collation'],
  ['engines'],
  ['storage', 'engines'],
  ['plugins'],
  ['privileges'],
  ['processlist'],
  ['procedure', 'status'],
  ['function', 'status'],
  ['grants'],
  ['warnings'],
  ['errors'],
  ['authors'],
  ['contributors'],
  ['client_statistics'],
  ['index_statistics'],
  ['table_statistics'],
  ['user_statistics'],
  ['package', 'status'],
  ['package', 'body', 'status'],
  ['binary', 'logs'],
  ['binary', 'log', 'status'],
  ['binlog', 'status'],
  ['master', 'logs'],
  ['master', 'status'],
  ['slave', 'status'],
  ['replica', 'status'],
  ['all', 'slaves', 'status'],
  ['all', 'replicas', 'status'],
  ['slave', 'hosts'],
  ['replicas'],
  ['profiles'],
];
/** What may be followed by literals alone: pieces of a log, queries by number. */
const WITH_LITERALS: readonly (readonly string[])[] = [
  ['profile'],
  ['binlog', 'events'],
  ['relaylog', 'events'],
];
const CREATED = [
  'table',
  'view',
  'database',
  'schema',
  'procedure',
  'function',
  'trigger',
  'event',
  'sequence',
] as const;

/** Reads the forms of SHOW that only answer. */
export function show(tokens: Tokens): Utility {
  tokens.next();
  while (tokens.acceptOneOf('full', 'extended', 'global', 'session', 'local') !== undefined);
  if (tokens.accept('create')) return showCreate(tokens);
  if (tokens.acceptOneOf('columns', 'fields', 'index', 'indexes', 'keys') !== undefined)
    return ofTable(tokens);
  if (tokens.is('count') && tokens.peek().text === '(') {
    tokens.next();
    tokens.inParentheses(() => {
      tokens.expectSymbol('*');
    });
    if (tokens.acceptOneOf('warnings', 'errors') === undefined) tokens.fail();
    return answer([], []);
  }
  if (tokens.accept('engine')) return engine(tokens);
  if (tokens.acceptOneOf('explain', 'analyze') !== undefined) {
    if (tokens.accept('format')) {
      tokens.expectSymbol('=');
      tokens.identifier();
    }
    tokens.expect('for');
    return planOf(tokens, 'show');
  }
  if (WITH_LITERALS.some((words) => tokens.acceptAll(...words))) {
    tokens.skipStatement();
    return answer([], []);
  }
  const found = LISTS.find((words) => tokens.acceptAll(...words));
  if (found === undefined) return tokens.fail();
  if (found[0] === 'grants' && tokens.accept('for')) tokens.skipStatement();
  if (tokens.acceptOneOf('from', 'in') !== undefined) tokens.identifier();
  return answer(filter(tokens), []);
}

function answer(exprs: readonly Expr[], reads: readonly Name[]): Utility {
  return utilityOf('show', ['read'], { exprs, reads });
}

function filter(tokens: Tokens): readonly Expr[] {
  if (tokens.accept('like')) {
    if (tokens.token.kind !== 'text') tokens.fail();
    tokens.next();
    return [];
  }
  if (tokens.accept('limit')) return tokens.list(() => tokens.expression());
  const where = tokens.token;
  if (!tokens.accept('where')) return [];
  noteLockingQuery(tokens, where);
  return [tokens.expression()];
}

/** `SHOW ENGINE InnoDB STATUS` */
function engine(tokens: Tokens): Utility {
  tokens.identifier();
  if (tokens.acceptOneOf('status', 'mutex', 'logs') === undefined) tokens.fail();
  return answer([], []);
}

/** The plan of what another session runs, by its number. */
export function planOf(tokens: Tokens, kind: 'show' | 'explain'): Utility {
  if (tokens.token.kind !== 'number') tokens.fail();
  tokens.next();
  return utilityOf(kind, ['read']);
}

function showCreate(tokens: Tokens): Utility {
  if (tokens.accept('user')) {
    tokens.skipStatement();
    return answer([], []);
  }
  if (tokens.accept('package')) {
    tokens.accept('body');
    tokens.name();
    return answer([], []);
  }
  const kind = tokens.acceptOneOf(...CREATED) ?? tokens.fail();
  tokens.acceptAll('if', 'not', 'exists');
  const name = tokens.name();
  return answer([], kind === 'table' || kind === 'view' ? [name] : []);
}

function ofTable(tokens: Tokens): Utility {
  if (tokens.acceptOneOf('from', 'in') === undefined) tokens.fail();
  const table = tokens.name();
  const inDatabase = tokens.acceptOneOf('from', 'in') !== undefined;
  const database = inDatabase ? [tokens.identifier()] : [];
  const parts = [...database, ...table.parts.slice(database.length === 0 ? 0 : -1)];
  return answer(filter(tokens), [{ ...table, parts }]);
}
