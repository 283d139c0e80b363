import type { Setting } from '@countersign/diff';
import type { InsertForm } from '@countersign/sql';
import type { RowWrite } from './guard.ts';
import type { SchemaObject } from './schema-snapshot.ts';
import { shownColumns } from './table-shapes.ts';
import type { TableShape } from './table-shapes.ts';
import { foldName } from './values.ts';

/** What one statement was compiled to insert and update. */
export interface StatementWrites {
  readonly sql: string;
  readonly writes: readonly RowWrite[];
}

/** The columns whose values in inserted rows the engine makes up, whatever the request says. */
export interface EngineMade {
  /** Indexes into the columns that a diff shows of the table. */
  readonly columns: ReadonlyMap<TableShape, readonly number[]>;
  /** How each of them is made, for the environment: so the digest binds defaults and triggers too. */
  readonly settings: readonly Setting[];
}

export const nothingMade: EngineMade = { columns: new Map(), settings: [] };

/** The names that mean the row id where no column is called so. */
const rowidNames: readonly string[] = ['rowid', '_rowid_', 'oid'];

/** One INSERT that can run, and the name of the trigger it stands in. */
interface Source {
  readonly form: InsertForm;
  readonly trigger: string | undefined;
}

/** A column of a table as a diff shows it. */
interface ShownColumn {
  readonly name: string;
  /** Index among the table's own columns; undefined for the row id that stands in for a key. */
  readonly index: number | undefined;
  readonly isRowid: boolean;
}

/** Whether anything is inserted at all, so that the texts are worth reading. */
export function insertsRows(statements: readonly StatementWrites[]): boolean {
  return statements.some(({ writes }) => writes.some(({ column }) => column === undefined));
}

/**
 * Finds the columns that every INSERT of the request leaves to the engine. A column is one of them only if
 *
 * - every INSERT into its table that the engine compiled was found in the text it named, and
 * - each of them leaves the column out and its default is of time or chance, or it is the row id and is left
 *   out or given as NULL, or the INSERT is a trigger's and gives an expression of time or chance alone, and
 * - nothing that can run updates the column: a row inserted and then updated shows as inserted, and
 * - nothing updates what names a row of the table: a row so renamed shows as inserted with all it holds.
 *
 * Whatever is in doubt is bound. The answer depends on the statements' texts and the schema alone.
 */
export async function findEngineMade(
  statements: readonly StatementWrites[],
  shapes: readonly TableShape[],
  schema: readonly SchemaObject[],
): Promise<EngineMade> {
  // Loaded when a row was inserted: most of a session's start would be this.
  const { isSqliteEngineDefault, sqliteInserts } = await import('@countersign/sql');
  const columns = new Map<TableShape, readonly number[]>();
  const ways: (readonly [table: string, column: string, ways: readonly string[]])[] = [];
  const texts = new Map(
    schema.flatMap(({ type, name, sql }) =>
      type === 'trigger' && sql !== null ? [[foldName(name), sql] as const] : [],
    ),
  );
  const read = remembered(sqliteInserts);
  for (const shape of shapes) {
    const sources = sourcesOf(shape, statements, texts, read);
    const updated = updatesOf(shape, statements);
    if (sources === undefined || identityNames(shape).some((name) => updated.has(name))) continue;
    const found = shownOf(shape).flatMap((column, place) => {
      if (updated.has(foldName(column.name))) return [];
      const ways = sources.map((source) => wayOf(source, shape, column, isSqliteEngineDefault));
      return ways.includes(undefined) ? [] : [{ place, name: column.name, ways }];
    });
    if (found.length === 0) continue;
    columns.set(shape, found.map(({ place }) => place)); // prettier-ignore
    for (const { name, ways: each } of found) {
      ways.push([shape.name, name, [...new Set(each.filter((way) => way !== undefined))].sort()]);
    }
  }
  return ways.length === 0 ? nothingMade : { columns, settings: [['made_by_engine', JSON.stringify(ways)]] };
}

