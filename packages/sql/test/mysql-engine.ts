import { existsSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from 'mysql2/promise';
import { startMariadb } from '../../../test/servers/mariadb.ts';
import type { MariadbServer } from '../../../test/servers/mariadb.ts';
import { openMysql } from '../../../test/servers/mysql.ts';
import {
  SYSTEM,
  databases,
  differing,
  failure,
  readableRows,
  rows,
  serverSettings,
  serverState,
  sessionState,
  tableNames,
  tableRows,
  variableNames,
  variables,
} from './mysql-state.ts';
import type { Row, State } from './mysql-state.ts';

/** Speed only: nothing here has to survive the machine. */
const OPTIONS = [
  '--innodb-flush-method=nosync',
  '--sync-frm=0',
  '--innodb-log-file-size=8M',
  '--innodb-doublewrite=0',
];
const MEMORY = '/dev/shm';

/** Put back from a copy; bodies go with their databases, and no text here gets code loaded. */
const COPIED = Object.keys(SYSTEM).filter(
  (name) => SYSTEM[name] === 'accounts' || SYSTEM[name] === 'servers',
);

/** What MariaDB 10.11 starts a session with; a vector may name other modes. */
const SQL_MODE = 'STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_CREATE_USER,NO_ENGINE_SUBSTITUTION';

/** What the engine shows of a text: everything that differs after it. */
export interface Observation {
  readonly error: string | undefined;
  readonly changed: boolean;
  /**
   * What differs: `rows shop.audit`, `schema`, `files`, `accounts`, `servers`, `routines`, `server`, `globals`, `session`,
   * `variables`, `temporary tables`, `prepared statements`, `row locks`, `locks` (those that outlive a transaction),
   * `transaction` (ended, or begun anew), `connection` (cut).
   */
  readonly what: readonly string[];
  /** Tables and views that the statement opened, by name; empty when it ended its transaction. */
  readonly opened: readonly string[];
  /** Those of them that it opened to write. */
  readonly openedToWrite: readonly string[];
}

export interface Circumstances {
  /** Modes of the session instead of the engine's own. */
  readonly sqlMode?: string | undefined;
  /** Runs it outside a transaction, for texts that refuse to stand in one. */
  readonly outside?: boolean | undefined;
  /** Values of its question marks: it is prepared and runs by the binary protocol. */
  readonly parameters?: readonly (string | number)[] | undefined;
}

type Opened = Pick<Observation, 'opened' | 'openedToWrite'>;

/** A session kept from one text to the next while nothing but rows changed. */
interface Session {
  readonly connection: Connection;
  readonly mode: string;
  readonly own: State;
}

/** What is known of the server before any text ran. */
interface Known {
  readonly sessionNames: readonly string[];
  readonly globals: State;
  /** The same in one text, for comparing. */
  readonly settings: string;
}

/** One server with the fixture, made again whenever a text changed what cannot be rolled back. */
export class Engine {
  readonly #server: MariadbServer;
  readonly #watcher: Connection;
  readonly #fixture: readonly string[];
  readonly #known: Known;
  #tables: readonly Row[] = [];
  #before: State = new Map();
  #stale = true;
  #session: Session | undefined;

  private constructor(server: MariadbServer, watcher: Connection, fixture: readonly string[], known: Known) {
    this.#server = server;
    this.#watcher = watcher;
    this.#fixture = fixture;
    this.#known = known;
  }

  static async start(fixture: readonly string[]): Promise<Engine> {
    const parent = existsSync(MEMORY) ? MEMORY : tmpdir();
    const server = await startMariadb({ parent, options: OPTIONS });
    const watcher = await openMysql(server.socket);
    await watcher.query("INSTALL SONAME 'metadata_lock_info'; CREATE DATABASE kept");
    for (const name of COPIED)
      await watcher.query(`CREATE TABLE kept.${name} AS SELECT * FROM mysql.${name}`);
    const globals = await variables(watcher, 'global', await variableNames(watcher, 'global'));
    const settings = await serverSettings(watcher, [...globals.keys()]);
    const sessionNames = await variableNames(watcher, 'session');
    return new Engine(server, watcher, fixture, { sessionNames, globals, settings });
  }

  async stop(): Promise<void> {
    this.#close();
    this.#watcher.destroy();
    await this.#server.stop();
  }

  /** Asks the pristine fixture. */
  async ask(sql: string): Promise<readonly Row[]> {
    if (this.#stale) await this.#build();
    return rows(this.#watcher, sql);
  }

  /** Runs the text in a session of the fixture and looks at everything before and after. */
  async observe(sql: string, circumstances: Circumstances = {}): Promise<Observation> {
    if (this.#stale) await this.#build();
    const { connection, own } = await this.#open(circumstances.sqlMode ?? SQL_MODE);
    const outside = circumstances.outside === true;
    if (!outside) await connection.query('START TRANSACTION; SAVEPOINT watched');
    const error = await failure(connection, sql, circumstances.parameters);
    const what = new Set<string>();
    const opened = await this.#lookFromInside(connection, what);
    if (!outside && (await failure(connection, 'RELEASE SAVEPOINT watched')) !== undefined)
      what.add('transaction');
    await failure(connection, 'ROLLBACK');
    const after = await sessionState(connection, this.#known.sessionNames).catch(() => undefined);
    if (after === undefined) what.add('connection');
    else for (const part of differing(own, after)) what.add(part);
    const worn = [...what].some((part) => !part.startsWith('rows ') && part !== 'row locks');
    await this.#lookFromOutside(connection, what);
    if (worn || this.#stale) this.#close();
    return { error, changed: what.size > 0, what: [...what].sort(), ...opened };
  }

  /** What the session itself sees before it rolls back: its rows, its row locks, what it opened. */
  async #lookFromInside(connection: Connection, what: Set<string>): Promise<Opened> {
    const opened = await this.#openedBy(connection.threadId);
    // Where this fails a table is gone or locked, which is seen from outside.
    const inside = await tableRows(connection, this.#tables).catch(() => undefined);
    for (const [name, value] of inside ?? []) if (this.#before.get(name) !== value) what.add(name);
    if (what.size === 0 && (await this.#holdsRowLocks(connection.threadId))) what.add('row locks');
    return opened;
  }

  async #openedBy(thread: number): Promise<Opened> {
    const held = await rows(
      this.#watcher,
      `SELECT concat(table_schema, '.', table_name), lock_mode FROM information_schema.metadata_lock_info WHERE thread_id = ${thread} AND lock_type = 'Table metadata lock'`,
    );
    const names = (some: readonly Row[]): string[] => [...new Set(some.map(([name]) => name ?? ''))].sort();
    return { opened: names(held), openedToWrite: names(held.filter(([, mode]) => /WRITE/.test(mode ?? ''))) };
  }

  /** Row locks, from InnoDB's own report: its table of transactions is refreshed only ten times a second. */
  async #holdsRowLocks(thread: number): Promise<boolean> {
    const [report] = await rows(this.#watcher, 'SHOW ENGINE INNODB STATUS');
    const transactions = (report?.[2] ?? '').split('---TRANSACTION').slice(1);
    return transactions.some(
      (text) => text.includes(`MariaDB thread id ${thread},`) && /[1-9]\d* lock struct\(s\)/.test(text),
    );
  }

  /** What others see afterwards; whatever lasted is put back before the next text. */
  async #lookFromOutside(connection: Connection, what: Set<string>): Promise<void> {
    const { threadId } = connection;
    const left = await rows(
      this.#watcher,
      `SELECT 1 FROM information_schema.metadata_lock_info WHERE thread_id = ${threadId}`,
    );
    if (left.length > 0) {
      what.add('locks');
      await this.#cut(threadId);
    }
    const lasting = differing(this.#before, await this.#dump());
    for (const name of lasting) what.add(name);
    const settings = await serverSettings(this.#watcher, [...this.#known.globals.keys()]);
    if (settings !== this.#known.settings) what.add('globals');
    if (lasting.length + left.length > 0 || settings !== this.#known.settings) this.#stale = true;
  }

  /** Ends a session and waits until the server has let go of it: what it locked cannot be looked at. */
  async #cut(thread: number): Promise<void> {
    this.#close();
    await failure(this.#watcher, `KILL ${thread}`);
    const alive = `SELECT 1 FROM information_schema.processlist WHERE id = ${thread}`;
    while ((await rows(this.#watcher, alive)).length > 0);
  }

  #globalVariables(): Promise<State> {
    return variables(this.#watcher, 'global', [...this.#known.globals.keys()]);
  }

  async #dump(): Promise<State> {
    const state = await this.#serverState();
    const same = ['schema', 'files'].every((part) => state.get(part) === this.#before.get(part));
    const tables = same ? this.#tables : await tableNames(this.#watcher);
    const held = await tableRows(this.#watcher, tables).catch(() => readableRows(this.#watcher, tables));
    return new Map([...held, ...state]);
  }

  #serverState(): Promise<State> {
    return serverState(this.#watcher, join(this.#server.folder, 'data'));
  }

  #close(): void {
    this.#session?.connection.destroy();
    this.#session = undefined;
  }

  async #open(mode: string): Promise<Session> {
    if (this.#session?.mode === mode) return this.#session;
    this.#close();
    const connection = await openMysql(this.#server.socket, 'root', 'shop');
    await connection.query(
      `SET NAMES utf8mb4; SET sql_mode = '${mode}', lock_wait_timeout = 1, innodb_lock_wait_timeout = 1, max_statement_time = 5`,
    );
    this.#session = { connection, mode, own: await sessionState(connection, this.#known.sessionNames) };
    return this.#session;
  }

  async #build(): Promise<void> {
    this.#close();
    await this.#reset();
    for (const statement of this.#fixture) await this.#watcher.query(statement);
    this.#tables = await tableNames(this.#watcher);
    this.#before = await this.#dump();
    this.#stale = false;
  }

  /** Takes away everything that texts left. */
  async #reset(): Promise<void> {
    await failure(this.#watcher, 'ROLLBACK; UNLOCK TABLES');
    for (const [name, value] of await this.#globalVariables()) {
      const old = this.#known.globals.get(name);
      if (old !== value)
        await this.#watcher.query(
          `SET GLOBAL ${name} = ${/^-?\d+$/.test(old ?? '') ? (old ?? '') : `'${old ?? ''}'`}`,
        );
    }
    const data = join(this.#server.folder, 'data');
    for (const database of await databases(this.#watcher)) {
      for (const name of readdirSync(join(data, database)))
        if (!/\.(?:frm|ibd|MY[DI]|MA[DI]|TRG|TRN|opt)$/.test(name)) rmSync(join(data, database, name));
      await this.#watcher.query(
        `SET foreign_key_checks = 0; DROP DATABASE \`${database}\`; SET foreign_key_checks = 1`,
      );
    }
    for (const name of COPIED)
      await this.#watcher.query(
        `DELETE FROM mysql.${name}; INSERT INTO mysql.${name} SELECT * FROM kept.${name}`,
      );
    await this.#watcher.query('FLUSH PRIVILEGES');
  }
}
