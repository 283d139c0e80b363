import { TargetError } from '../target-error.ts';
import type { TargetErrorCode } from '../target-error.ts';
import { errorNumber, lostOrUnreachable } from './session.ts';

const codes: Readonly<Record<number, readonly [TargetErrorCode, string]>> = {
  1205: ['target/busy', 'another session holds a lock that the statement needs'],
  1213: ['target/busy', 'statement and another session waited for each other'],
  1317: ['limit/time', 'statement ran longer than allowed'],
  1792: ['statement/not-a-read', 'statement writes, and its transaction only reads'],
  1969: ['limit/time', 'statement ran longer than allowed'],
  3024: ['limit/time', 'statement ran longer than allowed'],
};
const denied: readonly number[] = [1044, 1142, 1143, 1227, 1370, 1410];
const atDoor: readonly number[] = [1040, 1045, 1049, 1698];

/** Returns our error for one of the engine. Its text may quote a value of a row, so only its number is passed on. */
export function engineError(cause: unknown, statement: number | undefined): TargetError {
  if (cause instanceof TargetError) {
    return statement === undefined || cause.statement !== undefined
      ? cause
      : new TargetError(cause.code, cause.message, { statement, cause });
  }
  const number = errorNumber(cause);
  if (number === undefined || atDoor.includes(number)) return lostOrUnreachable(cause);
  const known = codes[number];
  if (known !== undefined) return new TargetError(known[0], known[1], { statement, cause });
  const code = denied.includes(number) ? 'statement/denied' : 'statement/failed';
  return new TargetError(code, `engine refused the statement with its error ${number}`, { statement, cause });
}
