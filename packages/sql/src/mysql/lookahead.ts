import type { Tokens } from './tokens.ts';

const FIRST_WORDS: ReadonlySet<string> = new Set(['select', 'with', 'values', 'table']);
const AFTER_NESTED: ReadonlySet<string> = new Set(['union', 'except', 'intersect', 'order', 'limit']);
const CLOSING: ReadonlySet<string> = new Set([')', ';', '']);

/**
 * True when a query begins `ahead` of the place: a word such as SELECT, or parentheses around queries.
 * What only begins with a query in parentheses, as `(SELECT 1) + 1` does, is none. In an expression
 * VALUES is a function.
 */
export function startsQuery(tokens: Tokens, ahead: number, inExpression = false): boolean {
  for (let at = ahead; ; at += 1) {
    const token = tokens.peek(at);
    if (token.lower === 'values' && inExpression) return false;
    if (FIRST_WORDS.has(token.lower)) return true;
    if (token.text !== '(' || token.kind !== 'symbol') return false;
    const after = tokens.afterPartner(at);
    if (!AFTER_NESTED.has(after.lower) && !CLOSING.has(after.text)) return false;
  }
}
