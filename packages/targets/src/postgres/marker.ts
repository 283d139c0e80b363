import { createHash, randomBytes } from 'node:crypto';
import type { Hash } from '@countersign/diff';
import type { MarkerState } from '../target.ts';
import { readAlone } from './alone-marker.ts';
import { ownSchema } from './own-schema.ts';
import type { PostgresSession } from './session.ts';

/** Statements that run outside transactions: `outcome` is null from before they are sent until their answer is there. */
const aloneTable = `CREATE TABLE IF NOT EXISTS ${ownSchema}.alone (
  request_id bytea PRIMARY KEY, request_digest bytea NOT NULL, started_at bigint NOT NULL,
  session_number integer NOT NULL, session_start text NOT NULL, outcome text)`;

/** What `target prepare` makes, each text one statement. */
export const markerTables: readonly string[] = [
  `CREATE SCHEMA IF NOT EXISTS ${ownSchema}`,
  `CREATE TABLE IF NOT EXISTS ${ownSchema}.identity (
  one integer PRIMARY KEY CHECK (one = 1), id bytea NOT NULL CHECK (pg_catalog.length(id) = 16))`,
  `CREATE TABLE IF NOT EXISTS ${ownSchema}.runs (
  request_id bytea PRIMARY KEY, request_digest bytea NOT NULL, started_at bigint NOT NULL)`,
  aloneTable,
];

/** Makes our tables, and a random identity, where they are missing. Runs inside the caller's transaction. */
export async function makeMarkerTables(session: PostgresSession): Promise<void> {
  for (const text of markerTables) await session.query(text);
  await session.query(
    `INSERT INTO ${ownSchema}.identity (one, id) VALUES (1, $1) ON CONFLICT (one) DO NOTHING`,
    [randomBytes(16)],
  );
}

/**
 * Fingerprint of this very database: the cluster's identifier, the database's number and name, and our identity row. A
 * dump that is restored elsewhere keeps the row alone. Null when our tables are not there.
 */
export async function readIdentity(session: PostgresSession): Promise<Hash | null> {
  const there = await session.first(
    `SELECT pg_catalog.to_regclass('${ownSchema}.identity') IS NOT NULL AND pg_catalog.to_regclass('${ownSchema}.runs') IS NOT NULL`,
  );
  if (there !== 't') return null;
  const id = await session.first(`SELECT pg_catalog.encode(id, 'hex') FROM ${ownSchema}.identity`);
  if (typeof id !== 'string') return null;
  const place = JSON.stringify(await readPlace(session));
  const sum = createHash('sha256').update('countersign postgres identity 1\n').update(`${place}\n${id}\n`);
  return new Uint8Array(sum.digest());
}

/** Cluster, number and name of the session's database: the same on the primary and on its replicas. */
export async function readPlace(session: PostgresSession): Promise<readonly (string | null)[]> {
  const { rows } = await session.query(
    `SELECT (pg_catalog.pg_control_system()).system_identifier::text, oid::text, datname::text
       FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()`,
  );
  return rows[0] ?? [];
}

/** Returns whether a request's marker stands, as the session's transaction sees it. */
export async function readMarker(session: PostgresSession, requestId: Uint8Array): Promise<MarkerState> {
  const [row] = (
    await session.query(
      `SELECT pg_catalog.encode(request_digest, 'hex'), started_at FROM ${ownSchema}.runs WHERE request_id = $1`,
      [Buffer.from(requestId)],
    )
  ).rows;
  if (row === undefined) return { kind: 'absent' };
  const [digest, startedAt] = row;
  return {
    kind: 'present',
    requestDigest: new Uint8Array(Buffer.from(digest ?? '', 'hex')),
    startedAt: Number(startedAt),
  };
}

/** Sets a request's marker. Fails when a run of the same request has committed meanwhile. */
export async function insertMarker(
  session: PostgresSession,
  marker: { readonly requestId: Uint8Array; readonly requestDigest: Hash; readonly startedAt: number },
): Promise<void> {
  await session.query(
    `INSERT INTO ${ownSchema}.runs (request_id, request_digest, started_at) VALUES ($1, $2, $3)`,
    [Buffer.from(marker.requestId), Buffer.from(marker.requestDigest), String(marker.startedAt)],
  );
}

/** Waits until no run holds its marker any more, and returns whether the request's stands. */
export async function awaitMarker(
  session: PostgresSession,
  requestId: Uint8Array,
  busyMs: number,
): Promise<MarkerState> {
  session.expectAnswerWithin(busyMs);
  await session.query(`SELECT pg_catalog.set_config('lock_timeout', $1, false)`, [String(busyMs)]);
  await session.query('BEGIN');
  await session.query(`LOCK TABLE ${ownSchema}.runs IN SHARE MODE`);
  const state = await readMarker(session, requestId);
  const known = state.kind === 'absent' ? await readAlone(session, requestId) : state;
  await session.query('ROLLBACK');
  return known;
}
