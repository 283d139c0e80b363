import { TargetError } from '../target-error.ts';
import type { TargetErrorCode } from '../target-error.ts';
import { visible } from '../visible-text.ts';

/** The engine's five-letter code of an error; undefined for one of the connection, `EPIPE` among them: no class begins so. */
export function sqlState(cause: unknown): string | undefined {
  if (!(cause instanceof Error) || !('code' in cause) || typeof cause.code !== 'string') return undefined;
  return /^[0-9FHPX][0-9A-Z]{4}$/.test(cause.code) ? cause.code : undefined;
}

/** Errors of reading the text and finding what it names: they quote the text and names, never a row. */
const namesOnly = /^(?:42|0A|3F|3D)/;

/**
 * Returns our error for one of the engine. Once a statement runs, texts of the engine may quote values of rows, so only
 * those that name tables and columns are passed on.
 */
export function engineError(cause: unknown, statement: number | undefined): TargetError {
  if (cause instanceof TargetError) return cause;
  const state = sqlState(cause);
  if (state === undefined) {
    return new TargetError('target/session-lost', 'server closed the session', { statement, cause });
  }
  const known = codes[state];
  if (known !== undefined) return new TargetError(known[0], known[1], { statement, cause });
  return new TargetError(
    codeOf(state),
    `engine refused the statement (SQLSTATE ${state})${detailOf(cause, state)}`,
    {
      statement,
      cause,
    },
  );
}

/** The engine's own text where it holds names alone, else the constraint that said no. */
function detailOf(cause: unknown, state: string): string {
  if (!(cause instanceof Error)) return '';
  if (namesOnly.test(state)) return `: ${visible(cause.message)}`;
  const constraint =
    'constraint' in cause && typeof cause.constraint === 'string' ? cause.constraint : undefined;
  return constraint === undefined ? '' : `: constraint ${visible(constraint)}`;
}

const codes: Readonly<Record<string, readonly [TargetErrorCode, string]>> = {
  '25006': ['statement/not-a-read', 'statement writes, and its transaction only reads'],
  '55P03': ['target/busy', 'another session holds a lock that the statement needs'],
  '40001': ['target/busy', 'rows that the statement needs were changed by another session meanwhile'],
  '40P01': ['target/busy', 'statement and another session waited for each other'],
  '57014': ['limit/time', 'statement ran longer than allowed'],
  '57P01': ['target/session-lost', 'server ended the session'],
  '57P02': ['target/session-lost', 'server ended the session'],
};

function codeOf(state: string): TargetErrorCode {
  if (state === '42501') return 'statement/denied';
  if (state.startsWith('42')) return 'statement/invalid';
  if (state.startsWith('23')) return 'statement/constraint';
  return 'statement/failed';
}
