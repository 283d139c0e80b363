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
}

export interface TouchedColumn {
  readonly name: string;
  /** The engine computes it from others. */
  readonly computed: boolean;
  readonly identity: boolean;
  readonly defaultText: string | undefined;
}

const countersText = `SELECT relid, n_tup_ins + n_tup_upd + n_tup_del FROM pg_catalog.pg_stat_xact_all_tables
  WHERE n_tup_ins + n_tup_upd + n_tup_del > 0`;

export async function readCounters(session: PostgresSession): Promise<Counters> {
  const { rows } = await session.query(countersText);
  return new Map(rows.map(([oid, count]) => [oid ?? '', Number(count)]));
}

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
    EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal)
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.oid = ANY ($1::oid[]) AND n.nspname <> 'pg_toast'`;

/**
 * Returns the tables whose rows changed since the counters were read.
 * @throws TargetError `statement/…` for what no diff of rows shows
 */
export async function findTouched(session: PostgresSession, before: Counters): Promise<TouchedTable[]> {
  await refuseLocks(session);
  return describeTouched(session, await changedSince(session, before));
}

/** Tuples that were changed since the counters were read, by the number of the table. */
export async function changedSince(session: PostgresSession, before: Counters): Promise<Counters> {
  const now = await readCounters(session);
  return new Map(
    [...now].flatMap(([oid, count]) =>
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
  return rows.map(([oid, schema, name, persistence, columns, key, triggers]) => {
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
    };
  });
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

/** @throws TargetError `statement/foreign-table` */
export async function refuseForeign(session: PostgresSession): Promise<void> {
  const name = await session.first(foreignText);
  if (name === undefined) return;
  throw new TargetError(
    'statement/foreign-table',
    `statement writes the foreign table ${visible(name ?? '')}`,
  );
}

const foreignText = `
  SELECT c.relname FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation
  WHERE l.pid = pg_catalog.pg_backend_pid() AND l.granted AND l.locktype = 'relation'
    AND c.relkind = 'f' AND l.mode IN ('RowExclusiveLock', 'AccessExclusiveLock') ORDER BY 1 LIMIT 1`;

/** Locks that only a change of the schema takes. */
const locksText = `
  SELECT c.relname FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation
  WHERE l.pid = pg_catalog.pg_backend_pid() AND l.granted AND l.locktype = 'relation'
    AND l.mode = 'AccessExclusiveLock' ORDER BY 1 LIMIT 1`;

async function refuseLocks(session: PostgresSession): Promise<void> {
  await refuseForeign(session);
  const [row] = (await session.query(locksText)).rows;
  if (row === undefined) return;
  const [name] = row;
  const text = `statement changes the schema of ${visible(name ?? '')} or empties it as a whole, which is not shown row by row`;
  throw new TargetError('statement/changes-schema', text);
}

/** Names of the sequences that the transaction moved; that stays when it is rolled back. */
export async function movedSequences(session: PostgresSession): Promise<string[]> {
  const { rows } = await session.query(
    `SELECT DISTINCT n.nspname, c.relname FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation
       JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE l.pid = pg_catalog.pg_backend_pid() AND l.granted AND l.locktype = 'relation' AND c.relkind = 'S' AND l.mode = 'RowExclusiveLock'`,
  );
  return rows.map(([schema, name]) => qualified(schema ?? '', name ?? '')).toSorted();
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
