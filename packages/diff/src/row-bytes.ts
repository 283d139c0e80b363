import type { Cell, Row } from './cell.ts';
import type { RowChange } from './diff.ts';
import { DiffError } from './diff-error.ts';

const textEncoder = new TextEncoder();
const nothing: Cell = { type: 'null' };
const cellTag = { null: 0, integer: 1, text: 2, bytes: 3, number: 4, boolean: 5 } as const;

/**
 * Writes rows as deterministic CBOR into one growing buffer that is used again for each row: the
 * hundred thousand rows of a large diff are hashed without building a value for each.
 * The bytes are those that codec's `encode` gives for the same array.
 */
export class RowWriter {
  #buffer: Uint8Array = new Uint8Array(4096);
  #length = 0;

  /**
   * Returns the record of one change, `[before / null, after / null]`, each row an array of cells
   * shaped as a statement's parameters. Cells at `masked` indexes of an inserted row are written as
   * null. The bytes stay valid until the next call. `prefix` stands before the record.
   * @throws DiffError `diff/bad-cell`
   */
  change(change: RowChange, masked: readonly number[], prefix?: number): Uint8Array {
    this.#length = 0;
    if (prefix !== undefined) this.#byte(prefix);
    this.#byte(0x82);
    this.#row(change.before, []);
    this.#row(change.after, change.before === null ? masked : []);
    return this.#buffer.subarray(0, this.#length);
  }

  #row(row: Row | null, masked: readonly number[]): void {
    if (row === null) {
      this.#byte(0xf6);
      return;
    }
    this.#head(0x80, row.length);
    let index = 0;
    for (const cell of row) {
      this.#cell(masked.length > 0 && masked.includes(index) ? nothing : cell);
      index += 1;
    }
  }

  #cell(cell: Cell): void {
    this.#byte(cell.type === 'null' ? 0x81 : 0x82);
    this.#byte(cellTag[cell.type]);
    switch (cell.type) {
      case 'null':
        return;
      case 'integer':
        this.#integer(cell.value);
        return;
      case 'text':
      case 'number':
        this.#text(cell.value);
        return;
      case 'bytes':
        this.#head(0x40, cell.value.length);
        this.#bytes(cell.value);
        return;
      case 'boolean':
        this.#byte(cell.value ? 0xf5 : 0xf4);
        return;
    }
  }

  #integer(value: number): void {
    if (!Number.isSafeInteger(value)) {
      throw new DiffError('diff/bad-cell', `integer cell ${value} is out of range, expected at most 2^53-1`);
    }
    if (value >= 0) this.#head(0x00, value);
    else this.#head(0x20, -1 - value);
  }

  #text(value: string): void {
    if (value.length <= 256 && this.#plainText(value)) return;
    if (!value.isWellFormed()) {
      throw new DiffError('diff/bad-cell', 'text cell holds a lone surrogate, expected Unicode text');
    }
    const bytes = textEncoder.encode(value);
    this.#head(0x60, bytes.length);
    this.#bytes(bytes);
  }

  /** Writes a text of ASCII alone; most are, and the encoder's own overhead would be half of a large diff's time. */
  #plainText(value: string): boolean {
    const start = this.#length;
    this.#head(0x60, value.length);
    this.#room(value.length);
    for (let index = 0; index < value.length; index += 1) {
      const code = value.charCodeAt(index);
      if (code > 0x7f) {
        this.#length = start;
        return false;
      }
      this.#buffer[this.#length + index] = code;
    }
    this.#length += value.length;
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
    this.#byte(first);
    for (let power = 256 ** (width - 1); power >= 1; power /= 256) {
      this.#byte(Math.floor(value / power) % 256);
    }
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
