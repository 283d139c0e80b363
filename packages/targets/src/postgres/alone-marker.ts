import type { Hash } from '@countersign/diff';
import { TargetError } from '../target-error.ts';
import type { MarkerState } from '../target.ts';
import { ownSchema } from './own-schema.ts';
import type { PostgresSession } from './session.ts';

/** What names a run to its marker. */
export interface AloneMark {
  readonly requestId: Uint8Array;
  readonly requestDigest: Hash;
  readonly startedAt: number;
}

/** @throws TargetError `target/not-prepared` for a target that was prepared before there was such a table */
export async function requireAloneTable(session: PostgresSession): Promise<void> {
  if (await hasAloneTable(session)) return;
  throw new TargetError(
    'target/not-prepared',
    'marker table for statements outside transactions is missing, expected a target prepared anew',
  );
}

async function hasAloneTable(session: PostgresSession): Promise<boolean> {
  return (await session.first(`SELECT pg_catalog.to_regclass('${ownSchema}.alone') IS NOT NULL`)) === 't';
}

/** When a session began, as a text that is the same in every time zone. */
const startOf = (row: string): string => `extract(epoch FROM ${row}.backend_start)::text`;

/** Commits that the session is about to send the request's statement. Fails when that was said before. */
export async function markAlone(session: PostgresSession, mark: AloneMark): Promise<void> {
  await session.query(
    `INSERT INTO ${ownSchema}.alone (request_id, request_digest, started_at, session_number, session_start)
       SELECT $1, $2, $3, pid, ${startOf('a')} FROM pg_catalog.pg_stat_activity a WHERE pid = pg_catalog.pg_backend_pid()`,
    [Buffer.from(mark.requestId), Buffer.from(mark.requestDigest), String(mark.startedAt)],
  );
}

/** Commits how the statement ended; one that ran has the marker of any other run as well. */
export async function markOutcome(session: PostgresSession, mark: AloneMark, outcome: string): Promise<void> {
  await session.query('BEGIN');
  await session.query(`UPDATE ${ownSchema}.alone SET outcome = $2 WHERE request_id = $1`, [
    Buffer.from(mark.requestId),
    outcome,
  ]);
  if (outcome === 'ran') {
    await session.query(
      `INSERT INTO ${ownSchema}.runs (request_id, request_digest, started_at) VALUES ($1, $2, $3)`,
      [Buffer.from(mark.requestId), Buffer.from(mark.requestDigest), String(mark.startedAt)],
    );
  }
  await session.query('COMMIT');
}

/**
 * Returns what is known of a statement outside transactions that has no marker of having run: one that failed may have left a part
 * of its work.
 * @throws TargetError `target/busy` while the session that sent it still lives
 */
export async function readAlone(session: PostgresSession, requestId: Uint8Array): Promise<MarkerState> {
  if (!(await hasAloneTable(session))) return { kind: 'absent' };
  const { rows } = await session.query(
    `SELECT pg_catalog.encode(m.request_digest, 'hex'), m.started_at, EXISTS (SELECT FROM pg_catalog.pg_stat_activity s
         WHERE s.pid = m.session_number AND ${startOf('s')} = m.session_start AND s.pid <> pg_catalog.pg_backend_pid())
       FROM ${ownSchema}.alone m WHERE m.request_id = $1`,
    [Buffer.from(requestId)],
  );
  const [row] = rows;
  if (row === undefined) return { kind: 'absent' };
  const [digest, startedAt, lives] = row;
  if (lives === 't')
    throw new TargetError('target/busy', 'the statement still runs in the session that sent it');
  return {
    kind: 'begun',
    requestDigest: new Uint8Array(Buffer.from(digest ?? '', 'hex')),
    startedAt: Number(startedAt),
  };
}

/** Whether the request's statement was ever about to be sent, whatever became of it. */
export async function wasBegun(session: PostgresSession, requestId: Uint8Array): Promise<boolean> {
  const found = await session.first(`SELECT 1 FROM ${ownSchema}.alone WHERE request_id = $1`, [
    Buffer.from(requestId),
  ]);
  return found !== undefined;
}
