import type { ExitCode } from '@countersign/program';

/** A document, and how the program ends that says it. */
export interface Outcome {
  readonly exitCode: ExitCode;
  readonly fields: object;
}
