import type { Dialect } from '@countersign/sql';

/** What a stretch of a statement is, for its colour alone: nothing is decided by it. */
export type TokenKind = 'keyword' | 'text' | 'name' | 'number' | 'comment' | 'parameter' | 'other';

/** A stretch of a text. The stretches of a text follow each other without a gap. */
export interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
}

const keywords: ReadonlySet<string> = new Set(
  `abort action add after all alter always analyze and any array as asc attach autoincrement before begin between by call cascade case
  cast check collate column commit concurrently conflict constraint copy create cross current_date current_time current_timestamp database
  declare default deferrable deferred delete desc detach distinct do drop each else end escape except exclusive execute exists explain
  extension fail false fetch filter first for foreign from full function generated glob grant group grouping having if ignore ilike immediate
  in index inner insert instead intersect interval into is isnull join key lateral leading left like limit lock match materialized merge
  natural no not nothing notify notnull null nulls of offset on only or order outer over partition plan pragma prepare primary procedure
  raise recursive references refresh reindex release rename replace reset restrict returning revoke right role rollback row rows
  savepoint schema select sequence session set show similar some start table temp temporary then to trailing transaction trigger true
  truncate union unique unlogged update using vacuum values view virtual when where window with without`
    .trim()
    .split(/\s+/),
);

const space = /\s+/y;
const word = /[\p{L}_][\p{L}\p{N}_$]*/uy;
const number = /(?:0[xX][0-9a-fA-F]+|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)/y;
const parameter = /(?:\$\d+|\?\d*|[:@]{1,2}[A-Za-z_]\w*)/y;
const dollarQuote = /\$(?:[A-Za-z_]\w*)?\$/y;

/** Returns the stretches of a statement. An unfinished text, name or comment reaches to the end. Time grows with the length alone. */
export function highlight(sql: string, dialect: Dialect): readonly Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < sql.length;) {
    const token = tokenAt(sql, at, dialect);
    const last = tokens.at(-1);
    if (last?.kind === 'other' && token.kind === 'other')
      tokens[tokens.length - 1] = { ...last, end: token.end };
    else tokens.push(token);
    at = token.end;
  }
  return tokens;
}

function tokenAt(sql: string, at: number, dialect: Dialect): Token {
  const of = (kind: TokenKind, end: number): Token => ({ kind, start: at, end });
  const end = quotedEnd(sql, at, dialect);
  if (end !== undefined) return of(...end);
  const blank = matchEnd(space, sql, at);
  if (blank > at) return of('other', blank);
  const wordEnd = matchEnd(word, sql, at);
  if (wordEnd > at) {
    const isKeyword = keywords.has(sql.slice(at, wordEnd).toLowerCase());
    return of(isKeyword ? 'keyword' : 'other', wordEnd);
  }
  const numberEnd = matchEnd(number, sql, at);
  if (numberEnd > at) return of('number', numberEnd);
  // A cast is written with two colons, and what follows is no parameter.
  const parameterEnd = sql.startsWith('::', at) ? at : matchEnd(parameter, sql, at);
  if (parameterEnd > at) return of('parameter', parameterEnd);
  return of('other', at + (sql.startsWith('::', at) ? 2 : 1));
}

/** Returns the kind and end of a comment, text or quoted name that begins here. */
function quotedEnd(sql: string, at: number, dialect: Dialect): readonly [TokenKind, number] | undefined {
  const isMySql = dialect === 'mysql' || dialect === 'mariadb';
  if (sql.startsWith('--', at) || (isMySql && sql[at] === '#')) return ['comment', lineEnd(sql, at)];
  if (sql.startsWith('/*', at)) return ['comment', commentEnd(sql, at, dialect === 'postgres')];
  const backslash = isMySql || (dialect === 'postgres' && /[eE]/.test(sql[at - 1] ?? ''));
  switch (sql[at]) {
    case "'":
      return ['text', quoteEnd(sql, at, "'", backslash)];
    case '"':
      return isMySql ? ['text', quoteEnd(sql, at, '"', true)] : ['name', quoteEnd(sql, at, '"', false)];
    case '`':
      return ['name', quoteEnd(sql, at, '`', false)];
    case '[':
      return dialect === 'sqlite' ? ['name', quoteEnd(sql, at, ']', false)] : undefined;
    case '$':
      return dialect === 'postgres' ? dollarEnd(sql, at) : undefined;
    default:
      return undefined;
  }
}

function dollarEnd(sql: string, at: number): readonly [TokenKind, number] | undefined {
  const open = matchEnd(dollarQuote, sql, at);
  if (open === at) return undefined;
  const tag = sql.slice(at, open);
  const close = sql.indexOf(tag, open);
  return ['text', close === -1 ? sql.length : close + tag.length];
}

function quoteEnd(sql: string, start: number, quote: string, backslash: boolean): number {
  for (let at = start + 1; at < sql.length; at += 1) {
    if (backslash && sql[at] === '\\') at += 1;
    else if (sql[at] === quote) {
      if (sql[at + 1] !== quote) return at + 1;
      at += 1;
    }
  }
  return sql.length;
}

function commentEnd(sql: string, start: number, nested: boolean): number {
  let depth = 1;
  for (let at = start + 2; at < sql.length; at += 1) {
    if (sql.startsWith('*/', at)) {
      depth -= 1;
      at += 1;
      if (depth === 0) return at + 1;
    } else if (nested && sql.startsWith('/*', at)) {
      depth += 1;
      at += 1;
    }
  }
  return sql.length;
}

function lineEnd(sql: string, at: number): number {
  const end = sql.indexOf('\n', at);
  return end === -1 ? sql.length : end;
}

function matchEnd(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
