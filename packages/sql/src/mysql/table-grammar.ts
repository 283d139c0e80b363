import type { Effect } from '../facts.ts';
import { defined, ifExists } from './defined.ts';
import type { Tokens } from './tokens.ts';
import type { Made, Name, Query, Utility } from './tree.ts';

/** Engines that keep rows in this server and nowhere else. */
const PLAIN_ENGINES: ReadonlySet<string> = new Set([
  'innodb',
  'myisam',
  'aria',
  'memory',
  'heap',
  'csv',
  'archive',
  'default',
]);

/** Reads CREATE TABLE from the word TABLE. */
export function createTable(tokens: Tokens, replaces: boolean, temporary: boolean): Utility {
  tokens.next();
  ifExists(tokens);
  const name = tokens.name();
  if (replaces) tokens.note('drop', [], name.span);
  if (temporary) tokens.note('temp-object', ['session'], name.span);
  const copied = likeTable(tokens);
  const found =
    copied === undefined ? tableBody(tokens) : { reads: [copied], columns: undefined, query: undefined };
  const makes: Made = { name, kind: 'table', columns: found.columns, query: undefined };
  const effects: Effect[] = found.query === undefined ? ['ddl'] : ['write', 'ddl'];
  const kind = found.query === undefined ? 'create-table' : 'create-table-as';
  return defined(
    tokens,
    kind,
    name.span,
    { writes: [name], reads: found.reads, query: found.query, makes },
    effects,
  );
}

function likeTable(tokens: Tokens): Name | undefined {
  if (tokens.accept('like')) return tokens.name();
  if (!tokens.isSymbol('(') || tokens.peek().lower !== 'like') return undefined;
  return tokens.inParentheses(() => {
    tokens.next();
    return tokens.name();
  });
}

interface TableBody {
  readonly reads: readonly Name[];
  readonly columns: readonly string[] | undefined;
  readonly query: Query | undefined;
}

/** Columns, options and a query; names of columns are known when no query adds to them. */
function tableBody(tokens: Tokens): TableBody {
  const reads: Name[] = [];
  const columns = tokens.isSymbol('(') && !selects(tokens) ? elements(tokens, reads) : undefined;
  while (!tokens.atEnd && !tokens.isSymbol('(') && !startsRows(tokens)) option(tokens);
  if (tokens.atEnd) return { reads, columns, query: undefined };
  tokens.acceptOneOf('ignore', 'replace');
  tokens.accept('as');
  return { reads, columns: undefined, query: tokens.query() };
}

function selects(tokens: Tokens): boolean {
  return ['select', 'with', 'values', 'table'].includes(tokens.peek().lower);
}

function startsRows(tokens: Tokens): boolean {
  if (tokens.is('with')) return tokens.peek().lower !== 'system';
  if (['as', 'select', 'values', 'table'].includes(tokens.token.lower)) return true;
  return ['ignore', 'replace'].includes(tokens.token.lower);
}

const NO_COLUMN: ReadonlySet<string> = new Set([
  'primary',
  'unique',
  'key',
  'index',
  'fulltext',
  'spatial',
  'constraint',
  'foreign',
  'check',
  'period',
  'like',
]);

function elements(tokens: Tokens, reads: Name[]): readonly string[] {
  const columns: string[] = [];
  tokens.inParentheses(() =>
    tokens.list(() => {
      if (tokens.token.kind === 'name' || !tokens.isOneOf(NO_COLUMN)) {
        ifExists(tokens);
        columns.push(tokens.identifier());
      }
      element(tokens, reads);
    }),
  );
  return columns;
}

/** Walks over one element up to its comma; what it refers to is read, a query in it is not. */
function element(tokens: Tokens, reads: Name[]): void {
  for (let depth = 0; ;) {
    const { kind, text, lower } = tokens.token;
    if (kind === 'end' || lower === 'select') tokens.fail();
    if (kind === 'symbol' && depth === 0 && (text === ',' || text === ')' || text === ';')) return;
    if (lower === 'references' && tokens.peek().kind !== 'symbol') {
      tokens.next();
      reads.push(tokens.name());
      continue;
    }
    tokens.next();
    if (kind === 'symbol' && text === '(') depth += 1;
    if (kind === 'symbol' && text === ')') depth -= 1;
  }
}

/** Walks over one word of the options of a table; where the rows are kept elsewhere nothing is known. */
function option(tokens: Tokens): void {
  const token = tokens.next();
  if (token.lower === 'engine' || token.lower === 'type') {
    tokens.acceptSymbol('=');
    const engine = tokens.next();
    const name = (engine.kind === 'text' ? engine.text.slice(1, -1) : engine.text).toLowerCase();
    if (!PLAIN_ENGINES.has(name)) tokens.note('opaque', ['unknown'], tokens.spanFrom(token));
  }
  if (token.lower === 'connection' || token.lower === 'directory' || token.lower === 'union') {
    tokens.note('opaque', ['unknown'], tokens.spanFrom(token));
  }
  if (token.lower !== 'partition' && token.lower !== 'by') return;
  while (!tokens.atEnd && !startsRows(tokens)) {
    if (tokens.is('directory')) tokens.note('server-file', ['admin'], tokens.spanFrom(tokens.token));
    if (tokens.isSymbol('(')) tokens.skipParentheses();
    else tokens.next();
  }
}

/** Reads ALTER TABLE from the word TABLE. */
export function alterTable(tokens: Tokens): Utility {
  tokens.next();
  ifExists(tokens);
  const name = tokens.name();
  const [reads, writes] = [[] as Name[], [name]];
  tokens.note('alter', [], name.span);
  while (!tokens.atEnd) alteration(tokens, reads, writes);
  return defined(tokens, 'alter-table', name.span, { reads, writes, drops: [name] });
}

/** Words that move rows between tables, files or servers, or keep them elsewhere. */
const MOVING: ReadonlySet<string> = new Set([
  'discard',
  'import',
  'directory',
  'connection',
  'union',
  'tablespace',
]);

function alteration(tokens: Tokens, reads: Name[], writes: Name[]): void {
  const token = tokens.token;
  if (token.lower === 'select') tokens.fail();
  if (token.lower === 'references' && tokens.peek().kind !== 'symbol') {
    tokens.next();
    reads.push(tokens.name());
    return;
  }
  if (token.lower === 'rename' && !['column', 'index', 'key'].includes(tokens.peek().lower)) {
    tokens.next();
    tokens.acceptOneOf('to', 'as');
    tokens.acceptSymbol('=');
    writes.push(tokens.name());
    return;
  }
  if (tokens.acceptAll('with', 'table')) {
    writes.push(tokens.name());
    return;
  }
  if (token.lower === 'engine') {
    option(tokens);
    return;
  }
  tokens.next();
  if (token.lower === 'drop' || token.lower === 'truncate') tokens.note('drop', [], tokens.spanFrom(token));
  if (MOVING.has(token.lower)) tokens.note('server-file', ['admin'], tokens.spanFrom(token));
}
