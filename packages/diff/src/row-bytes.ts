import type { Cell, Row } from './cell.ts';
import type { RowChange } from './diff.ts';
import { DiffError } from './diff-error.ts';

const textEncoder = new TextEncoder();
const cellTag = { null: 0, integer: 1, text: 2, bytes: 3, number: 4, boolean: 5 } as const;

/** A row in an engine's own form, written a cell at a time; of most rows of a large diff no cell is ever made. */
export interface RowImage {
  readonly width: number;
  /** Writes the cell at `index` by exactly one call of the writer. */
  write(index: number, writer: CellWriter): void;
  /** The same cells as values of their own. */
  cells(): Row;
}

/** Takes one cell by each call. */
export interface CellWriter {
  cell(cell: Cell): void;
  nothing(): void;
  /** @throws DiffError `diff/bad-cell` beyond 2^53-1 */
  integer(value: number): void;
  boolean(value: boolean): void;
  bytes(value: Uint8Array): void;
  /** @throws DiffError `diff/bad-cell` for a lone surrogate */
  text(type: 'text' | 'number', value: string): void;
  /** Takes the bytes from `start` up to `end`, which are UTF-8. */
  utf8(type: 'text' | 'number', bytes: Uint8Array, start: number, end: number): void;
}

/**
 * Writes rows as deterministic CBOR into one growing buffer that is used again for each row: the
 * hundred thousand rows of a large diff are hashed without building a value for each.
 * The bytes are those that codec's `encode` gives for the same array.
 */
export class RowWriter implements CellWriter {
  #buffer: Uint8Array = new Uint8Array(4096);
  #length = 0;

  /**
   * Returns the record of one change, `[before / null, after / null]`, each row an array of cells
   * shaped as a statement's parameters. Cells at `masked` indexes of an inserted row are written as
   * null. The bytes stay valid until the next call. `prefix` stands before the record.
   * @throws DiffError `diff/bad-cell`
   */
  change(change: RowChange, masked: readonly number[], prefix?: number): Uint8Array {
    this.#begin(prefix);
    this.#row(change.before, []);
    this.#row(change.after, change.before === null ? masked : []);
    return this.#buffer.subarray(0, this.#length);
  }

  /** The same of rows in an engine's form. */
  images(
    before: RowImage | null,
    after: RowImage | null,
    masked: readonly number[],
    prefix?: number,
  ): Uint8Array {
    this.#begin(prefix);
    this.#image(before, []);
    this.#image(after, before === null ? masked : []);
    return this.#buffer.subarray(0, this.#length);
  }

  cell(cell: Cell): void {
    switch (cell.type) {
      case 'null':
        this.nothing();
        return;
      case 'integer':
        this.integer(cell.value);
        return;
      case 'text':
      case 'number':
        this.text(cell.type, cell.value);
        return;
      case 'bytes':
        this.bytes(cell.value);
        return;
      case 'boolean':
        this.boolean(cell.value);
        return;
    }
  }

  nothing(): void {
    this.#byte(0x81);
    this.#byte(cellTag.null);
  }

  integer(value: number): void {
    if (!Number.isSafeInteger(value)) {
      throw new DiffError('diff/bad-cell', `integer cell ${value} is out of range, expected at most 2^53-1`);
    }
    this.#tag('integer');
    if (value >= 0) this.#head(0x00, value);
    else this.#head(0x20, -1 - value);
  }

  boolean(value: boolean): void {
    this.#tag('boolean');
    this.#byte(value ? 0xf5 : 0xf4);
  }

  bytes(value: Uint8Array): void {
    this.#tag('bytes');
    this.#head(0x40, value.length);
    this.#bytes(value);
  }

  text(type: 'text' | 'number', value: string): void {
    this.#tag(type);
    if (value.length <= 4 * shortText && this.#plainText(value)) return;
    if (!value.isWellFormed()) {
      throw new DiffError('diff/bad-cell', 'text cell holds a lone surrogate, expected Unicode text');
    }
    const bytes = textEncoder.encode(value);
    this.#head(0x60, bytes.length);
    this.#bytes(bytes);
  }

  utf8(type: 'text' | 'number', bytes: Uint8Array, start: number, end: number): void {
    this.#tag(type);
    const length = end - start;
    this.#head(0x60, length);
    if (length > shortText) {
      this.#bytes(bytes.subarray(start, end));
      return;
    }
    this.#room(length);
    const [buffer, at] = [this.#buffer, this.#length - start];
    for (let index = start; index < end; index += 1) buffer[at + index] = bytes[index] ?? 0;
    this.#length += length;
  }

  #begin(prefix: number | undefined): void {
    this.#length = 0;
    if (prefix !== undefined) this.#byte(prefix);
    this.#byte(0x82);
  }

  #row(row: Row | null, masked: readonly number[]): void {
    if (row === null) {
      this.#byte(0xf6);
      return;
    }
    this.#head(0x80, row.length);
    let index = 0;
    for (const cell of row) {
      if (masked.length > 0 && masked.includes(index)) this.nothing();
      else this.cell(cell);
      index += 1;
    }
  }

  #image(image: RowImage | null, masked: readonly number[]): void {
    if (image === null) {
      this.#byte(0xf6);
      return;
    }
    const { width } = image;
    this.#head(0x80, width);
    for (let index = 0; index < width; index += 1) {
      if (masked.length > 0 && masked.includes(index)) this.nothing();
      else image.write(index, this);
    }
  }

  #tag(type: Exclude<Cell['type'], 'null'>): void {
    this.#room(2);
    this.#buffer[this.#length] = 0x82;
    this.#buffer[this.#length + 1] = cellTag[type];
    this.#length += 2;
  }

  /** Writes a text of ASCII alone; most are, and the encoder's own overhead would be half of a large diff's time. */
  #plainText(value: string): boolean {
    const [start, { length }] = [this.#length, value];
    this.#head(0x60, length);
    this.#room(length);
    const [buffer, at] = [this.#buffer, this.#length];
    for (let index = 0; index < length; index += 1) {
      const code = value.charCodeAt(index);
      if (code > 0x7f) {
        this.#length = start;
        return false;
      }
      buffer[at + index] = code;
    }
    this.#length = at + length;
    return true;
  }

  #head(major: number, value: number): void {
    if (value < 24) this.#byte(major | value);
    else if (value < 0x100) this.#wide(major | 24, value, 1);
    else if (value < 0x10000) this.#wide(major | 25, value, 2);
    else if (value < 0x100000000) this.#wide(major | 26, value, 4);
    else this.#wide(major | 27, value, 8);
  }

  #wide(first: number, value: number, width: number): void {
    this.#room(1 + width);
    const [buffer, at] = [this.#buffer, this.#length];
    buffer[at] = first;
    let rest = value;
    // A division keeps what a shift of 32 bits would cut off.
    for (let index = at + width; index > at; index -= 1) {
      buffer[index] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    this.#length = at + 1 + width;
  }

  #byte(value: number): void {
    this.#room(1);
    this.#buffer[this.#length] = value;
    this.#length += 1;
  }

  #bytes(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #room(count: number): void {
    if (this.#length + count <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.max(this.#buffer.length * 2, this.#length + count));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }
}

/** Bytes of a text up to which it is copied by hand: a call for it costs more. */
const shortText = 64;
