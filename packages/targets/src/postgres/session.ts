import type { Setting } from '@countersign/diff';
import pg from 'pg';
import type { Client as PgClient, QueryArrayResult } from 'pg';
import { TargetError } from '../target-error.ts';
import { doorHints } from '../door-hints.ts';
import { tlsOptions } from '../server-address.ts';
import type { ServerAccount } from '../server-address.ts';

/** Values as the server writes them; null is NULL. */
export type TextRow = readonly (string | null)[];

/** A column of a result: its name, the number of its type, and the stored column it shows: table 0 for none. */
export interface Column {
  readonly name: string;
  readonly type: number;
  readonly table: number;
  readonly place: number;
}

export interface Answer {
  readonly columns: readonly Column[];
  readonly rows: readonly TextRow[];
  /** Rows that the statement says it changed, or gave when it was a query. */
  readonly changed: number;
  /** First word of what the server says it did, such as UPDATE or COMMIT. */
  readonly command: string;
}

/** What may be bound; texts are read by the server as the type that it infers. */
export type Input = string | Buffer | null;

const connectMs = 10_000;
const closeMs = 2_000;
const cancelMs = 2_000;
/** How long the server may take to answer beyond the limit that it was told, before it counts as silent. */
const silentMs = 10_000;
/** The limit of a session that was told none. */
const untoldMs = 30_000;
/** Every value arrives as the server writes it: no parser of the driver changes one. */
const asWritten = { getTypeParser: () => (value: string) => value };

/**
 * One connection. Every text goes by the extended protocol, which takes one statement and no more. Texts that are given before
 * the answer to the last one came are sent at once, and answered in their order, each with its own error.
 */
export class PostgresSession {
  readonly #client: PgClient;
  readonly #account: ServerAccount;
  /** Number of the server's process. */
  readonly pid: number;
  #lost: Error | undefined;
  #cancelled = false;
  #bytesLeft = Infinity;
  #answerMs = untoldMs + silentMs;
  /** When something last came from the server, of `performance.now()`. */
  #heardMs = performance.now();
  /** Texts that the server has not answered to the end. */
  #unanswered = 0;

