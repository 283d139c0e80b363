/** Every way in which a Rego policy fails to answer; each of them denies (docs/spec/rego.md#failures). */
export const REGO_CODES = [
  'rego/input',
  'rego/input-too-large',
  'rego/load',
  'rego/failed',
  'rego/memory',
  'rego/timeout',
  'rego/unreachable',
  'rego/status',
  'rego/undefined',
  'rego/answer-syntax',
  'rego/answer-too-large',
  'rego/answer-shape',
] as const;

export type RegoCode = (typeof REGO_CODES)[number];

/** That there is no answer, and why. */
export interface RegoFailure {
  readonly type: 'failed';
  readonly code: RegoCode;
  /** One line for people. */
  readonly message: string;
}

export function regoFailure(code: RegoCode, message: string): RegoFailure {
  return { type: 'failed', code, message };
}
