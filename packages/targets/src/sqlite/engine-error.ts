import { TargetError } from '../target-error.ts';
import type { TargetErrorCode } from '../target-error.ts';
import { visible } from '../visible-text.ts';

const genericError = 1;
const busy = 5;
const locked = 6;
const full = 13;
const constraint = 19;

/** The engine's own number for an error, its extended bits included; undefined for anything else. */
export function engineCode(cause: unknown): number | undefined {
  if (!(cause instanceof Error) || !('errcode' in cause)) return undefined;
  return typeof cause.errcode === 'number' ? cause.errcode : undefined;
}

/** Whether the engine says that there is no more room. */
export function isFull(cause: unknown): boolean {
  return ((engineCode(cause) ?? 0) & 0xff) === full;
}

/**
 * Returns our error for one of the engine. The text names what the engine names (tables, columns,
 * constraints), never a value of a row: texts that a trigger made up are left out.
 */
export function engineError(
  cause: unknown,
  statement: number | undefined,
  otherwise: TargetErrorCode,
): TargetError {
  if (cause instanceof TargetError) return cause;
  const code = engineCode(cause);
  if (code === undefined) {
    const text = cause instanceof Error ? cause.message : String(cause);
    return new TargetError(otherwise, visible(text), { statement, cause });
  }
  switch (code & 0xff) {
    case busy:
    case locked:
      return new TargetError('target/busy', 'another session holds the write lock, try again', { cause });
    case full:
      return new TargetError('limit/bytes', 'old images need more scratch space than allowed', {
        statement,
        cause,
      });
    case constraint:
      return new TargetError('statement/constraint', constraintText(code, cause), { statement, cause });
    default:
      return new TargetError(otherwise, visible(cause instanceof Error ? cause.message : ''), {
        statement,
        cause,
      });
  }
}

/** What the engine says while a statement runs that holds no value, and beginnings of texts that may go on with one. */
const harmlessTexts =
  /^(?:bad JSON path|malformed JSON|integer overflow|string or blob too big|JSON cannot hold BLOB values|fts5: syntax error|LIKE or GLOB pattern too complex|ESCAPE expression must be a single character|(?:json|jsonb)_[a-z]+\(\) (?:requires|labels must be)|database disk image is malformed)/;

/**
 * Returns our error for one that the engine met while it ran the statement: functions quote their arguments then,
 * which are values of rows. Only the known beginning of a text is passed on.
 */
export function runError(cause: unknown, statement: number): TargetError {
  const code = engineCode(cause);
  if (code !== genericError || !(cause instanceof Error)) {
    return engineError(cause, statement, 'statement/failed');
  }
  const text = harmlessTexts.exec(cause.message)?.[0] ?? 'a function or table refused what it was given';
  return new TargetError('statement/failed', text, { statement, cause });
}

const triggerConstraint = 1811;

function constraintText(code: number, cause: unknown): string {
  // RAISE may put together its text from the row.
  if (code === triggerConstraint) return 'a trigger refused the statement';
  return cause instanceof Error ? visible(cause.message) : 'a constraint refused the statement';
}
