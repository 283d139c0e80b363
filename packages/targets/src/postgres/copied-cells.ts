import type { Cell, CellWriter } from '@countersign/diff';
import { booleanType, decimalType, scratchReader, wholeTypes } from './values.ts';
import type { CellReader } from './values.ts';

const backslash = 0x5c;
/** Digits of a whole number that are counted up without being looked at as a text. */
const digitsMax = 15;

type Kind = 'whole' | 'boolean' | 'number' | 'text' | 'other';

/** How the fields of one column that COPY wrote become cells: those that `toCell` makes of the values. */
export class CellForm {
  readonly #read: CellReader;
  readonly #kind: Kind;

  /** @param type the number of the column's type */
  constructor(type: number) {
    this.#read = scratchReader(type);
    this.#kind = kindOf(type, this.#read);
  }

  /** Writes the cell of the field from `start` up to `end`. */
  write(bytes: Buffer, start: number, end: number, writer: CellWriter): void {
    if (isNull(bytes, start, end)) {
      writer.nothing();
      return;
    }
    switch (this.#kind) {
      case 'text':
      case 'number':
        if (isPlain(bytes, start, end)) writer.utf8(this.#kind, bytes, start, end);
        else writer.cell(this.cell(bytes, start, end));
        return;
      case 'whole': {
        const value = wholeOf(bytes, start, end);
        if (value === undefined) writer.cell(this.cell(bytes, start, end));
        else writer.integer(value);
        return;
      }
      case 'boolean':
        writer.boolean(bytes[start] === 0x74);
        return;
      case 'other':
        writer.cell(this.cell(bytes, start, end));
    }
  }

  cell(bytes: Buffer, start: number, end: number): Cell {
    return { ...this.#read(isNull(bytes, start, end) ? null : valueOf(bytes, start, end)) };
  }
}

function kindOf(type: number, read: CellReader): Kind {
  if (wholeTypes.includes(type)) return 'whole';
  if (type === decimalType) return 'number';
  if (type === booleanType) return 'boolean';
  return read('').type === 'text' ? 'text' : 'other';
}

function isNull(bytes: Buffer, start: number, end: number): boolean {
  return end - start === 2 && bytes[start] === backslash && bytes[start + 1] === 0x4e;
}

function isPlain(bytes: Buffer, start: number, end: number): boolean {
  for (let index = start; index < end; index += 1) if (bytes[index] === backslash) return false;
  return true;
}

/** The whole number that a field is; undefined for one of many digits, or anything else. */
function wholeOf(bytes: Buffer, start: number, end: number): number | undefined {
  const minus = bytes[start] === 0x2d;
  const from = minus ? start + 1 : start;
  if (from === end || end - from > digitsMax) return undefined;
  let value = 0;
  for (let index = from; index < end; index += 1) {
    const digit = (bytes[index] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    value = value * 10 + digit;
  }
  return minus && value !== 0 ? -value : value;
}

const escapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/** The value of a field that is not NULL, as the server writes it elsewhere. */
function valueOf(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, end);
  return text.includes('\\')
    ? text.replace(/\\(.)/gs, (_, letter: string) => escapes[letter] ?? letter)
    : text;
}
