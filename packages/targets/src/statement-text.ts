import { TargetError } from './target-error.ts';

export const statementBytesMax = 1_000_000;

/** @throws TargetError `statement/too-long`, `statement/bad-text`, before any engine has seen the text */
export function requireStatementText(sql: string, statement: number): void {
  if (Buffer.byteLength(sql) > statementBytesMax) {
    throw new TargetError('statement/too-long', `statement is above ${statementBytesMax} bytes`, {
      statement,
    });
  }
  if (!sql.isWellFormed() || sql.includes('\0') || sql.includes('\ufeff')) {
    const text = 'statement holds a NUL, a lone surrogate or a byte order mark';
    throw new TargetError('statement/bad-text', text, { statement });
  }
}
