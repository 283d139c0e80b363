/** Every way a policy is refused. One cause, one code. */
export const POLICY_ERROR_CODES = [
  'policy/no-files',
  'policy/too-large',
  'policy/path',
  'policy/yaml-syntax',
  'policy/yaml-feature',
  'policy/duplicate-key',
  'policy/unknown-key',
  'policy/missing-key',
  'policy/type',
  'policy/version',
  'policy/name',
  'policy/duplicate-name',
  'policy/outcome',
  'policy/quorum',
  'policy/pattern',
  'policy/window',
  'policy/function',
  'policy/scope',
  'policy/tag',
  'policy/default-missing',
  'policy/default-twice',
  'policy/expression-syntax',
  'policy/expression-type',
  'policy/condition-cycle',
  'policy/test-given',
  'policy/test-expect',
  'policy/test-time',
  'policy/format',
] as const;

export type PolicyErrorCode = (typeof POLICY_ERROR_CODES)[number];

/** A place in a policy file; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The one error of this package. The message is for people; programs branch on `code`. */
export class PolicyError extends Error {
  readonly code: PolicyErrorCode;
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly column: number | undefined;

  constructor(code: PolicyErrorCode, message: string, place?: Place, cause?: unknown) {
    const where = place === undefined ? '' : `${place.file}:${place.line}:${place.column}: `;
    super(`${where}${message}`, cause === undefined ? undefined : { cause });
    this.name = 'PolicyError';
    this.code = code;
    this.file = place?.file;
    this.line = place?.line;
    this.column = place?.column;
  }
}
