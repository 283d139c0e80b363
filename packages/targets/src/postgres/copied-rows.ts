import { isUtf8 } from 'node:buffer';
import type { CellWriter, Row, RowImage } from '@countersign/diff';
import { CellForm } from './copied-cells.ts';

/**
 * Rows as COPY writes them in its text form, all in one piece of memory: fields parted by tabs, each row ended by a newline, NULL
 * as `\N`, and a backslash before every byte of a value that would be taken for one of these. So two rows are the same when
 * their bytes are.
 */
export class CopiedRows {
  /** Fields of each row; those beyond the first `shown` are not of the table, such as a row's place. */
  readonly width: number;
  readonly shown: number;
  #bytes: Buffer = Buffer.allocUnsafe(1 << 16);
  #length = 0;
  /** Where each field begins, and behind each row's last one where the next would: `width + 1` for each row. */
  #starts = new Float64Array(1 << 10);
  #count = 0;

  constructor(shown: number, more = 0) {
    this.shown = shown;
    // A row of no columns is one empty field.
    this.width = Math.max(1, shown + more);
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): Buffer {
    return this.#bytes;
  }

  /** Takes one row as the server sends it; bytes that are not UTF-8 become U+FFFD. @throws Error for another number of fields */
  add(line: Buffer): void {
    const end = line.length - 1;
    this.#room(line.length);
    const [bytes, starts, at] = [this.#bytes, this.#starts, this.#length];
    const first = this.#count * (this.width + 1);
    let [field, all] = [first, 0];
    starts[field] = at;
    for (let index = 0; index < end; index += 1) {
      const byte = line[index] ?? 0;
      bytes[at + index] = byte;
      all |= byte;
      if (byte !== tab) continue;
      field += 1;
      // A row of more fields is refused below; the room is for this one's.
      if (field <= first + this.width) starts[field] = at + index + 1;
    }
    if (line[end] !== newline || field - first + 1 !== this.width) throw new Error('row has other fields');
    if (all > 0x7f && !isUtf8(line)) {
      this.add(Buffer.from(line.toString('utf8')));
      return;
    }
    bytes[at + end] = newline;
    starts[first + this.width] = at + line.length;
    this.#length = at + line.length;
    this.#count += 1;
  }

  startOf(row: number, field: number): number {
    return this.#starts[row * (this.width + 1) + field] ?? 0;
  }

  /** Where a field ends, behind its last byte. */
  endOf(row: number, field: number): number {
    return this.startOf(row, field + 1) - 1;
  }

  /** A field's bytes as they came, as a text that is the same for the same bytes and no others. */
  raw(row: number, field: number): string {
    return this.#bytes.toString('latin1', this.startOf(row, field), this.endOf(row, field));
  }

  #room(length: number): void {
    if (this.#length + length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + length));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    const starts = (this.#count + 1) * (this.width + 1);
    if (starts <= this.#starts.length) return;
    const larger = new Float64Array(Math.max(this.#starts.length * 2, starts));
    larger.set(this.#starts);
    this.#starts = larger;
  }
}

const tab = 0x09;
const newline = 0x0a;

/** One row of those that were copied out, another one each time `at` is set. */
export class CopiedRow implements RowImage {
  readonly #rows: CopiedRows;
  readonly #forms: readonly CellForm[];
  at = 0;

  /** @param types numbers of the columns' types */
  constructor(rows: CopiedRows, types: readonly number[]) {
    this.#rows = rows;
    this.#forms = types.map((type) => new CellForm(type));
  }

  get width(): number {
    return this.#rows.shown;
  }

  write(index: number, writer: CellWriter): void {
    const rows = this.#rows;
    this.#formOf(index).write(rows.bytes, rows.startOf(this.at, index), rows.endOf(this.at, index), writer);
  }

  cells(): Row {
    const rows = this.#rows;
    return Array.from({ length: this.width }, (_, index) =>
      this.#formOf(index).cell(rows.bytes, rows.startOf(this.at, index), rows.endOf(this.at, index)),
    );
  }

  #formOf(index: number): CellForm {
    const form = this.#forms[index];
    if (form === undefined) throw new RangeError(`no column ${index}`);
    return form;
  }
}
