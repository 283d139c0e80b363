import { createConnection } from 'mysql2/promise';
import type { Connection } from 'mysql2/promise';
import { join } from 'node:path';
import {
  databases,
  rows,
  serverSettings,
  serverState,
  sessionState,
  variableNames,
  variables,
} from '../../packages/sql/test/mysql-state.ts';
import type { State } from '../../packages/sql/test/mysql-state.ts';
import { startMariadb } from '../../test/servers/mariadb.ts';
import type { MariadbServer } from '../../test/servers/mariadb.ts';
import type { Script } from './scripts.ts';
import { claimOf, differences } from './trial.ts';
import type { Trial } from './trial.ts';

/** ER_PARSE_ERROR and ER_SYNTAX_ERROR. */
const SYNTAX_ERRORS = [1064, 1149];
/** Ends the server, is told about another text than its own, or changes the character set that the texts are sent in. */
const LEFT_OUT =
  /^\s*(?:shutdown|kill|prepare|execute|set\s+(?:names|character\s+set|charset))\b|\bcharacter_set_(?:client|results|connection)\b/i;
const FOREIGN_MODES =
  /ANSI|PIPES_AS_CONCAT|NO_BACKSLASH|IGNORE_SPACE|HIGH_NOT|ORACLE|MSSQL|DB2|MAXDB|POSTGRESQL/;

/** Runs every script on a server that has one empty database, `test`. */
export async function tryOnMariadb(
  scripts: readonly Script[],
  each: (name: string) => void,
): Promise<Trial[]> {
  const trials: Trial[] = [];
  let bench = await Bench.start();
  try {
    for (const script of scripts) {
      each(script.name);
      if (!(await bench.reset())) {
        await bench.stop();
        bench = await Bench.start();
      }
      await bench.tryScript(script, trials).catch((error: unknown) => {
        each(`${script.name} ended early: ${String(error)}`);
      });
    }
    return trials;
  } finally {
    await bench.stop();
  }
}

interface Answer {
  readonly errno: number | undefined;
  readonly lost: boolean;
}

/** One server, a session that watches it and the names of what is watched. */
class Bench {
  readonly #server: MariadbServer;
  readonly #watcher: Connection;
  readonly #globals: State;
  readonly #sessionNames: readonly string[];

  private constructor(server: MariadbServer, watcher: Connection, globals: State, names: readonly string[]) {
    this.#server = server;
    this.#watcher = watcher;
    this.#globals = globals;
    this.#sessionNames = names;
  }

  static async start(): Promise<Bench> {
    const server = await startMariadb();
    const watcher = await connect(server);
    await watcher.query('SET GLOBAL userstat = 1');
    const globals = await variables(watcher, 'global', await variableNames(watcher, 'global'));
    return new Bench(server, watcher, globals, await variableNames(watcher, 'session'));
  }

  async stop(): Promise<void> {
    this.#watcher.destroy();
    await this.#server.stop();
  }

  /** Takes away what the last script left; false when the server does not let itself be put in order. */
  async reset(): Promise<boolean> {
    try {
      for (const name of await databases(this.#watcher))
        await this.#watcher.query(
          `SET foreign_key_checks = 0; DROP DATABASE \`${name.replaceAll('`', '``')}\``,
        );
      await this.#watcher.query('CREATE DATABASE test');
      const now = await variables(this.#watcher, 'global', [...this.#globals.keys()]);
      for (const name of differences(this.#globals, now)) {
        const old = this.#globals.get(name) ?? '';
        const literal = /^-?\d+$/.test(old) ? old : `'${old}'`;
        await this.#watcher.query(`SET GLOBAL ${name} = ${literal}`).catch(() => undefined);
      }
      return true;
    } catch {
      return false;
    }
  }

  /** Adds a trial for each statement. @throws when the session can no longer be asked */
  async tryScript(script: Script, trials: Trial[]): Promise<void> {
    let session = await this.#open();
    let [mode, utf8] = ['', true];
    let renew = true;
    for (const sql of script.statements) {
      if (LEFT_OUT.test(sql)) continue;
      if (renew) [mode, utf8] = await modesOf(session);
      const catalog = { tables: new Map(), triggers: [], partial: true, sqlMode: mode };
      const claim = claimOf(sql, 'mariadb', catalog);
      const watched = claim.readOnly && utf8;
      const before = watched ? await this.#look(session) : undefined;
      const { errno, lost } = await run(session, sql);
      if (lost) session = await this.#open();
      const changed = before === undefined || lost ? [] : differences(before, await this.#look(session));
      const accepted = errno === undefined || !SYNTAX_ERRORS.includes(errno);
      const usualMode = utf8 && !FOREIGN_MODES.test(mode);
      trials.push({ script: script.name, sql, accepted, usualMode, claim, watched, changed });
      renew = lost || /sql_mode|names|character|delimiter|old_mode/i.test(sql);
    }
    session.destroy();
  }

  async #open(): Promise<Connection> {
    const session = await connect(this.#server, 'test').catch(() => connect(this.#server));
    await session.query(
      'SET NAMES utf8mb4; SET max_statement_time = 2, lock_wait_timeout = 1, innodb_lock_wait_timeout = 1',
    );
    await session.query('SET @@session.sql_mode = DEFAULT');
    return session;
  }

  /** What a statement could have moved: rows by the statistics of each table, definitions, files, accounts, settings, the session. */
  async #look(session: Connection): Promise<State> {
    // The handler's counters will not do: they count the engine's own temporary tables too.
    const changes = await rows(
      this.#watcher,
      "SELECT 'rows changed', cast(sum(rows_changed) AS char) FROM information_schema.table_statistics WHERE table_schema NOT IN ('mysql', 'sys')",
    );
    const own = await sessionState(session, this.#sessionNames);
    const server = await serverState(this.#watcher, join(this.#server.folder, 'data'));
    const globals = await serverSettings(this.#watcher, [...this.#globals.keys()]);
    return new Map([
      ...own,
      ...server,
      ['globals', globals],
      ...changes.map(([name, count]): [string, string] => [name ?? '', count ?? '']),
    ]);
  }
}

async function modesOf(session: Connection): Promise<[string, boolean]> {
  const [found] = await rows(session, 'SELECT @@sql_mode, @@character_set_client');
  return [found?.[0] ?? '', (found?.[1] ?? '').startsWith('utf8')];
}

async function run(session: Connection, sql: string): Promise<Answer> {
  try {
    await session.query(sql);
    return { errno: undefined, lost: false };
  } catch (thrown) {
    const { errno, fatal } = thrown as { errno?: number; fatal?: boolean };
    return { errno, lost: fatal === true };
  }
}

async function connect(server: MariadbServer, database?: string): Promise<Connection> {
  const connection = await createConnection({
    socketPath: server.socket,
    user: 'root',
    multipleStatements: true,
    dateStrings: true,
    charset: 'utf8mb4_general_ci',
    ...(database === undefined ? {} : { database }),
  });
  // A statement may cut its own connection.
  connection.on('error', () => undefined);
  return connection;
}
