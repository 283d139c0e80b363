import type { ServerAccount } from '../server-address.ts';
import { TargetError } from '../target-error.ts';
import { sqlState } from './engine-error.ts';
import { readPlace } from './marker.ts';
import { momentColumns, momentOf } from './moment.ts';
import type { Moment } from './moment.ts';
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

/** For what is asked ahead of any read. */
const preparing: Bounds = { busyMs: 2_000, leftMs: 5_000 };

/** Longer than the server allows a statement, in milliseconds, before it also ends the idle transaction around it. */
const graceMs = 2_000;

/**
 * What a session can hold, and the settings that it began with as they stand; the operators are the engine's own, whatever the search
 * path. Advisory locks are not asked for, which takes locks of the server's own: DISCARD ALL gives them up.
 */
const held = [
  'CURRENT_USER OPERATOR(pg_catalog.=) SESSION_USER',
  'pg_catalog.pg_my_temp_schema()',
  'EXISTS (SELECT FROM pg_catalog.pg_prepared_statement())',
  "EXISTS (SELECT FROM pg_catalog.pg_cursor() WHERE name OPERATOR(pg_catalog.<>) '')",
  'EXISTS (SELECT FROM pg_catalog.pg_listening_channels())',
  ...readerSettings('').map(([name]) => `pg_catalog.current_setting('${name}')`),
].join(', ');

/** The moment and all of that as one text, which the server can compare by itself: a JSON array. */
const standsNow = `pg_catalog.json_build_array(${momentColumns}, ${held})::text COLLATE pg_catalog."C"`;
/** Fails when it is another text, and with it the transaction. */
const requireStands = `SELECT 1 OPERATOR(pg_catalog./) (CASE WHEN ${standsNow} OPERATOR(pg_catalog.=) $1 THEN 1 ELSE 0 END)`;
const divisionByZero = '22012';

/** A read whose statement was sent behind the opening of its transaction. */
export interface Begun<T> {
  readonly moment: Moment;
  readonly reading: Promise<T>;
}

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
  #began: string | undefined;
  /** The moment and all that is held, as the server last wrote them when both were found good. */
  #stands: { readonly text: string; readonly moment: string } | undefined;
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
   * Begins the transaction of a read, in which it cannot be made writing any more, looks whether the session is as it was at its first
   * one, and asks what the account may do unless no transaction has ended on the server since it was asked. Returns the server's moment.
   * @throws TargetError `target/account-writes`, `target/other-database`, `target/unreachable`, Error when the session holds anything,
   *   or the driver's own error
   */
  async begin(standing: Standing, bounds: Bounds): Promise<Moment> {
    this.#uses += 1;
    return this.#start(standing, bounds);
  }

  /**
   * Does what {@link begin} does and has `read` send its statement at once behind that, so that nobody waits between the two. The server
   * itself compares all that `begin` looks at with what was good the last time. INVARIANT: where anything is other, the transaction has failed
   * before the statement comes, and in one that failed the server runs nothing; then undefined is returned, and `begin` is to be called.
   * @throws what {@link begin} throws
   */
  async beginWith<T>(
    { place }: Standing,
    { busyMs, leftMs }: Bounds,
    read: () => Promise<T>,
  ): Promise<Begun<T> | undefined> {
    const stands = this.#stands;
    if (stands === undefined || this.#place !== JSON.stringify(place)) return undefined;
    this.session.expectAnswerWithin(leftMs);
    const askedMs = performance.now();
    const [opened, reading] = this.session.inOnePiece(() => [
      together([
        this.session.ownTexts(openingOf(busyMs, leftMs)),
        this.session.query(requireStands, [stands.text]),
      ]),
      read(),
    ]);
    // Whatever comes first: until somebody waits for it, it ends nothing.
    reading.catch(() => undefined);
    try {
      await opened;
    } catch (cause) {
      await reading.catch(() => undefined);
      this.session.limitBytes(Infinity);
      if (sqlState(cause) !== divisionByZero) throw cause;
      await this.session.query('ROLLBACK');
      return undefined;
    }
    this.#uses += 1;
    return { moment: { text: stands.moment, askedMs }, reading };
  }

  /** Asks everything that the first transaction asks, so that no read waits for it. @throws what {@link begin} throws */
  async prepare(standing: Standing): Promise<void> {
    await this.#start(standing, preparing);
    await this.reset();
  }

  async #start({ place }: Standing, { busyMs, leftMs }: Bounds): Promise<Moment> {
    await this.#requirePlace(place);
    this.session.expectAnswerWithin(leftMs);
    const askedMs = performance.now();
    this.#stands = undefined;
    const answers = await this.session.ownTexts([...openingOf(busyMs, leftMs), `SELECT ${standsNow}`]);
    const all = answers.at(-1)?.rows[0]?.[0] ?? '[]';
    const { text, isReplica, rest } = momentOf(JSON.parse(all) as readonly unknown[]);
    this.#isReplica = isReplica;
    this.#requireAsBegan(JSON.stringify(rest));
    // Where others commit all the time, a comparison with what stood the last time would fail all the time.
    if (text === this.#rightsAt) this.#stands = { text: all, moment: text };
    else await this.#requireRights(text);
    return { text, askedMs };
  }

  /** Nobody has run anything yet in the transaction that is asked first. @throws Error */
  #requireAsBegan(holds: string): void {
    this.#began ??= holds;
    if (holds !== this.#began) throw new Error(`session is not as it began: ${holds}`);
  }

  async #requireRights(moment: string): Promise<void> {
    const name = await requireRights(this.session);
    this.#name ??= name;
    if (name !== this.#name)
      throw new TargetError('target/unreachable', 'read account has another name by now');
    // The moment lies before the question, so that what was granted between the two is asked about again.
    this.#rightsAt = moment;
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

  /** Ends the transaction, and takes back whatever a session can hold; the next {@link begin} looks. Rejects with the driver's own error. */
  async reset(): Promise<void> {
    await this.session.inOnePiece(() =>
      together([this.session.query('ROLLBACK'), this.session.query('DISCARD ALL')]),
    );
  }

  end(): Promise<void> {
    return this.session.close();
  }
}

/** What opens the transaction of a read, with what is left of its limits. */
function openingOf(busyMs: number, leftMs: number): [string, string, ...string[]] {
  return [
    'BEGIN READ ONLY',
    `SET LOCAL lock_timeout = ${milliseconds(busyMs)}`,
    `SET LOCAL statement_timeout = ${milliseconds(leftMs)}`,
    `SET LOCAL idle_in_transaction_session_timeout = ${milliseconds(leftMs + graceMs)}`,
  ];
}

/** A whole number for the server's own settings, where 0 would mean that there is no limit. */
function milliseconds(limit: number): number {
  return Math.min(Math.max(1, Math.floor(limit)), 2 ** 31 - 1);
}
