import {
  array,
  decodeWith,
  encodeWith,
  literal,
  nullable,
  optional,
  record,
  required,
  type Schema,
} from '@countersign/codec';
import { hashField, idField, numbered, sentenceField, timeField, versionField } from './fields.ts';
import { effectSchema } from './request.ts';
import type { Effect } from './request.ts';

export type Outcome =
  'executed' | 'drifted' | 'failed' | 'ambiguous' | 'resolved-ran' | 'resolved-did-not-run';

/** How a run ended. Signed by the executor. */
export interface Receipt {
  readonly version: 1;
  readonly domain: Uint8Array;
  readonly requestId: Uint8Array;
  /** SHA-256 of the signed request's bytes. */
  readonly requestHash: Uint8Array;
  readonly outcome: Outcome;
  /** The effect as it was when run; null when nothing was observed. */
  readonly effect: Effect | null;
  /** SHA-256 of the signed bytes of each counted decision. */
  readonly decisions: readonly Uint8Array[];
  readonly startedAt: number;
  readonly endedAt: number;
  readonly detail?: string;
  /** The request was declared an emergency. */
  readonly breakGlass?: true;
}

export const receiptSchema: Schema<Receipt> = record<Receipt>({
  version: required(1, versionField),
  domain: required(2, idField),
  requestId: required(4, idField),
  requestHash: required(5, hashField),
  outcome: required(
    6,
    numbered(['executed', 'drifted', 'failed', 'ambiguous', 'resolved-ran', 'resolved-did-not-run']),
  ),
  effect: required(7, nullable(effectSchema)),
  decisions: required(8, array(hashField, { max: 256 })),
  startedAt: required(9, timeField),
  endedAt: required(10, timeField),
  detail: optional(11, sentenceField),
  breakGlass: optional(12, literal(true)),
});

/** Returns the payload bytes of `receipt`. */
export function encodeReceipt(receipt: Receipt): Uint8Array {
  return encodeWith(receiptSchema, receipt);
}

/** Returns the receipt that payload bytes hold; nothing about its signature is known. */
export function decodeReceipt(bytes: Uint8Array): Receipt {
  return decodeWith(receiptSchema, bytes);
}
