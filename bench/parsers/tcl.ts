/** Commands of SQLite's test suite that are followed by SQL in braces. */
const COMMAND =
  /(?:^|[\s;{[])(?:do_execsql_test(?:\s+-db\s+\S+)?\s+\S+|do_catchsql_test\s+\S+|execsql|catchsql|db\s+eval)\s+\{/gm;
const TOKEN =
  /--[^\n]*|\/\*[^]*?(?:\*\/|$)|'[^']*(?:'|$)|"[^"]*(?:"|$)|`[^`]*(?:`|$)|\[[^\]]*(?:\]|$)|\w+|\s+|[^]/gy;
const TRIGGER = /^\s*(?:explain\s+(?:query\s+plan\s+)?)?create\s+(?:temp\s+|temporary\s+)?trigger\b/i;

/** The statements of a file of SQLite's test suite that stand there as SQL in braces. */
export function tclStatements(text: string): string[] {
  const statements: string[] = [];
  COMMAND.lastIndex = 0;
  for (let found = COMMAND.exec(text); found !== null; found = COMMAND.exec(text)) {
    const line = text.slice(text.lastIndexOf('\n', COMMAND.lastIndex - 1), COMMAND.lastIndex);
    if (/^\s*#/.test(line)) continue;
    const end = braceEnd(text, COMMAND.lastIndex);
    statements.push(...sqliteStatements(text.slice(COMMAND.lastIndex, end)));
    COMMAND.lastIndex = end;
  }
  return statements;
}

function braceEnd(text: string, start: number): number {
  let depth = 1;
  for (let at = start; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '{') depth += 1;
    else if (text[at] === '}' && (depth -= 1) === 0) return at;
  }
  return text.length;
}

/** A trigger ends at the semicolon after the END that follows a semicolon; anything else at the first one. */
function sqliteStatements(text: string): string[] {
  const statements: string[] = [];
  let [buffer, last, beforeLast] = ['', '', ''];
  TOKEN.lastIndex = 0;
  for (let found = TOKEN.exec(text); found !== null; found = TOKEN.exec(text)) {
    const [token] = found;
    const ends = token === ';' && (!TRIGGER.test(buffer) || (last === 'end' && beforeLast === ';'));
    if (!ends) buffer += token;
    if (/^\S/.test(token) && !/^(?:--|\/\*)/.test(token)) [beforeLast, last] = [last, token.toLowerCase()];
    if (!ends) continue;
    if (isSql(buffer)) statements.push(buffer.trim());
    [buffer, last, beforeLast] = ['', '', ''];
  }
  if (isSql(buffer)) statements.push(buffer.trim());
  return statements;
}

function isSql(text: string): boolean {
  return /\S/.test(text.replace(/--[^\n]*|\/\*[^]*?\*\//g, ''));
}
