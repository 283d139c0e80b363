import { CodedError, ExitCode, type ErrorDetail } from '@countersign/program';

/** Every refusal of the executor's own, with the exit code it ends the program with. */
export const executorExitCodes = {
  'home/not-found': ExitCode.usage,
  'home/exists': ExitCode.usage,
  'home/busy': ExitCode.error,
  'home/store-version': ExitCode.usage,
  'home/store-damaged': ExitCode.error,
  'home/disk-full': ExitCode.error,
  'home/clock': ExitCode.error,
  'configuration/syntax': ExitCode.usage,
  'configuration/unknown-key': ExitCode.usage,
  'configuration/missing-key': ExitCode.usage,
  'configuration/value': ExitCode.usage,
  'configuration/secret': ExitCode.usage,
  'configuration/roster': ExitCode.usage,
  'configuration/policy': ExitCode.usage,
  'target/unknown': ExitCode.usage,
  'target/changed': ExitCode.error,
  'target/not-prepared': ExitCode.usage,
  'identity/unknown': ExitCode.identity,
  'identity/not-in-roster': ExitCode.identity,
  'identity/not-valid': ExitCode.identity,
  'identity/not-allowed': ExitCode.identity,
  'submission/empty': ExitCode.usage,
  'submission/reason': ExitCode.usage,
  'submission/parameters': ExitCode.usage,
  'submission/too-large': ExitCode.usage,
  'request/not-found': ExitCode.usage,
  'request/id': ExitCode.usage,
  'request/denied': ExitCode.denied,
  'request/pending': ExitCode.pending,
  'request/rejected': ExitCode.rejected,
  'request/expired': ExitCode.expired,
  'request/withdrawn': ExitCode.error,
  'request/superseded': ExitCode.error,
  'request/state': ExitCode.error,
  'request/not-sealed': ExitCode.error,
  'import/nothing': ExitCode.usage,
  'import/refused': ExitCode.verificationFailed,
  'run/too-early': ExitCode.pending,
  'run/too-late': ExitCode.expired,
  'run/too-many-rows': ExitCode.drift,
  'run/policy-denies': ExitCode.denied,
  'run/policy-asks-more': ExitCode.pending,
  'run/replayed': ExitCode.error,
  'run/drifted': ExitCode.drift,
  'run/failed': ExitCode.error,
  'run/busy': ExitCode.error,
  'run/ambiguous': ExitCode.ambiguous,
  'read/failed': ExitCode.error,
  'undo/not-executed': ExitCode.usage,
  'wait/timed-out': ExitCode.waitTimedOut,
  'ledger/position': ExitCode.usage,
} as const satisfies Readonly<Record<string, ExitCode>>;

export type ExecutorErrorCode = keyof typeof executorExitCodes;

/** A refusal of the executor: nothing was run, and what was recorded before it stays recorded. */
export class ExecutorError extends CodedError<ExecutorErrorCode> {
  constructor(code: ExecutorErrorCode, message: string, detail: ErrorDetail = {}) {
    super(code, executorExitCodes[code], message, detail);
  }
}
