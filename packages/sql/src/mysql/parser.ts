import { arithmetic, expression } from './expression-grammar.ts';
import type { Modes } from './modes.ts';
import { query } from './query-grammar.ts';
import { scanMysql } from './scan.ts';
import type { Scan } from './scan.ts';
import { Tokens } from './tokens.ts';
import type { Rules } from './tokens.ts';

const rules: Rules = { expression, arithmetic, query };

/** The tokens of a text that was scanned, with the grammar to read them. */
export function tokensFrom(sql: string, scan: Scan, modes: Modes): Tokens {
  return new Tokens(sql, scan.tokens, modes, rules);
}

/** The tokens of a body of the catalogue; undefined when it cannot be read at all. */
export function tokensOf(sql: string, modes: Modes | undefined, inProgram: boolean): Tokens | undefined {
  if (modes === undefined) return undefined;
  const scan = scanMysql(sql, modes);
  return scan.refusal === undefined ? new Tokens(sql, scan.tokens, modes, rules, inProgram) : undefined;
}
