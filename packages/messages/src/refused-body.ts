import {
  bytes,
  decodeWith,
  encodeWith,
  record,
  required,
  type DecodeLimits,
  type Schema,
} from '@countersign/codec';
import { codeField } from './fields.ts';

/** Body of a ledger entry of type `refused-decision`: an authentic decision and why it does not count. */
export interface RefusedDecision {
  readonly decision: Uint8Array;
  readonly code: string;
}

const limits: Partial<DecodeLimits> = { bytesMax: 1_048_576 + 128 };

export const refusedDecisionSchema: Schema<RefusedDecision> = record<RefusedDecision>({
  decision: required(1, bytes(1_048_576)),
  code: required(2, codeField),
});

/** Returns the body bytes; the approver computes their hash from its journal. */
export function encodeRefusedDecision(refused: RefusedDecision): Uint8Array {
  return encodeWith(refusedDecisionSchema, refused, limits);
}

/** Returns what a body of type `refused-decision` holds; nothing in it is verified. */
export function decodeRefusedDecision(body: Uint8Array): RefusedDecision {
  return decodeWith(refusedDecisionSchema, body, limits);
}
