// What this package refuses of its callers rather than of received bytes: one call for each cause.
import { requireSameEncoding } from '../src/decode.ts';
import {
  array,
  bool,
  bytes,
  convert,
  decodeWith,
  encode,
  encodeWith,
  fixedBytes,
  fromBase64,
  fromBase64Url,
  fromHex,
  int,
  keyId,
  literal,
  nil,
  nobleVerifier,
  nullable,
  oneOf,
  optional,
  positional,
  record,
  required,
  seedSigner,
  sign1,
  tagged,
  text,
  tuple,
  uint,
  utf8,
  utf8Text,
  verify1,
  type CodecErrorCode,
  type Schema,
  type Value,
} from '../src/index.ts';

/** One cause, the code it must have and, for a value, the path it must name. */
export interface Refusal {
  readonly name: string;
  readonly code: CodecErrorCode;
  readonly path?: string;
  readonly action: () => unknown;
}

interface Item {
  readonly version: 1;
  readonly name: string;
  readonly note?: string;
}
export const itemSchema: Schema<Item> = record<Item>({
  version: required(1, literal(1)),
  name: required(2, text(4, 1)),
  note: optional(3, text(8)),
});

export type Param = { readonly type: 'null' } | { readonly type: 'integer'; readonly value: number };
export const paramSchema: Schema<Param> = tagged<Param>({ null: [0], integer: [1, int()] });

export interface Ref {
  readonly number: number;
  readonly hash: Uint8Array;
}
export const refSchema: Schema<Ref> = positional<Ref>({ number: uint(9), hash: fixedBytes(2) });

function read<T>(schema: Schema<T>, value: Value): () => unknown {
  return () => decodeWith(schema, encode(value));
}

// Gives a writer what its type forbids, as data from outside would.
function write<T>(schema: Schema<T>, item: unknown): () => unknown {
  return () => encodeWith(schema, item as T);
}

function nested(levels: number): Value {
  let value: Value = null;
  for (let i = 0; i < levels; i++) value = [value];
  return value;
}

const cyclic: Value[] = [];
cyclic.push(cyclic);

const encoding: readonly Refusal[] = [
  { name: 'undefined', code: 'encode/type', path: '$', action: () => encode(undefined as unknown as Value) },
  { name: 'a hole', code: 'encode/type', path: '$[0]', action: () => encode(new Array<Value>(1)) },
  {
    name: 'a big integer',
    code: 'encode/type',
    path: '$.3',
    action: () => encode(new Map([[3, 1n as unknown as Value]])),
  },
  { name: 'an object', code: 'encode/type', path: '$', action: () => encode({} as unknown as Value) },
  {
    name: 'a float array',
    code: 'encode/type',
    path: '$',
    action: () => encode(new Float32Array(1) as unknown as Value),
  },
  { name: 'a function', code: 'encode/type', path: '$', action: () => encode(encode as unknown as Value) },
  { name: 'a fraction', code: 'encode/not-integer', path: '$[1]', action: () => encode([1, 1.5]) },
  { name: 'NaN', code: 'encode/not-integer', path: '$', action: () => encode(NaN) },
  { name: 'infinity', code: 'encode/not-integer', path: '$', action: () => encode(Infinity) },
  { name: 'negative zero', code: 'encode/not-integer', path: '$', action: () => encode(-0) },
  { name: '2^53', code: 'encode/integer-range', path: '$', action: () => encode(2 ** 53) },
  { name: '-2^53', code: 'encode/integer-range', path: '$', action: () => encode(-(2 ** 53)) },
  {
    name: 'a lone surrogate',
    code: 'encode/text-not-well-formed',
    path: '$',
    action: () => encode('\ud800'),
  },
  { name: 'a lone surrogate in utf8', code: 'encode/text-not-well-formed', action: () => utf8('a\udc00') },
  { name: 'key 24', code: 'encode/key', path: '$', action: () => encode(new Map([[24, 0]])) },
  { name: 'key -1', code: 'encode/key', path: '$', action: () => encode(new Map([[-1, 0]])) },
  { name: 'key 0.5', code: 'encode/key', path: '$', action: () => encode(new Map([[0.5, 0]])) },
  {
    name: 'a text key',
    code: 'encode/key',
    path: '$',
    action: () => encode(new Map([['1', 0]]) as unknown as Value),
  },
  { name: '17 levels', code: 'encode/depth-over-limit', action: () => encode(nested(17)) },
  { name: 'a cycle', code: 'encode/depth-over-limit', action: () => encode(cyclic) },
  {
    name: '65,537 items',
    code: 'encode/items-over-limit',
    action: () => encode(new Array<number>(65_536).fill(0)),
  },
  {
    name: 'an encoding that differs',
    code: 'cbor/re-encoding-differs',
    action: () => requireSameEncoding(0, fromHex('01')),
  },
  {
    name: 'a schema that drops what it read',
    code: 'cbor/re-encoding-differs',
    action: read(
      convert(
        text(9),
        (item) => item.trim(),
        (item) => item,
      ),
      ' a',
    ),
  },
];

