import { createHash, randomBytes } from 'node:crypto';
import type { Hash } from '@countersign/diff';
import type { MarkerState } from '../target.ts';
import { textOf } from './catalog.ts';
import { aloneTable } from './definition-marker.ts';
import { errorNumber } from './session.ts';
import type { MariadbSession } from './session.ts';
import { readKind } from './settings.ts';
import type { ServerKind } from './settings.ts';

/** What `target prepare` makes in the target's database, each text one statement. */
export const markerTables: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS _countersign_identity (
  one TINYINT NOT NULL PRIMARY KEY CHECK (one = 1), id BINARY(16) NOT NULL) ENGINE = InnoDB`,
  `CREATE TABLE IF NOT EXISTS _countersign_runs (
  request_id BINARY(16) NOT NULL PRIMARY KEY, request_digest BINARY(32) NOT NULL, started_at BIGINT NOT NULL) ENGINE = InnoDB`,
  aloneTable,
];

/** Makes our tables, and a random identity, where they are missing. Each statement commits by itself here. */
export async function makeMarkerTables(session: MariadbSession): Promise<void> {
  for (const text of markerTables) await session.own(text);
  await session.own('INSERT IGNORE INTO _countersign_identity (one, id) VALUES (1, ?)', [randomBytes(16)]);
}

/**
 * Fingerprint of this very database: the server's own number, the database's name, and our identity row. Null when our
 * tables are not there.
 */
export async function readIdentity(session: MariadbSession, { engine }: ServerKind): Promise<Hash | null> {
  const [row] = await session.own(
    `SELECT DATABASE(), COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN ('_countersign_identity', '_countersign_runs')`,
  );
  if (Number(row?.[1]) !== 2) return null;
  const id = await readIdentityRow(session);
  if (id === null) return null;
  const place = JSON.stringify([await readServer(session, engine), String(row?.[0])]);
  const sum = createHash('sha256').update(`countersign ${engine} identity 1\n`).update(`${place}\n${id}\n`);
  return new Uint8Array(sum.digest());
}

/** Our random row in hex, the same on a replica; null where it is not there, or the account may not read it. */
export async function readIdentityRow(session: MariadbSession): Promise<string | null> {
  const [there] = await session.own(
    `SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '_countersign_identity'`,
  );
  if (Number(there?.[0]) !== 1) return null;
  const [row] = await session.own('SELECT HEX(id) FROM _countersign_identity');
  return row === undefined ? null : String(row[0]);
}

/** The server's own number and the session's database. */
export async function readServerPlace(session: MariadbSession): Promise<readonly string[]> {
  const { engine } = await readKind(session);
  const [row] = await session.own('SELECT DATABASE()');
  return [await readServer(session, engine), String(row?.[0])];
}

/** The number that a server gave itself; empty for a MariaDB that is too old to have one. */
export async function readServer(session: MariadbSession, engine: ServerKind['engine']): Promise<string> {
  try {
    const [row] = await session.own(engine === 'mariadb' ? 'SELECT @@server_uid' : 'SELECT @@server_uuid');
    return String(row?.[0]);
  } catch (cause) {
    const unknownVariable = 1193;
    if (errorNumber(cause) !== unknownVariable) throw cause;
    return '';
  }
}

/** Returns whether a request's marker stands: as the session sees it, or, locked, as soon as no run holds it any more. */
export async function readMarker(
  session: MariadbSession,
  requestId: Uint8Array,
  locked = false,
): Promise<MarkerState> {
  const [row] = await session.own(
    `SELECT HEX(request_digest), started_at FROM _countersign_runs WHERE request_id = ?${locked ? ' LOCK IN SHARE MODE' : ''}`,
    [Buffer.from(requestId)],
  );
  if (row === undefined) return { kind: 'absent' };
  return {
    kind: 'present',
    requestDigest: new Uint8Array(Buffer.from(textOf(row[0]), 'hex')),
    startedAt: Number(row[1]),
  };
}

const duplicate = 1062;

/** Sets a request's marker. A second run of the same request waits here for the first; returns the marker when that one committed. */
export async function insertMarker(
  session: MariadbSession,
  marker: { readonly requestId: Uint8Array; readonly requestDigest: Hash; readonly startedAt: number },
): Promise<MarkerState> {
  try {
    await session.own(
      'INSERT INTO _countersign_runs (request_id, request_digest, started_at) VALUES (?, ?, ?)',
      [Buffer.from(marker.requestId), Buffer.from(marker.requestDigest), String(marker.startedAt)],
    );
    return { kind: 'absent' };
  } catch (cause) {
    if (errorNumber(cause) !== duplicate) throw cause;
    return readMarker(session, marker.requestId, true);
  }
}
