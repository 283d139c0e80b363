import type { Effect } from '../facts.ts';
import type { Tokens } from './tokens.ts';
import type { Span, Utility } from './tree.ts';
import { utilityOf } from './utility.ts';

/** Every definition ends the transaction before it and cannot be rolled back. */
export function defined(
  tokens: Tokens,
  kind: string,
  span: Span,
  more: Partial<Utility> = {},
  effects: readonly Effect[] = ['ddl'],
): Utility {
  tokens.note('leaves-transaction', [], span);
  return utilityOf(kind, effects, more);
}

/** Skips IF EXISTS and IF NOT EXISTS. */
export function ifExists(tokens: Tokens): void {
  if (!tokens.acceptAll('if', 'not', 'exists')) tokens.acceptAll('if', 'exists');
}
