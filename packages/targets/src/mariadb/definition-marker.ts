import type { Hash } from '@countersign/diff';
import { TargetError } from '../target-error.ts';
import type { MarkerState } from '../target.ts';
import { textOf } from './catalog.ts';
import { fingerprint, readObjects } from './schema-objects.ts';
import type { MariadbSession } from './session.ts';

/** A definition that is about to be sent, or was. */
export interface AloneMark {
  readonly requestId: Uint8Array;
  readonly requestDigest: Hash;
  readonly startedAt: number;
  /** Fingerprints of the schema before the definition, and after it by what the copy showed. */
  readonly before: Hash;
  readonly after: Hash;
}

/** What `target prepare` makes for definitions. */
export const aloneTable = `CREATE TABLE IF NOT EXISTS _countersign_alone (
  request_id BINARY(16) NOT NULL PRIMARY KEY, request_digest BINARY(32) NOT NULL, started_at BIGINT NOT NULL,
  schema_before BINARY(32) NOT NULL, schema_after BINARY(32) NOT NULL) ENGINE = InnoDB`;

/** @throws TargetError `target/not-prepared` for a target that was prepared before there was such a table */
export async function requireAloneTable(session: MariadbSession): Promise<void> {
  if (await hasAloneTable(session)) return;
  throw new TargetError(
    'target/not-prepared',
    'marker table for definitions is missing, expected a target prepared anew',
  );
}

async function hasAloneTable(session: MariadbSession): Promise<boolean> {
  const [row] = await session.own(
    `SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '_countersign_alone'`,
  );
  return Number(row?.[0]) === 1;
}

/** The lock that a session holds as long as it may still send a request's definition, or run it: it ends with the session. */
function lockName(requestId: Uint8Array): string {
  return `countersign_${Buffer.from(requestId).toString('hex')}`;
}

/**
 * Takes the lock of a request for the rest of the session: whoever holds it knows that nobody else runs the request.
 * @throws TargetError `target/busy`
 */
export async function holdRequest(session: MariadbSession, requestId: Uint8Array): Promise<void> {
  const [row] = await session.own('SELECT GET_LOCK(?, 1)', [lockName(requestId)]);
  if (Number(row?.[0]) === 1) return;
  throw new TargetError('target/busy', 'the definition still runs in the session that sent it');
}

/** Commits that the definition is about to be sent. Fails when that was said before. */
export async function markAlone(session: MariadbSession, mark: AloneMark): Promise<void> {
  await session.own(
    'INSERT INTO _countersign_alone (request_id, request_digest, started_at, schema_before, schema_after) VALUES (?, ?, ?, ?, ?)',
    [
      Buffer.from(mark.requestId),
      Buffer.from(mark.requestDigest),
      String(mark.startedAt),
      Buffer.from(mark.before),
      Buffer.from(mark.after),
    ],
  );
}

/** Takes that back, once it is proved that nothing was done. */
export async function unmarkAlone(session: MariadbSession, requestId: Uint8Array): Promise<void> {
  await session.own('DELETE FROM _countersign_alone WHERE request_id = ?', [Buffer.from(requestId)]);
}

/**
 * Commits that no schema tells any more what became of the definition, since the server's answer and the schema after it disagree:
 * another session may have changed it, and may do so again.
 */
export async function leaveOpen(session: MariadbSession, requestId: Uint8Array): Promise<void> {
  await session.own('UPDATE _countersign_alone SET schema_after = schema_before WHERE request_id = ?', [
    Buffer.from(requestId),
  ]);
}

/** Commits that the definition ran: from here on the marker of any other run says so, whatever becomes of the schema. */
export async function markRan(
  session: MariadbSession,
  { requestId, requestDigest, startedAt }: Pick<AloneMark, 'requestId' | 'requestDigest' | 'startedAt'>,
): Promise<void> {
  await session.own(
    'INSERT IGNORE INTO _countersign_runs (request_id, request_digest, started_at) VALUES (?, ?, ?)',
    [Buffer.from(requestId), Buffer.from(requestDigest), String(startedAt)],
  );
}

/** What the schema proves about a definition that was about to be sent. */
export type Proof = 'not-run' | 'ran' | 'open';

/** Which of the two the schema is now; `open` when it is neither, or both. */
export function proofOf(now: Hash, { before, after }: Pick<AloneMark, 'before' | 'after'>): Proof {
  const same = (one: Hash, other: Hash): boolean => Buffer.compare(one, other) === 0;
  if (same(before, after)) return 'open';
  if (same(now, before)) return 'not-run';
  return same(now, after) ? 'ran' : 'open';
}

/**
 * Settles a definition that has no marker of having run: no session runs it any more, so the schema tells. One that ran is marked so.
 * One of which nothing was done is absent. The caller holds nothing; the lock of the request is taken and kept by the session.
 * @throws TargetError `target/busy` while the session that sent it still lives
 */
export async function settleAlone(session: MariadbSession, requestId: Uint8Array): Promise<MarkerState> {
  if (!(await hasAloneTable(session))) return { kind: 'absent' };
  await holdRequest(session, requestId);
  const mark = await readMark(session, requestId);
  if (mark === undefined) return { kind: 'absent' };
  const { requestDigest, startedAt } = mark;
  switch (proofOf(fingerprint(await readObjects(session)), mark)) {
    case 'not-run':
      return { kind: 'absent' };
    case 'ran':
      await markRan(session, mark);
      return { kind: 'present', requestDigest, startedAt };
    case 'open':
      return { kind: 'begun', requestDigest, startedAt };
  }
}

async function readMark(session: MariadbSession, requestId: Uint8Array): Promise<AloneMark | undefined> {
  const [row] = await session.own(
    'SELECT HEX(request_digest), started_at, HEX(schema_before), HEX(schema_after) FROM _countersign_alone WHERE request_id = ?',
    [Buffer.from(requestId)],
  );
  if (row === undefined) return undefined;
  const bytes = (value: unknown): Uint8Array => new Uint8Array(Buffer.from(textOf(value), 'hex'));
  return {
    requestId,
    requestDigest: bytes(row[0]),
    startedAt: Number(row[1]),
    before: bytes(row[2]),
    after: bytes(row[3]),
  };
}
