import type { HazardCode } from '../hazards.ts';
import { firstHidden, firstHiddenInLiteral } from '../hidden.ts';
import { LIMITS } from '../limits.ts';
import type { Mark } from '../findings.ts';
import type { Modes } from './modes.ts';

/**
 * word: bare, a name or a keyword. name: in backquotes (or double quotes under ANSI_QUOTES). text: a string
 * literal, with N before it or not. number: decimal, hexadecimal and bit literals. parameter: `?`.
 * variable: `@x`, setting: `@@x`. symbol: everything else. end: after the last.
 */
export type TokenKind =
  'word' | 'name' | 'text' | 'number' | 'parameter' | 'variable' | 'setting' | 'symbol' | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** UTF-16 code units of the text. */
  readonly start: number;
  readonly end: number;
  /** The slice; of a name what the quotes enclose. */
  readonly text: string;
  /** Of a word: `text` in lower case; empty for other tokens, so that a keyword is found by one comparison. */
  readonly lower: string;
}

/** A text as tokens. */
export interface Scan {
  /** Ends with one token of kind `end` unless the text was refused. */
  readonly tokens: readonly Token[];
  /** Hazards that do not stop the reading. */
  readonly marks: readonly Mark[];
  /** The first reason not to read the text at all. */
  readonly refusal: Mark | undefined;
}

interface Cursor {
  readonly sql: string;
  readonly modes: Modes;
  at: number;
  depth: number;
  statements: number;
  begun: boolean;
  readonly tokens: Token[];
  readonly marks: Mark[];
  refusal: Mark | undefined;
}

/** Tokens of one text: every one is kept, so that fewer than LIMITS.tokensMax are. */
const TOKENS_MAX = 250_000;
const WORD = /[A-Za-z0-9_$\u0080-\uffff]+/y;
const NUMBER = /(?:0x[0-9A-Fa-f]+|0b[01]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)/y;
const SYMBOL = /<=>|->>|<=|>=|<>|!=|<<|>>|:=|&&|\|\||->|[-+*/%^~=<>!&|(),.;:{}]/y;
const VARIABLE = /@[A-Za-z0-9_$.\u0080-\uffff]+/y;
const SETTING = /@@[A-Za-z0-9_$.]+/y;
const CLAUSE = /^[\s;]*(?:where|and|or|not|limit|having|set)\b/i;
/** Optimizer hints that cannot set a variable or move the thread. */
const PLAIN_HINT = /^\+[\w@`.,() \n\t]*$/;
const SETTING_HINT = /set_var|resource_group/i;

/** Cuts a text into tokens as a server in these modes does; one pass, without recursion. */
export function scanMysql(sql: string, modes: Modes): Scan {
  const cursor: Cursor = {
    sql,
    modes,
    at: 0,
    depth: 0,
    statements: 0,
    begun: false,
    tokens: [],
    marks: [],
    refusal: undefined,
  };
  while (cursor.at < sql.length && cursor.refusal === undefined) step(cursor);
  cursor.tokens.push({ kind: 'end', start: sql.length, end: sql.length, text: '', lower: '' });
  return { tokens: cursor.tokens, marks: cursor.marks, refusal: cursor.refusal };
}

function step(cursor: Cursor): void {
  const { sql, at } = cursor;
  const code = sql.charCodeAt(at);
  if (code === 0x20 || code === 0x0a || code === 0x09) cursor.at += 1;
  else if (code === 0x0d && sql.charCodeAt(at + 1) === 0x0a) cursor.at += 2;
  else if (isWordCode(code)) word(cursor, code);
  else if (code === 0x27) literal(cursor, at);
  else if (code === 0x22 && !cursor.modes.ansiQuotes) literal(cursor, at);
  else if (code === 0x22) quotedName(cursor, '"');
  else if (code === 0x60) quotedName(cursor, '`');
  else if (code === 0x2d && startsDashComment(sql, at)) comment(cursor, sql.indexOf('\n', at), 2, 0);
  else if (code === 0x23) comment(cursor, sql.indexOf('\n', at), 1, 0);
  else if (code === 0x2f && sql.charCodeAt(at + 1) === 0x2a) {
    comment(cursor, sql.indexOf('*/', at + 2), 2, 2);
  } else if (code === 0x40) variable(cursor);
  else if (code === 0x3f) push(cursor, 'parameter', at + 1);
  else if (code === 0x2e && isDigit(sql.charCodeAt(at + 1))) number(cursor);
  else symbol(cursor);
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isWordCode(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x41 && code <= 0x5a) ||
    isDigit(code) ||
    code === 0x5f ||
    code === 0x24 ||
    code >= 0x80
  );
}

