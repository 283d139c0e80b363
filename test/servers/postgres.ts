import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A PostgreSQL server of this test alone: private folder, no durability; over TCP it asks for passwords. */
export interface PostgresServer {
  /** Folder of the socket, for `psql -h` and drivers. */
  readonly socketFolder: string;
  /** Of the socket's name, and of 127.0.0.1 when the server was started to listen there. */
  readonly port: number;
  /** The folder of its files, for settings that a test changes before a restart. */
  readonly dataFolder: string;
  /** Opens a session over the socket, without a password; as the superuser when no role is named. */
  readonly open: (database: string, role?: string) => Promise<PostgresSession>;
  /** Stops the server and removes everything it had. */
  readonly stop: () => void;
}

export interface PostgresOptions {
  /** Listens on 127.0.0.1 at a free port, where every account needs its password (SCRAM). */
  readonly tcp?: boolean;
  /** Further settings as `name=value`. */
  readonly settings?: readonly string[];
}

/** What one simple query came to: rows as text, and the message of the first error. */
export interface QueryResult {
  readonly rows: readonly (readonly (string | null)[])[];
  readonly error: string | undefined;
}

const PORT = 5432;

/** The newest installed server's programs. */
function programs(): string {
  const folder = '/usr/lib/postgresql';
  const newest = readdirSync(folder)
    .sort((a, b) => Number(b) - Number(a))
    .at(0);
  if (newest === undefined) throw new Error('no PostgreSQL server is installed');
  return join(folder, newest, 'bin');
}

/** PostgreSQL refuses to run as root. */
function run(program: string, args: readonly string[]): void {
  const whole = [join(programs(), program), ...args];
  const [first = '', ...rest] =
    process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--', ...whole] : whole;
  execFileSync(first, rest, { stdio: ['ignore', 'ignore', 'pipe'], cwd: '/' });
}

/** Makes a cluster in a temporary folder and starts it. */
export function startPostgres(options: PostgresOptions = {}): PostgresServer {
  const folder = makeFolder();
  const data = join(folder, 'data');
  const auth = ['--auth-local=trust', '--auth-host=scram-sha-256'];
  run('initdb', ['-D', data, '-U', 'postgres', ...auth, '-E', 'UTF8', '--no-locale', '--no-sync']);
  return serve(folder, options);
}

/** Starts a replica of a server that runs; it follows it, and lets the same accounts in to read. */
export function startReplica(main: PostgresServer): PostgresServer {
  const folder = makeFolder();
  const from = ['-h', main.socketFolder, '-p', String(main.port), '-U', 'postgres'];
  const way = ['--write-recovery-conf', '--checkpoint=fast', '--no-sync'];
  run('pg_basebackup', [...from, '-D', join(folder, 'data'), ...way]);
  return serve(folder, { tcp: true });
}

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-postgres-'));
  chmodSync(folder, 0o777);
  return folder;
}

