import type { HazardCode } from '../hazards.ts';
import type { Mark } from '../findings.ts';
import { firstHidden, firstHiddenInLiteral } from '../hidden.ts';
import { LIMITS } from '../limits.ts';

/** What a first look at the characters says, before any grammar. */
export interface Scan {
  /** Start of every token that is no comment, ascending. */
  readonly starts: readonly number[];
  /** Hazards that do not stop the reading. */
  readonly marks: readonly Mark[];
  /** The first reason not to hand the text to the parser at all. */
  readonly refusal: Mark | undefined;
}

interface Cursor {
  readonly sql: string;
  at: number;
  depth: number;
  statements: number;
  /** True when the statement at the cursor has a token already. */
  begun: boolean;
  readonly starts: number[];
  readonly marks: Mark[];
  refusal: Mark | undefined;
}

const QUOTES: ReadonlyMap<string, string> = new Map([
  ["'", "'"],
  ['"', '"'],
  ['`', '`'],
  ['[', ']'],
]);
const WORD = /[A-Za-z0-9_$\u0080-\uffff]+/y;
const CLAUSE = /^[\s;]*(?:where|and|or|not|limit|having)\b/i;

/**
 * Reads a SQLite text as tokens only: counts nesting and statements, finds hidden characters and
 * comments that deceive. It is deliberately no parser: it runs in one pass, without recursion, so that
 * the parser never sees a text it could not bear.
 */
export function scanSqlite(sql: string): Scan {
  const cursor: Cursor = {
    sql,
    at: 0,
    depth: 0,
    statements: 0,
    begun: false,
    starts: [],
    marks: [],
    refusal: undefined,
  };
  while (cursor.at < sql.length && cursor.refusal === undefined) step(cursor);
  return { starts: cursor.starts, marks: cursor.marks, refusal: cursor.refusal };
}

function step(cursor: Cursor): void {
  const { sql, at } = cursor;
  const character = sql.charAt(at);
  if (character === ' ' || character === '\n' || character === '\t') cursor.at += 1;
  else if (character === '\r' && sql.charAt(at + 1) === '\n') cursor.at += 2;
  else if (sql.startsWith('--', at)) comment(cursor, sql.indexOf('\n', at), 2, 0);
  else if (sql.startsWith('/*', at)) comment(cursor, sql.indexOf('*/', at + 2), 2, 2);
  else if (QUOTES.has(character)) quote(cursor, character);
  else if (':@$#'.includes(character)) variable(cursor);
  else if (!word(cursor)) symbol(cursor, character);
}

function refuse(cursor: Cursor, code: HazardCode, offset: number, length: number): void {
  cursor.refusal ??= { code, offset, length };
}

function token(cursor: Cursor): void {
  cursor.starts.push(cursor.at);
  if (cursor.starts.length > LIMITS.tokensMax) refuse(cursor, 'text-too-complex', cursor.at, 0);
  if (cursor.begun) return;
  cursor.begun = true;
  cursor.statements += 1;
  if (cursor.statements > LIMITS.statementsMax) refuse(cursor, 'too-many-statements', cursor.at, 0);
}

/** Skips a comment; `found` is the index of its end mark or -1 when it runs to the end of the text. */
function comment(cursor: Cursor, found: number, opening: number, closing: number): void {
  const { sql, at } = cursor;
  const end = found < 0 ? sql.length : found + closing;
  const body = sql.slice(at + opening, found < 0 ? sql.length : found);
  hiddenOutside(cursor, at, end);
  if (closing === 2 && /^(?:!|M!|\+)/i.test(body)) mark(cursor, 'executable-comment', at, end - at);
  if (closing === 2 && found < 0) mark(cursor, 'unterminated-comment', at, end - at);
  if (cursor.begun && CLAUSE.test(body)) mark(cursor, 'comment-hides-clause', at, end - at);
  cursor.at = end;
}

function mark(cursor: Cursor, code: HazardCode, offset: number, length: number): void {
  cursor.marks.push({ code, offset, length });
}

function hiddenOutside(cursor: Cursor, from: number, to: number): void {
  const found = firstHidden(cursor.sql, from, to);
  if (found !== undefined) refuse(cursor, 'hidden-character', found.offset, found.length);
}

function quote(cursor: Cursor, opening: string): void {
  const { sql, at } = cursor;
  const closing = QUOTES.get(opening) ?? opening;
  token(cursor);
  let end = sql.indexOf(closing, at + 1);
  // A doubled quote stands for itself; square brackets have no such form.
  while (end >= 0 && opening !== '[' && sql.charAt(end + 1) === closing) end = sql.indexOf(closing, end + 2);
  if (end < 0) {
    refuse(cursor, 'parse-failed', at, sql.length - at);
    return;
  }
  if (opening === "'") hiddenInside(cursor, at, end);
  else {
    hiddenOutside(cursor, at, end);
    nonAscii(cursor, at, end);
  }
  cursor.at = end + 1;
}

/** Marks the first hidden character of a literal. */
function hiddenInside(cursor: Cursor, from: number, to: number): void {
  const at = firstHiddenInLiteral(cursor.sql, from, to);
  if (at !== undefined) mark(cursor, 'hidden-character', at, 1);
}

function nonAscii(cursor: Cursor, from: number, to: number): void {
  if (cursor.refusal !== undefined) return;
  for (let at = from; at < to; at += 1) {
    if (cursor.sql.charCodeAt(at) < 0x80) continue;
    mark(cursor, 'non-ascii-identifier', from, to - from);
    return;
  }
}

function variable(cursor: Cursor): void {
  token(cursor);
  WORD.lastIndex = cursor.at + 1;
  const match = WORD.exec(cursor.sql);
  const end = match === null ? cursor.at + 1 : WORD.lastIndex;
  hiddenOutside(cursor, cursor.at, end);
  // `$name(…)` swallows quotes and semicolons up to its `)`: refused rather than imitated.
  if (cursor.sql.charAt(end) === '(' || cursor.sql.startsWith('::', end)) {
    refuse(cursor, 'parse-failed', cursor.at, end - cursor.at);
  }
  cursor.at = end;
}

function word(cursor: Cursor): boolean {
  WORD.lastIndex = cursor.at;
  const match = WORD.exec(cursor.sql);
  if (match === null) return false;
  token(cursor);
  const end = WORD.lastIndex;
  hiddenOutside(cursor, cursor.at, end);
  nonAscii(cursor, cursor.at, end);
  if (end - cursor.at === 4 && /^case$/i.test(match[0])) deeper(cursor);
  if (end - cursor.at === 3 && /^end$/i.test(match[0]) && cursor.depth > 0) cursor.depth -= 1;
  cursor.at = end;
  return true;
}

function symbol(cursor: Cursor, character: string): void {
  if (character < ' ' || character > '~') {
    refuse(cursor, 'hidden-character', cursor.at, 1);
    return;
  }
  if (character === ';') {
    cursor.begun = false;
    cursor.depth = 0;
    cursor.starts.push(cursor.at);
  } else {
    token(cursor);
    if (character === '(') deeper(cursor);
    if (character === ')' && cursor.depth > 0) cursor.depth -= 1;
  }
  cursor.at += 1;
}

function deeper(cursor: Cursor): void {
  cursor.depth += 1;
  if (cursor.depth > LIMITS.depthMax) refuse(cursor, 'text-too-deep', cursor.at, 0);
}