const leaves: readonly Refusal[] = [
  { name: 'text for an integer', code: 'schema/type', path: '$', action: read(uint(), 'a') },
  { name: 'integer for text', code: 'schema/type', path: '$', action: read(text(9), 1) },
  { name: 'text for bytes', code: 'schema/type', path: '$', action: read(bytes(9), 'a') },
  { name: 'array for bytes', code: 'schema/type', path: '$', action: read(bytes(9), []) },
  { name: 'integer for a boolean', code: 'schema/type', path: '$', action: read(bool(), 1) },
  { name: 'false for null', code: 'schema/type', path: '$', action: read(nil(), false) },
  {
    name: 'map for an array',
    code: 'schema/type',
    path: '$',
    action: read(array(uint(), { max: 1 }), new Map()),
  },
  { name: 'array for a map', code: 'schema/type', path: '$', action: read(itemSchema, []) },
  { name: 'null where it is not nullable', code: 'schema/type', path: '$', action: read(refSchema, null) },
  {
    name: 'another type where it is nullable',
    code: 'schema/type',
    path: '$',
    action: read(nullable(text(1)), 1),
  },
  { name: 'negative for unsigned', code: 'schema/range', path: '$', action: read(uint(), -1) },
  { name: 'above the maximum', code: 'schema/range', path: '$', action: read(uint(9), 10) },
  { name: 'a fraction written', code: 'schema/range', path: '$', action: write(uint(9), 1.5) },
  { name: 'too long by one byte', code: 'schema/length', path: '$', action: read(text(3), 'aé€') },
  { name: 'too short', code: 'schema/length', path: '$', action: read(text(3, 1), '') },
  { name: 'bytes too long', code: 'schema/length', path: '$', action: read(bytes(1), new Uint8Array(2)) },
  {
    name: 'bytes not of this length',
    code: 'schema/length',
    path: '$',
    action: read(fixedBytes(2), new Uint8Array(1)),
  },
  { name: 'another literal', code: 'schema/literal', path: '$', action: read(literal('a'), 'b') },
  { name: 'one for true', code: 'schema/literal', path: '$', action: read(literal(true), 1) },
  { name: 'none of the literals', code: 'schema/literal', path: '$', action: read(oneOf(0, 1, 2), 3) },
];

