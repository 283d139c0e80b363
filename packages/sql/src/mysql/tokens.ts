import { SqlError } from '../error.ts';
import type { Effect } from '../facts.ts';
import type { HazardCode } from '../hazards.ts';
import type { Modes } from './modes.ts';
import type { Token } from './scan.ts';
import type { Expr, Name, Note, Query, Span } from './tree.ts';
import { RESERVED } from './words.ts';

/** Rules inside rules; each takes several frames of the stack. */
const DEPTH_MAX = 600;

/** The parts of the grammar that name each other in circles, handed over instead of imported. */
export interface Rules {
  readonly expression: (tokens: Tokens) => Expr;
  /** An expression without comparisons, as it stands before IN and in BETWEEN. */
  readonly arithmetic: (tokens: Tokens) => Expr;
  readonly query: (tokens: Tokens) => Query;
}

/**
 * The tokens of one text with a place in them. Every `expect…` throws SqlError `sql/unread` when
 * something else stands there; `token` is then where the reading ended.
 */
export class Tokens {
  readonly sql: string;
  readonly modes: Modes;
  /** In a program INTO may fill its variables. */
  readonly inProgram: boolean;
  /** What the statement being read does beside its verb. */
  notes: Note[] = [];
  token: Token;
  readonly #list: readonly Token[];
  readonly #end: Token;
  readonly #reserved: ReadonlySet<string>;
  readonly #partners = new Map<number, number>();
  readonly #rules: Rules;
  #at = 0;
  #depth = 0;

  constructor(sql: string, list: readonly Token[], modes: Modes, rules: Rules, inProgram = false) {
    this.sql = sql;
    this.modes = modes;
    this.inProgram = inProgram;
    this.#rules = rules;
    this.#list = list;
    this.#end = list.at(-1) ?? { kind: 'end', start: 0, end: 0, text: '', lower: '' };
    this.#reserved = RESERVED[modes.dialect];
    this.token = list[0] ?? this.#end;
    this.#pair();
  }

  /** Finds the partner of every opening parenthesis. */
  #pair(): void {
    const open: number[] = [];
    for (const [index, { kind, text }] of this.#list.entries()) {
      if (kind !== 'symbol') continue;
      if (text === '(') open.push(index);
      if (text !== ')') continue;
      const partner = open.pop();
      if (partner !== undefined) this.#partners.set(partner, index);
    }
  }

  peek(ahead = 1): Token {
    return this.#list[this.#at + ahead] ?? this.#end;
  }

  /** The token before the place. */
  get last(): Token {
    return this.#list[this.#at - 1] ?? this.token;
  }

  /** The token after the partner of the parenthesis that stands `ahead`. */
  afterPartner(ahead: number): Token {
    const partner = this.#partners.get(this.#at + ahead);
    return (partner === undefined ? undefined : this.#list[partner + 1]) ?? this.#end;
  }

  next(): Token {
    const { token } = this;
    this.#at += 1;
    this.token = this.#list[this.#at] ?? this.#end;
    return token;
  }

  is(word: string): boolean {
    return this.token.lower === word;
  }

  isOneOf(words: ReadonlySet<string>): boolean {
    return words.has(this.token.lower);
  }

  isSymbol(text: string): boolean {
    return this.token.text === text && this.token.kind === 'symbol';
  }

  /** True at a semicolon and at the end. */
  get atEnd(): boolean {
    return this.token.kind === 'end' || this.isSymbol(';');
  }

  accept(word: string): boolean {
    if (this.token.lower !== word) return false;
    this.next();
    return true;
  }

  acceptSymbol(text: string): boolean {
    if (!this.isSymbol(text)) return false;
    this.next();
    return true;
  }

  /** Accepts the words when they stand here in this order, all or none. */
  acceptAll(...words: readonly string[]): boolean {
    if (!words.every((word, index) => this.peek(index).lower === word)) return false;
    this.#at += words.length - 1;
    this.next();
    return true;
  }

  /** Accepts the first of the words that stands here. */
  acceptOneOf(...words: readonly string[]): string | undefined {
    return words.find((word) => this.accept(word));
  }

  expect(word: string): void {
    if (!this.accept(word)) this.fail();
  }

  expectSymbol(text: string): void {
    if (!this.acceptSymbol(text)) this.fail();
  }

  /** @throws SqlError `sql/unread` */
  fail(): never {
    throw new SqlError('sql/unread', `the text is not read at ${this.token.start}`);
  }

  /** Runs `read` one level deeper. @throws SqlError `sql/tree-too-deep` beyond 600 levels */
  deeper<T>(read: () => T): T {
    this.#depth += 1;
    if (this.#depth > DEPTH_MAX) {
      throw new SqlError('sql/tree-too-deep', `more than ${DEPTH_MAX} levels`);
    }
    const result = read();
    this.#depth -= 1;
    return result;
  }

  isName(token: Token = this.token): boolean {
    return token.kind === 'name' || (token.kind === 'word' && !this.#reserved.has(token.lower));
  }

  /** One identifier; keywords only in backquotes. */
  identifier(): string {
    if (!this.isName()) this.fail();
    return this.next().text;
  }

  /** A name of at most `partsMax` parts; after a dot that touches it any word is a name. */
  name(partsMax = 2): Name {
    const start = this.token;
    const parts = [this.identifier()];
    while (parts.length < partsMax && this.isSymbol('.')) {
      const dot = this.next();
      const touching = this.token.kind === 'word' && this.token.start === dot.end;
      parts.push(touching ? this.next().text : this.identifier());
    }
    if (this.isSymbol('.')) this.fail();
    return { parts, span: this.spanFrom(start) };
  }

  /** From a token to the last one taken. */
  spanFrom(start: Token): Span {
    return { offset: start.start, length: Math.max(this.last.end, start.end) - start.start };
  }

  note(code: HazardCode, effects: readonly Effect[], span: Span): void {
    this.notes.push({ code, effects, span });
  }

  /** Reads an expression. @throws SqlError `sql/unread`, `sql/tree-too-deep` */
  expression(): Expr {
    return this.deeper(() => this.#rules.expression(this));
  }

  arithmetic(): Expr {
    return this.deeper(() => this.#rules.arithmetic(this));
  }

  query(): Query {
    return this.deeper(() => this.#rules.query(this));
  }

  /** One expression or more, commas between. */
  expressions(): Expr[] {
    return this.list(() => this.expression());
  }

  /** Reads `item` once or more, commas between. */
  list<T>(item: () => T): T[] {
    const items = [item()];
    while (this.acceptSymbol(',')) items.push(item());
    return items;
  }

  /** `( item, item )` */
  inParentheses<T>(item: () => T): T {
    this.expectSymbol('(');
    const result = item();
    this.expectSymbol(')');
    return result;
  }

  /** Skips to the end of the statement. */
  skipStatement(): void {
    while (!this.atEnd) this.next();
  }

  /** Skips a parenthesis with all that is in it. */
  skipParentheses(): void {
    this.expectSymbol('(');
    for (let depth = 1; depth > 0;) {
      if (this.token.kind === 'end') this.fail();
      const token = this.next();
      if (token.kind !== 'symbol') continue;
      if (token.text === '(') depth += 1;
      if (token.text === ')') depth -= 1;
    }
  }
}
