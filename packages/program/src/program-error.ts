import { ExitCode } from './exit-code.ts';

export interface ErrorDetail {
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/**
 * An error that knows how its program ends. Each program derives one class with its own closed union of codes.
 *
 * `code` is `area/kebab-case`, `message` one line for a person, `hint` what to do about it.
 */
export abstract class CodedError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;

  constructor(code: Code, exitCode: ExitCode, message: string, detail: ErrorDetail = {}) {
    super(message, 'cause' in detail ? { cause: detail.cause } : undefined);
    this.name = new.target.name;
    this.code = code;
    this.exitCode = exitCode;
    this.hint = detail.hint;
  }
}

/** Every code of this package, with the exit code it ends a program with. */
export const programErrorExitCodes = {
  'usage/arguments': ExitCode.usage,
  'usage/time': ExitCode.usage,
  'usage/duration': ExitCode.usage,
  'program/interrupted': ExitCode.interrupted,
  'input/too-large': ExitCode.error,
  'input/failed': ExitCode.error,
  'file/name': ExitCode.error,
  'file/not-found': ExitCode.error,
  'file/not-permitted': ExitCode.error,
  'file/symlink': ExitCode.error,
  'file/directory': ExitCode.error,
  'file/not-directory': ExitCode.error,
  'file/not-regular': ExitCode.error,
  'file/too-large': ExitCode.error,
  'file/changed': ExitCode.error,
  'file/exists': ExitCode.error,
  'file/disk-full': ExitCode.error,
  'file/read-only': ExitCode.error,
  'file/too-many-entries': ExitCode.error,
  'file/input-output': ExitCode.error,
  'passphrase/no-terminal': ExitCode.usage,
  'passphrase/empty': ExitCode.usage,
  'passphrase/too-long': ExitCode.usage,
  'passphrase/not-text': ExitCode.usage,
  'passphrase/mismatch': ExitCode.usage,
  'key/permissions': ExitCode.identity,
  'key/example': ExitCode.identity,
  'key/text': ExitCode.identity,
  'picture/no-code': ExitCode.error,
  'picture/incomplete': ExitCode.error,
  'picture/not-png': ExitCode.error,
  'picture/too-large': ExitCode.error,
  'picture/interlaced': ExitCode.error,
  'picture/malformed': ExitCode.error,
} as const satisfies Readonly<Record<string, ExitCode>>;

export type ProgramErrorCode = keyof typeof programErrorExitCodes;

export class ProgramError extends CodedError<ProgramErrorCode> {
  constructor(code: ProgramErrorCode, message: string, detail: ErrorDetail = {}) {
    super(code, programErrorExitCodes[code], message, detail);
  }
}
