import type { CellWriter, Row, RowImage, TableBuilder } from '@countersign/diff';
import type { ColumnType, DriverValue } from './session.ts';
import type { TableShape } from './table-shapes.ts';
import { isWhole, toCell } from './values.ts';

/** A row as the driver gives it. The same row is read by both sessions by the same words, so types need not be compared. */
export type Values = readonly DriverValue[];

/** Rows as the transaction has them, until those that were there before have been held against them. */
export class HeldImages {
  readonly #nameOf: (values: Values) => unknown;
  readonly #held = new Map<unknown, Values>();
  /** Further rows of the same name, which only tables without a key have: there the name is the whole row. */
  readonly #more = new Map<unknown, Values[]>();
  readonly #before: DriverImage;
  readonly #after: DriverImage;
  #types: readonly ColumnType[] = [];

  constructor({ key, columns }: Pick<TableShape, 'key' | 'columns'>) {
    const [only] = key;
    if (only === undefined) this.#nameOf = textOfAll;
    else if (key.length > 1) this.#nameOf = (values) => textOfAll(key.map((index) => values[index]));
    else this.#nameOf = (values) => nameOfOne(values[only]);
    this.#before = new DriverImage(columns.length);
    this.#after = new DriverImage(columns.length);
  }

  hold(values: Values, types: readonly ColumnType[]): void {
    this.#types = types;
    const name = this.#nameOf(values);
    if (!this.#held.has(name)) {
      this.#held.set(name, values);
      return;
    }
    const more = this.#more.get(name);
    if (more === undefined) this.#more.set(name, [values]);
    else more.push(values);
  }

  /** Adds what became of a row that was there before. @returns whether anything did */
  compare(before: Values, types: readonly ColumnType[], builder: TableBuilder): boolean {
    const name = this.#nameOf(before);
    const after = this.#take(name);
    if (after !== undefined && sameValues(before, after)) return false;
    const row = after === undefined ? null : this.#after.show(after, types);
    builder.addImages(this.#before.show(before, types), row);
    return true;
  }

  /** Adds the rows that were not there before, and holds none any more. */
  addLeft(builder: TableBuilder): void {
    const left = [...this.#held.values(), ...[...this.#more.values()].flat()];
    for (const after of left) builder.addImages(null, this.#after.show(after, this.#types));
    this.#held.clear();
    this.#more.clear();
  }

  /** Takes out a row of the name; several of one name are the same. */
  #take(name: unknown): Values | undefined {
    const more = this.#more.get(name);
    const last = more?.pop();
    if (more?.length === 0) this.#more.delete(name);
    if (last !== undefined) return last;
    const first = this.#held.get(name);
    this.#held.delete(name);
    return first;
  }
}

/** One row at a time in the form of the driver. */
class DriverImage implements RowImage {
  readonly width: number;
  #values: Values = [];
  #types: readonly ColumnType[] = [];

  constructor(width: number) {
    this.width = width;
  }

  show(values: Values, types: readonly ColumnType[]): this {
    this.#values = values;
    this.#types = types;
    return this;
  }

  write(index: number, writer: CellWriter): void {
    const value = this.#values[index];
    if (value === null) writer.nothing();
    else if (typeof value === 'number' && isWhole(this.#types[index])) writer.integer(value);
    else writer.cell(toCell(value, this.#types[index]));
  }

  cells(): Row {
    return this.#values.map((value, index) => toCell(value, this.#types[index]));
  }
}

function nameOfOne(value: DriverValue): unknown {
  return value instanceof Uint8Array ? textOfAll([value]) : value;
}

/** A text that is the same for the same values and no others. */
function textOfAll(values: Values): string {
  return JSON.stringify(
    values.map((value) => {
      if (value instanceof Uint8Array) return [Buffer.from(value).toString('latin1')];
      return Object.is(value, -0) ? [0] : value;
    }),
  );
}

function sameValues(a: Values, b: Values): boolean {
  for (let index = 0; index < a.length; index += 1) if (!sameValue(a[index], b[index])) return false;
  return true;
}

function sameValue(a: DriverValue, b: DriverValue): boolean {
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0;
  return Object.is(a, b);
}