/** `--` begins a comment only before white space, a control character or the end. */
function startsDashComment(sql: string, at: number): boolean {
  return sql.charCodeAt(at + 1) === 0x2d && (at + 2 >= sql.length || sql.charCodeAt(at + 2) <= 0x20);
}

function refuse(cursor: Cursor, code: HazardCode, offset: number, length: number): void {
  cursor.refusal ??= { code, offset, length };
}

function mark(cursor: Cursor, code: HazardCode, offset: number, length: number): void {
  cursor.marks.push({ code, offset, length });
}

function push(cursor: Cursor, kind: TokenKind, end: number, text?: string): void {
  const { sql, at } = cursor;
  const slice = text ?? sql.slice(at, end);
  const lower = kind === 'word' ? slice.toLowerCase() : '';
  cursor.tokens.push({ kind, start: at, end, text: slice, lower });
  cursor.at = end;
  if (cursor.tokens.length > TOKENS_MAX) refuse(cursor, 'text-too-complex', at, 0);
  if (cursor.begun) return;
  cursor.begun = true;
  cursor.statements += 1;
  if (cursor.statements > LIMITS.statementsMax) refuse(cursor, 'too-many-statements', at, 0);
}

/** Skips a comment; `found` is the index of its end mark or -1 when it runs to the end of the text. */
function comment(cursor: Cursor, found: number, opening: number, closing: number): void {
  const { sql, at } = cursor;
  const end = found < 0 ? sql.length : found + closing;
  const body = sql.slice(at + opening, found < 0 ? sql.length : found);
  hiddenOutside(cursor, at, end);
  if (closing === 2) block(cursor, body, end, found < 0);
  if (cursor.begun && CLAUSE.test(body)) mark(cursor, 'comment-hides-clause', at, end - at);
  cursor.at = end;
}

