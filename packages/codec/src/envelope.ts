import { concatBytes, equalBytes } from './bytes.ts';
import { decode, decodeFirst, overLimit, requireEnd } from './decode.ts';
import { encode } from './encode.ts';
import { CodecError } from './error.ts';
import { keyId, type PublicKey } from './public-key.ts';
import { verifySignature, type SignatureVerifier, type Signer } from './signature.ts';
import { untrusted, verified, type Untrusted, type Verified } from './trust.ts';
import { limitsOf, type DecodeLimits, type Value } from './value.ts';

/** The records that are signed. */
export type RecordType = 'submission' | 'request' | 'decision' | 'receipt' | 'roster';

const recordTypes: readonly RecordType[] = ['submission', 'request', 'decision', 'receipt', 'roster'];
const coseSign1 = Uint8Array.of(0xd2);
const headers = { alg: 1, kid: 4, typ: 16 };
const eddsa = -8;
// RFC 9864 names Ed25519 by -19; both mean the same signature here.
const ed25519 = -19;
const noBytes = new Uint8Array(0);

/** A COSE_Sign1 object as it was received. Nothing in it is believed. */
export interface Envelope {
  readonly type: RecordType;
  readonly kid: Uint8Array;
  /** The protected header's bytes as received: what the signature covers. */
  readonly protectedBytes: Uint8Array;
  /** Null when the payload is detached. */
  readonly payload: Uint8Array | null;
  readonly signature: Uint8Array;
}

/** What a verified envelope says: these bytes were signed by this key as this type of record. */
export interface SignedPayload {
  readonly kid: Uint8Array;
  readonly key: PublicKey;
  readonly payload: Uint8Array;
}

/**
 * Returns the COSE_Sign1 object of docs/spec/envelope.md over `payload`; the payload is left out when
 * `detached`.
 * @throws CodecError `cose/signature` when the signer returns anything but 64 bytes
 */
export function sign1(p: {
  readonly type: RecordType;
  readonly payload: Uint8Array;
  readonly signer: Signer;
  readonly detached?: boolean;
}): Uint8Array {
  const protectedBytes = encode(
    new Map<number, Value>([
      [headers.alg, eddsa],
      [headers.kid, keyId(p.signer.publicKey)],
      [headers.typ, typOf(p.type)],
    ]),
  );
  const signature = p.signer.sign(toBeSigned(protectedBytes, p.payload));
  requireSignatureLength(signature);
  const payload = p.detached === true ? null : p.payload;
  return concatBytes(coseSign1, encode([protectedBytes, new Map(), payload, signature]));
}

/**
 * Returns what an envelope holds, with its form checked and no signature verified.
 * @throws CodecError `cbor/…`, `cose/…`
 */
export function parseEnvelope(bytes: Uint8Array, limits?: Partial<DecodeLimits>): Untrusted<Envelope> {
  const [protectedBytes, unprotected, payload, signature] = readSign1(bytes, limits);
  if (!(protectedBytes instanceof Uint8Array)) {
    throw new CodecError('cose/protected', 'protected header that is not a byte string');
  }
  const header = readProtected(protectedBytes);
  if (!(unprotected instanceof Map) || unprotected.size !== 0) {
    throw new CodecError('cose/unprotected', 'unprotected header, expected an empty map');
  }
  if (payload !== null && !(payload instanceof Uint8Array)) {
    throw new CodecError('cose/payload', 'payload that is neither a byte string nor null');
  }
  if (!(signature instanceof Uint8Array)) {
    throw new CodecError('cose/signature', 'signature that is not a byte string');
  }
  requireSignatureLength(signature);
  return untrusted({ ...header, protectedBytes, payload, signature });
}

/**
 * Returns the payload that a key the caller trusts signed as a record of this type. The type is
 * compared before `keyOf` is asked; `payload` must be given exactly when the envelope has none.
 * @throws CodecError `cbor/…`, `cose/…`, `signature/…`
 */
