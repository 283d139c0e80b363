import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Connection } from 'mysql2/promise';
import { openMysql, startMysql } from '../../../test/servers/mysql.ts';
import type { SqlServer } from '../../../test/servers/daemon.ts';
import { differing, failure, rows } from './mysql-state.ts';
import type { Row, State } from './mysql-state.ts';

const ownDatabases = `('mysql', 'sys', 'performance_schema', 'information_schema')`;
const databases = ['shop', 'other'];
/** Variables that move by themselves or with every statement. */
const restless = `variable_name NOT REGEXP '^(timestamp|rand_seed.|error_count|warning_count|statement_id|identity|last_insert_id|gtid.*|innodb_buffer_pool.*)$'`;

/** What the server holds beside rows, as what to ask for it. */
const held: Readonly<Record<string, readonly string[]>> = {
  schema: [
    `SELECT table_schema, table_name, column_name, column_type, column_default, extra FROM information_schema.columns WHERE table_schema NOT IN ${ownDatabases} ORDER BY 1, 2, 3`,
    `SELECT table_schema, table_name, index_name, column_name FROM information_schema.statistics WHERE table_schema NOT IN ${ownDatabases} ORDER BY 1, 2, 3, 4`,
    `SELECT routine_schema, routine_name, routine_definition FROM information_schema.routines WHERE routine_schema NOT IN ${ownDatabases} ORDER BY 1, 2`,
    `SELECT table_schema, table_name, table_type, engine, table_comment FROM information_schema.tables WHERE table_schema NOT IN ${ownDatabases} ORDER BY 1, 2`,
    'SELECT trigger_schema, trigger_name, action_statement FROM information_schema.triggers ORDER BY 1, 2',
    'SHOW DATABASES',
  ],
  accounts: ['user', 'db', 'tables_priv', 'columns_priv', 'procs_priv', 'global_grants', 'role_edges'].map(
    (table) => `SELECT * FROM mysql.${table} ORDER BY 1, 2, 3`,
  ),
  server: ['func', 'plugin', 'servers', 'component'].map((table) => `SELECT * FROM mysql.${table}`),
  globals: [`SELECT * FROM performance_schema.global_variables WHERE ${restless} ORDER BY 1`],
};

/** What is asked in the session itself. */
const inSession = [
  `SELECT * FROM performance_schema.session_variables WHERE ${restless} ORDER BY 1`,
  'SELECT database(), current_user(), current_role(), @@last_insert_id',
  'SELECT name FROM information_schema.innodb_temp_table_info',
];

/** What a text came to: its error, and all that differs afterwards. */
export interface Watched {
  readonly error: string | undefined;
  readonly what: readonly string[];
}

/** A MySQL server with the fixture, for texts that are said to change nothing: nothing is put back. */
export class Watch {
  readonly #server: SqlServer;
  readonly #watcher: Connection;
  readonly #tables: readonly Row[];
  readonly #sessions = new Map<string, Connection>();
  #before: State = new Map();

  private constructor(server: SqlServer, watcher: Connection, tables: readonly Row[]) {
    this.#server = server;
    this.#watcher = watcher;
    this.#tables = tables;
  }

  static async start(fixture: readonly string[]): Promise<Watch> {
    const server = await startMysql();
    const watcher = await openMysql(server.socket);
    await watcher.query('CREATE USER keeper@localhost; GRANT ALL ON *.* TO keeper@localhost');
    for (const statement of fixture) await watcher.query(statement);
    const tables = `SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema NOT IN ${ownDatabases} AND table_type = 'BASE TABLE' ORDER BY 1, 2`;
    const watch = new Watch(server, watcher, await rows(watcher, tables));
    watch.#before = await watch.#state();
    return watch;
  }

  async stop(): Promise<void> {
    for (const session of this.#sessions.values()) session.destroy();
    this.#watcher.destroy();
    await this.#server.stop();
  }

  /** Runs a text as the administrator, outside of what is watched; returns its error. */
  run(sql: string): Promise<string | undefined> {
    return failure(this.#watcher, sql);
  }

  ask(sql: string): Promise<Row[]> {
    return rows(this.#watcher, sql);
  }

  /** Runs a text in a transaction of a session in this mode, and looks at everything before and after. */
  async observe(sql: string, mode: string, parameters?: readonly (string | number)[]): Promise<Watched> {
    const session = await this.#session(mode);
    const before = await this.#ofSession(session);
    await session.query('START TRANSACTION; SAVEPOINT watched');
    const error = await failure(session, sql, parameters);
    const inside = await this.#rows(session);
    const what = new Set(differing(this.#before, new Map([...this.#before, ...inside])));
    if (what.size === 0 && (await this.#holds('data_locks', session)) > 0) what.add('row locks');
    if ((await failure(session, 'RELEASE SAVEPOINT watched')) !== undefined) what.add('transaction');
    await session.query('ROLLBACK');
    for (const part of differing(before, await this.#ofSession(session))) what.add(part);
    if ((await this.#holds('metadata_locks', session)) > 0) what.add('locks');
    for (const part of differing(this.#before, await this.#state())) what.add(part);
    return { error, what: [...what].sort() };
  }

  async #session(mode: string): Promise<Connection> {
    const known = this.#sessions.get(mode);
    if (known !== undefined) return known;
    const session = await openMysql(this.#server.socket, 'keeper', 'shop');
    await session.query(
      `SET NAMES utf8mb4; SET sql_mode = '${mode}', lock_wait_timeout = 1, innodb_lock_wait_timeout = 1, max_execution_time = 5000`,
    );
    this.#sessions.set(mode, session);
    return session;
  }

  async #rows(connection: Connection): Promise<State> {
    const names = this.#tables.map(([database, table]) => `\`${database ?? ''}\`.\`${table ?? ''}\``);
    const state = new Map<string, string>();
    for (const name of names)
      state.set(`rows ${name}`, JSON.stringify(await rows(connection, `SELECT * FROM ${name}`)));
    return state;
  }

  async #state(): Promise<State> {
    const state = new Map(await this.#rows(this.#watcher));
    for (const [part, texts] of Object.entries(held)) {
      const found: unknown[] = [];
      for (const text of texts) found.push(await rows(this.#watcher, text));
      state.set(part, JSON.stringify(found));
    }
    const folder = join(this.#server.folder, 'data');
    state.set('files', JSON.stringify(databases.map((name) => readdirSync(join(folder, name)).sort())));
    return state;
  }

  async #ofSession(session: Connection): Promise<State> {
    const own: unknown[] = [];
    for (const text of inSession) own.push(await rows(session, text));
    const variables = `SELECT variable_name, hex(variable_value) FROM performance_schema.user_variables_by_thread ORDER BY 1`;
    return new Map([
      ['session', JSON.stringify(own)],
      ['variables', JSON.stringify(await rows(this.#watcher, variables))],
    ]);
  }

  /** How many locks a session holds. */
  async #holds(kind: 'data_locks' | 'metadata_locks', session: Connection): Promise<number> {
    const thread = kind === 'data_locks' ? 'thread_id' : 'owner_thread_id';
    const found = await rows(
      this.#watcher,
      `SELECT 1 FROM performance_schema.${kind} WHERE ${thread} = (SELECT thread_id FROM performance_schema.threads WHERE processlist_id = ${session.threadId})`,
    );
    return found.length;
  }
}
