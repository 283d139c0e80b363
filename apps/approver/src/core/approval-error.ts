/** Every code of the core, in the order in which a decision can meet them. */
export const approvalErrorCodes = [
  'effect/counts-differ',
  'catalog/partial',
  'catalog/session-differs',
  'effect/untried-differs',
  'effect/copy-differs',
  'effect/tolerance-unsound',
  'approval/run-late',
  'approval/review-late',
  'check/failed',
  'rows/unconfirmed',
  'rows/differ',
] as const;

export type ApprovalErrorCode = (typeof approvalErrorCodes)[number];

/** Why the approver's machine will not sign, where the request's own form is not the reason. */
export class ApprovalError extends Error {
  readonly code: ApprovalErrorCode;
  /** The number to confirm, where one is asked for. */
  readonly rows: number | undefined;

  constructor(
    code: ApprovalErrorCode,
    message: string,
    detail: { readonly rows?: number; readonly cause?: unknown } = {},
  ) {
    super(message, 'cause' in detail ? { cause: detail.cause } : undefined);
    this.name = 'ApprovalError';
    this.code = code;
    this.rows = detail.rows;
  }
}