/** Starts a server on the files in `data` of the folder. */
function serve(folder: string, options: PostgresOptions): PostgresServer {
  const data = join(folder, 'data');
  const port = options.tcp === true ? freePort() : PORT;
  const quick = ['fsync=off', 'autovacuum=off', 'full_page_writes=off', 'max_prepared_transactions=2'];
  const listen = options.tcp === true ? '127.0.0.1' : '';
  const settings = [`listen_addresses=${listen}`, ...quick, ...(options.settings ?? [])]
    .map((setting) => ` -c ${setting}`)
    .join('');
  run('pg_ctl', [
    '-D',
    data,
    '-w',
    '-o',
    `-k ${folder} -p ${port}${settings}`,
    '-l',
    join(folder, 'log'),
    'start',
  ]);
  return {
    socketFolder: folder,
    port,
    dataFolder: data,
    open: (database, role = 'postgres') =>
      SocketSession.open(join(folder, `.s.PGSQL.${port}`), database, role),
    stop: () => {
      run('pg_ctl', ['-D', data, '-w', '-m', 'immediate', 'stop']);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A port that nobody listened on a moment ago. */
function freePort(): number {
  const script =
    "const s=require('net').createServer().listen(0,'127.0.0.1',()=>{console.log(s.address().port);s.close()})";
  return Number(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }));
}

interface Waiting {
  readonly rows: (string | null)[][];
  error: string | undefined;
  readonly done: (result: QueryResult) => void;
}

/** One session over the simple query protocol, which runs several statements in one text as psql does. */
export interface PostgresSession {
  readonly closed: boolean;
  /** Runs a text; an error is an answer. */
  readonly query: (sql: string) => Promise<QueryResult>;
  /** Runs a text and returns its rows. @throws Error when the server refuses it */
  readonly rows: (sql: string) => Promise<QueryResult['rows']>;
  readonly close: () => void;
}

/** A session over a socket that asks for no password. */
class SocketSession implements PostgresSession {
  readonly #socket: Socket;
  #pending = Buffer.alloc(0);
  #waiting: Waiting | undefined;
  closed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => {
      this.#take(bytes);
    });
    const end = (): void => {
      this.closed = true;
      this.#finish('the session ended');
    };
    socket.on('close', end);
    socket.on('error', end);
  }

  static async open(path: string, database: string, role: string): Promise<PostgresSession> {
    const session = new SocketSession(connect(path));
    const words = `user\0${role}\0database\0${database}\0client_encoding\0UTF8\0\0`;
    const start = Buffer.alloc(8 + words.length);
    start.writeUInt32BE(start.length, 0);
    start.writeUInt32BE(0x30000, 4);
    start.write(words, 8);
    const { error } = await session.#send(start);
    if (error !== undefined) throw new Error(error);
    return session;
  }

  query(sql: string): Promise<QueryResult> {
    return this.#send(message('Q', Buffer.from(`${sql}\0`)));
  }

  async rows(sql: string): Promise<QueryResult['rows']> {
    const { rows, error } = await this.query(sql);
    if (error !== undefined) throw new Error(`${error}: ${sql.slice(0, 200)}`);
    return rows;
  }

  close(): void {
    this.#socket.destroy();
  }

  #send(bytes: Buffer): Promise<QueryResult> {
    return new Promise((done) => {
      this.#waiting = { rows: [], error: undefined, done };
      if (this.closed) this.#finish('the session is closed');
      else this.#socket.write(bytes);
    });
  }

  #finish(error: string | undefined): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.done({ rows: waiting.rows, error: waiting.error ?? error });
  }

  #take(bytes: Buffer): void {
    this.#pending = Buffer.concat([this.#pending, bytes]);
    while (this.#pending.length >= 5) {
      const length = this.#pending.readUInt32BE(1) + 1;
      if (this.#pending.length < length) return;
      const body = this.#pending.subarray(5, length);
      const kind = String.fromCharCode(this.#pending[0] ?? 0);
      this.#pending = this.#pending.subarray(length);
      this.#answer(kind, body);
    }
  }

  #answer(kind: string, body: Buffer): void {
    if (kind === 'D') this.#waiting?.rows.push(row(body));
    if (kind === 'E' && this.#waiting !== undefined) this.#waiting.error ??= errorText(body);
    // COPY FROM STDIN asks for rows: there are none.
    if (kind === 'G') this.#socket.write(message('c', Buffer.alloc(0)));
    if (kind === 'Z') this.#finish(undefined);
  }
}

function message(kind: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(kind, 0);
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

function row(body: Buffer): (string | null)[] {
  const values: (string | null)[] = [];
  let at = 2;
  for (let left = body.readUInt16BE(0); left > 0; left -= 1) {
    const length = body.readInt32BE(at);
    at += 4;
    values.push(length < 0 ? null : body.toString('utf8', at, at + length));
    at += Math.max(0, length);
  }
  return values;
}

function errorText(body: Buffer): string {
  const fields = body.toString('utf8').split('\0');
  return fields.find((field) => field.startsWith('M'))?.slice(1) ?? 'error';
}
