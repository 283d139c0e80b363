import { DiffError } from '@countersign/diff';

const ours = [TypeError, RangeError, ReferenceError, SyntaxError, DiffError] as const;

/** Whether an error is of this program's own making: it is thrown on as it is, and never told as an answer of the server. */
export function isFault(cause: unknown): boolean {
  return ours.some((kind) => cause instanceof kind);
}
