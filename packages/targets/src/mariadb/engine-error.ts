import { TargetError } from '../target-error.ts';
import type { TargetErrorCode } from '../target-error.ts';
import { visible } from '../visible-text.ts';
import { errorNumber, lostOrUnreachable } from './session.ts';

/** The session was chosen to give up, or its rows or tables were changed since it first looked: worth another try. */
const metAnotherNumbers: readonly number[] = [1020, 1213, 1412];

const codes: Readonly<Record<number, readonly [TargetErrorCode, string]>> = {
  1020: ['target/busy', 'rows that the statement needs were changed by another session meanwhile'],
  1053: ['target/session-lost', 'server ended the session'],
  1077: ['target/session-lost', 'server ended the session'],
  1205: ['target/busy', 'another session holds a lock that the statement needs'],
  1213: ['target/busy', 'statement and another session waited for each other'],
  1317: ['limit/time', 'statement ran longer than allowed'],
  1412: ['target/busy', 'a table that the statement needs was altered by another session meanwhile'],
  1792: ['statement/not-a-read', 'statement writes, and its transaction only reads'],
  1927: ['target/session-lost', 'server ended the session'],
  1969: ['limit/time', 'statement ran longer than allowed'],
  3024: ['limit/time', 'statement ran longer than allowed'],
  3169: ['target/session-lost', 'server ended the session'],
};
const denied: readonly number[] = [1044, 1142, 1143, 1227, 1370, 1410];
const atDoor: readonly number[] = [1040, 1045, 1049, 1698];
/** Errors of finding what a text names: they quote names, never a row. */
const namesOnly: readonly number[] = [1046, 1051, 1052, 1054, 1066, 1109, 1110, 1146, 1305, 1356];
/** Errors of reading a text, which quote it and which the submitter knows. */
const unreadable: readonly number[] = [1064, 1136, 1149, 1210, 1235, 1241, 1295];
const constraints: readonly number[] = [
  1048, 1062, 1216, 1217, 1364, 1451, 1452, 1557, 1586, 1761, 1762, 3819, 4025,
];

/**
 * Returns our error for one of the engine. Texts of the engine may quote a value of a row, so only those that name tables
 * and columns are passed on.
 */
export function engineError(cause: unknown, statement: number | undefined): TargetError {
  if (cause instanceof TargetError) {
    return statement === undefined || cause.statement !== undefined
      ? cause
      : new TargetError(cause.code, cause.message, { statement, hint: cause.hint, cause });
  }
  const number = errorNumber(cause);
  if (number === undefined || atDoor.includes(number)) return lostOrUnreachable(cause);
  const known = codes[number];
  if (known !== undefined) return new TargetError(known[0], known[1], { statement, cause });
  const detail = namesOnly.includes(number) && cause instanceof Error ? `: ${visible(cause.message)}` : '';
  const text = `engine refused the statement with its error ${number}${detail}`;
  return new TargetError(codeOf(number), text, { statement, cause });
}

function codeOf(number: number): TargetErrorCode {
  if (denied.includes(number)) return 'statement/denied';
  if (namesOnly.includes(number) || unreadable.includes(number)) return 'statement/invalid';
  return constraints.includes(number) ? 'statement/constraint' : 'statement/failed';
}

/** Whether an error of ours stands for a meeting with another session, after which the same may succeed. */
export function metAnother(cause: unknown): boolean {
  return cause instanceof TargetError && metAnotherNumbers.includes(errorNumber(cause.cause) ?? 0);
}
