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

/** Every code of this package. */
export const programErrorCodes = [
  'usage/arguments',
  'usage/time',
  'usage/duration',
  'program/interrupted',
  'input/too-large',
  'input/failed',
  'file/name',
  'file/not-found',
  'file/not-permitted',
  'file/symlink',
  'file/directory',
  'file/not-directory',
  'file/not-regular',
  'file/too-large',
  'file/changed',
  'file/exists',
  'file/disk-full',
  'file/read-only',
  'file/too-many-entries',
  'file/input-output',
  'passphrase/no-terminal',
  'passphrase/empty',
  'passphrase/too-long',
  'passphrase/not-text',
  'passphrase/mismatch',
  'key/permissions',
  'key/example',
  'key/text',
  'picture/no-code',
  'picture/incomplete',
  'picture/unsupported',
  'picture/not-png',
  'picture/too-large',
  'picture/interlaced',
  'picture/malformed',
] as const;

export type ProgramErrorCode = (typeof programErrorCodes)[number];

// What is a mistake of the person at the command line ends as usage, whatever the rooms below make of the same area.
const areaExitCodes: ReadonlyMap<string, ExitCode> = new Map<string, ExitCode>([
  ['usage', ExitCode.usage],
  ['passphrase', ExitCode.usage],
  ['program', ExitCode.interrupted],
  ['key', ExitCode.identity],
]);

export class ProgramError extends CodedError<ProgramErrorCode> {
  constructor(code: ProgramErrorCode, message: string, detail: ErrorDetail = {}) {
    super(code, areaExitCodes.get(code.slice(0, code.indexOf('/'))) ?? ExitCode.error, message, detail);
  }
}
