import { encodesTo } from './encode.ts';
import { CodecError, type CodecErrorCode } from './error.ts';
import { keyMax, limitsOf, type DecodeLimits, type Value } from './value.ts';

// `ignoreBOM: true` keeps a leading U+FEFF: a decoder that drops it shows other text than was signed.
const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Returns the one item that `bytes` hold, exactly: docs/spec/cbor.md. The value shares no memory
 * with the input.
 * @throws CodecError `cbor/…` with the offset of the byte refused
 */
export function decode(bytes: Uint8Array, limits?: Partial<DecodeLimits>): Value {
  const value = decodeItem(bytes, limits);
  requireSameEncoding(value, bytes, limits);
  return value;
}

/**
 * Returns the item that starts at `offset` of a CBOR sequence (RFC 8742) and the offset after it.
 * `bytesMax` bounds this item, not the sequence.
 * @throws CodecError `cbor/…` with the offset in the sequence
 */
export function decodeFirst(
  bytes: Uint8Array,
  offset: number,
  limits?: Partial<DecodeLimits>,
): { value: Value; end: number } {
  const first = readItem(bytes, offset, limitsOf(limits));
  requireSameEncoding(first.value, bytes.subarray(offset, first.end), limits);
  return first;
}

/** Like `decode`, without the re-encoding: for callers that compare a later re-encoding themselves. */
export function decodeItem(bytes: Uint8Array, limits?: Partial<DecodeLimits>): Value {
  const all = limitsOf(limits);
  if (bytes.length > all.bytesMax) throw overLimit(bytes.length, all.bytesMax, 0);
  const { value, end } = readItem(bytes, 0, all);
  requireEnd(bytes, end);
  return value;
}

/**
 * Returns when `end` is where `bytes` end.
 * @throws CodecError `cbor/trailing-bytes`
 */
export function requireEnd(bytes: Uint8Array, end: number): void {
  if (end === bytes.length) return;
  const more = bytes.length - end;
  throw new CodecError('cbor/trailing-bytes', `${more} bytes follow the item, none may follow`, {
    offset: end,
  });
}

/**
 * Returns when encoding `value` gives exactly `bytes`.
 * INVARIANT: fails only when the reader and the writer disagree, or a schema between them changes
 * what it read.
 * @throws CodecError `cbor/re-encoding-differs`
 */
export function requireSameEncoding(value: Value, bytes: Uint8Array, limits?: Partial<DecodeLimits>): void {
  if (encodesTo(value, bytes, limitsOf(limits))) return;
  throw new CodecError('cbor/re-encoding-differs', 'the value read does not encode to the bytes received');
}

function readItem(bytes: Uint8Array, offset: number, limits: DecodeLimits): { value: Value; end: number } {
  const window = Math.min(bytes.length, offset + limits.bytesMax);
  // A plain view: the subclass that Node passes as bytes has another `slice`, which would share memory.
  const view = new Uint8Array(bytes.buffer, bytes.byteOffset, window);
  const reader = new Reader(view, offset, bytes.length, limits);
  const value = reader.item(0);
  return { value, end: reader.offset };
}

/** The error of an input or item longer than `max` bytes. */
export function overLimit(length: number, max: number, offset: number): CodecError {
  return new CodecError('cbor/bytes-over-limit', `${length} bytes, at most ${max} are read`, { offset });
}

// The gate and the reader in one pass: every head is judged on its raw bytes before anything it
// announces is allocated or read.
class Reader {
  offset: number;
  readonly #bytes: Uint8Array;
  readonly #total: number;
  readonly #limits: DecodeLimits;
  #items = 0;

  constructor(bytes: Uint8Array, offset: number, total: number, limits: DecodeLimits) {
    this.#bytes = bytes;
    this.offset = offset;
    this.#total = total;
    this.#limits = limits;
  }

  item(depth: number): Value {
    const at = this.offset;
    const head = this.#byte(at);
    this.#count(1, at);
    switch (head >> 5) {
      case 0:
        return this.#integer(head, at);
      case 1:
        return -1 - this.#integer(head, at);
      case 2:
        return this.#content(head, at).slice();
      case 3:
        return this.#text(head, at);
      case 4:
        return this.#array(head, at, depth + 1);
      case 5:
        return this.#map(head, at, depth + 1);
      case 6:
        throw refuse('cbor/tag', `tag head 0x${head.toString(16)}, no tag may stand here`, at);
      default:
        return this.#simple(head, at);
    }
  }

