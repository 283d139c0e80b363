import {
  array,
  bytes,
  CodecError,
  decode,
  decodeWith,
  encodeWith,
  nullable,
  positional,
  record,
  required,
  text,
  uint,
  type DecodeLimits,
  type Schema,
} from '@countersign/codec';
import { codeField, hashField, idField, proofField, versionField } from './fields.ts';
/** A roster payload and the detached envelopes over it (`*.csroster`). */
export interface SignedRoster {
  readonly version: 1;
  readonly payload: Uint8Array;
  readonly envelopes: readonly Uint8Array[];
}

/** Proof that the tree of the bundle's checkpoint extends the tree of `size`. */
export interface ConsistencyFrom {
  readonly size: number;
  readonly proof: readonly Uint8Array[];
}

/** Proof that the last decision of one key is in the ledger. */
export interface LastDecision {
  readonly kid: Uint8Array;
  /** SHA-256 of the signed decision's bytes. */
  readonly hash: Uint8Array;
  readonly entry: Uint8Array;
  readonly index: number;
  readonly inclusion: readonly Uint8Array[];
  /** Why it was refused; null when it was counted. */
  readonly refusal: string | null;
}

/** What is carried to an approver (`*.csreq`). Nothing in it is believed before its own check. */
export interface Bundle {
  readonly version: 1;
  readonly request: Uint8Array;
  readonly submission: Uint8Array;
  /** Checkpoint note. */
  readonly checkpoint: string;
  /** Ledger entry of the request. */
  readonly entry: Uint8Array;
  readonly index: number;
  readonly inclusion: readonly Uint8Array[];
  /** Sizes strictly ascending: those an approver may have pinned. */
  readonly consistency: readonly ConsistencyFrom[];
  /** Earlier signed decisions on this request that count, in ledger order. */
  readonly decisions: readonly Uint8Array[];
  /** Encoded signed rosters from number 1 on, ascending. */
  readonly rosters: readonly Uint8Array[];
  /** Pages of the diff when the effect does not hold it. */
  readonly diffPages: readonly Uint8Array[];
  /** At most one for each approver key. */
  readonly lastDecisions: readonly LastDecision[];
}

/** What is carried back (`*.csdec`): every own decision the ledger has not confirmed, oldest first. */
export interface Response {
  readonly version: 1;
  readonly domain: Uint8Array;
  readonly decisions: readonly Uint8Array[];
}

const signedBytes = bytes(1_048_576);
const entryBytes = bytes(256);
const bundleLimits: Partial<DecodeLimits> = { bytesMax: 8_388_608 };

export const signedRosterSchema: Schema<SignedRoster> = record<SignedRoster>({
  version: required(1, versionField),
  payload: required(2, signedBytes),
  envelopes: required(3, array(bytes(1024), { max: 32 })),
});

const consistencySchema: Schema<ConsistencyFrom> = positional<ConsistencyFrom>({
  size: uint(),
  proof: proofField,
});

const lastDecisionSchema: Schema<LastDecision> = record<LastDecision>({
  kid: required(1, hashField),
  hash: required(2, hashField),
  entry: required(3, entryBytes),
  index: required(4, uint()),
  inclusion: required(5, proofField),
  refusal: required(6, nullable(codeField)),
});

export const bundleSchema: Schema<Bundle> = record<Bundle>({
  version: required(1, versionField),
  request: required(2, signedBytes),
  submission: required(3, signedBytes),
  checkpoint: required(4, text(16_384)),
  entry: required(5, entryBytes),
  index: required(6, uint()),
  inclusion: required(7, proofField),
  consistency: required(8, array(consistencySchema, { max: 1024 })),
  decisions: required(9, array(signedBytes, { max: 1024 })),
  rosters: required(10, array(signedBytes, { min: 1, max: 1024 })),
  diffPages: required(11, array(bytes(65_536), { max: 1024 })),
  lastDecisions: required(12, array(lastDecisionSchema, { max: 1024 })),
});

export const responseSchema: Schema<Response> = record<Response>({
  version: required(1, versionField),
  domain: required(2, idField),
  decisions: required(3, array(signedBytes, { min: 1, max: 64 })),
});

/** Returns the bytes of a signed roster (`*.csroster`). */
export function encodeSignedRoster(signed: SignedRoster): Uint8Array {
  return encodeWith(signedRosterSchema, signed);
}

/** Returns the parts of a signed roster; nothing in them is verified. */
export function decodeSignedRoster(bytes: Uint8Array): SignedRoster {
  return decodeWith(signedRosterSchema, bytes);
}

/** Returns the bytes of a bundle (`*.csreq`), at most 8 MiB. */
export function encodeBundle(bundle: Bundle): Uint8Array {
  return encodeWith(bundleSchema, bundle, bundleLimits);
}

/** Returns the parts of a bundle; nothing in them is verified. */
export function decodeBundle(bytes: Uint8Array): Bundle {
  return decodeWith(bundleSchema, bytes, bundleLimits);
}

/** Whether a file that cannot be read as a bundle says that it is one of a later version. */
export function isLaterBundle(bytes: Uint8Array): boolean {
  try {
    const value = decode(bytes, bundleLimits);
    const version = value instanceof Map ? (value.get(1) as unknown) : undefined;
    return typeof version === 'number' && version > 1;
  } catch (cause) {
    if (cause instanceof CodecError) return false;
    throw cause;
  }
}

/** Returns the bytes of a response (`*.csdec`). */
export function encodeResponse(response: Response): Uint8Array {
  return encodeWith(responseSchema, response, bundleLimits);
}

/** Returns the parts of a response; nothing in them is verified. */
export function decodeResponse(bytes: Uint8Array): Response {
  return decodeWith(responseSchema, bytes, bundleLimits);
}
