/** What the gate needs to know of a text. */
export interface TextScan {
  /** The words up to the second that is not a comment, upper case. */
  readonly words: readonly string[];
  /** How many plain `?` stand outside literals. */
  readonly marks: number;
  /** Whether `?1`, `:a`, `@a` or `$a` stands outside literals. */
  readonly named: boolean;
}

const space = /[ \t\n\f\r]+/y;
const lineComment = /--[^\n]*/y;
const blockComment = /\/\*[^]*?(?:\*\/|$)/y;
// A doubled quote inside a literal reads as two literals side by side, which comes to the same here.
const quoted = /'[^']*'?|"[^"]*"?|`[^`]*`?|\[[^\]]*\]?/y;
const word = /[A-Za-z_\u0080-\u{10ffff}][\w$\u0080-\u{10ffff}]*/uy;
const numeral = /[0-9][\w.]*/y;
const variable = /\?[0-9]+|[:@$#][\w$\u0080-\u{10ffff}]/uy;

/**
 * Returns what the tokens of an SQLite text say, by SQLite's own lexical rules: strings, quoted
 * names in all four quotes, both comments, variables. It does not need to know the grammar; the
 * engine itself says where the first statement ends.
 */
export function scanText(sql: string): TextScan {
  const words: string[] = [];
  let opening = true;
  let marks = 0;
  let named = false;
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(sql)?.[0];
    if (found !== undefined) at += found.length;
    return found;
  };
  while (at < sql.length) {
    if ((take(space) ?? take(lineComment) ?? take(blockComment)) !== undefined) continue;
    const name = take(word);
    if (name !== undefined) {
      if (opening) words.push(name.toUpperCase());
      opening &&= words.length < 4;
      continue;
    }
    opening = false;
    if ((take(quoted) ?? take(numeral)) !== undefined) continue;
    if (take(variable) !== undefined) named = true;
    else {
      if (sql[at] === '?') marks += 1;
      at += 1;
    }
  }
  return { words, marks, named };
}

/** Whether nothing but white space, comments and semicolons stands in `text`. */
export function isBlank(text: string): boolean {
  let at = 0;
  while (at < text.length) {
    if (text[at] === ';') {
      at += 1;
      continue;
    }
    const found = [space, lineComment, blockComment].map((pattern) => {
      pattern.lastIndex = at;
      return pattern.exec(text)?.[0].length ?? 0;
    });
    const longest = Math.max(...found);
    if (longest === 0) return false;
    at += longest;
  }
  return true;
}
