import {
  array,
  bytes,
  CodecError,
  decodeWith,
  encodeWith,
  fixedBytes,
  literal,
  nullable,
  positional,
  record,
  required,
  text,
  uint,
  type DecodeLimits,
  type Schema,
} from '@countersign/codec';
import { bodyBytesMax } from './body.ts';
import { LedgerError } from './ledger-error.ts';

/** An entry, its body, and the proof that it is in the evidence's tree. */
export interface ProvenItem {
  readonly entry: Uint8Array;
  readonly body: Uint8Array | null;
  readonly inclusion: readonly Uint8Array[];
}

/** An earlier head, and the proof that the evidence's tree extends it. */
export interface ProvenHead {
  readonly size: number;
  readonly root: Uint8Array;
  readonly consistency: readonly Uint8Array[];
}

/** The parts of an evidence file (`*.csevidence`); nothing in them is verified. */
export interface Evidence {
  readonly version: 1;
  readonly requestId: Uint8Array;
  /** Note of the head. */
  readonly checkpoint: string;
  /** Ascending by index. */
  readonly items: readonly ProvenItem[];
  /** Ascending by size. */
  readonly heads: readonly ProvenHead[];
}

/** The longest evidence file, in bytes. */
export const evidenceBytesMax: number = 67_108_864;

const limits: Partial<DecodeLimits> = { bytesMax: evidenceBytesMax, itemsMax: 1_048_576 };
const hash = fixedBytes(32);
const proof = array(hash, { max: 64 });
const schema: Schema<Evidence> = record<Evidence>({
  version: required(1, literal(1)),
  requestId: required(2, fixedBytes(16)),
  checkpoint: required(3, text(16_384)),
  items: required(
    4,
    array(
      positional<ProvenItem>({ entry: bytes(256), body: nullable(bytes(bodyBytesMax)), inclusion: proof }),
      { min: 1, max: 16_384 },
    ),
  ),
  heads: required(
    5,
    array(positional<ProvenHead>({ size: uint(), root: hash, consistency: proof }), { max: 16_384 }),
  ),
});

/** Returns the bytes of an evidence file. */
export function encodeEvidence(evidence: Evidence): Uint8Array {
  return encodeWith(schema, evidence, limits);
}

/** Returns the parts of an evidence file, @throws LedgerError `evidence/malformed`. */
export function decodeEvidence(file: Uint8Array): Evidence {
  try {
    return decodeWith(schema, file, limits);
  } catch (cause) {
    if (!(cause instanceof CodecError)) throw cause;
    throw new LedgerError('evidence/malformed', 'a file that is no evidence', { cause });
  }
}

/** Returns whether a file begins like an evidence file: a map of five, where an audit bundle begins with a map of four. */
export function looksLikeEvidence(file: Uint8Array): boolean {
  return file[0] === 0xa5;
}
