import { TableBuilder } from '@countersign/diff';
import type { Row, TableDiff, TableShape } from '@countersign/diff';
import type { DryRunLimits } from '../target.ts';
import { sha256 } from '../sha256.ts';
import { TargetError } from '../target-error.ts';
import { visible } from '../visible-text.ts';
import { isMadeUp } from './engine-made.ts';
import { isShut } from './locks.ts';
import type { Relation, RelationColumn, RelationPair } from './relations.ts';
import type { PostgresSession } from './session.ts';
import { quoteName } from './values.ts';
import { pairCells, readCells } from './whole-rows.ts';

/** What a transaction did to the relations that it found. */
export interface Done {
  /** Tuples that it changed, by number of the table. */
  readonly counters: ReadonlyMap<string, number>;
  readonly locks: ReadonlyMap<string, string>;
}

/** A column of a diff: as it was, as it is, or both. */
interface Shown {
  readonly name: string;
  readonly before: RelationColumn | undefined;
  readonly after: RelationColumn | undefined;
  /** Its values are made when it is added: shown as null and named, since no two runs make the same. */
  readonly made: boolean;
}

/** Rows of a table as they were: all of them, or, when they are many, what the server counted. */
export type OldRows =
  { readonly kind: 'rows'; readonly rows: readonly Row[] } | ({ readonly kind: 'counted' } & Counted);

interface Counted {
  readonly count: number;
  readonly hash: string;
  /** Rows that lose a value with a column, or get one with it. */
  readonly losing: number;
}

/** What a pair of relations comes to in the diff. */
export interface TableChange {
  readonly diff: TableDiff | undefined;
  readonly notPreviewed: readonly string[];
}

/**
 * Returns whether the rows of a pair have to be compared as a whole: they are gone or new, or lie in another file, or columns went,
 * came with a value or have another type, or they were changed in a table that nobody else can read now.
 */
export function needsComparison({ before, after }: RelationPair, { counters, locks }: Done): boolean {
  if (before === undefined || after === undefined || before.oid !== after.oid || before.file !== after.file)
    return true;
  const touched = (counters.get(after.oid) ?? 0) > 0;
  if (touched && isShut(locks, after.oid)) return true;
  return shownColumns({ before, after }).some(
    (column) =>
      column.after === undefined ||
      (column.before === undefined && column.after.filled && !column.made) ||
      (column.before !== undefined && column.before.type !== column.after.type),
  );
}

/** The columns there were, and then those that came; the same place in the same table is the same column, whatever its name. */
function shownColumns({ before, after }: RelationPair): Shown[] {
  const same = (a: RelationColumn, b: RelationColumn): boolean =>
    before?.oid === after?.oid ? a.place === b.place : a.name === b.name;
  const stayed = (before?.columns ?? []).map((column): Shown => {
    const now = after?.columns.find((one) => same(column, one));
    return { name: (now ?? column).name, before: column, after: now, made: false };
  });
  const met = new Set(stayed.map((one) => one.after));
  const added = (after?.columns ?? []).flatMap((column): Shown[] =>
    met.has(column)
      ? []
      : [
          {
            name: column.name,
            before: undefined,
            after: column,
            made: before !== undefined && isMadeUp(column),
          },
        ],
  );
  const taken = new Set(
    [...stayed, ...added].flatMap(({ name, after: now }) => (now === undefined ? [] : [name])),
  );
  // A column that went and one that came may have the same name.
  return [...stayed, ...added].map((one) => {
    if (one.after !== undefined) return one;
    let { name } = one;
    while (taken.has(name)) name += ' (dropped)';
    taken.add(name);
    return { ...one, name };
  });
}

/** Indexes of the columns that name a row on both sides: the key that was, or else the one that is. */
function keyOf({ before, after }: RelationPair, shown: readonly Shown[]): number[] {
  const places = (relation: Relation | undefined, side: 'before' | 'after'): number[] =>
    (relation?.key ?? []).map((place) => shown.findIndex((column) => column[side]?.place === place));
  const whole = (indexes: readonly number[]): boolean =>
    indexes.every((index) => {
      const column = shown[index];
      return (
        (before === undefined || column?.before !== undefined) &&
        (after === undefined || column?.after !== undefined)
      );
    });
  return [places(before, 'before'), places(after, 'after')].find((key) => key.length > 0 && whole(key)) ?? [];
}

/** Counts, for each pair that had a table before, the rows that the statements left. */
export async function countNew(
  session: PostgresSession,
  pairs: readonly RelationPair[],
): Promise<ReadonlyMap<RelationPair, number>> {
  const counts = new Map<RelationPair, number>();
  for (const pair of pairs) {
    if (pair.after !== undefined) counts.set(pair, await countOf(session, pair.after));
  }
  return counts;
}

