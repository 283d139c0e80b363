import { emptyFindings as nothingFound } from '../findings.ts';
import type { Columns, CteScope, Findings as Found, Scope } from '../findings.ts';
import type { HazardCode } from '../hazards.ts';
import type { Schema } from './schema.ts';
import { locationOf } from './tree.ts';
import type { Node, Tree } from './tree.ts';

/** What has been found out about one statement so far, and which built-in names it takes for granted. */
export interface Findings extends Found {
  readonly assumedFunctions: Set<string>;
  readonly casts: Set<string>;
  readonly operators: Set<string>;
}

/** The readers that call each other in circles, handed over instead of imported. */
export interface Grammar {
  /** Reads SELECT, VALUES, INSERT, UPDATE, DELETE or MERGE and returns the names of its columns when known. */
  readonly query: (
    reading: Reading,
    query: Node,
    outer: Scope | undefined,
    ctes: CteScope | undefined,
  ) => Columns;
  /** Reads the query of a view that the catalogue describes. */
  readonly view: (reading: Reading, table: string, sql: string) => void;
}

/** One text being read: the submitted one, or the query of a view it reaches. */
export interface Reading {
  /** The place of a byte offset of the parser; undefined is the statement itself. */
  readonly place: (bytes: number | undefined) => { readonly offset: number; readonly length: number };
  readonly schema: Schema;
  readonly grammar: Grammar;
  /** In a definition structures that are not listed are walked through; in a query they make it unknown. */
  readonly definition: boolean;
  readonly found: Findings;
}

export function emptyFindings(): Findings {
  return { ...nothingFound(), assumedFunctions: new Set(), casts: new Set(), operators: new Set() };
}

/** Notes a hazard at a node, or at the statement when the node has no place. */
export function hazard(reading: Reading, code: HazardCode, tree?: Tree): void {
  const { offset, length } = reading.place(tree === undefined ? undefined : locationOf(tree));
  reading.found.marks.set(`${code} ${offset}`, { code, offset, length });
}

/** Notes that nothing can be said about what the statement does, and why. */
export function unknown(reading: Reading, code: HazardCode, tree?: Tree): void {
  reading.found.effects.add('unknown');
  hazard(reading, code, tree);
}

/** Notes that the statement runs something that was not read. */
export function noteOpaque(reading: Reading, tree?: Tree): void {
  reading.found.opaque = true;
  unknown(reading, 'opaque', tree);
}
