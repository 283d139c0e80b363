import { scopeChain } from '../findings.ts';
import type { Columns, Scope, Source } from '../findings.ts';
import { nameParts, qualified } from '../text.ts';
import { hazard, unknown } from './reading.ts';
import type { Reading } from './reading.ts';
import type { Name } from './tree.ts';

/** Names of columns have no case. */
export function columnName(name: string): string {
  return name.toLowerCase();
}

/** Letters whose case the servers fold as `toLowerCase` does; of others some have no case there, some another one. */
const SURE_LETTERS =
  /[\x00-\x7f\u00c0-\u00de\u00e0-\u00fe\u0100-\u012f\u0132-\u0137\u0139-\u0148\u014a-\u0177\u0179-\u017e\u0400-\u045f]/gu;

/** Whether it is known which names the server takes for the same as this one. */
export function isFoldKnown(name: string): boolean {
  const others = name.replaceAll(SURE_LETTERS, '');
  return others.toLowerCase() === others && others.toUpperCase() === others;
}

function note(reading: Reading, source: Source, column: string): void {
  if (source.table !== undefined) reading.found.columnsRead.add(`${source.table}.${qualified(column)}`);
}

/** Notes the column that a name of one, two or three parts reads. */
export function readColumn(reading: Reading, scope: Scope | undefined, name: Name): void {
  const [column = '', ...table] = [...name.parts].reverse();
  if (table.length > 0) readQualified(reading, scope, table.reverse(), columnName(column), name);
  else readBare(reading, scope, columnName(column), name);
}

/**
 * Notes the column that a bare name reads. When more than one source could have it and the columns are
 * not known, it is noted as `?.name`: which table it is of is not known.
 */
function readBare(reading: Reading, scope: Scope | undefined, name: string, written: Name): void {
  const possible: Source[] = [];
  if (!isFoldKnown(name) && [...scopeChain(scope)].flatMap(({ sources }) => sources).length > 1) {
    reading.found.columnsRead.add(`?.${qualified(name)}`);
    return;
  }
  for (const level of scopeChain(scope)) {
    const having = level.sources.filter((source) => source.columns?.includes(name) === true);
    if (having.length > 0 && possible.length === 0) {
      for (const source of having) note(reading, source, name);
      return;
    }
    if (level.aliases.has(name) && possible.length === 0) return;
    possible.push(...having, ...level.sources.filter((source) => source.columns === undefined));
  }
  const [only] = possible;
  if (only === undefined) {
    if (!reading.variables && scope !== undefined) hazard(reading, 'unknown-column', written.span);
  } else if (possible.length === 1) note(reading, only, name);
  else if (possible.some((source) => source.table !== undefined)) {
    reading.found.columnsRead.add(`?.${qualified(name)}`);
  }
}

function readQualified(
  reading: Reading,
  scope: Scope | undefined,
  table: readonly string[],
  column: string,
  written: Name,
): void {
  const matching = [...scopeChain(scope)].map(({ sources }) => sourcesAmong(reading, sources, table));
  const possible = possibleOf(matching, column);
  const [only] = possible;
  if (only !== undefined && possible.length === 1) {
    note(reading, only, column);
    return;
  }
  if (only === undefined && reading.variables) return;
  if (possible.length === 0 || possible.some((source) => source.table !== undefined))
    reading.found.columnsRead.add(`?.${qualified(column)}`);
  if (only === undefined) unknown(reading, 'unknown-column', written.span);
}

/**
 * The sources that may have a column, of those with the alias before it, from inside out: a server passes by one without it, also to
 * another of the same name. More than one when that cannot be told.
 */
function possibleOf(matching: readonly (readonly Source[])[], column: string): readonly Source[] {
  const all = matching.flat();
  if (!isFoldKnown(column) && all.length > 1) return all;
  const possible: Source[] = [];
  for (const level of matching) {
    possible.push(...level.filter(({ columns }) => columns?.includes(column) ?? true));
    if (possible.some(({ columns }) => columns !== undefined)) break;
  }
  return possible;
}

/**
 * The sources that `alias` or `db.alias` names; several when they stand in several databases. Behind the name of a database stands an
 * alias too: of `t AS x JOIN u AS t` the server takes `shop.t.c` for a column of `u`. The case of an alias counts where that of a
 * table does.
 */
export function sourcesAmong(
  { schema, database }: Reading,
  sources: readonly Source[],
  parts: readonly string[],
): readonly Source[] {
  const [only = '', second] = parts;
  if (second !== undefined) {
    const named = schema.qualify(parts, database);
    return sources.filter(({ name, table }) => {
      const [first, last] = nameParts(table ?? '');
      return (
        name !== undefined && last !== undefined && schema.qualify([first ?? '', name], undefined) === named
      );
    });
  }
  const fold = (text: string): string => (schema.folds ? text.toLowerCase() : text);
  return sources.filter(({ name }) => name !== undefined && fold(name) === fold(only));
}

/** Notes every column of a source, and returns their names when they are known. */
export function readStar(reading: Reading, source: Source): Columns {
  if (source.columns === undefined) {
    if (source.table !== undefined) reading.found.columnsRead.add(`${source.table}.*`);
    return undefined;
  }
  for (const column of source.columns) note(reading, source, column);
  return source.columns;
}
