import { operation, subquery } from './expressions.ts';
import { startsQuery } from './lookahead.ts';
import type { Tokens } from './tokens.ts';
import type { Expr } from './tree.ts';

/** Words that continue a comparison. */
export const PREDICATES: ReadonlySet<string> = new Set([
  'is',
  'in',
  'between',
  'like',
  'regexp',
  'rlike',
  'not',
  'sounds',
  'member',
]);

/** What follows a value in a comparison with words; undefined when the word belongs to something else. */
export function predicate(tokens: Tokens, left: Expr, from: number): Expr | undefined {
  const done = (op: string, args: readonly Expr[]): Expr =>
    operation(op, [left, ...args], { offset: from, length: tokens.last.end - from });
  if (tokens.accept('is')) {
    const not = tokens.accept('not');
    const what = tokens.acceptOneOf('null', 'true', 'false', 'unknown') ?? tokens.fail();
    return done(not ? `is not ${what}` : `is ${what}`, []);
  }
  if (tokens.is('sounds'))
    return tokens.acceptAll('sounds', 'like') ? done('sounds like', [tokens.arithmetic()]) : undefined;
  if (tokens.is('member')) {
    if (!tokens.acceptAll('member', 'of')) return undefined;
    return done('member of', [tokens.inParentheses(() => tokens.expression())]);
  }
  const not = tokens.accept('not') ? 'not ' : '';
  if (tokens.accept('in')) return done(`${not}in`, inList(tokens));
  if (tokens.accept('between')) {
    const low = tokens.arithmetic();
    tokens.expect('and');
    return done(`${not}between`, [low, tokens.arithmetic()]);
  }
  if (tokens.accept('like')) {
    const pattern = tokens.arithmetic();
    return done(`${not}like`, tokens.accept('escape') ? [pattern, tokens.arithmetic()] : [pattern]);
  }
  if (tokens.accept('regexp') || tokens.accept('rlike')) return done(`${not}regexp`, [tokens.arithmetic()]);
  return tokens.fail();
}

function inList(tokens: Tokens): readonly Expr[] {
  if (tokens.isSymbol('(') && startsQuery(tokens, 1)) return [subquery(tokens, 'value')];
  return tokens.inParentheses(() => tokens.expressions());
}
