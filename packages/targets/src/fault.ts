import { DiffError } from '@countersign/diff';

const ours = [TypeError, RangeError, ReferenceError, SyntaxError, DiffError] as const;

const codeShape = /^[a-z0-9-]+\/[a-z0-9-]+$/;

/**
 * Whether an error has a code in the form of ours, as that of a password that cannot be read: it is thrown on as it is. No engine and no
 * driver writes its codes like that.
 */
export function hasOwnCode(cause: unknown): cause is Error {
  return (
    cause instanceof Error && 'code' in cause && typeof cause.code === 'string' && codeShape.test(cause.code)
  );
}

/** Whether an error is of this program's own making: it is thrown on as it is, and never told as an answer of the server. */
export function isFault(cause: unknown): boolean {
  return ours.some((kind) => cause instanceof kind);
}
