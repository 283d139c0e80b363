import type { CellWriter, Row, RowImage } from '@countersign/diff';
import { formatReal } from '../cells.ts';
import type { Values } from './connection.ts';
import { toCell } from './values.ts';

/** Some of the values of a row that was read, as a row of a table: those from `first` on. */
export class ValuesImage implements RowImage {
  readonly width: number;
  readonly #first: number;
  values: Values = [];

  constructor(first: number, width: number) {
    this.#first = first;
    this.width = width;
  }

  write(index: number, writer: CellWriter): void {
    const value = this.values[this.#first + index];
    switch (typeof value) {
      case 'string':
        writer.text('text', value);
        return;
      case 'bigint': {
        const small = Number(value);
        if (Number.isSafeInteger(small)) writer.integer(small);
        else writer.text('number', value.toString());
        return;
      }
      case 'number':
        writer.text('number', formatReal(value));
        return;
      default:
        if (value === null || value === undefined) writer.nothing();
        else writer.bytes(value);
    }
  }

  cells(): Row {
    return this.values.slice(this.#first, this.#first + this.width).map(toCell);
  }
}

/** Whether two rows in one list of values hold the same cells. */
export function sameValues(values: Values, first: number, second: number, width: number): boolean {
  for (let index = 0; index < width; index += 1) {
    const [a, b] = [values[first + index], values[second + index]];
    if (a instanceof Uint8Array && b instanceof Uint8Array ? Buffer.compare(a, b) !== 0 : !Object.is(a, b))
      return false;
  }
  return true;
}
