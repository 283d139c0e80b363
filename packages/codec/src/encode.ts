import { equalBytes } from './bytes.ts';
import { CodecError, type CodecErrorCode } from './error.ts';
import { keyMax, limitsOf, type DecodeLimits, type Value } from './value.ts';

const utf8Encoder = new TextEncoder();

// Texts up to this length are copied by hand when they are ASCII: the encoder's call costs more.
const shortText = 48;

/**
 * Returns the one encoding of `value` in the profile of docs/spec/cbor.md: shortest heads, definite
 * lengths, map keys ascending whatever the order they were set in.
 * Depth and item limits hold here too, so that what is written can be read; `bytesMax` does not.
 * @throws CodecError `encode/…` with the path of the part that the profile cannot carry
 */
export function encode(value: Value, limits?: Partial<DecodeLimits>): Uint8Array {
  const writer = new Writer(limitsOf(limits), 256);
  writer.item(value);
  return writer.written().slice();
}

/**
 * Returns whether `bytes` are the encoding of `value`.
 * @throws CodecError `encode/…`
 */
export function encodesTo(value: Value, bytes: Uint8Array, limits: DecodeLimits): boolean {
  const writer = new Writer(limits, bytes.length);
  writer.item(value);
  return equalBytes(writer.written(), bytes);
}

class Writer {
  readonly #limits: DecodeLimits;
  // The way to the item being written: an index as it is, a map key k as -1-k. Formatted on refusal only.
  readonly #trail: number[] = [];
  #buffer: Uint8Array;
  #length = 0;
  #items = 0;

  constructor(limits: DecodeLimits, lengthExpected: number) {
    this.#limits = limits;
    this.#buffer = new Uint8Array(lengthExpected);
  }

  // A view of what was written so far, which the next item may overwrite.
  written(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  // `value` is typed, but callers reach this with data of their own making: every branch is closed.
  item(value: unknown): void {
    this.#count();
    if (typeof value === 'number') this.#integer(value);
    else if (typeof value === 'string') this.#text(value);
    else if (typeof value === 'boolean') this.#append(value ? 0xf5 : 0xf4);
    else if (value === null) this.#append(0xf6);
    else if (value instanceof Uint8Array) this.#content(2, value);
    else if (Array.isArray(value)) this.#array(value);
    else if (value instanceof Map) this.#map(value);
    else throw this.#refuse('encode/type', `a ${typeof value}, which the profile cannot carry`);
  }

  #refuse(code: CodecErrorCode, message: string): CodecError {
    const steps = this.#trail.map((step) => (step < 0 ? `.${-1 - step}` : `[${step}]`));
    return new CodecError(code, message, { path: `$${steps.join('')}` });
  }

  #count(): void {
    this.#items += 1;
    if (this.#items > this.#limits.itemsMax) {
      throw this.#refuse('encode/items-over-limit', `more than ${this.#limits.itemsMax} items`);
    }
  }

  #room(length: number): void {
    const wanted = this.#length + length;
    if (wanted <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(wanted, this.#buffer.length * 2));
    grown.set(this.#buffer);
    this.#buffer = grown;
  }

  #append(byte: number): void {
    this.#room(1);
    this.#buffer[this.#length] = byte;
    this.#length += 1;
  }

  // `argument` is an integer 0..2^53-1; a division keeps what a 32-bit shift would cut off.
  #head(major: number, argument: number): void {
    if (argument < 24) {
      this.#append((major << 5) | argument);
      return;
    }
    const power = argument < 0x100 ? 0 : argument < 0x1_0000 ? 1 : argument < 0x1_0000_0000 ? 2 : 3;
    const width = 1 << power;
    this.#append((major << 5) | (24 + power));
    this.#room(width);
    let rest = argument;
    for (let i = this.#length + width - 1; i >= this.#length; i--) {
      this.#buffer[i] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    this.#length += width;
  }

  #integer(value: number): void {
    if (!Number.isInteger(value) || Object.is(value, -0)) {
      throw this.#refuse('encode/not-integer', `the number ${value}, only integers are written`);
    }
    if (!Number.isSafeInteger(value)) {
      throw this.#refuse('encode/integer-range', 'integer beyond 2^53-1 in magnitude');
    }
    if (value < 0) this.#head(1, -1 - value);
    else this.#head(0, value);
  }

  #text(value: string): void {
    if (value.length <= shortText && isAscii(value)) {
      this.#head(3, value.length);
      this.#room(value.length);
      for (let i = 0; i < value.length; i++) this.#buffer[this.#length + i] = value.charCodeAt(i);
      this.#length += value.length;
      return;
    }
    // A lone surrogate would be written as U+FFFD: other text than was given.
    if (!value.isWellFormed())
      throw this.#refuse('encode/text-not-well-formed', 'text with a lone surrogate');
    this.#content(3, utf8Encoder.encode(value));
  }

  #content(major: number, content: Uint8Array): void {
    this.#head(major, content.length);
    this.#room(content.length);
    this.#buffer.set(content, this.#length);
    this.#length += content.length;
  }

  #open(): void {
    if (this.#trail.length < this.#limits.depthMax) return;
    throw this.#refuse('encode/depth-over-limit', `deeper than ${this.#limits.depthMax} arrays and maps`);
  }

  #array(array: readonly unknown[]): void {
    this.#open();
    this.#head(4, array.length);
    for (let i = 0; i < array.length; i++) {
      this.#trail.push(i);
      this.item(array[i]);
      this.#trail.pop();
    }
  }

  #map(map: ReadonlyMap<unknown, unknown>): void {
    this.#open();
    this.#head(5, map.size);
    let written = 0;
    for (let key = 0; key <= keyMax; key++) {
      if (!map.has(key)) continue;
      this.#count();
      this.#append(key);
      this.#trail.push(-1 - key);
      this.item(map.get(key));
      this.#trail.pop();
      written += 1;
    }
    if (written === map.size) return;
    throw this.#refuse('encode/key', `map key that is not an integer 0..${keyMax}`);
  }
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}
