import type { Tokens } from './tokens.ts';
import type { Expr, Span } from './tree.ts';

export function operation(op: string, args: readonly Expr[], span: Span): Expr {
  return { type: 'operation', op, args, span };
}

/** Reads a query in parentheses. */
export function subquery(tokens: Tokens, form: 'value' | 'exists'): Expr {
  const start = tokens.token;
  const found = tokens.inParentheses(() => tokens.query());
  return { type: 'subquery', form, query: found, span: tokens.spanFrom(start) };
}
