import type { Dialect } from '../facts.ts';

/** What of `sql_mode` and the dialect changes how a text is cut into tokens and what they mean. */
export interface Modes {
  readonly dialect: 'mysql' | 'mariadb';
  /** Double quotes enclose names instead of text. */
  readonly ansiQuotes: boolean;
  /** A backslash in text takes the special meaning of the next character. */
  readonly backslashEscapes: boolean;
  /** `||` joins texts instead of being OR. */
  readonly pipesAsConcat: boolean;
  /** Built-in functions may stand apart from their parenthesis. */
  readonly ignoreSpace: boolean;
  /** NOT binds as tightly as `!`. */
  readonly highNotPrecedence: boolean;
}

/** Modes that give SQL another grammar altogether. */
const FOREIGN: readonly string[] = ['ORACLE', 'MSSQL'];
/** Modes that stand for several. */
const ANSI_FAMILY: readonly string[] = ['ANSI', 'DB2', 'MAXDB', 'POSTGRESQL'];

/**
 * The modes that a value of `sql_mode` sets; the server's defaults when it is undefined. Undefined is
 * returned for modes whose grammar is not read here.
 */
export function modesOf(dialect: Dialect, sqlMode: string | undefined): Modes | undefined {
  const names = new Set(
    (sqlMode ?? '')
      .toUpperCase()
      .split(',')
      .map((name) => name.trim()),
  );
  if (FOREIGN.some((name) => names.has(name))) return undefined;
  const ansi = ANSI_FAMILY.some((name) => names.has(name));
  return {
    dialect: dialect === 'mysql' ? 'mysql' : 'mariadb',
    ansiQuotes: ansi || names.has('ANSI_QUOTES'),
    backslashEscapes: !names.has('NO_BACKSLASH_ESCAPES'),
    pipesAsConcat: ansi || names.has('PIPES_AS_CONCAT'),
    ignoreSpace: ansi || names.has('IGNORE_SPACE'),
    highNotPrecedence: names.has('HIGH_NOT_PRECEDENCE'),
  };
}
