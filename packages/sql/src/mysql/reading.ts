import type { Columns, CteScope, Findings, Scope } from '../findings.ts';
import type { HazardCode } from '../hazards.ts';
import { nameParts } from '../text.ts';
import type { Schema } from './schema.ts';
import type { Query, Span } from './tree.ts';

/** The readers that call each other in circles, handed over instead of imported. */
export interface Grammar {
  /** Reads a query and returns the names of its columns when known. */
  readonly query: (
    reading: Reading,
    query: Query,
    outer: Scope | undefined,
    ctes: CteScope | undefined,
  ) => Columns;
  /** Reads the query of a view that the catalogue describes. */
  readonly view: (reading: Reading, sql: string, span: Span) => void;
  /** Reads what a trigger that the catalogue describes runs, or notes that it is opaque. */
  readonly trigger: (reading: Reading, sql: string, span: Span) => void;
}

/** One statement being read: the submitted one, or the body of a view or trigger it reaches. */
export interface Reading {
  /** In a body: the place in the submitted text that reached it. */
  readonly anchor: Span | undefined;
  /** In a trigger a name may be a variable, so that one no table answers to is no fault. */
  readonly variables: boolean;
  /** Where bare names are looked for; a body brings its own. Undefined when it is not known. */
  readonly database: string | undefined;
  readonly schema: Schema;
  readonly grammar: Grammar;
  readonly found: Findings;
}

/** The reading of a body that belongs to `table` and is reached at `span`. */
export function within(reading: Reading, table: string, span: Span): Reading {
  const [first, second] = nameParts(table);
  const database = second === undefined ? reading.database : first;
  return { ...reading, database, anchor: reading.anchor ?? span };
}

/** Notes a hazard; in a body at the place that reached the body. */
export function hazard(reading: Reading, code: HazardCode, span: Span): void {
  const { offset, length } = reading.anchor ?? span;
  reading.found.marks.set(`${code} ${offset}`, { code, offset, length });
}

/** Notes that nothing can be said about what the statement does, and why. */
export function unknown(reading: Reading, code: HazardCode, span: Span): void {
  reading.found.effects.add('unknown');
  hazard(reading, code, span);
}

/** Notes that the statement runs something that was not read. */
export function noteOpaque(reading: Reading, span: Span): void {
  reading.found.opaque = true;
  unknown(reading, 'opaque', span);
}
