import {
  array,
  decodeWith,
  encodeWith,
  nullable,
  optional,
  record,
  required,
  uint,
  type Schema,
} from '@countersign/codec';
import {
  codeField,
  hashField,
  headField,
  idField,
  nameField,
  numbered,
  rosterRefField,
  ruled,
  sentenceField,
  timeField,
  versionField,
} from './fields.ts';
import { MessageError } from './message-error.ts';
import { statementSchema, type Statement } from './statement.ts';
import type { Head, RosterRef } from './refs.ts';

export type Choice = 'deny' | 'approve' | 'amend';

/** The ledger head that the approver's machine saw, and the one it had pinned before. */
export interface Witnessed {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
  readonly pinned: Head | null;
}

/** What showed the request, how much of it, and which warnings stood beside it. */
export interface View {
  /** SHA-256 of the program that showed it. */
  readonly program: Uint8Array;
  readonly depth: 'summary' | 'full';
  readonly warnings: readonly string[];
}

/** Limits an approval adds; at least one is present. */
export interface Conditions {
  readonly rowsMax?: number;
  readonly notBefore?: number;
  readonly notAfter?: number;
}

/** What one approver says about one request. Signed by the approver. */
export interface Decision {
  readonly version: 1;
  readonly domain: Uint8Array;
  readonly roster: RosterRef;
  readonly requestId: Uint8Array;
  /** SHA-256 of the signed request's bytes. */
  readonly requestHash: Uint8Array;
  readonly choice: Choice;
  /** The key's own counter of decisions, from 0. */
  readonly sequence: number;
  /** SHA-256 of the key's own previous signed decision; null exactly for sequence 0. */
  readonly previous: Uint8Array | null;
  readonly witnessed: Witnessed;
  readonly madeAt: number;
  readonly view: View;
  /** Only with an approval. */
  readonly conditions?: Conditions;
  readonly note?: string;
  /** Present exactly when `choice` is `amend`. */
  readonly proposal?: readonly Statement[];
}

const witnessedSchema: Schema<Witnessed> = ruled(
  record<Witnessed>({
    origin: required(1, nameField),
    size: required(2, uint()),
    root: required(3, hashField),
    pinned: required(4, nullable(headField)),
  }),
  ({ size, pinned }) => {
    if (pinned === null || pinned.size <= size) return;
    throw new MessageError('message/pin-ahead', `pinned size ${pinned.size}, expected at most ${size}`);
  },
);

const viewSchema: Schema<View> = record<View>({
  program: required(1, hashField),
  depth: required(2, numbered(['summary', 'full'])),
  warnings: required(3, array(codeField, { max: 256 })),
});

const conditionsSchema: Schema<Conditions> = ruled(
  record<Conditions>({
    rowsMax: optional(1, uint()),
    notBefore: optional(2, timeField),
    notAfter: optional(3, timeField),
  }),
  (conditions) => {
    if (Object.values(conditions).some((value) => value !== undefined)) return;
    throw new MessageError('message/conditions-empty', 'conditions without any, expected at least one');
  },
);

export const decisionSchema: Schema<Decision> = ruled(
  record<Decision>({
    version: required(1, versionField),
    domain: required(2, idField),
    roster: required(3, rosterRefField),
    requestId: required(4, idField),
    requestHash: required(5, hashField),
    choice: required(6, numbered(['deny', 'approve', 'amend'])),
    sequence: required(7, uint()),
    previous: required(8, nullable(hashField)),
    witnessed: required(9, witnessedSchema),
    madeAt: required(10, timeField),
    view: required(11, viewSchema),
    conditions: optional(12, conditionsSchema),
    note: optional(13, sentenceField),
    proposal: optional(14, array(statementSchema, { min: 1, max: 1000 })),
  }),
  requireCoherent,
);

/** Returns the payload bytes of `decision`. */
export function encodeDecision(decision: Decision): Uint8Array {
  return encodeWith(decisionSchema, decision);
}

/** Returns the decision that payload bytes hold; nothing about its signature is known. */
export function decodeDecision(bytes: Uint8Array): Decision {
  return decodeWith(decisionSchema, bytes);
}

function requireCoherent(decision: Decision): void {
  const { choice, sequence } = decision;
  if ((decision.proposal !== undefined) !== (choice === 'amend')) {
    throw new MessageError('message/proposal-misplaced', 'expected a proposal exactly with an amendment');
  }
  if (decision.conditions !== undefined && choice !== 'approve') {
    throw new MessageError('message/conditions-misplaced', 'conditions on a decision that is no approval');
  }
  if ((decision.previous === null) !== (sequence === 0)) {
    throw new MessageError(
      'message/previous-misplaced',
      'expected no previous decision exactly at sequence 0',
    );
  }
}
