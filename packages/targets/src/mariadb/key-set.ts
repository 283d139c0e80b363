import type { Cell, Row } from '@countersign/diff';
import { rowText } from '../cells.ts';
import type { ColumnType, DriverValue } from './session.ts';
import { toCell } from './values.ts';

/** Keys that are read together. */
export type KeyChunk =
  | { readonly kind: 'list'; readonly keys: readonly Row[] }
  /** Whole numbers that lie close together: those in between are passed over. All are wanted where there is no list of them. */
  | {
      readonly kind: 'range';
      readonly low: number;
      readonly high: number;
      readonly numbers: ReadonlySet<number> | undefined;
    };

const keysAtOnce = 500;
const rangeKeys = 10_000;

/** Keys of rows that may have changed. Those of one whole number are kept as such: a million of them take eight megabytes. */
export class KeySet {
  #numbers = new Float64Array(64);
  #count = 0;
  readonly #others = new Map<string, Row>();
  readonly #most: number;
  #over = false;

  /** @param most keys above which none is kept any more */
  constructor(most: number) {
    this.#most = most;
  }

  /** Whether there are more keys than allowed: then not all of them are here. */
  get isOver(): boolean {
    if (!this.#over) this.#sort();
    this.#over ||= this.#count + this.#others.size > this.#most;
    return this.#over;
  }

  /** Takes a key as the driver gives it. */
  add(values: readonly DriverValue[], types: readonly ColumnType[]): void {
    // A number that comes again counts twice until they are sorted, which is not done for each.
    if (this.#over || (this.#count + this.#others.size > 2 * this.#most && this.isOver)) return;
    if (values.length === 1) {
      const cell = toCell(values[0], types[0]);
      if (cell.type === 'integer') this.#addNumber(cell.value);
      else this.#addOther([cell]);
    } else this.#addOther(values.map((value, at) => toCell(value, types[at])));
  }

  /** All keys, each once. */
  *chunks(): Generator<KeyChunk, undefined> {
    this.#sort();
    const numbers = this.#numbers.subarray(0, this.#count);
    for (let at = 0; at < numbers.length; at += rangeKeys) {
      yield* chunksOf(numbers.subarray(at, at + rangeKeys));
    }
    yield* lists([...this.#others.values()]);
    return undefined;
  }

  #addNumber(value: number): void {
    if (this.#count === this.#numbers.length) {
      this.#sort();
      if (this.#count > this.#numbers.length / 2) {
        const larger = new Float64Array(this.#numbers.length * 2);
        larger.set(this.#numbers);
        this.#numbers = larger;
      }
    }
    this.#numbers[this.#count] = value;
    this.#count += 1;
  }

  #addOther(key: Row): void {
    this.#others.set(rowText(key), key);
  }

  /** Puts the numbers in order, each once. */
  #sort(): void {
    const numbers = this.#numbers.subarray(0, this.#count).sort();
    let kept = 0;
    for (const value of numbers) {
      if (kept > 0 && numbers[kept - 1] === value) continue;
      numbers[kept] = value;
      kept += 1;
    }
    this.#count = kept;
  }
}

/** @param numbers ascending, each once */
function* chunksOf(numbers: Float64Array): Generator<KeyChunk> {
  const [low, high] = [numbers[0] ?? 0, numbers.at(-1) ?? 0];
  if (numbers.length > 2 * keysAtOnce && high - low <= 3 * numbers.length) {
    const whole = high - low === numbers.length - 1;
    yield { kind: 'range', low, high, numbers: whole ? undefined : new Set(numbers) };
  } else yield* lists(Array.from(numbers, (value): [Cell] => [{ type: 'integer', value }]));
}

function* lists(keys: readonly Row[]): Generator<KeyChunk> {
  for (let at = 0; at < keys.length; at += keysAtOnce) {
    yield { kind: 'list', keys: keys.slice(at, at + keysAtOnce) };
  }
}
