import type { Span } from 'sqlite3-parser';
import { foldAscii, nameParts, qualified } from '../text.ts';
import { hazard, isBare, isDoubleQuoted } from './reading.ts';
import { scopeChain } from '../findings.ts';
import type { Columns, Scope, Source } from '../findings.ts';
import type { Reading } from './reading.ts';

const ROWID: ReadonlySet<string> = new Set(['rowid', 'oid', '_rowid_']);

function note(reading: Reading, source: Source, column: string): void {
  if (source.table === undefined) return;
  const own = ROWID.has(column) && source.columns?.includes(column) !== true ? 'rowid' : column;
  reading.found.columnsRead.add(`${source.table}.${qualified(own)}`);
}

/**
 * Notes the column that a bare name reads. When more than one source could have it and the columns are
 * not known, it is noted as `?.name`: which table it is of is not known.
 */
export function readColumn(reading: Reading, scope: Scope | undefined, written: string, span: Span): void {
  const name = foldAscii(written);
  const possible: (Source | 'alias')[] = [];
  for (const level of scopeChain(scope)) {
    const having = level.sources.filter((source) => source.columns?.includes(name) === true);
    if (having.length > 0 && possible.length === 0) {
      for (const source of having) note(reading, source, name);
      return;
    }
    possible.push(...having, ...level.sources.filter((source) => source.columns === undefined));
    if (level.aliases.has(name)) possible.push('alias');
  }
  const [only] = possible;
  if (only !== undefined && possible.length === 1) {
    if (only !== 'alias') note(reading, only, name);
    return;
  }
  if (possible.length > 1) {
    const tables = possible.some((source) => source === 'alias' || source.table !== undefined);
    if (tables && !isConstantName(reading, name, span)) reading.found.columnsRead.add(`?.${qualified(name)}`);
    return;
  }
  readUnknownColumn(reading, scope, name, span);
}

function readUnknownColumn(reading: Reading, scope: Scope | undefined, name: string, span: Span): void {
  if (isConstantName(reading, name, span)) return;
  if (ROWID.has(name)) {
    for (const level of scopeChain(scope)) {
      const tables = level.sources.filter((source) => source.table !== undefined);
      for (const source of tables) note(reading, source, name);
      if (tables.length > 0) return;
    }
  }
  hazard(reading, isDoubleQuoted(reading, span) ? 'double-quoted-text' : 'unknown-column', span);
}

function isConstantName(reading: Reading, name: string, span: Span): boolean {
  return (name === 'true' || name === 'false') && isBare(reading, span);
}

/** True when a double-quoted name is certainly text: no source could have such a column. */
export function isQuotedText(
  reading: Reading,
  scope: Scope | undefined,
  written: string,
  span: Span,
): boolean {
  if (!isDoubleQuoted(reading, span)) return false;
  const name = foldAscii(written);
  for (const level of scopeChain(scope)) {
    if (level.aliases.has(name)) return false;
    for (const source of level.sources) {
      if (source.columns === undefined || source.columns.includes(name)) return false;
    }
  }
  return !ROWID.has(name);
}

/** Notes the column that `table.name` reads; `database` is undefined when the text names none. */
export function readQualifiedColumn(
  reading: Reading,
  scope: Scope | undefined,
  written: { database: string | undefined; table: string; column: string },
  span: Span,
): void {
  const column = foldAscii(written.column);
  const wanted = foldAscii(written.table);
  const possible: Source[] = [];
  for (const level of scopeChain(scope)) {
    const matching = level.sources.filter(
      ({ name, table }) =>
        name === wanted && (written.database === undefined || isOf(reading, table, written.database)),
    );
    // One without the column is passed by, also to another of the same name.
    possible.push(...matching.filter(({ columns }) => mayHave(columns, column)));
    if (possible.some(({ columns }) => (columns ?? []).length > 0)) break;
  }
  const [only] = possible;
  if (only !== undefined && possible.length === 1) {
    note(reading, only, column);
    return;
  }
  reading.found.columnsRead.add(`?.${qualified(column)}`);
  if (only === undefined && reading.schema.complete) hazard(reading, 'unknown-column', span);
}

function mayHave(columns: Columns, column: string): boolean {
  const listed = columns ?? [];
  return listed.length === 0 || listed.includes(column) || ROWID.has(column);
}

/** Whether a table is of a database; behind its name the text has an alias, as of `t AS x JOIN u AS t` the engine takes `main.t.c` for a column of `u`. */
function isOf({ schema }: Reading, table: string | undefined, database: string): boolean {
  const last = nameParts(table ?? '').at(-1);
  return last !== undefined && table === schema.qualify(database, last);
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
