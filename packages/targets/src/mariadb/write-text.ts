import { clientCommandHint } from '../client-command.ts';
import { requireStatementText } from '../statement-text.ts';
import { TargetError } from '../target-error.ts';
import type { Statement } from '../target.ts';
import { beforeVerb } from './before-verb.ts';

const verbs = /^(?:insert|replace|update|delete|with|select|values|table)\b/i;
const transaction = /^(?:begin|start|commit|rollback|savepoint|release|xa|set\s+autocommit|lock|unlock)\b/i;
const definitions = /^(?:create|alter|drop|rename|truncate|optimize|repair|analyze|flush|grant|revoke)\b/i;

/**
 * Admits statements to a dry run or a run by their first words: none of these commits by itself.
 * @throws TargetError `statement/…`
 */
export function requireWriteTexts(statements: readonly Statement[]): void {
  if (statements.length === 0) throw new TargetError('statement/empty', 'no statement, expected one');
  for (const [statement, { sql }] of statements.entries()) {
    requireStatementText(sql, statement);
    const text = sql.replace(beforeVerb, '');
    if (verbs.test(text)) continue;
    throw refusal(text, statement);
  }
}

function refusal(text: string, statement: number): TargetError {
  if (text === '') return new TargetError('statement/empty', 'statement is empty', { statement });
  if (transaction.test(text)) {
    return new TargetError('statement/transaction-control', 'statement steers the transaction', {
      statement,
    });
  }
  if (definitions.test(text)) return schemaChange(statement);
  return new TargetError(
    'statement/unknown-verb',
    'statement begins with no verb that changes rows, expected INSERT, REPLACE, UPDATE, DELETE, WITH or a query',
    { statement, hint: clientCommandHint(text) },
  );
}

/** The refusal of what this engine commits as soon as it runs. */
export function schemaChange(statement: number): TargetError {
  return new TargetError(
    'statement/changes-schema',
    'this engine commits a change of the schema at once and all before it too, so it cannot be tried first; expected statements that change rows alone, the schema to be changed by other means before or after them, or a target with the key shadow, which tries a definition on a copy of its schema',
    { statement },
  );
}
