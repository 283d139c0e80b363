import type { PostgresSession } from './session.ts';

/** What a server said of itself, and when it was asked, of `performance.now()`. */
export interface Moment {
  /** The same text means that on this server nothing was committed and no setting was read anew between two questions. */
  readonly text: string;
  readonly askedMs: number;
}

/**
 * The transactions that the server has let end; how far it has followed another one, which is null on a server that follows none; when it
 * was started, and when it read its settings. Of times the bytes are shown, which no setting writes in another way.
 */
export const momentColumns = `pg_catalog.pg_current_snapshot()::text, pg_catalog.pg_last_wal_replay_lsn()::text,
  pg_catalog.encode(pg_catalog.timestamptz_send(pg_catalog.pg_postmaster_start_time()), 'hex'),
  pg_catalog.encode(pg_catalog.timestamptz_send(pg_catalog.pg_conf_load_time()), 'hex')`;
const columnCount = 4;

/** Divides a row that begins with {@link momentColumns} into their text, what says that the server follows another, and the rest. */
export function momentOf(row: readonly unknown[]): {
  readonly text: string;
  readonly isReplica: boolean;
  readonly rest: readonly unknown[];
} {
  return {
    text: JSON.stringify(row.slice(0, columnCount)),
    isReplica: row[1] !== null,
    rest: row.slice(columnCount),
  };
}

/** Asks for the moment alone. Rejects with the driver's own error. */
export async function readMoment(session: PostgresSession): Promise<Moment> {
  const askedMs = performance.now();
  const { rows } = await session.query(`SELECT ${momentColumns}`);
  return { text: momentOf(rows[0] ?? []).text, askedMs };
}
