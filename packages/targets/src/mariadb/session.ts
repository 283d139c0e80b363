import { isIP } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createConnection } from 'mysql2';
import type { Connection, ConnectionOptions, FieldPacket, TypeCast } from 'mysql2';
import type { Input } from './values.ts';
import { doorHints } from '../door-hints.ts';
import { tlsOptions } from '../server-address.ts';
import type { ServerAccount } from '../server-address.ts';
import { TargetError } from '../target-error.ts';

const connectMs = 10_000;
const killMs = 2_000;
/** How long something that runs may take to its end before it is told to give up. */
const patienceMs = 1_000;
/** How long the server may take to roll back, or to answer beyond the limit that it was told, before it counts as silent. */
const takeBackMs = 10_000;
/** The limit of a session that was told none. */
const untoldMs = 30_000;
/** A timer that is set for longer would run out at once. */
const longestTimerMs = 2 ** 31 - 1;

/** A value as the driver gives it, and the number of its column's type. */
export type DriverValue = unknown;
export type ColumnType = number | undefined;

/**
 * One connection. Every text that is not ours goes by the protocol for prepared statements, which takes one statement and no more.
 */
export class MariadbSession {
  /** Also for the connection that kills this one: the password is asked for once, when it can still be refused. */
  readonly #options: ConnectionOptions;
  readonly #connection: Connection;
  #open = false;
  #answerMs = untoldMs + takeBackMs;
  /** After how long a statement is told to give up, where the server does not do that by itself. */
  #stopAfterMs: number | undefined;
  /** Rejects when the connection breaks; a destroyed one tells its commands nothing. */
  readonly #lost = Promise.withResolvers<never>();