export function verify1(
  bytes: Uint8Array,
  p: {
    readonly type: RecordType;
    readonly keyOf: (kid: Uint8Array) => PublicKey | undefined;
    readonly verifier: SignatureVerifier;
    readonly payload?: Uint8Array;
    readonly limits?: Partial<DecodeLimits>;
  },
): Verified<SignedPayload> {
  const envelope = parseEnvelope(bytes, p.limits);
  if (envelope.type !== p.type) {
    throw new CodecError('cose/record-type', `a signed ${envelope.type}, expected a ${p.type}`);
  }
  const payload = payloadOf(envelope, p.payload);
  const key = p.keyOf(envelope.kid);
  if (key === undefined) throw new CodecError('cose/kid-unknown', 'signed by a key that is not known');
  if (!equalBytes(keyId(key), envelope.kid)) {
    throw new CodecError('cose/kid-mismatch', 'the key found is not the one that the envelope names');
  }
  verifySignature(p.verifier, key, toBeSigned(envelope.protectedBytes, payload), envelope.signature);
  return verified({ kid: envelope.kid, key, payload });
}

/**
 * Returns the bytes an envelope's signature covers: the Sig_structure of RFC 9052 section 4.4 with no
 * external data.
 */
export function toBeSigned(protectedBytes: Uint8Array, payload: Uint8Array): Uint8Array {
  return encode(['Signature1', protectedBytes, noBytes, payload]);
}

function typOf(type: RecordType): string {
  return `countersign/${type};v=1`;
}

function readSign1(bytes: Uint8Array, limits: Partial<DecodeLimits> | undefined): readonly Value[] {
  const { bytesMax } = limitsOf(limits);
  if (bytes.length > bytesMax) throw overLimit(bytes.length, bytesMax, 0);
  if (bytes.length > 0 && bytes[0] !== 0xd2) {
    throw new CodecError('cose/untagged', 'no COSE_Sign1 tag (18) in front', { offset: 0 });
  }
  const { value, end } = decodeFirst(bytes, 1, limits);
  requireEnd(bytes, end);
  if (!Array.isArray(value) || value.length !== 4) {
    throw new CodecError('cose/shape', 'a COSE_Sign1 object is an array of four', { offset: 1 });
  }
  return value as readonly Value[];
}

function readProtected(bytes: Uint8Array): { type: RecordType; kid: Uint8Array } {
  const map = decode(bytes, { bytesMax: 256 });
  if (!(map instanceof Map)) throw new CodecError('cose/protected', 'protected header that is not a map');
  const known: readonly number[] = Object.values(headers);
  for (const label of known) {
    if (!map.has(label)) throw new CodecError('cose/header-missing', `no protected header ${label}`);
  }
  if (map.size !== known.length) {
    throw new CodecError('cose/header-unknown', 'a protected header other than alg, kid and typ');
  }
  const alg: unknown = map.get(headers.alg);
  if (alg !== eddsa && alg !== ed25519) {
    throw new CodecError('cose/alg', `algorithm other than EdDSA (${eddsa}) and Ed25519 (${ed25519})`);
  }
  const kid: unknown = map.get(headers.kid);
  if (!(kid instanceof Uint8Array) || kid.length !== 32) {
    throw new CodecError('cose/kid', 'key id that is not 32 bytes');
  }
  return { type: typeOf(map.get(headers.typ)), kid };
}

function typeOf(typ: unknown): RecordType {
  const type = recordTypes.find((known) => typ === typOf(known));
  if (type !== undefined) return type;
  if (typeof typ === 'string' && /^countersign\/[a-z]{1,32};v=[0-9]{1,4}$/.test(typ)) {
    const newer = recordTypes.some((known) => typ.startsWith(`countersign/${known};v=`));
    if (newer)
      throw new CodecError('cose/version', 'a record of another version, this program reads version 1');
  }
  throw new CodecError('cose/typ', 'typ that names no record of this system');
}

function payloadOf(envelope: Envelope, detached: Uint8Array | undefined): Uint8Array {
  if (envelope.payload === null) {
    if (detached === undefined) throw new CodecError('cose/payload-missing', 'detached payload not given');
    return detached;
  }
  if (detached !== undefined) {
    throw new CodecError('cose/payload-unexpected', 'a payload both inside the envelope and beside it');
  }
  return envelope.payload;
}

function requireSignatureLength(signature: Uint8Array): void {
  if (signature.length === 64) return;
  throw new CodecError('cose/signature', `signature of ${signature.length} bytes, expected 64`);
}
