import { qualified } from '@countersign/sql';
import { TargetError } from '../target-error.ts';
import { visible } from '../visible-text.ts';
import type { PostgresSession } from './session.ts';
import { quoteName } from './values.ts';

/** Tuples that the session's transaction has changed, by the number of the table. */
export type Counters = ReadonlyMap<string, number>;

/** A table whose rows were changed, as a diff shows it. */
export interface TouchedTable {
  readonly oid: string;
  /** Qualified, as facts name it. */
  readonly name: string;
  /** For the text of a query. */
  readonly quoted: string;
  readonly columns: readonly TouchedColumn[];
  /** Indexes of the primary key's columns. */
  readonly key: readonly number[];
  /** Whether any trigger of somebody's stands on it. */
  readonly hasTriggers: boolean;
  /** Tuples changed, those of subtransactions that were rolled back included. */
  readonly changed: number;
  /** What the changes were; undefined when the counters do not say it of these changes alone, or the table is no heap. */
  readonly counted: CountedTuples | undefined;
}

/** Tuples that were changed, at least as many as stand changed. */
export interface CountedTuples {
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
  /** Pages of the table. */
  readonly pages: number;
}

export interface TouchedColumn {
  readonly name: string;
  /** The engine computes it from others. */
  readonly computed: boolean;
  readonly identity: boolean;
  readonly defaultText: string | undefined;
}

/** What `pg_stat_xact_all_tables` shows, without the indexes and names that it looks up for every table. */
const countersText = `SELECT oid, changed FROM (SELECT c.oid, pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid)
      + pg_catalog.pg_stat_get_xact_tuples_updated(c.oid) + pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid) AS changed
    FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 't', 'm', 'p')) AS each WHERE changed > 0`;

export async function readCounters(session: PostgresSession): Promise<Counters> {
  const { rows } = await session.query(countersText);
  return new Map(rows.map(([oid, count]) => [oid ?? '', Number(count)]));
}

/** Whether no tuple was changed between two readings. */
export function sameCounters(before: Counters, after: Counters): boolean {
  return before.size === after.size && [...after].every(([oid, count]) => before.get(oid) === count);
}

/** Which tables of the database were read from or written to in the transaction, and how often. Asked under any search path. */
const workText = `SELECT pg_catalog.json_agg(pg_catalog.json_build_array(oid, blocks) ORDER BY oid)
  FROM (SELECT c.oid, pg_catalog.pg_stat_get_xact_blocks_fetched(c.oid) AS blocks FROM pg_catalog.pg_class c
    WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,t,m,p}'::pg_catalog."char"[]) AND c.oid OPERATOR(pg_catalog.>=) '16384'::pg_catalog.oid) AS each
  WHERE blocks OPERATOR(pg_catalog.>) '0'::pg_catalog.int8`;

/** Returns the same text as before when no row of any table was read or written between. */
export async function readWork(session: PostgresSession): Promise<string> {
  return (await session.first(workText)) ?? '';
}

/** Number of the engine's own way to keep rows, in every version. */
const heap = 2;

const tablesText = `
  SELECT c.oid, n.nspname, c.relname, c.relpersistence,
    (SELECT pg_catalog.json_agg(pg_catalog.json_build_array(a.attname, a.attgenerated <> '', a.attidentity <> '',
        pg_catalog.pg_get_expr(d.adbin, d.adrelid)) ORDER BY a.attnum)
      FROM pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
    (SELECT pg_catalog.json_agg(a.attname ORDER BY k.place) FROM pg_catalog.pg_index i
      CROSS JOIN LATERAL pg_catalog.unnest(i.indkey::smallint[]) WITH ORDINALITY AS k(number, place)
      JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
      WHERE i.indrelid = c.oid AND i.indisprimary),
    EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal),
    pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid), pg_catalog.pg_stat_get_xact_tuples_updated(c.oid),
    pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid),
    CASE WHEN c.relam = ${heap} THEN pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::bigint END
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.oid = ANY ($1::oid[]) AND n.nspname <> 'pg_toast'`;

/**
 * Returns the tables whose tuples were changed, by the number of each.
 * @throws TargetError `statement/…` for what no diff of rows shows
 */
export async function findTouched(
  session: PostgresSession,
  changed: Counters,
  held: Promise<readonly HeldRelation[]>,
): Promise<TouchedTable[]> {
  const locks = await held;
  refuseForeign(locks);
  refuseLocks(locks);
  return describeTouched(session, changed);
}

/** Tuples that were changed since the counters were read, by the number of the table. */
export async function changedSince(session: PostgresSession, before: Counters): Promise<Counters> {
  return changedBetween(before, await readCounters(session));
}

/** Tuples that were changed between two readings, by the number of the table. */
export function changedBetween(before: Counters, after: Counters): Counters {
  return new Map(
    [...after].flatMap(([oid, count]) =>
      count > (before.get(oid) ?? 0) ? [[oid, count - (before.get(oid) ?? 0)] as const] : [],
    ),
  );
}

