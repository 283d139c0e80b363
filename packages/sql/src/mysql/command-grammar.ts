import type { Effect } from '../facts.ts';
import type { HazardCode } from '../hazards.ts';
import { noteLockingQuery } from './locking-query.ts';
import type { Tokens } from './tokens.ts';
import type { Utility } from './tree.ts';
import { utilityOf } from './utility.ts';

interface Command {
  readonly effects: readonly Effect[];
  readonly hazards: readonly HazardCode[];
  /** It runs code that is not read. */
  readonly opaque?: true;
  /** It changes what names mean, or in whose name later texts run. */
  readonly renames?: true;
  /** It may hold statements with semicolons of their own. */
  readonly swallows?: true;
}

const transaction: Command = { effects: ['session'], hazards: ['leaves-transaction'] };
const privilege: Command = { effects: ['privilege'], hazards: ['leaves-transaction'] };
const server: Command = { effects: ['admin'], hazards: ['leaves-transaction'] };
const code: Command = { effects: ['unknown'], hazards: ['opaque'], opaque: true, renames: true };
const block: Command = { ...code, swallows: true };
const maintenance: Command = { effects: ['ddl', 'admin'], hazards: ['leaves-transaction'] };
/** It may work out an expression that is not read. */
const unread: Command = { effects: ['unknown'], hazards: ['opaque'], opaque: true };

/** Statements whose words after the first do not matter to what may be said of them. */
const COMMANDS: Readonly<Record<string, Command>> = {
  begin: transaction,
  start: transaction,
  commit: transaction,
  rollback: transaction,
  savepoint: transaction,
  release: transaction,
  xa: transaction,
  lock: { effects: ['session'], hazards: ['leaves-transaction', 'takes-locks'] },
  unlock: { effects: ['session'], hazards: ['leaves-transaction', 'takes-locks'] },
  use: { effects: ['session'], hazards: ['session-setting'], renames: true },
  grant: privilege,
  revoke: privilege,
  call: code,
  execute: code,
  prepare: code,
  deallocate: { effects: ['session'], hazards: [] },
  handler: unread,
  load: { effects: ['unknown'], hazards: ['server-file'] },
  flush: server,
  reset: server,
  kill: { ...server, effects: ['admin', 'unknown'] },
  shutdown: server,
  restart: server,
  purge: { ...server, effects: ['admin', 'unknown'] },
  change: server,
  stop: server,
  install: { ...server, opaque: true, renames: true },
  uninstall: { ...server, renames: true },
  binlog: code,
  clone: server,
  cache: server,
  backup: server,
  optimize: maintenance,
  repair: { ...maintenance, effects: ['ddl', 'admin', 'unknown'] },
  check: maintenance,
  signal: unread,
  resignal: unread,
  // It fills variables.
  get: { effects: ['session'], hazards: ['session-setting'] },
  // Blocks of MariaDB outside any program.
  if: block,
  case: block,
  loop: block,
  repeat: block,
  while: block,
  for: block,
  declare: block,
};

/** Reads a statement that is known by its first word alone. */
export function command(tokens: Tokens): Utility {
  if (tokens.is('do')) return evaluate(tokens);
  if (tokens.is('checksum')) return checksum(tokens);
  if (tokens.is('help')) return help(tokens);
  const start = tokens.token;
  const found = Object.hasOwn(COMMANDS, start.lower) ? COMMANDS[start.lower] : undefined;
  if (found === undefined) return tokens.fail();
  const swallows = found.swallows === true || (start.lower === 'begin' && tokens.peek().lower === 'not');
  const does = swallows ? block : found;
  tokens.next();
  if (swallows) while (tokens.token.kind !== 'end') tokens.next();
  else tokens.skipStatement();
  const span = tokens.spanFrom(start);
  for (const hazard of does.hazards) tokens.note(hazard, [], span);
  if (start.lower === 'flush') tokens.note('takes-locks', [], span);
  return utilityOf(start.lower, does.effects, {
    opaque: does.opaque === true,
    renames: does.renames === true,
  });
}

/** DO works out expressions and throws them away. */
function evaluate(tokens: Tokens): Utility {
  const start = tokens.next();
  noteLockingQuery(tokens, start);
  return utilityOf('do', ['read'], { exprs: tokens.expressions() });
}

/** CHECKSUM TABLE reads every row. */
function checksum(tokens: Tokens): Utility {
  tokens.next();
  if (tokens.acceptOneOf('table', 'tables') === undefined) tokens.fail();
  const reads = tokens.list(() => tokens.name());
  tokens.acceptOneOf('quick', 'extended');
  return utilityOf('checksum', ['read'], { reads });
}

/** HELP looks a word up in the server's own tables. */
function help(tokens: Tokens): Utility {
  tokens.next();
  if (tokens.token.kind === 'text') tokens.next();
  else tokens.identifier();
  return utilityOf('help', ['read']);
}
