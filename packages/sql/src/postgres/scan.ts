import type { HazardCode } from '../hazards.ts';
import type { Mark } from '../findings.ts';
import { firstHidden, firstHiddenInLiteral } from '../hidden.ts';
import { LIMITS } from '../limits.ts';

/** What a first look at the characters says, before any grammar. */
export interface Scan {
  /** Start and end of every token that is no comment, ascending. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  readonly marks: readonly Mark[];
  /** The first reason not to hand the text to the parser at all. */
  readonly refusal: Mark | undefined;
}

interface Cursor {
  readonly sql: string;
  at: number;
  depth: number;
  /** Operators and prefixes in a row at this place, which the parser nests one in the other. */
  chain: number;
  statements: number;
  begun: boolean;
  readonly starts: number[];
  readonly ends: number[];
  readonly marks: Mark[];
  refusal: Mark | undefined;
}

const SPACE = /(?: |\t|\n|\r\n)+/y;
const WORD = /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y;
const NUMBER = /(?:\d|\.\d)[0-9A-Za-z_.]*/y;
const OPERATOR = /[-+*/<>=~!@#%^&|`?]/y;
const PARAMETER = /\$\d+/y;
const DOLLAR = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y;
const CLAUSE = /^[\s;]*(?:where|and|or|not|limit|having)\b/i;
const NESTING = /^(?:not|is|isnull|notnull|collate|at|operator|escape|join|union|intersect|except)$/i;
const FLAT = /^(?:and|or|when|then|else|select|from|where|set|values|on)$/i;
/** Operators in a row; PostgreSQL's own stack bears more, the parser's here about ten times as many. */
const CHAIN_MAX = 1000;

/**
 * Reads a PostgreSQL text as tokens only, with `standard_conforming_strings` on: counts nesting and
 * statements, finds hidden characters and comments that deceive. One pass, no recursion.
 */
export function scanPostgres(sql: string): Scan {
  const cursor: Cursor = {
    sql,
    at: 0,
    depth: 0,
    chain: 0,
    statements: 0,
    begun: false,
    starts: [],
    ends: [],
    marks: [],
    refusal: undefined,
  };
  while (cursor.at < sql.length && cursor.refusal === undefined) step(cursor);
  const { starts, ends, marks, refusal } = cursor;
  return { starts, ends, marks, refusal };
}

function step(cursor: Cursor): void {
  const { sql, at } = cursor;
  const space = match(SPACE, sql, at);
  if (space > 0) {
    cursor.at += space;
    return;
  }
  if (sql.startsWith('--', at)) lineComment(cursor);
  else if (sql.startsWith('/*', at)) blockComment(cursor);
  else if (!quoted(cursor) && !dollarQuoted(cursor) && !word(cursor)) symbol(cursor);
}

function match(pattern: RegExp, sql: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(sql) ? pattern.lastIndex - at : 0;
}

function refuse(cursor: Cursor, code: HazardCode, offset: number, length: number): void {
  cursor.refusal ??= { code, offset, length };
}

function mark(cursor: Cursor, code: HazardCode, offset: number, length: number): void {
  cursor.marks.push({ code, offset, length });
}

function token(cursor: Cursor, end: number): void {
  cursor.starts.push(cursor.at);
  cursor.ends.push(end);
  if (cursor.starts.length > LIMITS.tokensMax) refuse(cursor, 'text-too-complex', cursor.at, 0);
  cursor.at = end;
  if (cursor.begun) return;
  cursor.begun = true;
  cursor.statements += 1;
  if (cursor.statements > LIMITS.statementsMax) refuse(cursor, 'too-many-statements', cursor.at, 0);
}

function lineComment(cursor: Cursor): void {
  const { sql, at } = cursor;
  const found = sql.indexOf('\n', at);
  const end = found < 0 ? sql.length : found;
  hiddenOutside(cursor, at, end);
  if (cursor.begun && CLAUSE.test(sql.slice(at + 2, end))) {
    mark(cursor, 'comment-hides-clause', at, end - at);
  }
  cursor.at = end;
}

/** Comments nest: the first end mark of an inner one does not end the outer. */
function blockComment(cursor: Cursor): void {
  const { sql, at } = cursor;
  const edge = /\/\*|\*\//g;
  edge.lastIndex = at;
  let open = 0;
  let end = sql.length;
  for (let found = edge.exec(sql); found !== null; found = edge.exec(sql)) {
    open += found[0] === '/*' ? 1 : -1;
    if (open > 0) continue;
    end = edge.lastIndex;
    break;
  }
  hiddenOutside(cursor, at, end);
  if (open > 0) refuse(cursor, 'unterminated-comment', at, end - at);
  const body = sql.slice(at + 2, end - 2);
  if (/^(?:!|M!|\+)/i.test(body)) mark(cursor, 'executable-comment', at, end - at);
  if (cursor.begun && CLAUSE.test(body)) mark(cursor, 'comment-hides-clause', at, end - at);
  cursor.at = end;
}

function hiddenOutside(cursor: Cursor, from: number, to: number): void {
  const found = firstHidden(cursor.sql, from, to);
  if (found !== undefined) refuse(cursor, 'hidden-character', found.offset, found.length);
}

/** Marks the first hidden character of a literal. */
function hiddenInside(cursor: Cursor, from: number, to: number): void {
  const at = firstHiddenInLiteral(cursor.sql, from, to);
  if (at !== undefined) mark(cursor, 'hidden-character', at, 1);
}

const PREFIX = /(?:[eEbBxXnN]|[uU]&)?(?=')|(?:[uU]&)?(?=")/y;

/** Reads a text or a name in quotes, with its prefix; only E'' knows backslashes. */
function quoted(cursor: Cursor): boolean {
  const { sql, at } = cursor;
  PREFIX.lastIndex = at;
  const prefix = PREFIX.exec(sql)?.[0];
  if (prefix === undefined) return false;
  const open = at + prefix.length;
  const quote = sql.charAt(open);
  const escapes = /^e$/i.test(prefix);
  let end = open + 1;
  for (; end < sql.length; end += 1) {
    const character = sql.charAt(end);
    if (escapes && character === '\\') end += 1;
    else if (character === quote && sql.charAt(end + 1) === quote) end += 1;
    else if (character === quote) break;
  }
  if (end >= sql.length) {
    refuse(cursor, 'parse-failed', at, sql.length - at);
    return true;
  }
  if (quote === "'") hiddenInside(cursor, open, end);
  else {
    hiddenOutside(cursor, open, end);
    nonAscii(cursor, at, end + 1);
    // U&"…" spells characters as numbers, so a name may hide what it is.
    if (prefix !== '') mark(cursor, 'non-ascii-identifier', at, end + 1 - at);
  }
  token(cursor, end + 1);
  return true;
}

function dollarQuoted(cursor: Cursor): boolean {
  const { sql, at } = cursor;
  const length = match(DOLLAR, sql, at);
  if (length === 0) return false;
  const tag = sql.slice(at, at + length);
  const found = sql.indexOf(tag, at + length);
  if (found < 0) {
    refuse(cursor, 'parse-failed', at, sql.length - at);
    return true;
  }
  hiddenOutside(cursor, at, at + length);
  hiddenInside(cursor, at + length, found);
  token(cursor, found + length);
  return true;
}

function nonAscii(cursor: Cursor, from: number, to: number): void {
  for (let at = from; at < to; at += 1) {
    if (cursor.sql.charCodeAt(at) < 0x80) continue;
    mark(cursor, 'non-ascii-identifier', from, to - from);
    return;
  }
}

function word(cursor: Cursor): boolean {
  const { sql, at } = cursor;
  const length = Math.max(match(WORD, sql, at), match(NUMBER, sql, at), match(PARAMETER, sql, at));
  if (length === 0) return false;
  hiddenOutside(cursor, at, at + length);
  nonAscii(cursor, at, at + length);
  const text = length < 16 ? sql.slice(at, at + length) : '';
  token(cursor, at + length);
  if (NESTING.test(text)) chained(cursor);
  else if (FLAT.test(text)) cursor.chain = 0;
  if (/^case$/i.test(text)) deeper(cursor);
  if (/^end$/i.test(text) && cursor.depth > 0) cursor.depth -= 1;
  return true;
}

function symbol(cursor: Cursor): void {
  const { sql, at } = cursor;
  const character = sql.charAt(at);
  if (character < ' ' || character > '~') {
    refuse(cursor, 'hidden-character', at, 1);
    return;
  }
  if (character === ';') {
    cursor.begun = false;
    cursor.depth = 0;
    cursor.chain = 0;
    cursor.starts.push(at);
    cursor.ends.push(at + 1);
    cursor.at += 1;
    return;
  }
  token(cursor, at + 1);
  if (character === '(') deeper(cursor);
  if (character === ')' && cursor.depth > 0) cursor.depth -= 1;
  if (character === ',') cursor.chain = 0;
  // `::` nests like an operator, and so does each subscript.
  if (character === ':' || character === '[' || match(OPERATOR, sql, at) > 0) chained(cursor);
}

function deeper(cursor: Cursor): void {
  cursor.depth += 1;
  if (cursor.depth > LIMITS.depthMax) refuse(cursor, 'text-too-deep', cursor.at, 0);
}

function chained(cursor: Cursor): void {
  cursor.chain += 1;
  if (cursor.chain > CHAIN_MAX) refuse(cursor, 'text-too-deep', cursor.at, 0);
}
