import { requireStatementText } from '../statement-text.ts';
import { TargetError } from '../target-error.ts';

/** Space, comments and brackets before the first word. */
const beforeVerb = /^(?:[\s(]|--[^\n]*(?:\n|$)|\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\/)*/;
const verbs = /^(?:select|with|values|table)\b/i;
/** EXPLAIN without ANALYZE, which would run the statement. */
const explain =
  /^explain(?:\s+verbose|\s*\((?:\s*(?:verbose|costs|settings|summary|format|json|text|xml|yaml|on|off|true|false),?)+\s*\))?\s+/i;
const show = /^show\s+(?:"[A-Za-z_.]+"|[A-Za-z_.]+)\s*$/i;

/**
 * Returns the query that a read is or explains, for the engine to resolve; undefined for SHOW, which names a setting. No judgement:
 * it keeps plain mistakes from the server.
 * @throws TargetError `statement/not-a-read`, `statement/too-long`, `statement/bad-text`
 */
export function queryOfRead(sql: string, statement: number): string | undefined {
  requireStatementText(sql, statement);
  const text = sql.replace(beforeVerb, '');
  if (verbs.test(text)) return sql;
  if (show.test(text)) return undefined;
  const prefix = explain.exec(text)?.[0];
  if (prefix !== undefined) {
    const inner = text.slice(prefix.length);
    if (verbs.test(inner.replace(beforeVerb, ''))) return inner;
  }
  throw new TargetError('statement/not-a-read', 'statement begins with no verb of a read', { statement });
}
