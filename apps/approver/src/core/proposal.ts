import type { Statement } from '@countersign/messages';
import { classify, type Dialect } from '@countersign/sql';

/** Returns the statements of a text, each an exact slice of it; a text that cannot be read stays whole. */
export function proposedStatements(sql: string, dialect: Dialect): readonly Statement[] {
  const facts = classify(sql, dialect);
  if (!facts.parsed || facts.statements.length === 0) return [{ sql, params: [] }];
  return facts.statements.map((statement) => ({ sql: statement.sql, params: [] }));
}
