import { requireStatementText } from '../statement-text.ts';
import type { Statement } from '../target.ts';
import { TargetError } from '../target-error.ts';
import { beforeVerb } from './before-verb.ts';

const queries = /^(?:select|with|values|table)\b/i;
const asksServer = /^(?:show|describe|desc|explain|help)\b/i;
const name = String.raw`(?:\w+|\`[^\`]+\`)`;
const table = String.raw`${name}(?:\s*\.\s*${name})?`;
/**
 * Columns and indexes of one table, which the facts name, so that scopes see it; there are no values of rows in the answer. There is no
 * WHERE, and no place for a query: EXPLAIN of one says values that the optimizer read, which no mask hides.
 */
const aboutOneTable: readonly RegExp[] = [
  new RegExp(
    String.raw`^show\s+(?:full\s+)?(?:columns|fields|index|indexes|keys)\s+(?:from|in)\s+${table}(?:\s+(?:from|in)\s+${name})?\s*$`,
    'i',
  ),
  new RegExp(String.raw`^(?:describe|desc|explain)\s+${table}\s*$`, 'i'),
];

/**
 * Keeps from the server what is not offered as a read. No judgement of what a query does.
 * @throws TargetError `statement/empty`, `statement/not-offered`, `statement/not-a-read` and those of texts
 */
export function requireReadTexts(statements: readonly Statement[]): void {
  if (statements.length === 0) throw new TargetError('statement/empty', 'no statement, expected one');
  for (const [statement, { sql }] of statements.entries()) {
    requireStatementText(sql, statement);
    const text = sql.replace(beforeVerb, '');
    if (queries.test(text) || aboutOneTable.some((form) => form.test(text))) continue;
    const verb = asksServer.exec(text)?.[0].toUpperCase();
    if (verb === undefined)
      throw new TargetError('statement/not-a-read', 'statement begins with no verb of a read', { statement });
    throw new TargetError(
      'statement/not-offered',
      `this form of ${verb} is not offered: its answer comes from the server past every scope and mask, and may hold password hashes; SHOW COLUMNS, SHOW INDEX and DESCRIBE of a table are, and information_schema holds the rest`,
      { statement },
    );
  }
}
