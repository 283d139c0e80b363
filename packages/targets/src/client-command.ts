/** Commands that the client programs `psql`, `mysql` and `sqlite3` carry out themselves; no server knows them. */
const psql = /^\\/;
const mysql = /^(?:delimiter|source|use|status|tee|pager)\b/i;
const sqlite = /^\.[a-z]/i;

/** Returns what to do about a text that begins with a command of a client program; undefined for any other. */
export function clientCommandHint(text: string): string | undefined {
  if (psql.test(text)) {
    return `commands with a backslash are the client's own: give the SQL behind them, a query of information_schema for \\d, an INSERT for \\copy`;
  }
  if (mysql.test(text)) {
    return "DELIMITER, SOURCE, USE and the like are the client's own: leave them out, and submit a body with semicolons as a statement by itself";
  }
  if (sqlite.test(text)) {
    return "commands with a dot are the client's own: give the SQL behind them, a query of sqlite_schema for .tables";
  }
  return undefined;
}
