import { startPostgres } from '../../test/servers/postgres.ts';
import type { PostgresServer, PostgresSession } from '../../test/servers/postgres.ts';
import { SETUP } from './scripts.ts';
import type { Script } from './scripts.ts';
import { claimOf, differences } from './trial.ts';
import type { Trial } from './trial.ts';

/** Runs every script in a database of its own, which holds what `test_setup.sql` makes. */
export async function tryOnPostgres(
  scripts: readonly Script[],
  each: (name: string) => void,
): Promise<Trial[]> {
  const server = startPostgres();
  try {
    const admin = await server.open('postgres');
    await admin.query('CREATE DATABASE fixture');
    const setup = scripts.find(({ name }) => name === SETUP);
    const first = await server.open('fixture');
    for (const sql of setup?.statements ?? []) await first.query(sql);
    first.close();
    const parser = await EngineParser.open(server);
    const trials: Trial[] = [];
    for (const script of scripts) {
      each(script.name);
      await admin.query('DROP DATABASE IF EXISTS work WITH (FORCE)');
      await admin.query('CREATE DATABASE work TEMPLATE fixture');
      trials.push(...(await tryScript(server, parser, script)));
    }
    return trials;
  } finally {
    server.stop();
  }
}

async function tryScript(server: PostgresServer, parser: EngineParser, script: Script): Promise<Trial[]> {
  const trials: Trial[] = [];
  let session = await openWork(server);
  const watcher = await server.open('work');
  // It looks at sequences that the script may have locked.
  await watcher.query("SET lock_timeout = '200ms'");
  for (const sql of script.statements) {
    if (session.closed) session = await openWork(server);
    const accepted = await parser.accepts(sql);
    const usualMode = (await value(session, 'SHOW standard_conforming_strings')) !== 'off';
    const claim = claimOf(sql, 'postgres', {
      tables: new Map(),
      triggers: [],
      partial: true,
      standardConformingStrings: usualMode,
    });
    const watched = claim.readOnly && accepted;
    const changed = watched ? await runWatched(session, watcher, sql) : [];
    if (!watched) await session.query(sql);
    trials.push({ script: script.name, sql, accepted, usualMode, claim, watched, changed });
  }
  session.close();
  watcher.close();
  return trials;
}

async function openWork(server: PostgresServer): Promise<PostgresSession> {
  const session = await server.open('work');
  await session.query("SET statement_timeout = '3s'; SET lock_timeout = '1s'");
  return session;
}

async function value(session: PostgresSession, sql: string): Promise<string | null | undefined> {
  const { rows } = await session.query(sql);
  return rows[0]?.[0];
}

/**
 * In a failed transaction the server parses a text, then refuses to look at what it names: whoever hears that the
 * transaction is aborted wrote what the grammar takes.
 */
class EngineParser {
  readonly #server: PostgresServer;
  #session: PostgresSession;

  private constructor(server: PostgresServer, session: PostgresSession) {
    this.#server = server;
    this.#session = session;
  }

  static async open(server: PostgresServer): Promise<EngineParser> {
    const parser = new EngineParser(server, await server.open('postgres'));
    await parser.#fail();
    return parser;
  }

  async accepts(sql: string): Promise<boolean> {
    if (this.#session.closed) {
      this.#session = await this.#server.open('postgres');
      await this.#fail();
    }
    const { error } = await this.#session.query(sql);
    if (error?.startsWith('current transaction is aborted') === true) return true;
    await this.#session.query('ROLLBACK');
    await this.#fail();
    // What ends a transaction is carried out, and may fail at that.
    return error === undefined || (ENDS.test(sql) && !/^(?:syntax error|unterminated)/.test(error));
  }

  async #fail(): Promise<void> {
    await this.#session.query('BEGIN');
    await this.#session.query('SELECT 1/0');
  }
}

const ENDS = /^\s*(?:rollback|commit|end|abort|prepare\s+transaction)\b/i;

/** Every change of the database takes a transaction number: one that is used up, or one that the session holds. */
const OWN = [
  "SELECT 'transaction numbers', count(*)::text FROM pg_catalog.pg_locks WHERE locktype = 'transactionid' AND pid = pg_catalog.pg_backend_pid()",
  "SELECT 'advisory locks', count(*)::text FROM pg_catalog.pg_locks WHERE locktype = 'advisory'",
  "SELECT 'settings', pg_catalog.md5(pg_catalog.string_agg(name || coalesce(setting, ''), ',' ORDER BY name)) FROM pg_catalog.pg_settings WHERE name !~ '^plpgsql'",
  "SELECT 'prepared statements', count(*)::text FROM pg_catalog.pg_prepared_statements",
  "SELECT 'cursors', count(*)::text FROM pg_catalog.pg_cursors",
  "SELECT 'channels', pg_catalog.string_agg(c, ',') FROM pg_catalog.pg_listening_channels() c",
  "SELECT 'roles', session_user || ' ' || current_user",
].join(' UNION ALL ');
const SERVER = [
  "SELECT 'transactions', pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text",
  "SELECT 'sequences', pg_catalog.string_agg(schemaname || sequencename || coalesce(last_value, -1), ',' ORDER BY 1) FROM pg_catalog.pg_sequences",
].join(' UNION ALL ');

async function runWatched(
  session: PostgresSession,
  watcher: PostgresSession,
  sql: string,
): Promise<string[]> {
  // Inside a transaction the next change takes a number of its own; outside of one this is refused.
  await session.query('SAVEPOINT watched');
  const before = await look(session, watcher);
  await session.query(sql);
  const after = await look(session, watcher);
  await session.query('RELEASE SAVEPOINT watched');
  return before === undefined || after === undefined ? [] : differences(before, after);
}

/** Undefined when the session is in no state to be asked, because the statement failed in it. */
async function look(
  session: PostgresSession,
  watcher: PostgresSession,
): Promise<ReadonlyMap<string, string> | undefined> {
  const own = await session.query(OWN);
  const server = await watcher.query(SERVER);
  if (own.error !== undefined || server.error !== undefined) return undefined;
  return new Map([...own.rows, ...server.rows].map(([name, found]) => [name ?? '', found ?? '']));
}
