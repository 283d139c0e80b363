import driver from 'mysql2';
import type { TypedParameterValue } from 'mysql2';
import type { Cell } from '@countersign/diff';
import { formatReal } from '../cells.ts';
import { TargetError } from '../target-error.ts';

/** The protocol's numbers of column types whose values are not plain text. */
const decimals = [0, 246];
const integers = [1, 2, 3, 8, 9, 13];
const singles = 4;

const isInteger = Uint8Array.from({ length: 256 }, (_, type) => Number(integers.includes(type)));
const isDecimal = Uint8Array.from({ length: 256 }, (_, type) => Number(decimals.includes(type)));

/** Whether the values of a column of the type are whole numbers. */
export function isWhole(type: number | undefined): boolean {
  return type !== undefined && isInteger[type] === 1;
}

/** Returns the cell of a value as the driver gives it, by the type of its column. */
export function toCell(value: unknown, type: number | undefined): Cell {
  if (value === null || value === undefined) return { type: 'null' };
  if (value instanceof Uint8Array) return { type: 'bytes', value: new Uint8Array(value) };
  if (typeof value === 'number' || typeof value === 'string') {
    if (isWhole(type)) return wholeCell(String(value));
    if (typeof value === 'number') {
      return { type: 'number', value: formatReal(type === singles ? nearestShort(value) : value) };
    }
    return type !== undefined && isDecimal[type] === 1 ? { type: 'number', value } : { type: 'text', value };
  }
  throw new TargetError('statement/failed', 'a column is of a type that is not read here');
}

/** The shortest decimal that reads back as the same number of single precision, which the driver has widened. */
function nearestShort(value: number): number {
  // Zero has a sign, which the decimal would lose.
  if (value === 0) return value;
  for (let digits = 1; digits < 9; digits += 1) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}

function wholeCell(text: string): Cell {
  const small = Number(text);
  return Number.isSafeInteger(small) ? { type: 'integer', value: small } : { type: 'number', value: text };
}

/** What the driver binds. */
export type Input = string | boolean | Buffer | TypedParameterValue | null;

/** The digits that a decimal of the engine holds at most. */
const decimalDigitsMax = 65;

/**
 * Returns what to bind for a parameter, with the type that loses nothing: whole numbers as BIGINT (the driver would send
 * a double), others as DECIMAL when they are written out and as DOUBLE when they have an exponent or a signed zero.
 * @throws TargetError `statement/bad-parameter`
 */
export function toInput(cell: Cell, statement: number): Input {
  switch (cell.type) {
    case 'null':
      return null;
    case 'bytes':
      return Buffer.from(cell.value);
    case 'text':
      if (cell.value.isWellFormed()) return cell.value;
      throw new TargetError('statement/bad-parameter', 'parameter is text with a lone surrogate', {
        statement,
      });
    case 'integer':
      return driver.TypedParameter.BIGINT(String(cell.value));
    case 'boolean':
      return cell.value;
    case 'number':
      return numberInput(cell.value, statement);
  }
}

function numberInput(text: string, statement: number): Input {
  if (/^-?[0-9]+(?:\.[0-9]+)?$/.test(text) && text.length <= decimalDigitsMax && !/^-[0.]+$/.test(text)) {
    return driver.TypedParameter.DECIMAL(text);
  }
  const value = Number(text);
  if (Number.isFinite(value) && text.trim() !== '') return driver.TypedParameter.DOUBLE(value);
  throw new TargetError('statement/bad-parameter', 'parameter is a number that the engine has no value for', {
    statement,
  });
}

/** The name in backquotes. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** An account as SHOW CREATE writes it. */
export function quoteAccount(user: string, host: string): string {
  return `${quoteName(user)}@${quoteName(host)}`;
}

/** A text as a literal that means the same in every sql_mode but NO_BACKSLASH_ESCAPES, which our sessions do not have. */
export function quoteText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}
