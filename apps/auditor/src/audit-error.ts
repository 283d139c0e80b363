import { CodedError, ExitCode, type ErrorDetail } from '@countersign/program';

export type AuditErrorCode =
  'usage/kind' | 'usage/index' | 'usage/request-id' | 'audit/request-absent' | 'audit/request-ambiguous';

const exitCodes: Readonly<Record<AuditErrorCode, ExitCode>> = {
  'usage/kind': ExitCode.usage,
  'usage/index': ExitCode.usage,
  'usage/request-id': ExitCode.usage,
  'audit/request-absent': ExitCode.error,
  'audit/request-ambiguous': ExitCode.error,
};

/** Why this program cannot do what it was asked to. */
export class AuditError extends CodedError<AuditErrorCode> {
  constructor(code: AuditErrorCode, message: string, detail: ErrorDetail = {}) {
    super(code, exitCodes[code], message, detail);
  }
}
