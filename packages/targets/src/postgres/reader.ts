import type { ServerAccount } from '../server-address.ts';
import { TargetError } from '../target-error.ts';
import { readPlace } from './marker.ts';
import { requireRights } from './read-account.ts';
import { PostgresSession } from './session.ts';
import { readerSettings } from './settings.ts';
import { together } from './together.ts';

/** Which database, under which search path: what a statement was judged for. */
export interface Standing {
  /** A list of quoted names. */
  readonly path: string;
  /** Cluster, number and name. */
  readonly place: readonly (string | null)[];
}

/** How long a statement may wait for locks, and take. */
export interface Bounds {
  readonly busyMs: number;
  readonly leftMs: number;
}

/** Longer than the server allows a statement, in milliseconds, before it also ends the idle transaction around it. */
const graceMs = 2_000;

/** The transactions that the server has let commit, or on a replica how far it has followed; the same as long as nothing was granted. */
const moment = `SELECT pg_catalog.pg_current_snapshot()::text, pg_catalog.pg_last_wal_replay_lsn()::text`;

/** What a session can hold, in the order of {@link nothingHeld}; the operators are the engine's own, whatever the search path. */
const held = `SELECT CURRENT_USER OPERATOR(pg_catalog.=) SESSION_USER,
  (SELECT pg_catalog.count(*) FROM pg_catalog.pg_settings WHERE source OPERATOR(pg_catalog.=) 'session'),
  (SELECT pg_catalog.count(*) FROM pg_catalog.pg_prepared_statements),
  (SELECT pg_catalog.count(*) FROM pg_catalog.pg_cursors WHERE name OPERATOR(pg_catalog.<>) ''),
  (SELECT pg_catalog.count(*) FROM pg_catalog.pg_listening_channels()), pg_catalog.pg_my_temp_schema(),
  (SELECT pg_catalog.count(*) FROM pg_catalog.pg_locks
    WHERE pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid() AND locktype OPERATOR(pg_catalog.=) 'advisory')`;
const nothingHeld = ['t', '0', '0', '0', '0', '0', '0'];

/**
 * A session of the account that can only read. Its settings are those it began with, so that nothing but what a statement leaves
 * behind can be in it. docs/postgres.md#sessions-that-are-kept
 */
export class Reader {
  readonly session: PostgresSession;
  readonly path: string;
  /** Of `performance.now()`. */
  readonly openedMs: number;
  #uses = 0;
  #place: string | undefined;
  #name: string | undefined;
  #rightsAt: string | undefined;
  #isReplica = false;

  private constructor(session: PostgresSession, path: string, openedMs: number) {
    this.session = session;
    this.path = path;
    this.openedMs = openedMs;
  }

  /** @throws TargetError `target/unreachable` */
  static async open(account: ServerAccount, path: string): Promise<Reader> {
    const openedMs = performance.now();
    return new Reader(await PostgresSession.open(account, readerSettings(path)), path, openedMs);
  }

  /** Transactions begun so far. */
  get uses(): number {
    return this.#uses;
  }

  /** Whether its server follows another, or once did: the schema there may be an older one than that of the other. */
  get isReplica(): boolean {
    return this.#isReplica;
  }

  /**
   * Begins the transaction of a read, in which it cannot be made writing any more, and asks what the account may do unless no
   * transaction has ended on the server since it was asked.
   * @throws TargetError `target/account-writes`, `target/other-database`, `target/unreachable`, or the driver's own error
   */
  async begin({ place }: Standing, { busyMs, leftMs }: Bounds): Promise<void> {
    this.#uses += 1;
    await this.#requirePlace(place);
    this.session.expectAnswerWithin(leftMs);
    const answers = await this.session.ownTexts([
      'BEGIN READ ONLY',
      `SET LOCAL lock_timeout = ${milliseconds(busyMs)}`,
      `SET LOCAL statement_timeout = ${milliseconds(leftMs)}`,
      `SET LOCAL idle_in_transaction_session_timeout = ${milliseconds(leftMs + graceMs)}`,
      moment,
    ]);
    const rows = answers.at(-1)?.rows;
    // How far it has followed is null on a server that follows none.
    this.#isReplica = rows?.[0]?.[1] !== null;
    const now = JSON.stringify(rows);
    if (now === this.#rightsAt) return;
    const name = await requireRights(this.session);
    this.#name ??= name;
    if (name !== this.#name)
      throw new TargetError('target/unreachable', 'read account has another name by now');
    // The moment lies before the question, so that what was granted between the two is asked about again.
    this.#rightsAt = now;
  }

  /** A session stays on its database, so that this is asked once. */
  async #requirePlace(place: Standing['place']): Promise<void> {
    this.#place ??= JSON.stringify(await readPlace(this.session));
    if (this.#place === JSON.stringify(place)) return;
    throw new TargetError(
      'target/other-database',
      'read account reaches another database than url, expected the same or a replica of it',
    );
  }

  /**
   * Ends the transaction, takes back whatever a session can hold, and looks whether it holds nothing.
   * @throws Error when it does, and the driver's own error
   */
  async reset(): Promise<void> {
    const [, , { rows }] = await together([
      this.session.query('ROLLBACK'),
      this.session.query('DISCARD ALL'),
      this.session.query(held),
    ]);
    if (JSON.stringify(rows[0]) !== JSON.stringify(nothingHeld))
      throw new Error(`session is not as it began: ${JSON.stringify(rows[0])}`);
  }

  end(): Promise<void> {
    return this.session.close();
  }
}

/** A whole number for the server's own settings, where 0 would mean that there is no limit. */
function milliseconds(limit: number): number {
  return Math.min(Math.max(1, Math.floor(limit)), 2 ** 31 - 1);
}