  private constructor(client: PgClient, account: ServerAccount) {
    this.#client = client;
    this.#account = account;
    this.pid = (client as unknown as { readonly processID: number }).processID;
    client.on('error', (cause: Error) => {
      this.#lost = cause;
    });
    streamOf(client).on('data', (chunk) => {
      this.#heardMs = performance.now();
      this.#bytesLeft -= chunk.length;
      if (this.#bytesLeft < 0) this.destroy(new TargetError('limit/bytes', 'answer is larger than allowed'));
    });
  }

  /**
   * Opens a session whose own settings, those that RESET goes back to, are `settings`.
   * @throws TargetError `target/unreachable`, and whatever reading the password does
   */
  static async open(account: ServerAccount, settings: readonly Setting[] = []): Promise<PostgresSession> {
    // Before anything is connected: the driver would tell an error in its own callback as a lost connection.
    const password = account.password?.() ?? '';
    const client = new pg.Client({ ...clientConfig(account, password), ...startup(settings) });
    // Until the session listens itself; a connection that breaks twice must not end the process.
    client.on('error', () => undefined);
    try {
      await client.connect();
    } catch (cause) {
      const [reason, hint] = reasonOf(cause);
      throw new TargetError('target/unreachable', `server cannot be reached: ${reason}`, { hint, cause });
    }
    return new PostgresSession(client, account);
  }

  /** Tells how long the server may take for a statement, by its own clock. One that says nothing for much longer is given up. */
  expectAnswerWithin(timeoutMs: number): void {
    // A timer that is set for longer than this would run out at once.
    this.#answerMs = Math.min(timeoutMs + silentMs, 2 ** 31 - 1);
  }

  /** Runs one statement. Rejects with the driver's own error. */
  async query(sql: string, values: readonly Input[] = []): Promise<Answer> {
    if (this.#lost !== undefined) throw this.#lost;
    const answer: Promise<TextResult> = this.#client.query(configOf(sql, values));
    return answerOf(await this.#counted(answer));
  }

  /**
   * Runs several statements in one message. Only for texts of our own, in which nothing that came from elsewhere stands: this is the
   * protocol that runs whatever follows a semicolon.
   */
  async ownTexts(texts: readonly [string, string, ...string[]]): Promise<readonly Answer[]> {
    if (this.#lost !== undefined) throw this.#lost;
    const answers = this.#client.query({
      text: texts.join('; '),
      rowMode: 'array',
      types: asWritten,
    } as pg.QueryArrayConfig<unknown[]>) as unknown as Promise<readonly TextResult[]>;
    return (await this.#counted(answers)).map(answerOf);
  }

  /** Sends all that `ask` asks in one piece: each by itself costs the server and us a call of the system more. */
  inOnePiece<T>(ask: () => T): T {
    const stream = streamOf(this.#client);
    stream.cork();
    try {
      return ask();
    } finally {
      stream.uncork();
    }
  }

  #counted<T>(answer: Promise<T>): Promise<T> {
    this.#unanswered += 1;
    return this.#answered(answer.finally(() => (this.#unanswered -= 1)));
  }

  /** The first value of the first row. */
  async first(sql: string, values: readonly Input[] = []): Promise<string | null | undefined> {
    return (await this.query(sql, values)).rows[0]?.[0];
  }

  /** Runs one statement and hands over its rows as they come; `row` returns false when it wants no more. */
  stream(
    sql: string,
    values: readonly Input[],
    row: (values: TextRow, columns: readonly Column[]) => boolean,
  ): Promise<Omit<Answer, 'rows'>> {
    const query = new pg.Query(configOf(sql, values));
    const answer = new Promise<Omit<Answer, 'rows'>>((done, fail) => {
      let ended = false;
      let columns: readonly Column[] | undefined;
      query.on('row', (one: unknown, result) => {
        if (ended || result === undefined) return;
        try {
          columns ??= columnsOf(result);
          if (row(one as TextRow, columns)) return;
          ended = true;
          done({ columns, changed: 0, command: '' });
        } catch (cause) {
          ended = true;
          fail(cause instanceof Error ? cause : new Error('row is not read', { cause }));
        }
      });
      query.on('end', (result) => {
        done({ columns: columnsOf(result), changed: result.rowCount ?? 0, command: result.command });
      });
      query.on('error', fail);
      this.#submit(query);
    });
    return this.#answered(answer);
  }

  /** Runs a COPY … TO STDOUT of ours and hands over its rows as the server sends them; they are good for that call alone. */
  copyOut(sql: string, row: (line: Buffer) => void): Promise<void> {
    const query = new pg.Query(configOf(sql, []));
    const answer = new Promise<void>((done, fail) => {
      let ended = false;
      (query as unknown as CopyQuery).handleCopyData = ({ chunk }) => {
        if (ended) return;
        try {
          row(chunk);
        } catch (cause) {
          ended = true;
          fail(cause instanceof Error ? cause : new Error('row is not read', { cause }));
        }
      };
      query.on('end', () => {
        done();
      });
      query.on('error', fail);
      this.#submit(query);
    });
    return this.#answered(answer);
  }

  /** From now on counts what arrives from the server, and cuts the connection beyond a number of bytes. */
  limitBytes(bytesMax: number): void {
    this.#bytesLeft = bytesMax;
  }

  /** False once the connection is gone, or the server was asked to give something up: the request may meet what is sent next. */
  get isSound(): boolean {
    return this.#lost === undefined && !this.#cancelled;
  }

  /** Asks the server, over a connection of its own, to give up what runs here. Never rejects. */
  async cancel(): Promise<void> {
    this.#cancelled = true;
    const { connection } = new pg.Client(clientConfig(this.#account, '')) as unknown as {
      readonly connection: Canceller;
    };
    const { host, port } = this.#account.address;
    const { processID, secretKey } = this.#client as unknown as {
      readonly processID: number;
      readonly secretKey: number;
    };
    await new Promise<void>((done) => {
      const timer = setTimeout(() => {
        connection.stream.destroy();
      }, cancelMs);
      const ready = (): void => {
        connection.cancel(processID, secretKey);
      };
      connection.once('connect', () => {
        if (tlsOptions(this.#account) === false) ready();
        else connection.requestSsl();
      });
      connection.once('sslconnect', ready);
      // What is cut says so too, perhaps after an error.
      connection.on('error', () => undefined);
      connection.once('end', () => {
        clearTimeout(timer);
        done();
      });
      if (host.startsWith('/')) connection.connect(`${host}/.s.PGSQL.${port}`);
      else connection.connect(port, host);
    });
  }

  /** Cuts the connection: what waits for an answer is rejected with the cause. */
  destroy(cause: Error): void {
    this.#lost ??= cause;
    streamOf(this.#client).destroy(cause);
  }

  /** Ends the session, and cuts it when something still runs; returns when the server has closed the connection, or cuts it after two seconds. */
  async close(): Promise<void> {
    if (this.#lost !== undefined) {
      this.destroy(this.#lost);
      return;
    }
    if (this.#unanswered > 0) this.destroy(new Error('session is closed'));
    const timer = setTimeout(() => {
      this.destroy(new Error('server did not close the session'));
    }, closeMs);
    try {
      await this.#client.end();
    } finally {
      clearTimeout(timer);
    }
  }

  #submit(query: pg.Query): void {
    if (this.#lost !== undefined) throw this.#lost;
    this.#unanswered += 1;
    let open = true;
    const ended = (): void => {
      if (open) this.#unanswered -= 1;
      open = false;
    };
    query.once('end', ended);
    query.once('error', ended);
    this.#client.query(query);
  }

  /** Waits as long as the server says anything: what was sent at once is answered one after the other. */
  async #answered<T>(answer: Promise<T>): Promise<T> {
    const allowedMs = this.#answerMs;
    const sentMs = performance.now();
    const look = (): void => {
      const leftMs = Math.max(sentMs, this.#heardMs) + allowedMs - performance.now();
      if (leftMs > 0) timer = setTimeout(look, Math.ceil(leftMs));
      else this.destroy(new TargetError('target/session-lost', 'server answers no more'));
    };
    let timer = setTimeout(look, allowedMs);
    try {
      return await answer;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The driver's own hook for what COPY sends. */
interface CopyQuery {
  handleCopyData: (message: { readonly chunk: Buffer }) => void;
}

interface Destroyable {
  destroy(error?: Error): void;
}

interface ByteStream extends Destroyable {
  on(event: 'data', listener: (chunk: Uint8Array) => void): void;
  cork(): void;
  uncork(): void;
}

type TextResult = QueryArrayResult<(string | null)[]>;

function streamOf(client: PgClient): ByteStream {
  return (client as unknown as { readonly connection: { readonly stream: ByteStream } }).connection.stream;
}

/** As the words of the server's own command line: what separates them is escaped. */
function startup(settings: readonly Setting[]): pg.ClientConfig {
  if (settings.length === 0) return {};
  return {
    options: settings.map(([name, value]) => `-c ${name}=${value.replaceAll(/[\\\s]/g, '\\$&')}`).join(' '),
  };
}

interface Canceller {
  readonly stream: Destroyable;
  on(event: string, listener: () => void): void;
  once(event: string, listener: () => void): void;
  connect(portOrPath: number | string, host?: string): void;
  requestSsl(): void;
  cancel(processId: number, secretKey: number): void;
}

function clientConfig(account: ServerAccount, password: string): pg.ClientConfig {
  const { host, port, user, database } = account.address;
  return {
    host: host === '' ? 'localhost' : host,
    port,
    user,
    database,
    // A function, so that the driver looks neither into the environment nor into ~/.pgpass.
    password: () => password,
    ssl: tlsOptions(account),
    application_name: 'countersign',
    client_encoding: 'UTF8',
    connectionTimeoutMillis: connectMs,
    keepAlive: true,
    pipeline: true,
  };
}

function configOf(sql: string, values: readonly Input[]): pg.QueryArrayConfig<unknown[]> {
  return {
    text: sql,
    values: [...values],
    rowMode: 'array',
    types: asWritten,
    // Without it an empty list of values goes by the simple protocol, which runs several statements.
    queryMode: 'extended',
  } as pg.QueryArrayConfig<unknown[]>;
}

function answerOf(result: TextResult): Answer {
  const { rows, rowCount, command } = result;
  return { columns: columnsOf(result), rows, changed: rowCount ?? 0, command };
}

function columnsOf({ fields }: { readonly fields: readonly pg.FieldDef[] }): Column[] {
  return fields.map(({ name, dataTypeID, tableID, columnID }) => ({
    name,
    type: dataTypeID,
    table: tableID,
    place: columnID,
  }));
}

/** Why a connection did not come about, without any text that the other side chose, and what to do next. */
function reasonOf(cause: unknown): readonly [reason: string, hint?: string] {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  switch (code) {
    case '28P01':
    case '28000':
      return ['it does not let this account in', doorHints.account];
    case '3D000':
      return ['it has no such database', doorHints.database];
    case '53300':
      return ['it has no connection left'];
    case '57P03':
      return ['it is starting or stopping'];
    case 'ECONNREFUSED':
    case 'ENOENT':
      return ['nothing listens there', doorHints.address];
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return ['its name is not known', doorHints.address];
    default:
      if (/^(?:ERR_TLS|CERT|DEPTH|SELF_SIGNED|UNABLE_TO)/.test(code))
        return [`its certificate is not believed (${code})`, doorHints.certificate];
      return [/^[A-Z0-9_]{1,40}$/.test(code) ? code : 'it closed the connection'];
  }
}
