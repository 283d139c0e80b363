import type { Tokens } from './tokens.ts';
import type { Expr } from './tree.ts';
import { NO_BARE_ALIAS } from './words.ts';

/** `(a, b)` */
export function columnNames(tokens: Tokens): string[] {
  return tokens.inParentheses(() => tokens.list(() => tokens.identifier()));
}

/** A name given to a value or table; without AS no word that begins something else. */
export function alias(tokens: Tokens): string | undefined {
  const { token } = tokens;
  if (tokens.accept('as')) {
    if (tokens.token.kind === 'text') return tokens.next().text.slice(1, -1);
    return tokens.identifier();
  }
  if (token.kind === 'text') return tokens.next().text.slice(1, -1);
  if (!tokens.isName() || NO_BARE_ALIAS.has(token.lower)) return undefined;
  return tokens.identifier();
}

/** Reads ORDER BY when it stands here. */
export function orderBy(tokens: Tokens): Expr[] {
  return tokens.acceptAll('order', 'by') ? tokens.list(() => ordered(tokens)) : [];
}

export function ordered(tokens: Tokens): Expr {
  const value = tokens.expression();
  tokens.acceptOneOf('asc', 'desc');
  return value;
}
