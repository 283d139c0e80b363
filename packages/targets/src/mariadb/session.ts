import { isIP } from 'node:net';
import { createConnection } from 'mysql2';
import type { Connection, ConnectionOptions, FieldPacket } from 'mysql2';
import { tlsOptions } from '../server-address.ts';
import type { ServerAccount } from '../server-address.ts';
import { TargetError } from '../target-error.ts';

const connectMs = 10_000;
const killMs = 2_000;

/** A value as the driver gives it, and the number of its column's type. */
export type DriverValue = unknown;
export type ColumnType = number | undefined;

/** One connection. Every text goes by the protocol for prepared statements, which takes one statement and no more. */
export class MariadbSession {
  readonly #account: ServerAccount;
  readonly #connection: Connection;
  #open = false;
  /** Rejects when the connection breaks; a destroyed one tells its commands nothing. */
  readonly lost: Promise<never>;

  /** @throws TargetError `target/bad-url` for a host that its certificate could not be held against */
  constructor(account: ServerAccount) {
    this.#account = account;
    this.#connection = createConnection(connectionOptions(account));
    this.#connection.on('connect', () => {
      this.#open = true;
    });
    this.lost = new Promise((_, fail) => {
      this.#connection.on('error', (cause) => {
        fail(lostOrUnreachable(cause));
      });
    });
    // Nobody may be waiting at that moment.
    this.lost.catch(() => undefined);
  }

  /** Sends one text of our own and returns its rows. */
  own(sql: string, values: readonly (string | number | Buffer | null)[] = []): Promise<readonly unknown[][]> {
    const answer = new Promise<readonly unknown[][]>((done, fail) => {
      this.#connection.execute(sql, [...values], (cause, rows) => {
        if (cause === null) done(Array.isArray(rows) ? (rows as unknown as unknown[][]) : []);
        else fail(this.#open ? cause : lostOrUnreachable(cause));
      });
    });
    return Promise.race([answer, this.lost]);
  }

  /** Runs one statement and hands over its rows as they come; `row` returns false when it wants no more. */
  stream(
    sql: string,
    values: readonly (string | number | boolean | Buffer | null)[],
    row: (values: readonly DriverValue[], types: readonly ColumnType[]) => boolean,
  ): Promise<readonly string[]> {
    const ended = new Promise<readonly string[]>((done, fail) => {
      let columns: readonly string[] = [];
      let types: readonly ColumnType[] = [];
      const command = this.#connection.execute(sql, [...values]);
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
    return Promise.race([ended, this.lost]);
  }

  /** Cuts the connection; what may still run in it is killed, which an account may do to its own sessions. */
  async end(): Promise<void> {
    const { threadId } = this.#connection;
    this.#connection.destroy();
    // The driver has no number before the server has answered.
    if (!Number.isInteger(threadId)) return;
    const other = createConnection({ ...connectionOptions(this.#account), connectTimeout: killMs });
    await new Promise<void>((done) => {
      const timer = setTimeout(done, killMs);
      const finish = (): void => {
        clearTimeout(timer);
        done();
      };
      other.on('error', finish);
      // The session may be gone already: then there is nothing to kill.
      other.query(`KILL CONNECTION ${threadId}`, finish);
    });
    other.destroy();
  }
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
    typeCast: (field, next): unknown => (field.type === 'GEOMETRY' ? field.buffer() : next()),
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

const refusedAtDoor: Readonly<Record<number, string>> = {
  1040: 'it has no connection left',
  1044: 'it does not let this account into the database',
  1045: 'it does not let this account in',
  1049: 'it has no such database',
  1698: 'it does not let this account in',
};

/** Why a connection broke or did not come about, without any text that the other side chose. */
export function lostOrUnreachable(cause: unknown): TargetError {
  const number = errorNumber(cause);
  const reason = number === undefined ? undefined : refusedAtDoor[number];
  if (reason !== undefined) {
    return new TargetError('target/unreachable', `server cannot be reached: ${reason}`, { cause });
  }
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (
    /^(?:ECONNREFUSED|ENOENT|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|HANDSHAKE|CERT|SELF|UNABLE|DEPTH|ERR_TLS)/.test(
      code,
    )
  ) {
    return new TargetError('target/unreachable', `server cannot be reached: ${code}`, { cause });
  }
  return new TargetError('target/session-lost', 'server closed the session', { cause });
}
