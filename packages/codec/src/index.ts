export { compareBytes, concatBytes, equalBytes } from './bytes.ts';
export { decode, decodeFirst } from './decode.ts';
export { encode } from './encode.ts';
export {
  parseEnvelope,
  sign1,
  toBeSigned,
  verify1,
  type Envelope,
  type RecordType,
  type SignedPayload,
} from './envelope.ts';
export { CodecError, type CodecErrorCode, type CodecErrorFacts } from './error.ts';
export { sha256 } from './hash.ts';
export { admitKey, keyId, type PublicKey } from './public-key.ts';
export {
  bool,
  bytes,
  convert,
  decodeWith,
  encodeWith,
  fixedBytes,
  int,
  literal,
  nil,
  nullable,
  oneOf,
  text,
  uint,
  type Schema,
} from './schema.ts';
export {
  array,
  optional,
  positional,
  record,
  required,
  tagged,
  tuple,
  type Cases,
  type Fields,
  type OptionalField,
  type RequiredField,
} from './schema-containers.ts';
export {
  nobleVerifier,
  seedSigner,
  verifySignature,
  verifySignatureAsync,
  type AsyncSignatureVerifier,
  type SignatureVerifier,
  type Signer,
} from './signature.ts';
export {
  fromBase64,
  fromBase64Url,
  fromHex,
  toBase64,
  toBase64Url,
  toHex,
  utf8,
  utf8Length,
  utf8Text,
} from './text-forms.ts';
export { mapVerified, untrusted, type Untrusted, type Verified } from './trust.ts';
export { defaultLimits, type DecodeLimits, type Value } from './value.ts';
