import type { Cell } from '@countersign/diff';
import { formatReal } from '../cells.ts';
import { TargetError } from '../target-error.ts';
import type { Input } from './session.ts';

/** Numbers of the built-in types whose values are not texts; they are the same in every version. */
export const booleanType = 16;
const bytesType = 17;
export const wholeTypes: readonly number[] = [20, 21, 23, 26];
const realTypes: readonly number[] = [700, 701];
export const decimalType = 1700;

/** Makes a cell of a value as the server writes it. */
export type CellReader = (value: string | null) => Cell;

/** Returns the cell of a value as the server writes it, by the number of its type; NaN and infinities are numbers. */
export function toCell(value: string | null, type: number): Cell {
  return scratchReader(type)(value);
}

/** Returns what makes cells of the values of a type. A cell is good until the next one is made. */
export function scratchReader(type: number): CellReader {
  const nothing: Cell = { type: 'null' };
  const read = valueReader(type);
  return (value) => (value === null ? nothing : read(value));
}

function valueReader(type: number): (value: string) => Cell {
  if (wholeTypes.includes(type)) return wholeReader();
  if (realTypes.includes(type)) return (value) => ({ type: 'number', value: formatReal(Number(value)) });
  switch (type) {
    case booleanType:
      return (value) => ({ type: 'boolean', value: value === 't' });
    case bytesType:
      return (value) => ({ type: 'bytes', value: new Uint8Array(Buffer.from(value.slice(2), 'hex')) });
    case decimalType:
      return textReader('number');
    default:
      return textReader('text');
  }
}

function textReader(type: 'text' | 'number'): (value: string) => Cell {
  const cell = { type, value: '' };
  return (value) => {
    cell.value = value;
    return cell;
  };
}

function wholeReader(): (value: string) => Cell {
  const cell = { type: 'integer' as const, value: 0 };
  return (value) => {
    cell.value = Number(value);
    return Number.isSafeInteger(cell.value) ? cell : { type: 'number', value };
  };
}

/**
 * Returns what to bind for a parameter: bytes as they are, everything else as text, which the server reads as the type
 * that it infers.
 * @throws TargetError `statement/bad-parameter`
 */
export function toInput(cell: Cell, statement: number): Input {
  switch (cell.type) {
    case 'null':
      return null;
    case 'bytes':
      return Buffer.from(cell.value);
    case 'integer':
    case 'boolean':
      return String(cell.value);
    case 'number':
    case 'text':
      if (cell.value.isWellFormed() && !cell.value.includes('\0')) return cell.value;
      throw new TargetError('statement/bad-parameter', 'parameter is text with a lone surrogate or a NUL', {
        statement,
      });
  }
}

/** The name in double quotes. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The text in single quotes; undefined for one with a backslash, of which a setting says what it means. */
export function quoteText(text: string): string | undefined {
  return /[\\\0]/.test(text) ? undefined : `'${text.replaceAll("'", "''")}'`;
}