/**
 * Returns what a diff needs to know of the tables whose tuples were changed.
 * @throws TargetError `statement/…` for what no diff of rows shows
 */
export async function describeTouched(session: PostgresSession, changed: Counters): Promise<TouchedTable[]> {
  const { rows } = await session.query(tablesText, [`{${[...changed.keys()].join(',')}}`]);
  return rows.map(([oid, schema, name, persistence, columns, key, triggers, ...counts]) => {
    const full = qualified(schema ?? '', name ?? '');
    refuseTable(schema ?? '', full, persistence ?? '');
    const shown = columnsOf(columns);
    return {
      oid: oid ?? '',
      name: full,
      quoted: `${quoteName(schema ?? '')}.${quoteName(name ?? '')}`,
      columns: shown,
      key: namesOf(key).map((one) => shown.findIndex((column) => column.name === one)),
      hasTriggers: triggers === 't',
      changed: changed.get(oid ?? '') ?? 0,
      counted: countedOf(counts, changed.get(oid ?? '') ?? 0),
    };
  });
}

/** The counters when all that they count are these changes. */
function countedOf(counts: readonly (string | null)[], changed: number): CountedTuples | undefined {
  const [inserted = 0, updated = 0, deleted = 0, pages = 0] = counts.map(Number);
  if (counts.includes(null) || inserted + updated + deleted !== changed) return undefined;
  return { inserted, updated, deleted, pages };
}

function refuseTable(schema: string, full: string, persistence: string): void {
  if (schema === '_countersign') {
    throw new TargetError('statement/own-tables', 'statement changes the tables of Countersign itself');
  }
  if (schema === 'pg_catalog' || schema === 'information_schema') {
    const text = `statement changes ${visible(full)}: the schema, large objects or another table of the engine`;
    throw new TargetError('statement/changes-schema', text);
  }
  if (persistence === 't') {
    throw new TargetError('statement/temporary', `statement changes the temporary table ${visible(full)}`);
  }
}

/** A relation that the session's transaction holds a lock on. */
export interface HeldRelation {
  readonly schema: string;
  readonly name: string;
  /** As in `pg_class.relkind`. */
  readonly kind: string;
  readonly mode: string;
}

/** The locks of the session's transaction on relations, ascending by name. */
export async function heldRelations(session: PostgresSession): Promise<readonly HeldRelation[]> {
  const { rows } = await session.query(
    `SELECT n.nspname, c.relname, c.relkind, l.mode FROM pg_catalog.pg_locks l
       JOIN pg_catalog.pg_class c ON c.oid = l.relation JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE l.pid = pg_catalog.pg_backend_pid() AND l.granted AND l.locktype = 'relation' ORDER BY c.relname`,
  );
  return rows.map(([schema, name, kind, mode]) => ({
    schema: schema ?? '',
    name: name ?? '',
    kind: kind ?? '',
    mode: mode ?? '',
  }));
}

/** @throws TargetError `statement/foreign-table` */
export function refuseForeign(held: readonly HeldRelation[]): void {
  const written = ['RowExclusiveLock', 'AccessExclusiveLock'];
  const found = held.find(({ kind, mode }) => kind === 'f' && written.includes(mode));
  if (found === undefined) return;
  const text = `statement writes the foreign table ${visible(found.name)}`;
  throw new TargetError('statement/foreign-table', text);
}

/** Refuses locks that only a change of the schema takes. */
function refuseLocks(held: readonly HeldRelation[]): void {
  const found = held.find(({ mode }) => mode === 'AccessExclusiveLock');
  if (found === undefined) return;
  const text = `statement changes the schema of ${visible(found.name)} or empties it as a whole, which is not shown row by row`;
  throw new TargetError('statement/changes-schema', text);
}

/** Names of the sequences that the transaction moved; that stays when it is rolled back. */
export function movedSequences(held: readonly HeldRelation[]): string[] {
  const moved = held.filter(({ kind, mode }) => kind === 'S' && mode === 'RowExclusiveLock');
  return [...new Set(moved.map(({ schema, name }) => qualified(schema, name)))].toSorted();
}

function columnsOf(json: string | null | undefined): TouchedColumn[] {
  const list: unknown = JSON.parse(json ?? '[]');
  if (!Array.isArray(list)) return [];
  return list.map((one: unknown) => {
    const [name, computed, identity, text] = Array.isArray(one) ? (one as unknown[]) : [];
    return {
      name: String(name),
      computed: computed === true,
      identity: identity === true,
      defaultText: typeof text === 'string' ? text : undefined,
    };
  });
}

function namesOf(json: string | null | undefined): readonly string[] {
  const list: unknown = JSON.parse(json ?? '[]');
  return Array.isArray(list) ? list.map(String) : [];
}