/** What stands in `!` and `M!` comments is run by some versions and not by others: nobody can say what it does. */
function block(cursor: Cursor, body: string, end: number, open: boolean): void {
  const { at } = cursor;
  const hint = body.startsWith('+') && (!PLAIN_HINT.test(body) || SETTING_HINT.test(body));
  if (/^M?!/.test(body) || hint) refuse(cursor, 'executable-comment', at, end - at);
  if (open) refuse(cursor, 'unterminated-comment', at, end - at);
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

function name(cursor: Cursor, from: number, to: number): void {
  hiddenOutside(cursor, from, to);
  for (let at = from; at < to; at += 1) {
    const code = cursor.sql.charCodeAt(at);
    if (code < 0x80) continue;
    // The server's names hold no characters beyond the Basic Multilingual Plane.
    if (code >= 0xd800 && code <= 0xdfff) refuse(cursor, 'parse-failed', at, 1);
    mark(cursor, 'non-ascii-identifier', from, to - from);
    return;
  }
}

function word(cursor: Cursor, first: number): void {
  const { sql, at } = cursor;
  if (isDigit(first)) {
    number(cursor);
    return;
  }
  WORD.lastIndex = at;
  WORD.exec(sql);
  const end = WORD.lastIndex;
  if (end - at === 1 && sql.charCodeAt(end) === 0x27 && prefixed(cursor, end)) return;
  name(cursor, at, end);
  push(cursor, 'word', end);
  if (end - at === 4 && cursor.tokens.at(-1)?.lower === 'case') deeper(cursor);
  if (end - at === 3 && cursor.tokens.at(-1)?.lower === 'end' && cursor.depth > 0) cursor.depth -= 1;
}

/** Literals that a letter begins: `N'text'`, `x'ff'`, `b'01'`. */
function prefixed(cursor: Cursor, quote: number): boolean {
  const { sql, at } = cursor;
  const letter = sql.charAt(at).toLowerCase();
  if (letter === 'n') {
    literal(cursor, quote);
    return true;
  }
  if (letter !== 'x' && letter !== 'b') return false;
  const end = sql.indexOf("'", quote + 1);
  const digits = end < 0 ? '?' : sql.slice(quote + 1, end);
  if (!(letter === 'x' ? /^(?:[0-9a-f]{2})*$/i : /^[01]*$/).test(digits)) {
    refuse(cursor, 'parse-failed', at, quote - at);
    return true;
  }
  push(cursor, 'number', end + 1);
  return true;
}

/** A number; a name that begins with digits is refused, because where it ends depends on what is before it. */
function number(cursor: Cursor): void {
  const { sql, at } = cursor;
  const before = cursor.tokens.at(-1);
  NUMBER.lastIndex = at;
  NUMBER.exec(sql);
  const end = Math.max(NUMBER.lastIndex, at + 1);
  const afterDot = before?.end === at && before.text === '.';
  const afterName = before?.end === at && (before.kind === 'word' || before.kind === 'name');
  if (isWordCode(sql.charCodeAt(end)) || afterDot || afterName) {
    refuse(cursor, 'parse-failed', at, end - at);
    return;
  }
  push(cursor, 'number', end);
}

function literal(cursor: Cursor, quoteAt: number): void {
  const { sql, at } = cursor;
  const quote = sql.charCodeAt(quoteAt);
  let end = quoteAt + 1;
  for (; end < sql.length; end += 1) {
    const code = sql.charCodeAt(end);
    if (code === 0x5c && cursor.modes.backslashEscapes) end += 1;
    else if (code === quote) {
      if (sql.charCodeAt(end + 1) !== quote) break;
      end += 1;
    }
  }
  if (end >= sql.length) {
    refuse(cursor, 'parse-failed', at, sql.length - at);
    return;
  }
  hiddenInside(cursor, quoteAt, end);
  push(cursor, 'text', end + 1);
}

function quotedName(cursor: Cursor, quote: string): void {
  const { sql, at } = cursor;
  let end = sql.indexOf(quote, at + 1);
  while (end >= 0 && sql.charAt(end + 1) === quote) end = sql.indexOf(quote, end + 2);
  if (end < 0) {
    refuse(cursor, 'parse-failed', at, sql.length - at);
    return;
  }
  const inside = sql.slice(at + 1, end).replaceAll(quote + quote, quote);
  // The server takes no empty name and none that ends in a space.
  if (inside === '' || inside.endsWith(' ')) refuse(cursor, 'parse-failed', at, end + 1 - at);
  name(cursor, at, end + 1);
  push(cursor, 'name', end + 1, inside);
}

function variable(cursor: Cursor): void {
  const { sql, at } = cursor;
  const next = sql.charCodeAt(at + 1);
  // `'user'@'host'`, or a variable whose name stands in quotes.
  if (next === 0x27 || next === 0x60 || next === 0x22) {
    push(cursor, 'symbol', at + 1);
    return;
  }
  const setting = next === 0x40;
  const pattern = setting ? SETTING : VARIABLE;
  pattern.lastIndex = at;
  if (pattern.exec(sql) === null) {
    refuse(cursor, 'parse-failed', at, 1);
    return;
  }
  const end = pattern.lastIndex;
  name(cursor, at, end);
  push(cursor, setting ? 'setting' : 'variable', end);
}

function symbol(cursor: Cursor): void {
  const { sql, at } = cursor;
  SYMBOL.lastIndex = at;
  if (SYMBOL.exec(sql) === null) {
    const code = sql.charCodeAt(at);
    refuse(cursor, code < 0x20 || code > 0x7e ? 'hidden-character' : 'parse-failed', at, 1);
    return;
  }
  const end = SYMBOL.lastIndex;
  const text = sql.slice(at, end);
  push(cursor, 'symbol', end);
  if (text === ';') {
    cursor.begun = false;
    cursor.depth = 0;
  }
  if (text === '(') deeper(cursor);
  if (text === ')' && cursor.depth > 0) cursor.depth -= 1;
}

function deeper(cursor: Cursor): void {
  cursor.depth += 1;
  if (cursor.depth > LIMITS.depthMax) refuse(cursor, 'text-too-deep', cursor.at, 0);
}
