import { createHash, randomBytes } from 'node:crypto';
import type { Hash } from '@countersign/diff';
import type { MarkerState } from '../target.ts';
import { TargetError } from '../target-error.ts';
import type { Connection } from './connection.ts';

const createRuns = `CREATE TABLE IF NOT EXISTS _countersign_runs (
  request_id BLOB PRIMARY KEY, request_digest BLOB NOT NULL, started_at INTEGER NOT NULL) WITHOUT ROWID`;
const createIdentity = `CREATE TABLE IF NOT EXISTS _countersign_identity (
  one INTEGER PRIMARY KEY CHECK (one = 1), id BLOB NOT NULL CHECK (length(id) = 16))`;

/** What `prepare` makes, beside a row of random bytes in `_countersign_identity`. */
export const markerTables: readonly string[] = [
  createRuns,
  createIdentity,
  'INSERT OR IGNORE INTO _countersign_identity (one, id) VALUES (1, randomblob(16))',
];

/** Makes our two tables, and a random identity, where they are missing. */
export function prepareTables(connection: Connection): void {
  connection.run('BEGIN IMMEDIATE');
  connection.run(createRuns);
  connection.run(createIdentity);
  const there = connection.first('SELECT 1 FROM _countersign_identity');
  if (there === undefined) {
    connection.run('INSERT INTO _countersign_identity (one, id) VALUES (1, ?)', randomBytes(16));
  }
  connection.run('COMMIT');
}

/** Fingerprint of the identity row; null when our tables are not there. */
export function readIdentity(connection: Connection): Hash | null {
  const count = connection.first(
    `SELECT count(*) FROM main.sqlite_schema WHERE name IN ('_countersign_identity', '_countersign_runs')`,
  );
  if (count !== 2n) return null;
  const id = connection.first('SELECT id FROM main._countersign_identity');
  if (!(id instanceof Uint8Array)) return null;
  const sum = createHash('sha256').update('countersign sqlite identity 1\n').update(id).digest();
  return new Uint8Array(sum);
}

/** @throws TargetError `target/not-prepared` */
export function requireIdentity(connection: Connection): Hash {
  const identity = readIdentity(connection);
  if (identity !== null) return identity;
  throw new TargetError('target/not-prepared', 'marker tables are missing, expected a prepared target');
}

/** Returns whether a request's marker stands. */
export function readMarker(connection: Connection, requestId: Uint8Array): MarkerState {
  const [row] = connection.all(
    'SELECT request_digest, started_at FROM main._countersign_runs WHERE request_id = ?',
    requestId,
  );
  if (row === undefined) return { kind: 'absent' };
  const [requestDigest, startedAt] = row;
  if (!(requestDigest instanceof Uint8Array)) {
    throw new TargetError('target/not-prepared', 'marker row holds no digest');
  }
  return { kind: 'present', requestDigest: new Uint8Array(requestDigest), startedAt: Number(startedAt) };
}

/** Sets a request's marker. The caller has seen that it is absent, under the write lock. */
export function insertMarker(
  connection: Connection,
  marker: { readonly requestId: Uint8Array; readonly requestDigest: Hash; readonly startedAt: number },
): void {
  connection.run(
    'INSERT INTO main._countersign_runs (request_id, request_digest, started_at) VALUES (?, ?, ?)',
    marker.requestId,
    marker.requestDigest,
    BigInt(marker.startedAt),
  );
}