/**
 * Reads the rows of a table as they are now in the session, which are those before the statements. They are counted when there is
 * no room for them and the `rowsAfter` that will be compared with them.
 */
export async function readOld(
  session: PostgresSession,
  pair: RelationPair,
  rowsAfter: number,
  room: { rows: number; bytes: number },
): Promise<OldRows> {
  const { before } = pair;
  if (before === undefined) return { kind: 'rows', rows: [] };
  const count = await countOf(session, before);
  const shown = shownColumns(pair);
  room.rows -= count + rowsAfter;
  if (room.rows >= 0) return { kind: 'rows', rows: await rowsOf(session, before, shown, 'before', room) };
  const lost = shown
    .filter((column) => column.after === undefined)
    .map((column) => quoteName(column.before?.name ?? ''));
  const filled = shown.some(
    (column) => column.before === undefined && column.after?.filled === true && !column.made,
  );
  const losing = filled
    ? count
    : lost.length === 0
      ? 0
      : Number(
          await session.first(
            `SELECT count(*) FROM ONLY ${before.quoted} WHERE ${lost.map((name) => `${name} IS NOT NULL`).join(' OR ')}`,
          ),
        );
  return { kind: 'counted', count, hash: await sumOf(session, before), losing };
}

async function countOf(session: PostgresSession, { quoted }: Relation): Promise<number> {
  return Number(await session.first(`SELECT count(*) FROM ONLY ${quoted}`));
}

/** A hash over all rows that does not depend on their order: the sums of the quarters of each row's SHA-256. */
async function sumOf(session: PostgresSession, { quoted, columns }: Relation): Promise<string> {
  const row = `ROW(${columns.map(({ name }) => quoteName(name)).join(', ')})::text`;
  const quarters = [1, 17, 33, 49].map(
    (from) => `coalesce(sum(('x' || pg_catalog.substr(h, ${from}, 16))::bit(64)::bigint::numeric), 0)`,
  );
  const { rows } = await session.query(
    `SELECT ${quarters.join(', ')} FROM (SELECT pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(${row}, 'UTF8')), 'hex') AS h FROM ONLY ${quoted}) AS each`,
  );
  return JSON.stringify(rows[0] ?? []);
}

async function rowsOf(
  session: PostgresSession,
  { quoted }: Relation,
  shown: readonly Shown[],
  side: 'before' | 'after',
  room: { bytes: number },
): Promise<Row[]> {
  const columns = shown.map((column) => {
    const own = column[side];
    return own === undefined || column.made ? 'NULL' : quoteName(own.name);
  });
  if (columns.length > 0) return readCells(session, `SELECT ${columns.join(', ')} FROM ONLY ${quoted}`, room);
  return (await readCells(session, `SELECT NULL FROM ONLY ${quoted}`, room)).map(() => []);
}

/** A pair, its old rows, and which columns of its table as it is now the engine makes up in new rows. */
export interface Compared {
  readonly pair: RelationPair;
  readonly old: OldRows;
  readonly done: Done;
  readonly made: readonly number[];
}

/**
 * Compares a pair's rows with those that were read before.
 * @throws TargetError `limit/rows`, `limit/bytes`
 */
export async function comparePair(
  session: PostgresSession,
  { pair, old, done, made: engineMade }: Compared,
  limits: DryRunLimits,
  room: { rows: number; bytes: number },
): Promise<TableChange> {
  const { before, after } = pair;
  const shown = shownColumns(pair);
  const count = after === undefined ? 0 : await countOf(session, after);
  // A table that was there before has had its room since its old rows were read.
  if (before === undefined) room.rows -= count;
  if (old.kind === 'rows' && (before !== undefined || room.rows >= 0)) {
    const rows = after === undefined ? [] : await rowsOf(session, after, shown, 'after', room);
    const diff = compareRows(pair, engineMade, { before: old.rows, after: rows }, limits);
    return { diff, notPreviewed: [] };
  }
  const was = old.kind === 'counted' ? old : noRows;
  return countChanges(session, { pair, was, done }, count);
}

function shapeOf(pair: RelationPair, made: readonly number[]): TableShape {
  const shown = shownColumns(pair);
  return {
    table: (pair.after ?? pair.before)?.name ?? '',
    columns: shown.map(({ name }) => name),
    key: keyOf(pair, shown),
    computed: [...shown.keys()].filter(
      (index) => (shown[index]?.after ?? shown[index]?.before)?.computed === true,
    ),
    generated: made.map((index) =>
      shown.findIndex((column) => column.after?.place === pair.after?.columns[index]?.place),
    ),
  };
}

