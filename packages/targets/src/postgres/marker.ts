import { createHash, randomBytes } from 'node:crypto';
import type { Hash } from '@countersign/diff';
import type { PostgresSession } from './session.ts';

/** The schema of our own tables; no statement of a request may touch it. */
export const ownSchema = '_countersign';

/** What `target prepare` makes, each text one statement. */
export const markerTables: readonly string[] = [
  `CREATE SCHEMA IF NOT EXISTS ${ownSchema}`,
  `CREATE TABLE IF NOT EXISTS ${ownSchema}.identity (
  one integer PRIMARY KEY CHECK (one = 1), id bytea NOT NULL CHECK (pg_catalog.length(id) = 16))`,
  `CREATE TABLE IF NOT EXISTS ${ownSchema}.runs (
  request_id bytea PRIMARY KEY, request_digest bytea NOT NULL, started_at bigint NOT NULL)`,
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
