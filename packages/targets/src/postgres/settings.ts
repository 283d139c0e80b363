import type { Setting } from '@countersign/diff';
import { sqlState } from './engine-error.ts';
import { TargetError } from '../target-error.ts';
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

/** Asks for the values of {@link held}. No operator stands in it, and no bare name, so that a search path that was moved changes nothing. */
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
 * The schemas that bare names are looked for in, as the account is set up: a list of quoted names. No operator stands in the query.
 * @throws TargetError `target/rights` when another schema comes before the engine's own: its operators would replace those that we ask with
 */
export async function readSearchPath(session: PostgresSession): Promise<string> {
  const { rows } = await session.query(
    `SELECT s, pg_catalog.quote_ident(s) FROM pg_catalog.unnest(pg_catalog.current_schemas(false)) AS s`,
  );
  if (rows.findIndex(([name]) => name === 'pg_catalog') > 0) {
    throw new TargetError(
      'target/rights',
      'search_path of the account has another schema before pg_catalog, expected pg_catalog first or not named: ALTER ROLE … SET search_path changes it',
    );
  }
  return rows.map(([, quoted]) => quoted ?? '').join(', ');
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
