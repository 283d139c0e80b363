import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { Connection, RowDataPacket } from 'mysql2/promise';

export type Row = readonly (string | null)[];

/** What was found, by what it is about; two of them are compared. */
export type State = ReadonlyMap<string, string>;

/** Databases that are the server's own, or this test's. */
const OWN = ['mysql', 'sys', 'performance_schema', 'information_schema', 'kept'];

/** Variables that move by themselves or with every statement. */
const RESTLESS =
  /^(?:timestamp|error_count|warning_count|rand_seed[12]|identity|last_gtid|in_transaction|gtid_.*|innodb_buffer_pool_.*)$/;

/** The server's own tables that say who may do what, which bodies it holds and what it loads. */
export const SYSTEM: Readonly<Record<string, string>> = {
  global_priv: 'accounts',
  db: 'accounts',
  tables_priv: 'accounts',
  columns_priv: 'accounts',
  procs_priv: 'accounts',
  proxies_priv: 'accounts',
  roles_mapping: 'accounts',
  proc: 'routines',
  event: 'routines',
  func: 'server',
  plugin: 'server',
  servers: 'servers',
};

/** Every row of every result, as text or null. */
export async function rows(connection: Connection, sql: string): Promise<Row[]> {
  const [result] = await connection.query<RowDataPacket[]>({ sql, rowsAsArray: true });
  return result.map((row) =>
    Object.values(row).map((cell: unknown) => (cell === null ? null : asText(cell))),
  );
}

function asText(cell: unknown): string {
  return typeof cell === 'string' ? cell : JSON.stringify(cell);
}

/** Message of the error that a text ends with, or undefined. */
export async function failure(
  connection: Connection,
  sql: string,
  parameters?: readonly (string | number)[],
): Promise<string | undefined> {
  try {
    if (parameters === undefined) await connection.query(sql);
    else {
      await connection.execute(sql, [...parameters]);
      connection.unprepare(sql);
    }
    return undefined;
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : 'refused';
  }
}

/** What the two do not have alike. */
export function differing(before: State, after: State): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter(
    (key) => before.get(key) !== after.get(key),
  );
}

/** Names of the variables of a session or of the server that stand still. */
export async function variableNames(
  connection: Connection,
  scope: 'session' | 'global',
): Promise<readonly string[]> {
  const other = scope === 'session' ? 'GLOBAL' : 'SESSION ONLY';
  const found = await rows(
    connection,
    `SELECT lower(variable_name) FROM information_schema.system_variables WHERE variable_scope <> '${other}' ORDER BY 1`,
  );
  return found.map(([name]) => name ?? '').filter((name) => !RESTLESS.test(name));
}

/** Values of variables by name. */
export async function variables(
  connection: Connection,
  scope: 'session' | 'global',
  names: readonly string[],
): Promise<State> {
  const [values] = await rows(connection, `SELECT ${names.map((name) => `@@${scope}.${name}`).join(', ')}`);
  return new Map(names.map((name, index) => [name, values?.[index] ?? 'NULL']));
}

/** The same as one text, which costs a tenth of as many columns. */
async function settings(
  connection: Connection,
  scope: 'session' | 'global',
  names: readonly string[],
): Promise<string> {
  const values = names.map((name) => `quote(@@${scope}.${name})`).join(', ');
  const [only] = await rows(connection, `SELECT concat_ws(',', ${values})`);
  return only?.[0] ?? '';
}

/** Every setting of the server. */
export function serverSettings(connection: Connection, names: readonly string[]): Promise<string> {
  return settings(connection, 'global', names);
}