/** Every INSERT into the table that can run; undefined when there is none, or one that no text shows. */
function sourcesOf(
  { name }: TableShape,
  statements: readonly StatementWrites[],
  triggers: ReadonlyMap<string, string>,
  read: (sql: string) => readonly InsertForm[] | undefined,
): readonly Source[] | undefined {
  const table = foldName(name);
  const sources: Source[] = [];
  for (const { sql, writes } of statements) {
    for (const { table: into, column, trigger } of writes) {
      if (into !== table || column !== undefined) continue;
      const text = trigger === undefined ? sql : triggers.get(trigger);
      const forms = text === undefined ? undefined : read(text)?.filter((form) => form.table === table);
      if (forms === undefined || forms.length === 0) return undefined;
      sources.push(...forms.map((form) => ({ form, trigger })));
    }
  }
  return sources.length === 0 ? undefined : sources;
}

/** Folded names of the columns that something updates. */
function updatesOf({ name }: TableShape, statements: readonly StatementWrites[]): ReadonlySet<string> {
  const table = foldName(name);
  return new Set(
    statements.flatMap(({ writes }) =>
      writes.flatMap((write) => (write.table === table && write.column !== undefined ? [write.column] : [])),
    ),
  );
}

/** What a row of the table is told by: the row id under every name, and the primary key. */
function identityNames(shape: TableShape): string[] {
  return [...rowidNames, ...shape.primaryKey.map((index) => foldName(shape.columns[index] ?? ''))];
}

function shownOf(shape: TableShape): ShownColumn[] {
  const { columns } = shownColumns(shape);
  const lead = columns.length - shape.columns.length;
  return columns.map((name, place) => {
    const index = place < lead ? undefined : place - lead;
    return { name, index, isRowid: index === undefined || index === shape.rowidColumn };
  });
}

/** How the engine makes the column's value in the rows of one INSERT; undefined when it may be given. */
function wayOf(
  { form, trigger }: Source,
  shape: TableShape,
  column: ShownColumn,
  isEngineDefault: (text: string) => boolean,
): string | undefined {
  const places = placesOf(form, shape, column);
  if (places.length > 1) return undefined;
  const [place] = places;
  if (place === undefined) {
    if (column.isRowid) return 'row id';
    if (column.index === undefined || shape.computed.includes(column.index)) return undefined;
    const text = shape.defaults[column.index] ?? null;
    return text !== null && isEngineDefault(text) ? `default ${text}` : undefined;
  }
  const value = form.values?.[place];
  switch (value?.kind) {
    case 'null':
      return column.isRowid ? 'row id' : undefined;
    case 'engine':
      // A row id made so could be any the trigger's author likes.
      return column.isRowid || trigger === undefined ? undefined : `trigger ${trigger}: ${value.text}`;
    case 'other':
    case undefined:
      return undefined;
  }
}

/** Where the INSERT gives the column a value: no place when it leaves it out. */
function placesOf(form: InsertForm, shape: TableShape, column: ShownColumn): number[] {
  if (form.defaults) return [];
  const own = column.index === undefined ? [] : [foldName(column.name)];
  if (form.columns === undefined) {
    const filled = [...shape.columns.keys()].filter((index) => !shape.computed.includes(index));
    return column.index === undefined ? [] : [filled.indexOf(column.index)].filter((place) => place >= 0);
  }
  const taken = new Set(shape.columns.map(foldName));
  const aliases = column.isRowid ? rowidNames.filter((name) => !taken.has(name)) : [];
  const names = [...own, ...aliases];
  return [...form.columns.entries()].filter(([, name]) => names.includes(name)).map(([place]) => place);
}

function remembered<T>(read: (sql: string) => T): (sql: string) => T {
  const known = new Map<string, T>();
  return (sql) => {
    const found = known.get(sql) ?? read(sql);
    known.set(sql, found);
    return found;
  };
}
