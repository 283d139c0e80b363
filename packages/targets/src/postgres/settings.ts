import type { Setting } from '@countersign/diff';
import { sqlState } from './engine-error.ts';
import type { PostgresSession, TextRow } from './session.ts';

/** Settings that change what a statement means or how a value is written; the same in every session of ours. */
const pins: readonly Setting[] = [
  ['DateStyle', 'ISO, MDY'],
  ['IntervalStyle', 'postgres'],
  ['TimeZone', 'UTC'],
  ['array_nulls', 'on'],
  ['bytea_output', 'hex'],
  ['extra_float_digits', '1'],
  ['lc_monetary', 'C'],
  ['lc_numeric', 'C'],
  ['lc_time', 'C'],
  ['quote_all_identifiers', 'off'],
  ['row_security', 'on'],
  ['standard_conforming_strings', 'on'],
  ['transform_null_equals', 'off'],
  ['xmlbinary', 'base64'],
];

/** Settings under which rows are read, the transaction is bounded and ends: no statement may leave them other than they were. */
const held: readonly string[] = [
  ...pins.map(([name]) => name),
  'client_encoding',
  'idle_in_transaction_session_timeout',
  'lock_timeout',
  'role',
  'search_path',
  'session_authorization',
  'session_replication_role',
  'statement_timeout',
  'synchronous_commit',
];

/** Asks for the values of {@link held}. No operator stands in it, and no bare name: it is asked under any search path. */
export const heldSettings: string = held.map((name) => `pg_catalog.current_setting('${name}')`).join(', ');

/** Names of the settings whose values differ. */
export function movedSettings(before: TextRow, after: TextRow): readonly string[] {
  return held.filter((_, index) => before[index] !== after[index]);
}

/** The settings of a session that only reads, with the search path given, for it to begin with. */
export function readerSettings(searchPath: string): Setting[] {
  return [...pins, ['search_path', searchPath], ['default_transaction_read_only', 'on']];
}

/**
 * The search path under which we ask our own questions: an operator of another schema may be nearer to the types of a comparison than
 * those of the engine, and would be called in its place.
 */
export const ownPath = 'pg_catalog, pg_temp';

/** The schemas that bare names are looked for in, as the account is set up: a list of quoted names. No operator stands in the query. */
export async function readSearchPath(session: PostgresSession): Promise<string> {
  const { rows } = await session.query(
    `SELECT pg_catalog.quote_ident(s) FROM pg_catalog.unnest(pg_catalog.current_schemas(false)) AS s`,
  );
  return rows.map(([quoted]) => quoted ?? '').join(', ');
}

/** Sets the search path until the transaction ends, or what was done since a savepoint is taken back. */
export async function takePath(session: PostgresSession, path: string): Promise<void> {
  await session.query(`SELECT pg_catalog.set_config('search_path', $1, true)`, [path]);
}

/** Sets the search path for the rest of the session. */
export async function pinPath(session: PostgresSession, path: string): Promise<void> {
  await session.query(`SELECT pg_catalog.set_config('search_path', $1, false)`, [path]);
}

/** Pins the settings, and the search path given, for the rest of the session. A `statement_timeout` among them bounds its answers. */
export async function pinSession(
  session: PostgresSession,
  searchPath: string,
  more: readonly Setting[] = [],
): Promise<void> {
  const all = [...pins, ['search_path', searchPath] as const, ...more];
  const calls = all.map((_, index) => `pg_catalog.set_config($${2 * index + 1}, $${2 * index + 2}, false)`);
  const timeout = more.find(([name]) => name === 'statement_timeout');
  if (timeout !== undefined) session.expectAnswerWithin(Number(timeout[1]));
  await session.query(`SELECT ${calls.join(', ')}`, all.flat());
}

/**
 * Has the server look every two seconds, also while a statement runs, whether this side of the session still lives: what a
 * killed executor began ends. A server that cannot look is bounded by `statement_timeout` alone.
 */
export async function watchConnection(session: PostgresSession): Promise<void> {
  try {
    await session.query(`SELECT pg_catalog.set_config('client_connection_check_interval', '2000', false)`);
  } catch (cause) {
    if (sqlState(cause) !== '22023') throw cause;
  }
}

/** The pinned settings and the account's own that matter, ascending by name. */
export async function pinnedSettings(session: PostgresSession, searchPath: string): Promise<Setting[]> {
  const { rows } = await session.query(
    `SELECT pg_catalog.current_setting('server_encoding'), pg_catalog.current_setting('session_replication_role'), current_user`,
  );
  const [encoding, replication, role] = rows[0] ?? [];
  const found: Setting[] = [
    ...pins,
    ['role', role ?? ''],
    ['search_path', searchPath],
    ['server_encoding', encoding ?? ''],
    ['session_replication_role', replication ?? ''],
  ];
  return found.toSorted(([a], [b]) => (a < b ? -1 : 1));
}
