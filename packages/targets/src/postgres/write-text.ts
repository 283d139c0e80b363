import { requireStatementText } from '../statement-text.ts';
import { TargetError } from '../target-error.ts';
import type { Statement } from '../target.ts';

const beforeVerb = /^(?:[\s(]|--[^\n]*(?:\n|$)|\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\/)*/;
/** None of these can end the transaction, whatever functions they call. */
const verbs = /^(?:insert|update|delete|merge|with|select|values|table)\b/i;
const transaction = /^(?:begin|start|commit|end|rollback|abort|savepoint|release|prepare\s+transaction)\b/i;

/**
 * Admits statements to a dry run or a run by their first words; the engine says whether the rest is one statement.
 * @throws TargetError `statement/…`
 */
export function requireWriteTexts(statements: readonly Statement[]): void {
  if (statements.length === 0) throw new TargetError('statement/empty', 'no statement, expected one');
  for (const [statement, { sql }] of statements.entries()) {
    requireStatementText(sql, statement);
    const text = sql.replace(beforeVerb, '');
    if (verbs.test(text)) continue;
    if (text === '') throw new TargetError('statement/empty', 'statement is empty', { statement });
    if (transaction.test(text)) {
      throw new TargetError('statement/transaction-control', 'statement steers the transaction', {
        statement,
      });
    }
    throw new TargetError(
      'statement/unknown-verb',
      'statement begins with no verb that changes rows, expected INSERT, UPDATE, DELETE, MERGE, WITH or a query',
      { statement },
    );
  }
}
