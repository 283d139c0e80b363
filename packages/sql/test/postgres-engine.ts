import { postgresParser } from '@countersign/program';
import type { Catalog, CatalogFunction, CatalogTable } from '@countersign/sql';
import { provideParser } from '@countersign/sql';
import { startPostgres } from '../../../test/servers/postgres.ts';
import type { PostgresServer, PostgresSession } from '../../../test/servers/postgres.ts';

/** Gives the classifier the parser that the package brings along. */
export function provide(): void {
  provideParser(postgresParser);
}

/** What the engine shows of a text: whether anything differs after it, and the tables whose rows do. */
export interface Observation {
  readonly error: string | undefined;
  readonly changed: boolean;
  readonly changedTables: readonly string[];
}

/** Catalogue tables whose rows are told apart by where they lie and which transaction wrote them. */
const CATALOGUES =
  'pg_class pg_attribute pg_attrdef pg_proc pg_type pg_namespace pg_trigger pg_rewrite pg_policy pg_constraint pg_sequence ' +
  'pg_cast pg_operator pg_enum pg_extension pg_description pg_default_acl pg_authid pg_auth_members pg_db_role_setting ' +
  'pg_largeobject pg_largeobject_metadata pg_statistic_ext pg_event_trigger pg_publication pg_foreign_server ' +
  'pg_tablespace pg_seclabel pg_collation pg_aggregate pg_index pg_inherits';

const STATE = [
  ...CATALOGUES.split(' ').map(
    (name) =>
      `SELECT '${name}', md5(coalesce(string_agg(t.ctid::text || t.xmin::text, ''), '')) FROM pg_catalog.${name} t`,
  ),
  "SELECT 'databases', string_agg(datname, ',' ORDER BY 1) FROM pg_catalog.pg_database",
  "SELECT 'prepared', count(*)::text FROM pg_catalog.pg_prepared_xacts",
  "SELECT 'slots', count(*)::text FROM pg_catalog.pg_replication_slots",
].join(' UNION ALL ');

/** What belongs to the session alone. */
const SESSION = [
  "SELECT md5(string_agg(name || coalesce(setting, ''), ',' ORDER BY name)) FROM pg_catalog.pg_settings WHERE name !~ '^plpgsql'",
  'SELECT count(*) FROM pg_catalog.pg_prepared_statements',
  'SELECT count(*) FROM pg_catalog.pg_cursors',
  "SELECT string_agg(c, ',') FROM pg_catalog.pg_listening_channels() c",
  "SELECT count(*) FROM pg_catalog.pg_locks WHERE locktype = 'advisory'",
  'SELECT session_user, current_user',
].join('; ');

/** One server with a database of the fixture that is made again whenever a text changed it. */
export class Engine {
  readonly #server: PostgresServer;
  readonly #admin: PostgresSession;
  #session: PostgresSession | undefined;
  #watcher: PostgresSession | undefined;
  #before: ReadonlyMap<string, string> | undefined;

  private constructor(server: PostgresServer, admin: PostgresSession) {
    this.#server = server;
    this.#admin = admin;
  }

  static async start(fixture: readonly string[]): Promise<Engine> {
    const server = startPostgres();
    const admin = await server.open('postgres');
    await must(admin, 'CREATE DATABASE fixture');
    const first = await server.open('fixture');
    for (const statement of fixture) await must(first, statement);
    first.close();
    return new Engine(server, admin);
  }

  stop(): void {
    this.#server.stop();
  }

  /** A session of the pristine fixture, for questions. */
  async ask(sql: string): Promise<readonly (readonly (string | null)[])[]> {
    await this.#fresh();
    const watcher = this.#watcher;
    if (watcher === undefined) throw new Error('no session');
    return must(watcher, sql);
  }

  /** Runs the text in a fresh session and looks at everything before and after. */
  async observe(sql: string): Promise<Observation> {
    await this.#fresh();
    const [session, watcher, before] = [this.#session, this.#watcher, this.#before];
    if (session === undefined || watcher === undefined || before === undefined) throw new Error('no session');
    const own = await state(session);
    const { error } = await session.query(sql);
    const status = session.closed ? 'closed' : await state(session);
    const after = await this.#dump(watcher);
    const names = [...new Set([...before.keys(), ...after.keys()])].filter(
      (name) => before.get(name) !== after.get(name),
    );
    const changed = names.length > 0 || status !== own;
    if (changed) this.#drop();
    return {
      error,
      changed,
      changedTables: names.filter((name) => name.startsWith('rows ')).map((name) => name.slice(5)),
    };
  }

  #drop(): void {
    this.#session?.close();
    this.#watcher?.close();
    this.#session = undefined;
  }

