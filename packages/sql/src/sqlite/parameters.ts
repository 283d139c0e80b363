import { scanSqlite } from './scan.ts';

/** The places of a SQLite text that take values. */
export interface SqliteParameters {
  /** How many plain `?` there are. */
  readonly marks: number;
  /** Whether there are others that are no names, such as `?1`. */
  readonly numbered: boolean;
  /** Names with their sign, such as `:a`, each once. Where all places are named the engine numbers them in this order, that of their first appearance. */
  readonly names: readonly string[];
}

const numberedPlace = /(?:\?[0-9]|#)/y;
const namedPlace = /[:@$][A-Za-z0-9_$\u0080-\uffff]+/y;

/** Returns the places for values of a text, in comments and literals none; undefined when its tokens cannot be told. */
export function sqliteParameters(sql: string): SqliteParameters | undefined {
  const { starts, refusal } = scanSqlite(sql);
  if (refusal !== undefined) return undefined;
  const names = new Set<string>();
  let marks = 0;
  let numbered = false;
  const match = (pattern: RegExp, at: number): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(sql)?.[0];
  };
  for (const at of starts) {
    const sign = sql.charAt(at);
    if (!'?:@$#'.includes(sign)) continue;
    const name = match(namedPlace, at);
    if (name !== undefined) names.add(name);
    else if (match(numberedPlace, at) !== undefined) numbered = true;
    else if (sign === '?') marks += 1;
    else return undefined;
  }
  return { marks, numbered, names: [...names] };
}
