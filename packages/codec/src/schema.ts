import { decodeItem, requireSameEncoding } from './decode.ts';
import { encode } from './encode.ts';
import { CodecError } from './error.ts';
import { utf8Length } from './text-forms.ts';
import type { DecodeLimits, Value } from './value.ts';

/** A closed shape: what it reads is all there is, what it writes is what it reads back. */
export interface Schema<T> {
  /** Returns `value` as a T, @throws CodecError `schema/…` with the path. */
  readonly read: (value: Value, path: string) => T;
  /** Returns the value of `item`, by the same bounds as `read`, @throws CodecError `schema/…`. */
  readonly write: (item: T, path?: string) => Value;
}

/**
 * Returns the bytes of `item`.
 * @throws CodecError `schema/…`, `encode/…`
 */
export function encodeWith<T>(schema: Schema<T>, item: T, limits?: Partial<DecodeLimits>): Uint8Array {
  return encode(schema.write(item, '$'), limits);
}

/**
 * Returns the item that `bytes` hold. What was read is written again and compared with the bytes
 * received, so a schema that drops or changes anything refuses instead.
 * @throws CodecError `cbor/…` with the offset, `schema/…` with the path
 */
export function decodeWith<T>(schema: Schema<T>, bytes: Uint8Array, limits?: Partial<DecodeLimits>): T {
  const item = schema.read(decodeItem(bytes, limits), '$');
  requireSameEncoding(schema.write(item, '$'), bytes, limits);
  return item;
}

/** Integers 0..max, by default 2^53-1. */
export function uint(max: number = Number.MAX_SAFE_INTEGER): Schema<number> {
  return integers(0, max);
}

/** Integers |n| ≤ 2^53-1. */
export function int(): Schema<number> {
  return integers(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
}

function integers(min: number, max: number): Schema<number> {
  return leaf((value, path) => {
    if (typeof value !== 'number') throw mismatch('an integer', value, path);
    if (!Number.isInteger(value) || value < min || value > max) {
      throw new CodecError('schema/range', `${value}, expected ${min}..${max}`, { path });
    }
    return value;
  });
}

/** Texts of minBytes..maxBytes bytes of UTF-8; minBytes is 0 unless given. */
export function text(maxBytes: number, minBytes: number = 0): Schema<string> {
  return leaf((value, path) => {
    if (typeof value !== 'string') throw mismatch('text', value, path);
    requireLength(utf8Length(value), minBytes, maxBytes, path);
    return value;
  });
}

/** Byte strings of 0..maxBytes bytes. */
export function bytes(maxBytes: number): Schema<Uint8Array> {
  return byteStrings(0, maxBytes);
}

/** Byte strings of exactly `length` bytes. */
export function fixedBytes(length: number): Schema<Uint8Array> {
  return byteStrings(length, length);
}

function byteStrings(min: number, max: number): Schema<Uint8Array> {
  return leaf((value, path) => {
    if (!(value instanceof Uint8Array)) throw mismatch('bytes', value, path);
    requireLength(value.length, min, max, path);
    return value;
  });
}

/** True or false. */
export function bool(): Schema<boolean> {
  return leaf((value, path) => {
    if (typeof value !== 'boolean') throw mismatch('a boolean', value, path);
    return value;
  });
}

/** Null. */
export function nil(): Schema<null> {
  return leaf((value, path) => {
    if (value !== null) throw mismatch('null', value, path);
    return value;
  });
}

/** Exactly `only`. */
export function literal<const L extends number | string | boolean>(only: L): Schema<L> {
  return oneOf(only);
}

/** Exactly one of `literals`. */
export function oneOf<const L extends readonly (number | string | boolean)[]>(
  ...literals: L
): Schema<L[number]> {
  return leaf((value, path) => {
    const found: L[number] | undefined = literals.find((known) => known === value);
    if (found !== undefined) return found;
    const wanted = literals.map((known) => JSON.stringify(known)).join(' or ');
    throw new CodecError('schema/literal', `${describe(value)}, expected ${wanted}`, { path });
  });
}

/** What `schema` reads, or null. */
export function nullable<T>(schema: Schema<T>): Schema<T | null> {
  return {
    read: (value, path) => (value === null ? null : schema.read(value, path)),
    write: (item, path) => (item === null ? null : schema.write(item, path)),
  };
}

/**
 * The items of `schema` in another form. `to` and `from` must undo each other; either may throw an
 * error of the caller's own package when the item breaks a rule beyond its shape.
 */
export function convert<A, B>(
  schema: Schema<A>,
  to: (item: A, path: string) => B,
  from: (item: B) => A,
): Schema<B> {
  return {
    read: (value, path) => to(schema.read(value, path), path),
    write: (item, path) => schema.write(from(item), path),
  };
}

// A schema whose items are values themselves: the same check reads and writes.
function leaf<T extends Value>(check: (value: Value, path: string) => T): Schema<T> {
  return { read: check, write: (item, path = '$') => check(item, path) };
}

/** Refuses a length outside min..max. */
export function requireLength(length: number, min: number, max: number, path: string): void {
  if (length >= min && length <= max) return;
  const wanted = min === max ? String(min) : `${min}..${max}`;
  throw new CodecError('schema/length', `length ${length}, expected ${wanted}`, { path });
}

/** The error of a value that is of another kind than `wanted`. */
export function mismatch(wanted: string, value: Value | undefined, path: string): CodecError {
  return new CodecError('schema/type', `${describe(value)}, expected ${wanted}`, { path });
}

// Names the kind only: a received text or number is never quoted back here.
function describe(value: Value | undefined): string {
  if (value === null) return 'null';
  if (value instanceof Uint8Array) return 'bytes';
  if (Array.isArray(value)) return 'an array';
  if (value instanceof Map) return 'a map';
  switch (typeof value) {
    case 'string':
      return 'a text';
    case 'number':
      return 'a number';
    default:
      return `a ${typeof value}`;
  }
}
