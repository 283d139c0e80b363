import type { SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { Cell } from '@countersign/diff';
import { sqliteParameters } from '@countersign/sql';
import { formatReal } from '../cells.ts';
import type { Statement } from '../target.ts';
import { TargetError } from '../target-error.ts';

const wholeNumber = /^-?[0-9]+$/;
const realNumber = /^-?(?:[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?|Infinity)$/i;

/**
 * Returns the cell of a value read with big integers on, so that a number is always a REAL.
 * Integers beyond 2^53-1 and REALs are `number` text; a REAL shows a point, an exponent or Infinity.
 */
export function toCell(value: SQLOutputValue | undefined): Cell {
  if (value === null || value === undefined) return { type: 'null' };
  if (typeof value === 'string') return { type: 'text', value };
  if (typeof value === 'number') return { type: 'number', value: formatReal(value) };
  if (typeof value === 'bigint') {
    const small = Number(value);
    if (Number.isSafeInteger(small)) return { type: 'integer', value: small };
    return { type: 'number', value: value.toString() };
  }
  return { type: 'bytes', value: new Uint8Array(value) };
}

/** Lower-cases A to Z only, as the engine compares names. */
export function foldName(name: string): string {
  return name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

/**
 * Returns what to bind for a parameter: `number` texts of digits alone as INTEGER, others as REAL.
 * @throws TargetError `statement/bad-parameter`
 */
export function toInput(cell: Cell, statement: number): SQLInputValue {
  switch (cell.type) {
    case 'null':
      return null;
    case 'integer':
      if (!Number.isSafeInteger(cell.value)) throw badParameter('an integer out of range', statement);
      return BigInt(cell.value);
    case 'text':
      if (!cell.value.isWellFormed()) throw badParameter('text with a lone surrogate', statement);
      return cell.value;
    case 'bytes':
      return cell.value;
    case 'boolean':
      return cell.value ? 1n : 0n;
    case 'number':
      return parseNumber(cell.value, statement);
  }
}

/** What the engine is given for the places of a statement: values by name, and one for each `?` in order. */
type Bindings = [byName: Record<string, SQLInputValue>, ...inOrder: SQLInputValue[]];

/**
 * Returns what to bind to a compiled statement that the gate has admitted. Named places are bound by the engine's own names, so that a value
 * cannot land elsewhere however they are counted.
 * @throws TargetError `statement/bad-parameter`
 */
export function bindingsOf(compiled: StatementSync, { sql, params }: Statement, statement: number): Bindings {
  const inputs = params.map((cell) => toInput(cell, statement));
  const names = /[:@$]/.test(sql) ? (sqliteParameters(sql)?.names ?? []) : [];
  const byName = Object.create(null) as Record<string, SQLInputValue>;
  if (names.length === 0) return [byName, ...inputs];
  // The driver would refuse `:a` beside `@a`, which it also lets be called `a`.
  compiled.setAllowBareNamedParameters(false);
  for (const [index, name] of names.entries()) {
    const input = inputs[index];
    if (input === undefined) throw new RangeError(`no value for ${name}: the gate admits none such`);
    byName[name] = input;
  }
  return [byName];
}

function parseNumber(text: string, statement: number): SQLInputValue {
  if (wholeNumber.test(text)) {
    const value = BigInt(text);
    if (BigInt.asIntN(64, value) !== value) throw badParameter('an integer beyond 64 bits', statement);
    return value;
  }
  if (!realNumber.test(text)) throw badParameter('a number this engine has no value for', statement);
  return Number(text);
}

function badParameter(fact: string, statement: number): TargetError {
  return new TargetError('statement/bad-parameter', `parameter is ${fact}`, { statement });
}

/** Whether a text may stand for bytes that are not UTF-8: the driver puts U+FFFD in their place. */
export function isSuspect(value: SQLOutputValue | undefined): boolean {
  return typeof value === 'string' && value.includes('\ufffd');
}

/** The name in double quotes. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
