import type { Cell } from '@countersign/diff';
import { formatReal } from '../cells.ts';
import { TargetError } from '../target-error.ts';
import type { Input } from './session.ts';

/** Numbers of the built-in types whose values are not texts; they are the same in every version. */
const booleanType = 16;
const bytesType = 17;
const wholeTypes: readonly number[] = [20, 21, 23, 26];
const realTypes: readonly number[] = [700, 701];
const decimalType = 1700;

/** Returns the cell of a value as the server writes it, by the number of its type; NaN and infinities are numbers. */
export function toCell(value: string | null, type: number): Cell {
  if (value === null) return { type: 'null' };
  if (wholeTypes.includes(type)) return wholeCell(value);
  if (realTypes.includes(type)) return { type: 'number', value: formatReal(Number(value)) };
  switch (type) {
    case booleanType:
      return { type: 'boolean', value: value === 't' };
    case bytesType:
      return { type: 'bytes', value: new Uint8Array(Buffer.from(value.slice(2), 'hex')) };
    case decimalType:
      return { type: 'number', value };
    default:
      return { type: 'text', value };
  }
}

function wholeCell(text: string): Cell {
  const small = Number(text);
  return Number.isSafeInteger(small) ? { type: 'integer', value: small } : { type: 'number', value: text };
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
