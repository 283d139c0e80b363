import type { Setting } from '@countersign/diff';
import { TargetError } from '../target-error.ts';
import { visible } from '../visible-text.ts';
import type { MariadbSession } from './session.ts';

/** The mode that every session of ours has; part of what a text means. */
export const pinnedMode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION';

export type Engine = 'mysql' | 'mariadb';

export interface ServerKind {
  readonly engine: Engine;
  readonly version: string;
}

/** Which of the two the server is, by its own word. */
export async function readKind(session: MariadbSession): Promise<ServerKind> {
  const version = String((await session.own('SELECT VERSION()'))[0]?.[0]);
  return { engine: /mariadb/i.test(version) ? 'mariadb' : 'mysql', version };
}

/**
 * Refuses a server on which the settings of a session that changes rows are not all there.
 * @throws TargetError `target/reads-only`
 */
export function requireChanging({ engine, version }: ServerKind): void {
  const [major = 0, minor = 0, patch = 0] = version.split(/[.-]/, 3).map(Number);
  const told = major > 8 || (major === 8 && (minor > 0 || patch >= 30));
  if (engine === 'mariadb' || told) return;
  const text = `statements that change rows run on MySQL 8.0.30 and later, and this is ${visible(version)}`;
  throw new TargetError('target/reads-only', text);
}

export interface SessionLimits {
  readonly timeoutMs: number;
  readonly busyMs: number;
}

/**
 * Pins what changes the meaning of a statement, and the limits; both servers count waiting for locks in whole seconds. The
 * character set too: a server may be told to hold to its own, in which a quote may end elsewhere.
 */
export async function pinSession(
  session: MariadbSession,
  { engine }: ServerKind,
  limits: SessionLimits,
): Promise<void> {
  // MySQL stops nothing but queries.
  session.expectAnswerWithin(limits.timeoutMs, engine === 'mariadb');
  const busy = Math.max(1, Math.ceil(limits.busyMs / 1000));
  const time =
    engine === 'mariadb'
      ? `max_statement_time = ${Math.max(0.001, limits.timeoutMs / 1000)}`
      : `max_execution_time = ${Math.max(1, Math.ceil(limits.timeoutMs))}`;
  await session.own(
    `SET NAMES utf8mb4 COLLATE utf8mb4_bin, SESSION sql_mode = '${pinnedMode}', time_zone = '+00:00', autocommit = 1, innodb_lock_wait_timeout = ${busy}, lock_wait_timeout = ${busy}, ${time}`,
  );
}

/**
 * Pins what a session that changes rows must not take from the server or an account: whole results, checks of keys, the end of
 * transactions; a session that is left alone ends by itself.
 */
export async function pinWriter(
  session: MariadbSession,
  { engine }: ServerKind,
  { timeoutMs }: SessionLimits,
): Promise<void> {
  const idle = Math.ceil(timeoutMs / 1000) + 60;
  const own =
    engine === 'mariadb'
      ? `check_constraint_checks = 1, tx_isolation = 'REPEATABLE-READ', idle_transaction_timeout = ${idle}`
      : // A key that the server made by itself is to be seen where it is one.
        `transaction_isolation = 'REPEATABLE-READ', wait_timeout = ${idle}, show_gipk_in_create_table_and_information_schema = 1`;
  await session.own(
    `SET SESSION sql_select_limit = 18446744073709551615, foreign_key_checks = 1, unique_checks = 1, sql_auto_is_null = 0, completion_type = 'NO_CHAIN', ${own}`,
  );
}

/** The pinned settings and the server's own that matter, ascending by name. */
export async function pinnedSettings(session: MariadbSession, { engine }: ServerKind): Promise<Setting[]> {
  const isolation = engine === 'mariadb' ? '@@tx_isolation' : '@@transaction_isolation';
  const [row] = await session.own(
    `SELECT @@collation_connection, CURRENT_USER(), DATABASE(), @@foreign_key_checks, @@lower_case_table_names, @@sql_mode, @@time_zone, ${isolation}, @@unique_checks`,
  );
  const names = [
    'collation_connection', 'current_user', 'database', 'foreign_key_checks', 'lower_case_table_names', 'sql_mode', 'time_zone', 'transaction_isolation', 'unique_checks',
  ]; // prettier-ignore
  return names.map((name, index) => [name, String(row?.[index])]);
}
