import { TableBuilder } from '@countersign/diff';
import type { Row, Setting, TableDiff } from '@countersign/diff';
import { sha256 } from '../sha256.ts';
import type { DryRunLimits } from '../target.ts';
import { visible } from '../visible-text.ts';
import { textOf } from './catalog.ts';
import type { Definition } from './definition.ts';
import { exactly, read, selectFrom } from './images.ts';
import type { MariadbSession } from './session.ts';
import { placeOf } from './table-shapes.ts';
import type { TableShape } from './table-shapes.ts';
import { quoteName, toCell } from './values.ts';

/** What goes with a definition, counted on the target itself: no copy has rows. */
export interface Losses {
  /** Ascending by name. */
  readonly tables: readonly TableDiff[];
  readonly notPreviewed: readonly string[];
  /** Columns that go, by their table. */
  readonly settings: readonly Setting[];
}

/** Rows of a table that are gone afterwards, or that lose their values of some columns. */
interface Loss {
  readonly shape: TableShape;
  /** The table's name afterwards. */
  readonly name: string;
  /** Indexes of the columns that go; undefined when the rows do. */
  readonly columns: readonly number[] | undefined;
  /** Partitions whose rows go; empty when those of all do. */
  readonly partitions: readonly string[];
}

/** Reads every row that gets lost, as one snapshot has them; where they are too many they are counted. */
export async function readLosses(
  session: MariadbSession,
  definition: Definition,
  limits: DryRunLimits,
): Promise<Losses> {
  const losses = lossesOf(definition);
  const [tables, notPreviewed]: [TableDiff[], string[]] = [[], []];
  let left = limits.rowsScannedMax;
  if (losses.length > 0) await session.control('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
  for (const loss of losses) {
    const count = await countOf(session, loss);
    if (count === 0) continue;
    if (count <= left) {
      left -= count;
      tables.push(
        await exactly([loss.shape], ([shape = loss.shape]) => imaged(session, { ...loss, shape }, limits)),
      );
      continue;
    }
    tables.push(counted(loss, count));
    notPreviewed.push(`rows of table ${visible(loss.name)} are counted, not shown (${count} get lost)`);
  }
  if (losses.length > 0) await session.control('ROLLBACK');
  if (definition.facts.kind === 'drop-sequence')
    notPreviewed.push(...(await readPositions(session, definition.facts.writes)));
  const settings = losses.flatMap(({ name, shape, columns }): Setting[] =>
    columns === undefined
      ? []
      : [[`dropped ${name}`, columns.map((index) => shape.columns[index]?.name ?? '').join(', ')]],
  );
  return { tables: tables.toSorted(byName), notPreviewed, settings };
}

/** Where sequences stand that are dropped, in words; one that is not there is passed over or refused by the server. */
async function readPositions(session: MariadbSession, names: readonly string[]): Promise<readonly string[]> {
  const texts: string[] = [];
  for (const name of names) {
    const place = placeOf(name);
    const there = await session.own(
      `SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND TABLE_TYPE = 'SEQUENCE'`,
      place,
    );
    if (there.length === 0) continue;
    const [row] = await session.own(
      `SELECT CAST(next_not_cached_value AS CHAR), CAST(cycle_count AS CHAR) FROM ${place.map(quoteName).join('.')}`,
    );
    const [next = '', cycles = ''] = (row ?? []).map(textOf);
    texts.push(
      `who takes values of sequence ${visible(name)}, which gets lost with its position: the next value that is not cached is ${next} in cycle ${cycles}`,
    );
  }
  return texts;
}

function lossesOf({ facts, form, shapes, replaces, drops, lostPartitions }: Definition): readonly Loss[] {
  const { kind } = facts;
  if (kind === 'drop-table' || kind === 'truncate' || (kind === 'create-table' && replaces)) {
    return shapes.map((shape) => ({ shape, name: shape.name, columns: undefined, partitions: [] }));
  }
  const [shape] = shapes;
  if (kind !== 'alter-table' || shape === undefined) return [];
  if (lostPartitions.length > 0)
    return [{ shape, name: shape.name, columns: undefined, partitions: lostPartitions }];
  const columns = [...shape.columns.keys()].filter((index) =>
    drops.includes(shape.columns[index]?.name ?? ''),
  );
  const name = form.tableNames.at(-1)?.[1] ?? shape.name;
  return columns.length === 0 ? [] : [{ shape, name, columns, partitions: [] }];
}

/** What stands behind the name of the table in a query for the rows. */
function where({ shape, columns, partitions }: Loss): string {
  if (columns === undefined)
    return partitions.length === 0 ? '' : ` PARTITION (${partitions.map(quoteName).join(', ')})`;
  const names = columns.map((index) => quoteName(shape.columns[index]?.name ?? ''));
  return ` WHERE ${names.map((name) => `${name} IS NOT NULL`).join(' OR ')}`;
}

async function countOf(session: MariadbSession, loss: Loss): Promise<number> {
  const [row] = await session.own(`SELECT COUNT(*) FROM ${loss.shape.quoted}${where(loss)}`);
  return Number(row?.[0]);
}

async function imaged(session: MariadbSession, loss: Loss, limits: DryRunLimits): Promise<TableDiff> {
  const { shape, columns } = loss;
  const builder = new TableBuilder(head(loss), limits, sha256);
  const without = (row: Row): Row =>
    row.map((cell, index) => (columns?.includes(index) === true ? { type: 'null' } : cell));
  await read(session, shape, `${selectFrom(shape)}${where(loss)}`, [], (values, types) => {
    const before = values.map((value, index) => toCell(value, types[index]));
    builder.add({ before, after: columns === undefined ? null : without(before) });
  });
  return builder.finish();
}

/** Too many to read: their number is bound, and stands where their hash would. */
function counted(loss: Loss, count: number): TableDiff {
  const rowsHash = sha256(Buffer.from(JSON.stringify(['countersign counted rows 1', loss.name, count])));
  const counts = loss.columns === undefined ? { updated: 0, deleted: count } : { updated: count, deleted: 0 };
  return { ...head(loss), inserted: 0, ...counts, rowsHash, changes: [] };
}

function head({
  shape,
  name,
  columns,
}: Loss): Pick<TableDiff, 'table' | 'columns' | 'key' | 'computed' | 'generated'> {
  return {
    table: name,
    columns: shape.columns.map((column) => column.name),
    // A key that loses a column names no row any more.
    key: shape.key.some((index) => columns?.includes(index) === true) ? [] : shape.key,
    computed: [...shape.columns.keys()].filter((index) => shape.columns[index]?.computed === true),
    generated: [],
  };
}

function byName(a: TableDiff, b: TableDiff): number {
  return Buffer.compare(Buffer.from(a.table), Buffer.from(b.table));
}