function compareRows(
  pair: RelationPair,
  made: readonly number[],
  rows: { readonly before: readonly Row[]; readonly after: readonly Row[] },
  limits: DryRunLimits,
): TableDiff | undefined {
  const shape = shapeOf(pair, made);
  const builder = new TableBuilder(shape, limits, sha256);
  for (const change of pairCells(shape.key, rows.before, rows.after)) builder.add(change);
  return builder.count === 0 ? undefined : builder.finish();
}

const nothing = { inserted: 0, updated: 0, deleted: 0 };

/** A table that was not there. */
const noRows: Counted = { count: 0, hash: '', losing: 0 };

/** Counts the changes of a table of too many rows; the hashes of all of its rows before and after are bound in their place. */
async function countChanges(
  session: PostgresSession,
  { pair, was, done }: { readonly pair: RelationPair; readonly was: Counted; readonly done: Done },
  count: number,
): Promise<TableChange> {
  const { before, after } = pair;
  const name = visible((after ?? before)?.name ?? '');
  if (before !== undefined && after !== undefined && (done.counters.get(after.oid) ?? 0) > 0) {
    throw new TargetError(
      'limit/rows',
      `table ${name} has ${was.count} rows before and ${count} after, too many to compare when its schema and its rows change at once; submit the two as requests of their own`,
    );
  }
  const is = after === undefined ? '' : await sumOf(session, after);
  const { counts, note } = judgeCounts(pair, was, { count, hash: is });
  if (counts.inserted + counts.updated + counts.deleted === 0) return { diff: undefined, notPreviewed: [] };
  const shape = shapeOf(pair, []);
  const rowsHash = sha256(
    Buffer.from(JSON.stringify(['countersign counted rows 1', was.count, was.hash, count, is])),
  );
  return {
    diff: { ...shape, ...counts, rowsHash, changes: [] },
    notPreviewed: [
      `rows of table ${name} are counted and hashed, not shown (${was.count} before, ${count} after)${note}`,
    ],
  };
}

function judgeCounts(
  { before, after }: RelationPair,
  was: Counted,
  is: { readonly count: number; readonly hash: string },
): { readonly counts: Pick<TableDiff, 'inserted' | 'updated' | 'deleted'>; readonly note: string } {
  if (before?.oid === after?.oid && before?.file === after?.file) {
    return { counts: { ...nothing, updated: was.losing }, note: '' };
  }
  if (was.hash === is.hash && sameColumns(before, after)) return { counts: nothing, note: '' };
  if (before === undefined || was.count === 0)
    return { counts: { ...nothing, inserted: is.count }, note: '' };
  if (after === undefined || is.count === 0) return { counts: { ...nothing, deleted: was.count }, note: '' };
  if (was.count === is.count && before.oid === after.oid && before.kind === 'r') {
    return {
      counts: { ...nothing, updated: is.count },
      note: ': each is written anew and counts as changed',
    };
  }
  const counts = { inserted: is.count, updated: 0, deleted: was.count };
  return { counts, note: ': all are replaced, so each counts as deleted and as inserted' };
}

function sameColumns(a: Relation | undefined, b: Relation | undefined): boolean {
  const names = (one: Relation | undefined): string =>
    JSON.stringify((one?.columns ?? []).map(({ name, type }) => [name, type]));
  return names(a) === names(b);
}

/** What tells old rows that were read for one comparison from those of another. */
export function oldRowsKey(pair: RelationPair): string {
  return JSON.stringify([pair.before?.oid, shownColumns(pair).map(({ name, made }) => [name, made])]);
}

/** What is said of columns that came with values which no two runs make alike. */
export function madeNotes(pairs: readonly RelationPair[]): string[] {
  return pairs.flatMap((pair) => {
    const made = shownColumns(pair).filter((column) => column.made);
    return made.map(
      ({ name }) =>
        `column ${visible(name)} of table ${visible(pair.after?.name ?? '')} is filled with values that are made when it runs`,
    );
  });
}

/** Columns that went, by the name of their table as it is now. */
export function droppedColumns(
  pairs: readonly RelationPair[],
): readonly (readonly [table: string, columns: readonly string[]])[] {
  return pairs.flatMap((pair) => {
    if (pair.before === undefined || pair.after === undefined) return [];
    const lost = shownColumns(pair).flatMap(({ before, after }) =>
      after === undefined && before !== undefined ? [before.name] : [],
    );
    return lost.length === 0 ? [] : [[pair.after.name, lost] as const];
  });
}