  async #fresh(): Promise<void> {
    if (this.#session !== undefined && !this.#session.closed) return;
    this.#drop();
    await must(this.#admin, 'DROP DATABASE IF EXISTS work WITH (FORCE)');
    await must(this.#admin, 'CREATE DATABASE work TEMPLATE fixture');
    this.#session = await this.#server.open('work');
    await must(this.#session, "SET statement_timeout = '3s'");
    this.#watcher = await this.#server.open('work');
    this.#before = await this.#dump(this.#watcher);
  }

  async #dump(watcher: PostgresSession): Promise<ReadonlyMap<string, string>> {
    const tables = await must(
      watcher,
      "SELECT n.nspname, c.relname, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind IN ('r', 'm', 'S') AND nspname !~ '^(pg_|information_schema)' ORDER BY 1, 2",
    );
    const queries = tables.map(([schema = '', name = '', kind]) => {
      const table = `"${schema ?? ''}"."${name ?? ''}"`;
      const row = kind === 'S' ? 'last_value || is_called::text' : 't::text';
      return `SELECT 'rows ${schema ?? ''}.${name ?? ''}', md5(coalesce(string_agg(${row}, ',' ORDER BY 1), '')) FROM ${table} t`;
    });
    const rows = await must(watcher, [STATE, ...queries].join(' UNION ALL '));
    return new Map(rows.map(([what, sum]) => [what ?? '', sum ?? '']));
  }
}

async function state(session: PostgresSession): Promise<string> {
  const { rows, error } = await session.query(SESSION);
  return JSON.stringify([rows, error]);
}

async function must(session: PostgresSession, sql: string): Promise<readonly (readonly (string | null)[])[]> {
  const { rows, error } = await session.query(sql);
  if (error !== undefined) throw new Error(`${error}: ${sql.slice(0, 200)}`);
  return rows;
}

/** The catalogue of the fixture, as an executor would inspect it; every function is taken to be opaque. */
export async function catalogOf(engine: Engine): Promise<Catalog> {
  const tables = new Map<string, CatalogTable>();
  const relations = await engine.ask(
    "SELECT n.nspname || '.' || c.relname, relkind, (SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped), CASE relkind WHEN 'v' THEN pg_get_viewdef(c.oid) END FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = 'public' AND relkind IN ('r', 'v', 'S')",
  );
  for (const [name, kind, columns, sql] of relations) {
    const entry = {
      kind: kind === 'v' ? ('view' as const) : ('table' as const),
      columns: (columns ?? '').split(','),
    };
    tables.set(name ?? '', sql === null || sql === undefined ? entry : { ...entry, sql });
  }
  const cascades = await engine.ask(
    "SELECT confrelid::regclass::text, conrelid::regclass::text FROM pg_constraint WHERE contype = 'f' AND confdeltype = 'c'",
  );
  for (const [parent, child] of cascades) {
    const table = tables.get(`public.${parent ?? ''}`);
    if (table === undefined) continue;
    const more = { table: `public.${child ?? ''}`, on: 'delete', columns: [] } as const;
    tables.set(`public.${parent ?? ''}`, { ...table, cascades: [...(table.cascades ?? []), more] });
  }
  const names = async (sql: string): Promise<string[]> => (await engine.ask(sql)).map(([name]) => name ?? '');
  const functions = await names(
    "SELECT DISTINCT 'public.' || proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
  );
  const types = await names(
    "SELECT 'public.' || typname FROM pg_type WHERE typnamespace = 'public'::regnamespace",
  );
  const triggers = await engine.ask(
    "SELECT tgname, 'public.' || tgrelid::regclass::text, pg_get_triggerdef(oid), 'public.' || tgfoid::regproc::text FROM pg_trigger WHERE NOT tgisinternal",
  );
  return {
    tables,
    triggers: triggers.map(([name, table, sql, calls]) => ({
      name: name ?? '',
      table: table ?? '',
      sql: sql ?? '',
      calls: calls ?? '',
    })),
    functions: new Map(functions.map((name): [string, CatalogFunction] => [name, { harmless: false }])),
    types: new Map(types.map((name) => [name, false])),
    operators: new Set(
      await names("SELECT DISTINCT oprname FROM pg_operator WHERE oprnamespace = 'public'::regnamespace"),
    ),
  };
}
