import { CodedError, ExitCode, type ErrorDetail } from '@countersign/program';

/** Every code of this program's own. */
export const approverErrorCodes = [
  'approver-home/not-found',
  'approver-home/exists',
  'approver-home/busy',
  'root/unconfirmed',
  'root/words-differ',
  'key/unknown',
  'key/ambiguous',
  'key/other',
  'key/unprotected',
  'carried/none',
  'carried/several',
  'confirm/roster',
  'confirm/rows-missing',
  'confirm/rows-differ',
  'decision/not-permitted',
  'decision/conditions',
  'decision/late',
  'journal/nothing',
  'journal/several',
  'roster/not-installed',
] as const;

export type ApproverErrorCode = (typeof approverErrorCodes)[number];

const exitCodes: ReadonlyMap<ApproverErrorCode, ExitCode> = new Map<ApproverErrorCode, ExitCode>([
  ['approver-home/busy', ExitCode.error],
  ['root/unconfirmed', ExitCode.identity],
  ['root/words-differ', ExitCode.identity],
  ['key/unknown', ExitCode.identity],
  ['key/other', ExitCode.identity],
  ['key/unprotected', ExitCode.identity],
  ['decision/not-permitted', ExitCode.identity],
  ['decision/late', ExitCode.expired],
  ['journal/nothing', ExitCode.error],
]);

/** Why this program stops, where no package has said so already: a mistake in its use, unless listed otherwise. */
export class ApproverError extends CodedError<ApproverErrorCode> {
  constructor(code: ApproverErrorCode, message: string, detail: ErrorDetail = {}) {
    super(code, exitCodes.get(code) ?? ExitCode.usage, message, detail);
  }
}