const containers: readonly Refusal[] = [
  {
    name: 'a key missing',
    code: 'schema/missing-key',
    path: '$',
    action: read(itemSchema, new Map([[1, 1]])),
  },
  {
    name: 'a field missing',
    code: 'schema/missing-key',
    path: '$',
    action: write(itemSchema, { version: 1 }),
  },
  {
    name: 'an unknown key',
    code: 'schema/unknown-key',
    path: '$',
    action: read(
      itemSchema,
      new Map<number, Value>([
        [1, 1],
        [2, 'a'],
        [4, 0],
      ]),
    ),
  },
  {
    name: 'an unknown field',
    code: 'schema/unknown-field',
    path: '$',
    action: write(itemSchema, { version: 1, name: 'a', notes: '' }),
  },
  {
    name: 'a field too long',
    code: 'schema/length',
    path: '$.name',
    action: write(itemSchema, { version: 1, name: 'abcde' }),
  },
  {
    name: 'null for an optional field',
    code: 'schema/type',
    path: '$.note',
    action: read(
      itemSchema,
      new Map<number, Value>([
        [1, 1],
        [2, 'a'],
        [3, null],
      ]),
    ),
  },
  {
    name: 'too few elements',
    code: 'schema/length',
    path: '$',
    action: read(array(uint(), { min: 1, max: 2 }), []),
  },
  {
    name: 'too many elements',
    code: 'schema/length',
    path: '$',
    action: read(array(uint(), { max: 2 }), [1, 2, 3]),
  },
  {
    name: 'too many elements written',
    code: 'schema/length',
    path: '$',
    action: write(array(uint(), { max: 0 }), [1]),
  },
  {
    name: 'a bad element',
    code: 'schema/type',
    path: '$[1]',
    action: read(array(uint(), { max: 2 }), [1, '2']),
  },
  { name: 'a tuple short', code: 'schema/length', path: '$', action: read(tuple([uint(), nil()]), [1]) },
  {
    name: 'a tuple long',
    code: 'schema/length',
    path: '$',
    action: read(tuple([uint(), nil()]), [1, null, null]),
  },
  {
    name: 'a bad part',
    code: 'schema/type',
    path: '$[0]',
    action: read(tuple([uint(), nil()]), [null, null]),
  },
  { name: 'a positional array short', code: 'schema/length', path: '$', action: read(refSchema, [1]) },
  {
    name: 'a bad position',
    code: 'schema/range',
    path: '$.number',
    action: read(refSchema, [10, new Uint8Array(2)]),
  },
  {
    name: 'a positional object with more',
    code: 'schema/length',
    path: '$',
    action: write(refSchema, { number: 1, hash: new Uint8Array(2), more: 1 }),
  },
  { name: 'an unknown tag', code: 'schema/unknown-tag', path: '$', action: read(paramSchema, [2, 1]) },
  { name: 'no tag', code: 'schema/unknown-tag', path: '$', action: read(paramSchema, []) },
  {
    name: 'a tag that is text',
    code: 'schema/unknown-tag',
    path: '$',
    action: read(paramSchema, ['integer', 1]),
  },
  {
    name: 'an unknown type',
    code: 'schema/unknown-tag',
    path: '$',
    action: write(paramSchema, { type: 'float', value: 1 }),
  },
  { name: 'a tag without its value', code: 'schema/length', path: '$', action: read(paramSchema, [1]) },
  {
    name: 'a tag with a value too many',
    code: 'schema/length',
    path: '$',
    action: read(paramSchema, [0, null]),
  },
  { name: 'a bad tagged value', code: 'schema/type', path: '$.integer', action: read(paramSchema, [1, 'a']) },
];

const signer = seedSigner(new Uint8Array(32).fill(1));
const other = seedSigner(new Uint8Array(32).fill(2)).publicKey;

const others: readonly Refusal[] = [
  { name: 'hex of odd length', code: 'text/hex', action: () => fromHex('abc') },
  { name: 'hex in capitals', code: 'text/hex', action: () => fromHex('AB') },
  { name: 'hex with a space', code: 'text/hex', action: () => fromHex('a ') },
  { name: 'base64 without padding', code: 'text/base64', action: () => fromBase64('YQ') },
  { name: 'base64 with too much padding', code: 'text/base64', action: () => fromBase64('YQ======') },
  { name: 'base64 of padding alone', code: 'text/base64', action: () => fromBase64('====') },
  { name: 'base64 with unused bits', code: 'text/base64', action: () => fromBase64('YR==') },
  { name: 'base64 with the other alphabet', code: 'text/base64', action: () => fromBase64('-_-_') },
  { name: 'base64 with a line break', code: 'text/base64', action: () => fromBase64('YWJj\n') },
  { name: 'base64url with padding', code: 'text/base64', action: () => fromBase64Url('YQ==') },
  { name: 'base64url of length 1', code: 'text/base64', action: () => fromBase64Url('Y') },
  { name: 'base64url with unused bits', code: 'text/base64', action: () => fromBase64Url('YWK') },
  { name: 'bytes that are no text', code: 'text/utf8', action: () => utf8Text(Uint8Array.of(0xc3)) },
  { name: 'a short seed', code: 'key/seed-length', action: () => seedSigner(new Uint8Array(31)) },
  {
    name: 'a key that the kid does not name',
    code: 'cose/kid-mismatch',
    action: () => {
      const bytes = sign1({ type: 'request', payload: keyId(other), signer });
      return verify1(bytes, { type: 'request', keyOf: () => other, verifier: nobleVerifier });
    },
  },
];

/** Every such refusal. */
export const refusals: readonly Refusal[] = [...encoding, ...leaves, ...containers, ...others];
