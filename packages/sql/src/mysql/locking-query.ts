import type { Token } from './scan.ts';
import type { Tokens } from './tokens.ts';

const QUERIES: readonly string[] = ['select', 'table', 'values', 'with'];

/**
 * Notes that the rest of the statement has a query, where the engine does not run it as a read: in DO and in the WHERE of
 * SHOW it locks the rows that it looks at.
 */
export function noteLockingQuery(tokens: Tokens, start: Token): void {
  for (let at = 0; tokens.peek(at).kind !== 'end' && tokens.peek(at).text !== ';'; at += 1) {
    if (!QUERIES.includes(tokens.peek(at).lower)) continue;
    tokens.note('takes-locks', ['session'], tokens.spanFrom(start));
    return;
  }
}
