import { qualified } from '../text.ts';
import { hazard, unknown } from './reading.ts';
import { scopeChain } from '../findings.ts';
import type { Scope, Source } from '../findings.ts';
import type { Reading } from './reading.ts';
import type { Tree } from './tree.ts';

/** Columns that every table has and no list shows. */
const SYSTEM: ReadonlySet<string> = new Set(['tableoid', 'ctid', 'xmin', 'xmax', 'cmin', 'cmax']);

function note(reading: Reading, source: Source, column: string): void {
  if (source.table !== undefined) reading.found.columnsRead.add(`${source.table}.${qualified(column)}`);
}

function mayHave(source: Source, column: string): boolean {
  return source.columns?.includes(column) ?? true;
}

/**
 * Notes the column that a bare name reads. When more than one source could have it and the columns are
 * not known, it is noted as `?.name`: which table it is of is not known.
 */
export function readColumn(reading: Reading, scope: Scope | undefined, name: string, tree: Tree): void {
  const possible: Source[] = [];
  for (const level of scopeChain(scope)) {
    const having = level.sources.filter((source) => source.columns?.includes(name) === true);
    if (having.length > 0 && possible.length === 0) {
      for (const source of having) note(reading, source, name);
      return;
    }
    if (level.aliases.has(name) && possible.length === 0) return;
    const open = level.sources.filter((source) => source.columns === undefined);
    // A name that only the alias of a source answers to is the whole row.
    const row = level.sources.find((source) => source.name === name);
    if (row !== undefined && open.length === 0 && possible.length === 0) {
      readStar(reading, row);
      return;
    }
    possible.push(...open, ...having);
  }
  const [only] = possible;
  if (only === undefined) {
    readMissing(reading, scope, name, tree);
    return;
  }
  if (only.name === name) readStar(reading, only);
  else if (possible.length === 1) note(reading, only, name);
  else if (possible.some((source) => source.table !== undefined)) {
    reading.found.columnsRead.add(`?.${qualified(name)}`);
  }
}

function readMissing(reading: Reading, scope: Scope | undefined, name: string, tree: Tree): void {
  const own = SYSTEM.has(name) ? scope?.sources.filter((source) => source.table !== undefined) : undefined;
  for (const source of own ?? []) note(reading, source, name);
  if (own === undefined || own.length === 0) hazard(reading, 'unknown-column', tree);
}

/** Notes the column that `table.name` reads; `schema` is empty when the text names none. */
export function readQualifiedColumn(
  reading: Reading,
  scope: Scope | undefined,
  written: { schema: string; table: string; column: string },
  tree: Tree,
): void {
  const source = findSource(reading, scope, written.schema, written.table);
  if (source === undefined) {
    reading.found.columnsRead.add(`?.${qualified(written.column)}`);
    unknown(reading, 'unknown-column', tree);
    return;
  }
  note(reading, source, written.column);
  // What is no column may be a function of the row: `c.f` calls f(c).
  if (!mayHave(source, written.column) && !SYSTEM.has(written.column)) {
    unknown(reading, 'unknown-column', tree);
  }
}

export function findSource(
  reading: Reading,
  scope: Scope | undefined,
  schema: string,
  table: string,
): Source | undefined {
  for (const level of scopeChain(scope)) {
    const source = level.sources.find((candidate) =>
      schema === '' ? candidate.name === table : candidate.table === reading.schema.qualify(schema, table),
    );
    if (source !== undefined) return source;
  }
  return undefined;
}

/** Notes every column of a source, and returns their names when they are known. */
export function readStar(reading: Reading, source: Source): readonly string[] | undefined {
  if (source.columns === undefined) {
    if (source.table !== undefined) reading.found.columnsRead.add(`${source.table}.*`);
    return undefined;
  }
  for (const column of source.columns) note(reading, source, column);
  return source.columns;
}
