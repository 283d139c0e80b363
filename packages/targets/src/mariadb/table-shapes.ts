import { nameParts } from '@countersign/sql';
import type { Catalog } from '@countersign/sql';
import { TargetError } from '../target-error.ts';
import { visible } from '../visible-text.ts';
import { textOf } from './catalog.ts';
import type { MariadbSession } from './session.ts';
import type { Engine } from './settings.ts';
import { shownOf } from './shown-as.ts';
import type { Shown } from './shown-as.ts';
import { quoteName, quoteText } from './values.ts';

/** A table that statements may change. */
export interface TableShape {
  /** Qualified, as facts name it. */
  readonly name: string;
  /** For the text of a query. */
  readonly quoted: string;
  readonly columns: readonly ColumnShape[];
  /** Indexes of the columns that name a row; empty when nothing does. */
  readonly key: readonly number[];
  /** Whether that is the primary key, by which the engine keeps rows: another value is another row to it. */
  readonly keyIsPrimary: boolean;
  /** Whether a value of the key, bound as a parameter, finds exactly its row. */
  readonly findsByKey: boolean;
  /** Whether a column holds geometry or vectors, whose values the driver would take apart. */
  readonly hasShapes: boolean;
  /** Whether any trigger stands on it. */
  readonly hasTriggers: boolean;
  /** Whether a foreign key of another table changes rows there when rows here change. */
  readonly hasCascades: boolean;
}

export interface ColumnShape extends Shown {
  readonly name: string;
  /** The engine computes it from others. */
  readonly computed: boolean;
  /** A list of values without names of columns leaves it out. */
  readonly invisible: boolean;
  readonly autoIncrement: boolean;
  readonly defaultText: string | undefined;
}

/** Types whose values, sent back as parameters, are equal to the stored one and no other. */
const findable = new Set([
  'tinyint', 'smallint', 'mediumint', 'int', 'bigint', 'decimal', 'char', 'varchar', 'binary', 'varbinary',
  'date', 'datetime', 'timestamp', 'year', 'uuid', 'inet4', 'inet6',
]); // prettier-ignore

const takenApart = new Set([
  'geometry', 'point', 'linestring', 'polygon', 'multipoint', 'multilinestring', 'multipolygon', 'geometrycollection',
  'geomcollection', 'vector',
]); // prettier-ignore

/**
 * Reads the shapes of tables by their qualified names.
 * @throws TargetError `statement/…` for a table whose changes no dry run can take back or show
 */
export async function readShapes(
  session: MariadbSession,
  engine: Engine,
  names: readonly string[],
  catalog: Catalog,
): Promise<TableShape[]> {
  const shapes: TableShape[] = [];
  for (const name of names) shapes.push(await readShape(session, engine, name, catalog));
  return shapes;
}

async function readShape(
  session: MariadbSession,
  engine: Engine,
  name: string,
  catalog: Catalog,
): Promise<TableShape> {
  const place = placeOf(name);
  await requireTakesBack(session, name, place);
  const columns: (ColumnShape & { readonly type: string })[] = (await session.own(columnsText, place)).map(
    ([column, type, extra, text, generation, columnType, charset]) => ({
      name: textOf(column),
      type: textOf(type),
      computed: textOf(generation) !== '',
      invisible: /\bINVISIBLE\b/i.test(textOf(extra)),
      autoIncrement: /\bauto_increment\b/i.test(textOf(extra)),
      ...shownOf(textOf(type), textOf(columnType), textOf(charset)),
      defaultText: text === null ? undefined : defaultOf(engine, textOf(text), textOf(extra)),
    }),
  );
  const names = columns.map((column) => column.name);
  const { key, isPrimary } = keyOf(await session.own(keyText, place), names);
  return {
    name,
    quoted: place.map(quoteName).join('.'),
    columns,
    key,
    keyIsPrimary: isPrimary,
    findsByKey: key.length > 0 && key.every((index) => isFindable(columns[index])),
    hasShapes: columns.some(({ type }) => takenApart.has(type)),
    hasTriggers: catalog.triggers.some(({ table }) => table === name),
    hasCascades: (catalog.tables.get(name)?.cascades ?? []).length > 0,
  };
}

