import { classifyTexts } from '@countersign/sql';
import { clientCommandHint } from '../client-command.ts';
import { requireStatementText } from '../statement-text.ts';
import { TargetError } from '../target-error.ts';
import type { Statement } from '../target.ts';

const beforeVerb = /^(?:[\s(]|--[^\n]*(?:\n|$)|\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\/)*/;
/** None of these can end the transaction, whatever functions they call. */
const verbs = /^(?:insert|update|delete|merge|with|select|values|table)\b/i;
/** Nor can these; what cannot run in a transaction the engine itself refuses there. */
const schemaVerbs =
  /^(?:create|alter|drop|comment|grant|revoke|truncate|refresh|reindex|reassign|security\s+label)\b/i;
const transaction = /^(?:begin|start|commit|end|rollback|abort|savepoint|release|prepare\s+transaction)\b/i;

/** What statements change by what their texts say: rows alone, or the schema too. */
export type WriteClass = 'rows' | 'schema';

/**
 * Admits statements to a dry run or a run by their first words; the engine says whether the rest is one statement.
 * @throws TargetError `statement/…`
 */
export function requireWriteTexts(statements: readonly Statement[]): WriteClass {
  let found: WriteClass = 'rows';
  if (statements.length === 0) throw new TargetError('statement/empty', 'no statement, expected one');
  for (const [statement, { sql }] of statements.entries()) {
    requireStatementText(sql, statement);
    const text = sql.replace(beforeVerb, '');
    if (verbs.test(text)) continue;
    if (schemaVerbs.test(text)) {
      found = 'schema';
      continue;
    }
    if (text === '') throw new TargetError('statement/empty', 'statement is empty', { statement });
    if (transaction.test(text)) {
      throw new TargetError('statement/transaction-control', 'statement steers the transaction', {
        statement,
      });
    }
    throw new TargetError(
      'statement/unknown-verb',
      'statement begins with no verb that is run here, expected INSERT, UPDATE, DELETE, MERGE, WITH, a query, or CREATE, ALTER, DROP, COMMENT, GRANT, REVOKE, TRUNCATE, REFRESH, REINDEX',
      { statement, hint: clientCommandHint(text) },
    );
  }
  return found === 'rows' && intoTable(statements) ? 'schema' : found;
}

/** A query may fill a new table: SELECT … INTO. */
function intoTable(statements: readonly Statement[]): boolean {
  if (!statements.some(({ sql }) => /\binto\b/i.test(sql) && !/^insert\b/i.test(sql.replace(beforeVerb, ''))))
    return false;
  const facts = classifyTexts(
    statements.map(({ sql }) => sql),
    'postgres',
    { tables: new Map(), triggers: [], partial: true },
  );
  return facts.statements.some(({ effects }) => effects.includes('ddl'));
}
