import { CodedError, ExitCode, type ErrorDetail } from '@countersign/program';

const exitCodes = {
  'usage/kind': ExitCode.usage,
  'usage/index': ExitCode.usage,
  'usage/request-id': ExitCode.usage,
  'audit/request-absent': ExitCode.error,
  'audit/request-ambiguous': ExitCode.error,
} as const satisfies Readonly<Record<string, ExitCode>>;

export type AuditErrorCode = keyof typeof exitCodes;

/** Why this program cannot do what it was asked to. */
export class AuditError extends CodedError<AuditErrorCode> {
  constructor(code: AuditErrorCode, message: string, detail: ErrorDetail = {}) {
    super(code, exitCodes[code], message, detail);
  }
}
