import type { Select, Span } from 'sqlite3-parser';
import type { CteScope, Findings, Scope } from '../findings.ts';
import type { HazardCode } from '../hazards.ts';
import type { KnownRelation, Schema } from './schema.ts';

/** The readers that call each other in circles, handed over instead of imported. */
export interface Grammar {
  readonly select: (
    reading: Reading,
    select: Select,
    outer: Scope | undefined,
    ctes: CteScope | undefined,
  ) => readonly string[] | undefined;
  readonly view: (reading: Reading, name: string, known: KnownRelation, span: Span) => void;
}

/** One text being read: the submitted one, or the body of a view or trigger it reaches. */
export interface Reading {
  readonly source: string;
  /** In a body: the place in the submitted text that reached it. */
  readonly anchor: Span | undefined;
  readonly schema: Schema;
  readonly grammar: Grammar;
  readonly found: Findings;
}

/** Notes a hazard at a node; in a body at the place that reached the body. */
export function hazard(reading: Reading, code: HazardCode, span: Span): void {
  const { offset, length } = reading.anchor ?? span;
  reading.found.marks.set(`${code} ${offset}`, { code, offset, length });
}

/** Notes that nothing can be said about what the statement does, and why. */
export function unknown(reading: Reading, code: HazardCode, span: Span): void {
  reading.found.effects.add('unknown');
  hazard(reading, code, span);
}

/** True when the node is written in double quotes: SQLite reads such a name as text when no column has it. */
export function isDoubleQuoted(reading: Reading, span: Span): boolean {
  return reading.source.charAt(span.offset) === '"';
}

/** True when the node is written bare, without any quotes. */
export function isBare(reading: Reading, span: Span): boolean {
  return /[A-Za-z_\u0080-\uffff]/.test(reading.source.charAt(span.offset));
}
