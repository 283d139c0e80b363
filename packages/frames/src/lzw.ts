const codesMax = 4096;
// The prefix of a code of one symbol.
const none = 0xffff;

/**
 * Returns `symbols`, each below 2^codeBits, packed as GIF packs them: LZW with codes of up to 12 bits, least
 * significant bit first.
 */
export function packLzw(symbols: Uint8Array, codeBits: number): Uint8Array {
  const clear = 1 << codeBits;
  const bits = new BitSink();
  // What a code followed by a symbol is called; the key is both.
  let names = new Map<number, number>();
  let width = codeBits + 1;
  let next = clear + 2;
  bits.put(clear, width);
  let prefix = symbols[0] ?? 0;
  for (let at = 1; at < symbols.length; at++) {
    const symbol = symbols[at] ?? 0;
    const key = prefix * 256 + symbol;
    const known = names.get(key);
    if (known !== undefined) {
      prefix = known;
      continue;
    }
    bits.put(prefix, width);
    prefix = symbol;
    if (next === codesMax) {
      bits.put(clear, width);
      names = new Map();
      width = codeBits + 1;
      next = clear + 2;
      continue;
    }
    if (next === 1 << width) width += 1;
    names.set(key, next);
    next += 1;
  }
  bits.put(prefix, width);
  // The reader has made one more code by now than we have.
  bits.put(clear + 1, next === 1 << width && width < 12 ? width + 1 : width);
  return bits.bytes();
}

/**
 * Returns `count` symbols unpacked from `bytes`, or undefined when the data is unsound or ends before; what follows
 * them is not looked at.
 */
export function unpackLzw(bytes: Uint8Array, codeBits: number, count: number): Uint8Array | undefined {
  const clear = 1 << codeBits;
  const table = new LzwTable(clear);
  const symbols = new Uint8Array(count);
  let width = codeBits + 1;
  let previous = -1;
  let filled = 0;
  let [held, heldBits] = [0, 0];
  for (const byte of bytes) {
    held |= byte << heldBits;
    heldBits += 8;
    while (heldBits >= width) {
      const code = held & ((1 << width) - 1);
      held >>>= width;
      heldBits -= width;
      if (code === clear) {
        table.reset();
        width = codeBits + 1;
        previous = -1;
        continue;
      }
      if (code === clear + 1 || code > table.next || (code === table.next && previous === -1))
        return undefined;
      if (previous !== -1) table.add(previous, table.first(code === table.next ? previous : code));
      if (code >= table.next) return undefined;
      filled = table.write(code, symbols, filled);
      if (filled === count) return symbols;
      if (table.next === 1 << width && width < 12) width += 1;
      previous = code;
    }
  }
  return undefined;
}

/** The codes of a reader: each is another code and one symbol more. */
class LzwTable {
  readonly #clear: number;
  readonly #prefix = new Uint16Array(codesMax);
  readonly #symbol = new Uint8Array(codesMax);
  readonly #first = new Uint8Array(codesMax);
  readonly #length = new Uint16Array(codesMax);
  next: number;

  constructor(clear: number) {
    this.#clear = clear;
    this.next = clear + 2;
    for (let code = 0; code < clear; code++) {
      this.#prefix[code] = none;
      this.#symbol[code] = code;
      this.#first[code] = code;
      this.#length[code] = 1;
    }
  }

  reset(): void {
    this.next = this.#clear + 2;
  }

  first(code: number): number {
    return this.#first[code] ?? 0;
  }

  /** A full table stays as it is until the next clear code. */
  add(prefix: number, symbol: number): void {
    if (this.next === codesMax) return;
    this.#prefix[this.next] = prefix;
    this.#symbol[this.next] = symbol;
    this.#first[this.next] = this.first(prefix);
    this.#length[this.next] = (this.#length[prefix] ?? 0) + 1;
    this.next += 1;
  }

  /** Writes the symbols of `code` at `at`, cut off at the end, and returns where they end. */
  write(code: number, into: Uint8Array, at: number): number {
    const end = at + (this.#length[code] ?? 0);
    let place = end;
    for (let one = code; one !== none && place > at; one = this.#prefix[one] ?? none) {
      place -= 1;
      if (place < into.length) into[place] = this.#symbol[one] ?? 0;
    }
    return Math.min(end, into.length);
  }
}

/** Collects codes, the least significant bit first. */
class BitSink {
  readonly #bytes: number[] = [];
  #held = 0;
  #bits = 0;

  put(code: number, width: number): void {
    this.#held |= code << this.#bits;
    this.#bits += width;
    while (this.#bits >= 8) {
      this.#bytes.push(this.#held & 0xff);
      this.#held >>>= 8;
      this.#bits -= 8;
    }
  }

  bytes(): Uint8Array {
    return Uint8Array.from(this.#bits > 0 ? [...this.#bytes, this.#held & 0xff] : this.#bytes);
  }
}
