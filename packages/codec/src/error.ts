/** Every way this package refuses something. One cause, one code. */
export const codecErrorCodes = [
  'cbor/bytes-over-limit',
  'cbor/depth-over-limit',
  'cbor/items-over-limit',
  'cbor/truncated',
  'cbor/trailing-bytes',
  'cbor/not-shortest',
  'cbor/reserved-head',
  'cbor/indefinite-length',
  'cbor/break',
  'cbor/integer-range',
  'cbor/float',
  'cbor/undefined',
  'cbor/simple',
  'cbor/tag',
  'cbor/utf8',
  'cbor/key-type',
  'cbor/key-range',
  'cbor/key-order',
  'cbor/key-duplicate',
  'cbor/re-encoding-differs',
  'encode/type',
  'encode/not-integer',
  'encode/integer-range',
  'encode/text-not-well-formed',
  'encode/key',
  'encode/depth-over-limit',
  'encode/items-over-limit',
  'schema/type',
  'schema/range',
  'schema/length',
  'schema/literal',
  'schema/missing-key',
  'schema/unknown-key',
  'schema/unknown-field',
  'schema/unknown-tag',
  'text/hex',
  'text/base64',
  'text/utf8',
  'key/length',
  'key/not-canonical',
  'key/small-order',
  'key/not-on-curve',
  'key/mixed-order',
  'key/seed-length',
  'signature/length',
  'signature/s-range',
  'signature/r-not-canonical',
  'signature/r-small-order',
  'signature/invalid',
  'cose/untagged',
  'cose/shape',
  'cose/protected',
  'cose/header-missing',
  'cose/header-unknown',
  'cose/unprotected',
  'cose/alg',
  'cose/kid',
  'cose/typ',
  'cose/version',
  'cose/payload',
  'cose/payload-missing',
  'cose/payload-unexpected',
  'cose/signature',
  'cose/record-type',
  'cose/kid-unknown',
  'cose/kid-mismatch',
] as const;

/** One of `codecErrorCodes`. */
export type CodecErrorCode = (typeof codecErrorCodes)[number];

/** Where a refusal happened: a byte offset into the input, or a path into the value. */
export interface CodecErrorFacts {
  /** Byte offset of the head or content refused, counted from the start of the input given. */
  readonly offset?: number;
  /** Place in the value as `$.field[3].field`. */
  readonly path?: string;
  readonly cause?: unknown;
}

/** The one error of this package. The message is for people; programs branch on `code`. */
export class CodecError extends Error {
  readonly code: CodecErrorCode;
  readonly offset: number | undefined;
  readonly path: string | undefined;

  constructor(code: CodecErrorCode, message: string, facts: CodecErrorFacts = {}) {
    const place = facts.path ?? (facts.offset === undefined ? undefined : `byte ${facts.offset}`);
    super(
      place === undefined ? message : `${message} (at ${place})`,
      facts.cause === undefined ? undefined : { cause: facts.cause },
    );
    this.name = 'CodecError';
    this.code = code;
    this.offset = facts.offset;
    this.path = facts.path;
  }
}