  #byte(at: number): number {
    const byte = this.#bytes[at];
    if (byte === undefined) throw this.#ended(at, 1);
    return byte;
  }

  // Bytes missing because the input ends are another fault than bytes beyond the cap of one item.
  #ended(at: number, wanted: number): CodecError {
    if (this.#bytes.length < this.#total && at + wanted <= this.#total) {
      return overLimit(at + wanted, this.#limits.bytesMax, at);
    }
    return refuse(
      'cbor/truncated',
      `${wanted} more bytes announced, ${Math.max(0, this.#total - at)} remain`,
      at,
    );
  }

  #count(items: number, at: number): void {
    if (items > this.#limits.itemsMax - this.#items) {
      throw refuse('cbor/items-over-limit', `more than ${this.#limits.itemsMax} items`, at);
    }
    this.#items += items;
  }

  // The argument of a head (RFC 8949 section 3), shortest form only. Above 2^53 it is rounded, which
  // every caller refuses by range.
  #argument(head: number, at: number): number {
    const info = head & 31;
    this.offset = at + 1;
    if (info < 24) return info;
    if (info > 27) {
      if (info < 31) throw refuse('cbor/reserved-head', `reserved head 0x${head.toString(16)}`, at);
      throw refuse('cbor/indefinite-length', 'indefinite length, only definite lengths are read', at);
    }
    const width = 1 << (info - 24);
    const end = at + 1 + width;
    if (end > this.#bytes.length) throw this.#ended(at + 1, width);
    let argument = 0;
    for (let i = at + 1; i < end; i++) argument = argument * 256 + this.#byte(i);
    const least = width === 1 ? 24 : 2 ** (width * 4);
    if (argument < least) {
      throw refuse('cbor/not-shortest', `${argument} in ${width} bytes, a shorter head exists`, at);
    }
    this.offset = end;
    return argument;
  }

  #integer(head: number, at: number): number {
    const argument = this.#argument(head, at);
    const max = head >> 5 === 0 ? Number.MAX_SAFE_INTEGER : Number.MAX_SAFE_INTEGER - 1;
    if (argument > max) throw refuse('cbor/integer-range', 'integer beyond 2^53-1 in magnitude', at);
    return argument;
  }

  #content(head: number, at: number): Uint8Array {
    const length = this.#argument(head, at);
    const start = this.offset;
    if (length > this.#bytes.length - start) throw this.#ended(start, length);
    this.offset = start + length;
    return this.#bytes.subarray(start, this.offset);
  }

  #text(head: number, at: number): string {
    const content = this.#content(head, at);
    try {
      return utf8Decoder.decode(content);
    } catch (cause) {
      throw new CodecError('cbor/utf8', 'text that is not UTF-8', { offset: at, cause });
    }
  }

  // Refuses a container whose announced content cannot fit, before room is made for it.
  #open(count: number, perEntry: number, at: number, depth: number): void {
    if (depth > this.#limits.depthMax) {
      throw refuse('cbor/depth-over-limit', `deeper than ${this.#limits.depthMax} arrays and maps`, at);
    }
    const items = count * perEntry;
    if (items > this.#limits.itemsMax - this.#items) {
      throw refuse('cbor/items-over-limit', `more than ${this.#limits.itemsMax} items`, at);
    }
    if (items > this.#bytes.length - this.offset) throw this.#ended(this.offset, items);
  }

  #array(head: number, at: number, depth: number): readonly Value[] {
    const count = this.#argument(head, at);
    this.#open(count, 1, at, depth);
    const array: Value[] = [];
    for (let i = 0; i < count; i++) array.push(this.item(depth));
    return array;
  }

  #map(head: number, at: number, depth: number): ReadonlyMap<number, Value> {
    const count = this.#argument(head, at);
    this.#open(count, 2, at, depth);
    const map = new Map<number, Value>();
    let before = -1;
    for (let i = 0; i < count; i++) {
      const keyAt = this.offset;
      const key = this.#key(keyAt);
      if (key <= before) {
        if (key === before) throw refuse('cbor/key-duplicate', `map key ${key} twice`, keyAt);
        throw refuse('cbor/key-order', `map key ${key} after ${before}, keys must ascend`, keyAt);
      }
      before = key;
      map.set(key, this.item(depth));
    }
    return map;
  }

  #key(at: number): number {
    const head = this.#byte(at);
    this.#count(1, at);
    if (head >> 5 > 1) throw refuse('cbor/key-type', 'map key that is not an integer', at);
    const key = this.#argument(head, at);
    if (head >> 5 === 1 || key > keyMax) {
      throw refuse('cbor/key-range', `map key outside 0..${keyMax}`, at);
    }
    return key;
  }

  #simple(head: number, at: number): null | boolean {
    this.offset = at + 1;
    switch (head) {
      case 0xf4:
        return false;
      case 0xf5:
        return true;
      case 0xf6:
        return null;
      case 0xf7:
        throw refuse('cbor/undefined', 'undefined, which the profile does not have', at);
      case 0xf9:
      case 0xfa:
      case 0xfb:
        throw refuse('cbor/float', 'floating-point number, only integers are read', at);
      case 0xff:
        throw refuse('cbor/break', 'break outside an indefinite length', at);
      default: {
        const info = head & 31;
        if (info > 27) throw refuse('cbor/reserved-head', `reserved head 0x${head.toString(16)}`, at);
        throw refuse('cbor/simple', 'simple value other than false, true and null', at);
      }
    }
  }
}

function refuse(code: CodecErrorCode, message: string, offset: number): CodecError {
  return new CodecError(code, message, { offset });
}
