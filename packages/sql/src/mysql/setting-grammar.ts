import type { Effect } from '../facts.ts';
import type { Tokens } from './tokens.ts';
import type { Expr, Utility } from './tree.ts';
import { utilityOf } from './utility.ts';

const SERVER_WIDE: ReadonlySet<string> = new Set(['global', 'persist', 'persist_only']);
const SCOPES: ReadonlySet<string> = new Set(['global', 'session', 'local', 'persist', 'persist_only']);

/** Reads SET in all its forms; values are read as expressions, because they may call functions. */
export function setting(tokens: Tokens): Utility {
  const start = tokens.next();
  const done = (effects: readonly Effect[], more: Partial<Utility>): Utility => {
    tokens.note('session-setting', [], tokens.spanFrom(start));
    return utilityOf('set', effects, more);
  };
  switch (tokens.token.lower) {
    case 'password':
    case 'role':
    case 'default':
      tokens.skipStatement();
      return done(['session', 'privilege'], { renames: true });
    case 'statement':
    case 'resource':
      // Its body runs under settings that are not known when it is read.
      tokens.skipStatement();
      return done(['unknown'], { opaque: true });
    case 'transaction':
      tokens.skipStatement();
      tokens.note('leaves-transaction', [], tokens.spanFrom(start));
      return done(['session'], { renames: true });
    default:
      break;
  }
  const found: Assigned = { exprs: [], effects: new Set(['session']), renames: false };
  tokens.list(() => {
    assign(tokens, found);
  });
  return done([...found.effects], { exprs: found.exprs, renames: found.renames });
}

interface Assigned {
  readonly exprs: Expr[];
  readonly effects: Set<Effect>;
  renames: boolean;
}

function assign(tokens: Tokens, found: Assigned): void {
  const { kind } = tokens.token;
  if (kind === 'variable' || isQuotedVariable(tokens)) {
    if (kind !== 'variable') tokens.next();
    tokens.next();
    value(tokens, found);
    return;
  }
  found.renames = true;
  if (kind === 'setting') {
    if (/^@@(?:global|persist|persist_only)\./i.test(tokens.next().text)) found.effects.add('admin');
    value(tokens, found);
    return;
  }
  if (tokens.accept('names')) {
    word(tokens);
    if (tokens.accept('collate')) word(tokens);
    return;
  }
  if (tokens.accept('charset') || tokens.acceptAll('character', 'set') || tokens.acceptAll('char', 'set')) {
    word(tokens);
    return;
  }
  if (tokens.isOneOf(SERVER_WIDE) && tokens.peek().kind === 'word') found.effects.add('admin');
  if (tokens.isOneOf(SCOPES) && tokens.peek().kind === 'word') tokens.next();
  if (tokens.is('transaction')) {
    tokens.skipStatement();
    return;
  }
  tokens.name();
  value(tokens, found);
}

/** ``@`name` ``, the sign and its name side by side. */
function isQuotedVariable(tokens: Tokens): boolean {
  const name = tokens.peek();
  return (
    tokens.isSymbol('@') && name.start === tokens.token.end && (name.kind === 'name' || name.kind === 'text')
  );
}

function word(tokens: Tokens): void {
  if (tokens.token.kind === 'text' || tokens.accept('default') || tokens.accept('binary')) {
    if (tokens.token.kind === 'text') tokens.next();
  } else tokens.identifier();
}

function value(tokens: Tokens, found: Assigned): void {
  if (!tokens.acceptSymbol('=')) tokens.expectSymbol(':=');
  const after = tokens.peek();
  const alone =
    after.kind === 'end' || (after.kind === 'symbol' && (after.text === ',' || after.text === ';'));
  if (tokens.token.kind === 'word' && alone) tokens.next();
  else found.exprs.push(tokens.expression());
}
