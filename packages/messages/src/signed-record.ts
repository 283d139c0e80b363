import {
  decodeWith,
  equalBytes,
  mapVerified,
  sha256,
  sign1,
  encodeWith,
  verify1,
  type PublicKey,
  type RecordType,
  type Schema,
  type SignatureVerifier,
  type Signer,
  type Verified,
} from '@countersign/codec';
import { decisionSchema, type Decision } from './decision.ts';
import { MessageError } from './message-error.ts';
import { receiptSchema, type Receipt } from './receipt.ts';
import { requestSchema, type Request } from './request.ts';
import type { RosterChain } from './roster-chain.ts';
import { submissionSchema, type Submission } from './submission.ts';

/** A record, who signed it, and the exact bytes that were signed and judged. */
export interface Signed<T> {
  readonly record: T;
  readonly kid: Uint8Array;
  readonly key: PublicKey;
  /** SHA-256 of `bytes`. */
  readonly hash: Uint8Array;
  /** The envelope as received. */
  readonly bytes: Uint8Array;
}

declare const lookupBrand: unique symbol;

/** Finds keys of one kind in a verified roster. */
export interface KeyLookup {
  readonly keyOf: (kid: Uint8Array) => PublicKey | undefined;
  readonly [lookupBrand]: true;
}

/** What a signature is judged by. */
export interface Trust {
  readonly domain: Uint8Array;
  readonly keys: KeyLookup;
  readonly verifier: SignatureVerifier;
}

/** Returns the lookup of persons' keys in the roster in force. */
export function personKeys(chain: Verified<RosterChain>): KeyLookup {
  return { keyOf: (kid: Uint8Array) => chain.current.holder(kid)?.key } as KeyLookup;
}

/** Returns the lookup of executors' keys in the roster in force, only of the log `origin` when it is given. */
export function executorKeys(chain: Verified<RosterChain>, origin?: string): KeyLookup {
  const keyOf = (kid: Uint8Array): PublicKey | undefined => {
    const executor = chain.current.executor(kid);
    return executor === undefined || (origin !== undefined && executor.origin !== origin)
      ? undefined
      : executor.key;
  };
  return { keyOf } as KeyLookup;
}

/** Returns the signed bytes of a submission, @throws CodecError `schema/…`, MessageError `message/…`. */
export function signSubmission(submission: Submission, signer: Signer): Uint8Array {
  return sign('submission', submissionSchema, submission, signer);
}

/** Returns the signed bytes of a request, @throws CodecError `schema/…`, MessageError `message/…`. */
export function signRequest(request: Request, signer: Signer): Uint8Array {
  return sign('request', requestSchema, request, signer);
}

/** Returns the signed bytes of a decision, @throws CodecError `schema/…`, MessageError `message/…`. */
export function signDecision(decision: Decision, signer: Signer): Uint8Array {
  return sign('decision', decisionSchema, decision, signer);
}

/** Returns the signed bytes of a receipt, @throws CodecError `schema/…`, MessageError `message/…`. */
export function signReceipt(receipt: Receipt, signer: Signer): Uint8Array {
  return sign('receipt', receiptSchema, receipt, signer);
}

/** Returns the submission that a person's key signed, @throws CodecError, MessageError `message/…`. */
export function verifySubmission(bytes: Uint8Array, trust: Trust): Verified<Signed<Submission>> {
  return verify('submission', submissionSchema, bytes, trust);
}

/** Returns the request that an executor's key signed, @throws CodecError, MessageError `message/…`. */
export function verifyRequest(bytes: Uint8Array, trust: Trust): Verified<Signed<Request>> {
  return verify('request', requestSchema, bytes, trust);
}

/**
 * Returns the decision that a person's key signed; whether it counts is for `judgeDecision`.
 * @throws CodecError, MessageError `message/…`
 */
export function verifyDecision(bytes: Uint8Array, trust: Trust): Verified<Signed<Decision>> {
  return verify('decision', decisionSchema, bytes, trust);
}

/** Returns the receipt that an executor's key signed, @throws CodecError, MessageError `message/…`. */
export function verifyReceipt(bytes: Uint8Array, trust: Trust): Verified<Signed<Receipt>> {
  return verify('receipt', receiptSchema, bytes, trust);
}

function sign<T>(type: RecordType, schema: Schema<T>, record: T, signer: Signer): Uint8Array {
  return sign1({ type, payload: encodeWith(schema, record), signer });
}

function verify<T extends { readonly domain: Uint8Array }>(
  type: RecordType,
  schema: Schema<T>,
  bytes: Uint8Array,
  trust: Trust,
): Verified<Signed<T>> {
  const proof = verify1(bytes, { type, keyOf: trust.keys.keyOf, verifier: trust.verifier });
  return mapVerified(proof, ({ kid, key, payload }) => {
    const record = decodeWith(schema, payload);
    if (!equalBytes(record.domain, trust.domain)) {
      throw new MessageError('message/domain-mismatch', `a ${type} of another deployment`);
    }
    return { record, kid, key, hash: sha256(bytes), bytes };
  });
}
