import { ifExists } from './defined.ts';
import type { Schema } from './schema.ts';
import type { Tokens } from './tokens.ts';

/** A trigger or routine that a definition makes or drops. Its body is stored as it stands, so it is not read here. */
export interface StoredProgram {
  readonly kind: 'trigger' | 'procedure' | 'function';
  readonly verb: 'create' | 'drop';
  /** Qualified: it may be one of another database. */
  readonly name: string;
  /** Whether the text says no database: DROP FUNCTION then means a loadable function first. */
  readonly bare: boolean;
  /** The table that a trigger is made on, qualified; undefined for what is dropped. */
  readonly table: string | undefined;
  /** In whose name it will run, where the text says it; undefined for the account that makes it. */
  readonly definer: readonly [user: string, host: string] | undefined;
}

/**
 * Reads from the word after CREATE to the body, or from the word after DROP to the end; undefined when no stored program stands there.
 * @throws SqlError `sql/unread` for a head that is not known word by word
 */
export function storedProgram(
  tokens: Tokens,
  schema: Schema,
  verb: StoredProgram['verb'],
): StoredProgram | undefined {
  return verb === 'create' ? made(tokens, schema) : dropped(tokens, schema);
}

function made(tokens: Tokens, schema: Schema): StoredProgram | undefined {
  if (!isProgram(tokens)) return undefined;
  tokens.acceptAll('or', 'replace');
  const definer = tokens.accept('definer') ? account(tokens) : undefined;
  const aggregates = tokens.accept('aggregate');
  const kind = kindOf(tokens) ?? tokens.fail();
  if (aggregates && kind !== 'function') tokens.fail();
  ifExists(tokens);
  const program = { kind, verb: 'create', ...nameOf(tokens, schema), definer } as const;
  const table = kind === 'trigger' ? moment(tokens, schema) : undefined;
  if (kind !== 'trigger') tokens.skipParentheses();
  // A loadable function has no parameters in its text, and the body of a stored one begins later.
  if (kind === 'function') tokens.expect('returns');
  // Semicolons in a body are its own; the server takes one statement and nothing behind it.
  while (tokens.token.kind !== 'end') tokens.next();
  return { ...program, table };
}

/** When a trigger runs; returns the table that it stands on. */
function moment(tokens: Tokens, schema: Schema): string {
  if (tokens.acceptOneOf('before', 'after') === undefined) tokens.fail();
  if (tokens.acceptOneOf('insert', 'update', 'delete') === undefined) tokens.fail();
  tokens.expect('on');
  const { name } = nameOf(tokens, schema);
  if (!tokens.acceptAll('for', 'each', 'row')) tokens.fail();
  return name;
}

/** Whether the word that says what is made, before any name, is one of a stored program. */
function isProgram(tokens: Tokens): boolean {
  for (let ahead = 0; ; ahead += 1) {
    const { kind, lower } = tokens.peek(ahead);
    if (kinds.some((one) => one === lower)) return true;
    if (kind === 'end' || whats.has(lower)) return false;
  }
}

const kinds = ['trigger', 'procedure', 'function'] as const;

function kindOf(tokens: Tokens): StoredProgram['kind'] | undefined {
  return kinds.find((kind) => tokens.accept(kind));
}

/** What else may be made that has words before it. */
const whats: ReadonlySet<string> = new Set([
  'database', 'event', 'fulltext', 'index', 'package', 'role', 'schema', 'sequence', 'server', 'spatial', 'table', 'unique', 'user', 'view',
]); // prettier-ignore

function dropped(tokens: Tokens, schema: Schema): StoredProgram | undefined {
  const kind = kindOf(tokens);
  if (kind === undefined) return undefined;
  ifExists(tokens);
  return { kind, verb: 'drop', ...nameOf(tokens, schema), table: undefined, definer: undefined };
}

/**
 * `= 'user'@'host'`, `= CURRENT_USER`. A name without a host is that of a role where the server has such a role, and else of a user: who
 * is meant cannot be told from the text.
 */
function account(tokens: Tokens): StoredProgram['definer'] {
  tokens.expectSymbol('=');
  if (tokens.accept('current_user')) {
    if (tokens.acceptSymbol('(')) tokens.expectSymbol(')');
    return undefined;
  }
  const user = accountPart(tokens);
  if (user === '') tokens.fail();
  if (tokens.token.kind === 'variable') return [user, tokens.next().text.slice(1)];
  tokens.expectSymbol('@');
  return [user, accountPart(tokens)];
}

function accountPart(tokens: Tokens): string {
  const { kind, text, lower } = tokens.token;
  if (kind !== 'text' && kind !== 'name' && kind !== 'word') tokens.fail();
  tokens.next();
  if (lower === 'current_role') tokens.fail();
  if (kind !== 'text') return text;
  const plain = /^(['"])([^'"\\]*)\1$/.exec(text)?.[2];
  return plain ?? tokens.fail();
}

function nameOf(tokens: Tokens, schema: Schema): Pick<StoredProgram, 'name' | 'bare'> {
  const { parts } = tokens.name();
  return { name: schema.qualify(parts, schema.catalog?.currentSchema), bare: parts.length === 1 };
}
