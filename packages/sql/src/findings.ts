import { SqlError } from './error.ts';
import { EFFECTS } from './facts.ts';
import type { Effect, Hazard, StatementFacts, WhereForm } from './facts.ts';
import type { HazardCode } from './hazards.ts';
import { LIMITS } from './limits.ts';
import { sortedNames } from './text.ts';

/** Where a hazard stands in the scanned text, in UTF-16 code units. */
export interface Mark {
  readonly code: HazardCode;
  readonly offset: number;
  readonly length: number;
}

/** What has been found out about one statement so far. */
export interface Findings {
  readonly reads: Set<string>;
  readonly writes: Set<string>;
  readonly columnsRead: Set<string>;
  readonly columnsWritten: Set<string>;
  readonly functions: Set<string>;
  readonly relations: Set<string>;
  readonly effects: Set<Effect>;
  readonly marks: Map<string, Mark>;
  /** Bodies being read, so that views, triggers and cascades that name each other end. */
  readonly bodies: Set<string>;
  where: WhereForm;
  limited: boolean;
  opaque: boolean;
  depth: number;
}

/** Names of columns; undefined when they are not known. */
export type Columns = readonly string[] | undefined;

/** Something columns can come from: a table under its name or alias, or the rows of a subquery. */
export interface Source {
  /** What the text calls it; undefined for rows without a name. */
  readonly name: string | undefined;
  /** Qualified table, undefined for derived rows. */
  readonly table: string | undefined;
  readonly columns: Columns;
}

/** The common table expressions in force, innermost first. */
export interface CteScope {
  readonly columns: ReadonlyMap<string, Columns>;
  readonly outer: CteScope | undefined;
}

/** What the names of an expression may mean, innermost first. */
export interface Scope {
  readonly sources: readonly Source[];
  /** Names given to result columns, where the grammar lets an expression use them. */
  readonly aliases: ReadonlySet<string>;
  readonly outer: Scope | undefined;
  readonly ctes: CteScope | undefined;
}

const NO_ALIASES: ReadonlySet<string> = new Set();

export function scopeOf(
  sources: readonly Source[],
  outer: Scope | undefined,
  ctes: CteScope | undefined,
  aliases: ReadonlySet<string> = NO_ALIASES,
): Scope {
  return { sources, aliases, outer, ctes };
}

/** The columns of the common table expression that a name means, when it means one. */
export function findCte(ctes: CteScope | undefined, name: string): { readonly columns: Columns } | undefined {
  for (let at = ctes; at !== undefined; at = at.outer) {
    if (at.columns.has(name)) return { columns: at.columns.get(name) };
  }
  return undefined;
}

/** The scope's chain from the inside out. */
export function* scopeChain(scope: Scope | undefined): Generator<Scope> {
  for (let at = scope; at !== undefined; at = at.outer) yield at;
}

export function emptyFindings(): Findings {
  return {
    reads: new Set(),
    writes: new Set(),
    columnsRead: new Set(),
    columnsWritten: new Set(),
    functions: new Set(),
    relations: new Set(),
    effects: new Set(),
    marks: new Map(),
    bodies: new Set(),
    where: 'none',
    limited: false,
    opaque: false,
    depth: 0,
  };
}

/**
 * Runs `walk` one level deeper.
 * @throws SqlError `sql/tree-too-deep` beyond LIMITS.treeDepthMax
 */
export function descend<T>({ found }: { readonly found: Findings }, walk: () => T): T {
  found.depth += 1;
  if (found.depth > LIMITS.treeDepthMax) {
    throw new SqlError('sql/tree-too-deep', `more than ${LIMITS.treeDepthMax} levels of expressions`);
  }
  const result = walk();
  found.depth -= 1;
  return result;
}

/** What is left when a statement is only explained: what it writes it looks at, and of its hazards some. */
export function keepReads(found: Findings, isKept: (code: HazardCode) => boolean): void {
  const isUnknown = found.effects.has('unknown');
  for (const table of found.writes) found.reads.add(table);
  found.writes.clear();
  found.columnsWritten.clear();
  found.effects.clear();
  found.effects.add(isUnknown ? 'unknown' : 'read');
  for (const [key, mark] of found.marks) if (!isKept(mark.code)) found.marks.delete(key);
  found.where = 'none';
  found.limited = false;
}

/**
 * How many names a statement gave.
 * @throws SqlError `sql/name-too-long` beyond LIMITS.nameLengthMax
 */
export function countNames(found: Findings): number {
  const lists = [found.reads, found.writes, found.columnsRead, found.columnsWritten, found.functions];
  for (const list of lists) {
    for (const name of list) {
      if (name.length > LIMITS.nameLengthMax)
        throw new SqlError('sql/name-too-long', `a name of ${name.length}`);
    }
  }
  return lists.reduce((sum, list) => sum + list.size, found.marks.size);
}

/** Where a statement stands in its text: from its first token to the end of its last. */
export interface Piece {
  readonly start: number;
  readonly end: number;
}

/** The facts of one statement; `inside` are the scanner's hazards between its first and last token. */
export function statementFacts(
  { sql, text }: { readonly sql: string; readonly text: number },
  piece: Piece,
  kind: string,
  found: Findings,
  inside: readonly Hazard[],
): StatementFacts {
  const own = [...found.marks.values()].map((mark) => placed(mark, text));
  return {
    sql: sql.slice(piece.start, piece.end),
    text,
    offset: piece.start,
    kind,
    effects: EFFECTS.filter((effect) => found.effects.has(effect)),
    reads: sortedNames(found.reads),
    writes: sortedNames(found.writes),
    columnsRead: sortedNames(found.columnsRead),
    columnsWritten: sortedNames(found.columnsWritten),
    where: found.where,
    limited: found.limited,
    functions: sortedNames(found.functions),
    hazards: [...inside, ...own].sort(byPlace),
    opaque: found.opaque,
  };
}

function byPlace(a: Hazard, b: Hazard): number {
  return a.offset === b.offset ? (a.code < b.code ? -1 : 1) : a.offset - b.offset;
}

/** The hazard that a mark of one text is. */
export function placed(mark: Mark, text: number): Hazard {
  return { code: mark.code, text, offset: mark.offset, length: mark.length };
}

/** A mark of a whole text. */
export function whole(code: HazardCode): Mark {
  return { code, offset: 0, length: 0 };
}