function isFindable(column: (ColumnShape & { readonly type: string }) | undefined): boolean {
  return column?.shownAs === 'value' && findable.has(column.type);
}

/** The table with a column as bytes. */
export function withBytes(shape: TableShape, column: number): TableShape {
  const columns = shape.columns.map((one, index): ColumnShape =>
    index === column ? { ...one, shownAs: 'bytes', doubt: undefined } : one,
  );
  return { ...shape, columns };
}

/** A default as an expression. MySQL shows literals bare, and marks what is none. */
function defaultOf(engine: Engine, text: string, extra: string): string {
  return engine === 'mariadb' || /\bDEFAULT_GENERATED\b/i.test(extra) ? text : quoteText(text);
}

/** Database and table. */
export function placeOf(name: string): [database: string, table: string] {
  const [database = '', table] = nameParts(name);
  if (table !== undefined) return [database, table];
  throw new TargetError(
    'statement/unknown-effect',
    `table ${visible(name)} is of no database, expected one in the URL of the target`,
  );
}

const tableText =
  'SELECT TABLE_TYPE, ENGINE FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?';
const columnsText = `SELECT COLUMN_NAME, DATA_TYPE, EXTRA, COLUMN_DEFAULT, GENERATION_EXPRESSION, COLUMN_TYPE, CHARACTER_SET_NAME FROM information_schema.COLUMNS
  WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION`;
/** Unique indexes of whole columns without NULL, the primary key first. */
const keyText = `SELECT s.INDEX_NAME, s.COLUMN_NAME, s.SUB_PART, s.INDEX_TYPE, s.NULLABLE FROM information_schema.STATISTICS s
  WHERE s.TABLE_SCHEMA = ? AND s.TABLE_NAME = ? AND s.NON_UNIQUE = 0 ORDER BY s.INDEX_NAME <> 'PRIMARY', s.INDEX_NAME, s.SEQ_IN_INDEX`;

async function requireTakesBack(
  session: MariadbSession,
  name: string,
  place: readonly string[],
): Promise<void> {
  const [row] = await session.own(tableText, place);
  const [kind, engine] = (row ?? []).map(textOf);
  const shown = visible(name);
  if (kind === undefined) {
    throw new TargetError('statement/invalid', `table ${shown} is not there, or the account may not see it`);
  }
  if (kind === 'SYSTEM VERSIONED') {
    const text = `statement changes ${shown}, which keeps its own history with the time of each change; expected a table without system versioning`;
    throw new TargetError('statement/system-versioned', text);
  }
  if (kind !== 'BASE TABLE') {
    const text = `statement changes ${shown}, which is a ${visible(kind.toLowerCase())}, expected a table`;
    throw new TargetError('statement/unknown-effect', text);
  }
  if (engine === 'InnoDB') return;
  const text = `statement changes ${shown}, a table of ${visible(engine ?? '')}, which keeps changes of a transaction that is rolled back; expected InnoDB`;
  throw new TargetError('statement/not-transactional', text);
}

function keyOf(
  rows: readonly unknown[][],
  columns: readonly string[],
): { readonly key: readonly number[]; readonly isPrimary: boolean } {
  for (const [name, parts] of Map.groupBy(rows, ([index]) => textOf(index))) {
    const whole = parts.every(
      ([, , part, type, nullable]) => part === null && textOf(type) === 'BTREE' && textOf(nullable) !== 'YES',
    );
    const key = parts.map(([, column]) => columns.indexOf(textOf(column)));
    if (whole && !key.includes(-1)) return { key, isPrimary: name === 'PRIMARY' };
  }
  return { key: [], isPrimary: false };
}