/** What belongs to a session alone: settings, variables, temporary tables (by how many it made and dropped). */
export async function sessionState(connection: Connection, names: readonly string[]): Promise<State> {
  const set = await settings(connection, 'session', names);
  const who = await rows(connection, 'SELECT database(), user(), current_user(), current_role()');
  const own = await rows(
    connection,
    'SELECT variable_name, variable_value FROM information_schema.user_variables ORDER BY 1',
  );
  const temporary = await rows(
    connection,
    "SELECT sum(variable_value) FROM information_schema.session_status WHERE variable_name IN ('Com_create_temporary_table', 'Com_drop_temporary_table')",
  );
  return new Map([
    ['session', JSON.stringify([set, who])],
    ['variables', JSON.stringify(own)],
    ['temporary tables', JSON.stringify(temporary)],
  ]);
}

/** The databases that texts may touch. */
export async function databases(connection: Connection): Promise<string[]> {
  const found = await rows(connection, 'SHOW DATABASES');
  return found.map(([name]) => name ?? '').filter((name) => !OWN.includes(name));
}

/** Every row of these tables, `rows shop.audit` by name; those of versioned tables with their past. */
export async function tableRows(connection: Connection, tables: readonly Row[]): Promise<State> {
  if (tables.length === 0) return new Map();
  const queries = tables.map(([database, name, type]) => {
    const past = type === 'SYSTEM VERSIONED' ? ' FOR SYSTEM_TIME ALL' : '';
    return `SELECT * FROM \`${database ?? ''}\`.\`${(name ?? '').replaceAll('`', '``')}\`${past}`;
  });
  // One result stands alone, several come as a list of lists; a constant at the end makes it always several.
  const [results] = await connection.query<RowDataPacket[][]>(`${queries.join('; ')}; SELECT 1`);
  return new Map(
    tables.map(([database, name], index) => [
      `rows ${database ?? ''}.${name ?? ''}`,
      JSON.stringify(results[index]),
    ]),
  );
}

/** The same, table by table: one that cannot be read stands there with the reason. */
export async function readableRows(connection: Connection, tables: readonly Row[]): Promise<State> {
  const all = new Map<string, string>();
  for (const table of tables) {
    const name = `rows ${table[0] ?? ''}.${table[1] ?? ''}`;
    try {
      for (const [key, value] of await tableRows(connection, [table])) all.set(key, value);
    } catch (thrown) {
      all.set(name, String(thrown));
    }
  }
  return all;
}

/** Names and types of everything that holds rows. */
export function tableNames(connection: Connection): Promise<Row[]> {
  return rows(
    connection,
    `SELECT table_schema, table_name, table_type FROM information_schema.tables WHERE table_schema NOT IN ('${OWN.join("', '")}') AND table_type <> 'VIEW' ORDER BY 1, 2`,
  );
}

/** Definitions and further files in the folders of the databases, and what the server's own tables hold. */
export async function serverState(connection: Connection, data: string): Promise<State> {
  const state = new Map<string, string>();
  const folders = readdirSync(data, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !OWN.includes(entry.name))
    .map((entry) => entry.name);
  const hash = createHash('sha256').update(folders.join());
  const files: string[] = [];
  for (const folder of folders) {
    for (const name of readdirSync(join(data, folder)).sort()) {
      const defines = ['.frm', '.TRG', '.TRN', '.opt'].includes(extname(name));
      if (defines) hash.update(`${folder}/${name}`).update(readFileSync(join(data, folder, name)));
      else files.push(`${folder}/${name}`);
    }
  }
  state.set('schema', hash.digest('hex'));
  state.set('files', files.join());
  const sums = await rows(
    connection,
    `CHECKSUM TABLE ${Object.keys(SYSTEM)
      .map((name) => `mysql.${name}`)
      .join(', ')}`,
  );
  for (const [name, sum] of sums) {
    const about = SYSTEM[(name ?? '').slice('mysql.'.length)] ?? 'server';
    state.set(about, `${state.get(about) ?? ''} ${sum ?? ''}`);
  }
  const prepared = await rows(connection, "SHOW GLOBAL STATUS LIKE 'Prepared_stmt_count'");
  state.set('prepared statements', prepared[0]?.[1] ?? '');
  return state;
}
