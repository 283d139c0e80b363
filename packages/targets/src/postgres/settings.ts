import type { Setting } from '@countersign/diff';
import { sqlState } from './engine-error.ts';
import type { PostgresSession } from './session.ts';

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

/** The settings of a session that only reads, with the search path given, for it to begin with. */
export function readerSettings(searchPath: string): Setting[] {
  return [...pins, ['search_path', searchPath], ['default_transaction_read_only', 'on']];
}

/** The schemas that bare names are looked for in, as the account is set up: a list of quoted names. */
export async function readSearchPath(session: PostgresSession): Promise<string> {
  const path = await session.first(
    `SELECT coalesce(pg_catalog.string_agg(pg_catalog.quote_ident(s), ', '), '')
       FROM pg_catalog.unnest(pg_catalog.current_schemas(false)) AS s`,
  );
  return path ?? '';
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
