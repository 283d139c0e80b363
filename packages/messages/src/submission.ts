import {
  array,
  decodeWith,
  encodeWith,
  literal,
  optional,
  record,
  required,
  type Schema,
} from '@countersign/codec';
import { idField, nameField, pairs, sentenceField, timeField, versionField } from './fields.ts';
import { statementSchema, type Statement } from './statement.ts';
import type { Pair } from './refs.ts';

/**
 * Names in the context of a submission that policy and wording know. All of them are claims of the submitter: signed with
 * the rest, checked by nobody.
 */
export const claimNames = ['agent_model', 'backup', 'backup_at', 'intent', 'on_behalf_of'] as const;
export type ClaimName = (typeof claimNames)[number];

/** What an operator, a job or an agent asks for. Signed by the submitter. */
export interface Submission {
  readonly version: 1;
  readonly domain: Uint8Array;
  /** 16 random bytes; the request made from this has the same id. */
  readonly id: Uint8Array;
  readonly madeAt: number;
  /** Name of the target database. */
  readonly target: string;
  readonly statements: readonly Statement[];
  readonly reason: string;
  /** Ticket, correlation id, claims and whatever else was said, names strictly ascending. */
  readonly context?: readonly Pair[];
  /** The submitter declares an emergency. It asks policy, and approves nothing: docs/spec/records.md#break-glass */
  readonly breakGlass?: true;
}

export const submissionSchema: Schema<Submission> = record<Submission>({
  version: required(1, versionField),
  domain: required(2, idField),
  id: required(3, idField),
  madeAt: required(4, timeField),
  target: required(5, nameField),
  statements: required(6, array(statementSchema, { min: 1, max: 1000 })),
  reason: required(7, sentenceField),
  context: optional(8, pairs({ min: 1, max: 32, nameMax: 64, valueMax: 1024 })),
  breakGlass: optional(9, literal(true)),
});

/** Returns the payload bytes of `submission`. */
export function encodeSubmission(submission: Submission): Uint8Array {
  return encodeWith(submissionSchema, submission);
}

/** Returns the submission that payload bytes hold; nothing about its signature is known. */
export function decodeSubmission(bytes: Uint8Array): Submission {
  return decodeWith(submissionSchema, bytes);
}