  /** @throws TargetError `target/bad-url` for a host that its certificate could not be held against */
  constructor(account: ServerAccount) {
    this.#options = connectionOptions(account);
    this.#connection = createConnection(this.#options);
    this.#connection.on('connect', () => {
      this.#open = true;
    });
    this.#connection.on('error', (cause) => {
      this.#lost.reject(lostOrUnreachable(cause));
    });
    // Nobody may be waiting at that moment.
    this.#lost.promise.catch(() => undefined);
  }

  /**
   * Tells how long a statement may take: the server stops it then, by its own clock, or is told to. One that says nothing much longer
   * is given up.
   */
  expectAnswerWithin(timeoutMs: number, serverStops: boolean): void {
    this.#answerMs = Math.min(timeoutMs + takeBackMs, longestTimerMs);
    this.#stopAfterMs = serverStops ? undefined : Math.min(Math.max(1, timeoutMs), longestTimerMs);
  }

  /** Sends one text of our own and returns its rows. */
  own(sql: string, values: readonly Input[] = []): Promise<readonly unknown[][]> {
    return this.#rowsOf((told) => {
      this.#connection.execute(sql, [...values], told);
    });
  }

  /**
   * Sends one text of our own of which only its end matters, such as what begins or ends a transaction: MySQL does not prepare these. It
   * goes by the protocol for texts, where several statements in one are switched off.
   */
  async control(sql: string): Promise<void> {
    await this.#rowsOf((told) => {
      this.#connection.query(sql, told);
    });
  }

  /**
   * Sends one text of our own that is prepared anew: a SHOW CREATE VIEW that was prepared before shows the view as it was then.
   */
  async anew(sql: string): Promise<readonly unknown[][]> {
    try {
      return await this.own(sql);
    } finally {
      this.#connection.unprepare(sql);
    }
  }

  /**
   * Runs one statement and hands over its rows as they come; `row` returns false when it wants no more. Of `any` columns geometry and vectors
   * come as their bytes, which costs time for each value; `plain` ones must have none.
   */
  stream(
    sql: string,
    values: readonly Input[],
    row: (values: readonly DriverValue[], types: readonly ColumnType[]) => boolean,
    columnsAre: 'any' | 'plain' = 'any',
  ): Promise<readonly string[]> {
    const ended = new Promise<readonly string[]>((done, fail) => {
      let columns: readonly string[] = [];
      let types: readonly ColumnType[] = [];
      const options = { sql, values: [...values], ...(columnsAre === 'any' ? { typeCast: keepBytes } : {}) };
      const command = this.#connection.execute(options);
      command.on('fields', (fields: FieldPacket[] | undefined) => {
        const list = fields ?? [];
        columns = list.map(({ name }) => name);
        types = list.map(({ columnType }) => columnType);
      });
      command.on('result', (one: unknown) => {
        if (!Array.isArray(one)) return;
        try {
          if (!row(one, types)) done(columns);
        } catch (cause) {
          fail(cause instanceof Error ? cause : new Error('value is not read', { cause }));
        }
      });
      command.on('error', fail);
      command.on('end', () => {
        done(columns);
      });
    });
    return this.#answered(ended);
  }

  /**
   * Runs one statement of a request to its end and returns how many rows it changed by the engine's own count: an UPDATE counts
   * those it found, REPLACE and upserts some twice. Rows that it returns are counted instead, and dropped.
   */
  change(sql: string, values: readonly Input[]): Promise<number> {
    const ended = new Promise<number>((done, fail) => {
      let changed = 0;
      const command = this.#connection.execute(sql, [...values]);
      command.on('result', (one: unknown) => {
        changed = isHeader(one) ? one.affectedRows : changed + 1;
      });
      command.on('error', fail);
      command.on('end', () => {
        done(changed);
      });
    });
    return this.#answered(ended);
  }

  /** Tells the server to give up what runs in the session, which then says so itself, or is silent. */
  cancel(): Promise<void> {
    setTimeout(() => {
      this.#giveUp();
    }, takeBackMs).unref();
    return this.#kill('QUERY');
  }

  /** Cuts the connection; what may still run in it is killed, which an account may do to its own sessions. Never rejects. */
  async end(): Promise<void> {
    this.#connection.destroy();
    await this.#kill('CONNECTION');
    cut(this.#connection);
  }

  /**
   * Rolls back and ends. A session that is cut is rolled back too, but nobody learns when: its locks would still stand. What
   * runs in it is told to give up when it does not end by itself.
   */
  async takeBack(): Promise<void> {
    const done = this.control('ROLLBACK').then(
      () => true,
      () => true,
    );
    if (!(await Promise.race([done, sleep(patienceMs, false, { ref: false })]))) {
      await this.cancel();
      await Promise.race([done, sleep(takeBackMs, false, { ref: false })]);
    }
    await this.end();
  }

  #rowsOf(
    send: (told: (cause: Error | null, rows?: unknown) => void) => void,
  ): Promise<readonly unknown[][]> {
    const answer = new Promise<readonly unknown[][]>((done, fail) => {
      send((cause, rows) => {
        if (cause === null) done(Array.isArray(rows) ? (rows as unknown[][]) : []);
        else fail(this.#open ? cause : lostOrUnreachable(cause));
      });
    });
    return this.#answered(answer);
  }

  /** Waits for an answer: it comes, the connection breaks, or the server is silent. */
  async #answered<T>(answer: Promise<T>): Promise<T> {
    const stopAfterMs = this.#stopAfterMs;
    const stop = stopAfterMs === undefined ? undefined : setTimeout(() => void this.cancel(), stopAfterMs);
    const timer = setTimeout(() => {
      this.#giveUp();
    }, this.#answerMs);
    try {
      return await Promise.race([answer, this.#lost.promise]);
    } finally {
      clearTimeout(stop);
      clearTimeout(timer);
    }
  }

  #giveUp(): void {
    this.#lost.reject(new TargetError('target/session-lost', 'server answers no more'));
    cut(this.#connection);
  }

  async #kill(what: 'QUERY' | 'CONNECTION'): Promise<void> {
    const { threadId } = this.#connection;
    // The driver has no number before the server has answered.
    if (!Number.isInteger(threadId)) return;
    const other = createConnection({ ...this.#options, connectTimeout: killMs });
    await new Promise<void>((done) => {
      const timer = setTimeout(done, killMs);
      const finish = (): void => {
        clearTimeout(timer);
        done();
      };
      other.on('error', finish);
      // The session may be gone already: then there is nothing to kill.
      other.query(`KILL ${what} ${threadId}`, finish);
    });
    cut(other);
  }
}

/** Ends a connection now. The driver would wait for the other side to end it, which a silent server does not do. */
function cut(connection: Connection): void {
  connection.destroy();
  (connection as unknown as { readonly stream: Socket }).stream.destroy();
}

/** Has the driver leave geometry and vectors as they are. */
const keepBytes: TypeCast = (field, next): unknown =>
  field.type === 'GEOMETRY' || (field.type as string) === 'VECTOR' ? field.buffer() : next();

function isHeader(one: unknown): one is { readonly affectedRows: number } {
  return typeof one === 'object' && one !== null && 'affectedRows' in one;
}

function connectionOptions(account: ServerAccount): ConnectionOptions {
  const { host, port, user, database } = account.address;
  const tls = tlsOptions(account);
  if (tls !== false && isIP(host) !== 0) {
    throw new TargetError(
      'target/bad-url',
      'server is named by an address, expected the name in its certificate',
    );
  }
  return {
    ...(host.startsWith('/') ? { socketPath: host } : { host: host === '' ? 'localhost' : host, port }),
    user,
    database,
    password: account.password?.() ?? '',
    connectTimeout: connectMs,
    ...(tls === false
      ? {}
      : {
          ssl: {
            ...authorities(account),
            rejectUnauthorized: true,
            verifyIdentity: true,
            minVersion: 'TLSv1.2',
          },
        }),
    charset: 'utf8mb4_bin',
    timezone: 'Z',
    multipleStatements: false,
    rowsAsArray: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
    jsonStrings: true,
    flags: ['-LOCAL_FILES'],
  };
}

function authorities({ tls }: ServerAccount): { readonly ca?: string } {
  return tls.ca === undefined ? {} : { ca: tls.ca };
}

/** The server's number of an error; undefined for one of the connection. */
export function errorNumber(cause: unknown): number | undefined {
  if (!(cause instanceof Error) || !('errno' in cause) || typeof cause.errno !== 'number') return undefined;
  return cause.errno > 0 ? cause.errno : undefined;
}

const refusedAtDoor: Readonly<Record<number, readonly [reason: string, hint?: string]>> = {
  1040: ['it has no connection left'],
  1044: ['it does not let this account into the database', doorHints.database],
  1045: ['it does not let this account in', doorHints.account],
  1049: ['it has no such database', doorHints.database],
  1698: ['it does not let this account in', doorHints.account],
};

/** Why a connection broke or did not come about, without any text that the other side chose. */
export function lostOrUnreachable(cause: unknown): TargetError {
  const number = errorNumber(cause);
  const refused = number === undefined ? undefined : refusedAtDoor[number];
  if (refused !== undefined) {
    const [reason, hint] = refused;
    return new TargetError('target/unreachable', `server cannot be reached: ${reason}`, { hint, cause });
  }
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (
    /^(?:ECONNREFUSED|ENOENT|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|HANDSHAKE|CERT|SELF|UNABLE|DEPTH|ERR_TLS)/.test(
      code,
    )
  ) {
    const hint =
      /^(?:E|HANDSHAKE)/.test(code) && !code.startsWith('ERR_TLS')
        ? doorHints.address
        : doorHints.certificate;
    return new TargetError('target/unreachable', `server cannot be reached: ${code}`, { hint, cause });
  }
  return new TargetError('target/session-lost', 'server closed the session', { cause });
}
