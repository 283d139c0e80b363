import { TargetError } from '../target-error.ts';
import { visible } from '../visible-text.ts';
import { sqlState } from './engine-error.ts';
import { readPlace } from './marker.ts';
import type { PostgresSession } from './session.ts';

/** Temporary tables of other sessions of the account, which end with them. */
const temporary = `SELECT t.oid FROM pg_catalog.pg_class t WHERE t.relpersistence = 't'`;

/** What an account may do beyond reading this database, each as a line of words. */
const excess = `
  SELECT 'is a superuser' FROM me WHERE rolsuper
  UNION ALL SELECT 'makes databases' FROM me WHERE rolcreatedb
  UNION ALL SELECT 'makes roles' FROM me WHERE rolcreaterole
  UNION ALL SELECT 'replicates' FROM me WHERE rolreplication
  UNION ALL SELECT 'sees rows past policies' FROM me WHERE rolbypassrls
  UNION ALL SELECT 'is a member of ' || r.rolname FROM me, pg_catalog.pg_roles r
    WHERE r.oid <> me.oid AND r.rolname <> 'pg_read_all_data' AND pg_catalog.pg_has_role(me.oid, r.oid, 'MEMBER')
  UNION ALL SELECT 'owns ' || pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) FROM me, pg_catalog.pg_shdepend d
    WHERE d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass AND d.refobjid = me.oid AND d.deptype = 'o'
      AND d.dbid IN (0, (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()))
      AND NOT (d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid IN (${temporary}))
  UNION ALL SELECT 'writes table ' || c.relname FROM me, pg_catalog.pg_class c
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.oid <> 'pg_catalog.pg_settings'::pg_catalog.regclass AND c.oid NOT IN (${temporary})
      AND (pg_catalog.has_table_privilege(me.oid, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
        OR pg_catalog.has_any_column_privilege(me.oid, c.oid, 'INSERT, UPDATE, REFERENCES'))
  UNION ALL SELECT 'moves sequence ' || c.relname FROM me, pg_catalog.pg_class c
    WHERE c.relkind = 'S' AND c.oid NOT IN (${temporary}) AND pg_catalog.has_sequence_privilege(me.oid, c.oid, 'USAGE, UPDATE')
  UNION ALL SELECT 'creates in schema ' || n.nspname FROM me, pg_catalog.pg_namespace n
    WHERE n.nspname !~ '^pg_(toast_)?temp' AND pg_catalog.has_schema_privilege(me.oid, n.oid, 'CREATE')
  UNION ALL SELECT 'creates schemas' FROM me
    WHERE pg_catalog.has_database_privilege(me.oid, pg_catalog.current_database(), 'CREATE')
  UNION ALL SELECT 'uses server ' || s.srvname FROM me, pg_catalog.pg_foreign_server s
    WHERE pg_catalog.has_server_privilege(me.oid, s.oid, 'USAGE')`;
const findExcess = `WITH me AS (SELECT * FROM pg_catalog.pg_roles WHERE rolname = session_user)
  SELECT line FROM (${excess}) AS found(line) ORDER BY line <> 'is a superuser', line LIMIT 6`;

/** Under which name, and whether still. A role that is gone has no row. */
const mayLogIn = `SELECT session_user, EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = session_user AND rolcanlogin
    AND (rolvaliduntil IS NULL OR rolvaliduntil > pg_catalog.statement_timestamp()))
  AND pg_catalog.has_database_privilege(session_user, pg_catalog.current_database(), 'CONNECT')`;

/** What anybody may do unless the owner of the database takes it away; the parser and the resolution hold it back. */
const findPublic = `
  SELECT 'postgres/temporary: the read account may make temporary tables' WHERE
    pg_catalog.has_database_privilege(session_user, pg_catalog.current_database(), 'TEMPORARY')
  UNION ALL SELECT 'postgres/public-functions: the read account may call ' || pg_catalog.string_agg(DISTINCT f.proname, ', ' ORDER BY f.proname)
    FROM pg_catalog.pg_proc f WHERE f.pronamespace = 'pg_catalog'::pg_catalog.regnamespace
      AND (f.proname ~ '^(lo_(creat|create|from_bytea|import|export|open|put|truncate|truncate64|unlink)|lowrite|set_config|pg_notify)$'
        OR f.proname ~ '^pg_(try_)?advisory_')
      AND pg_catalog.has_function_privilege(session_user, f.oid, 'EXECUTE') HAVING count(*) > 0`;

/**
 * Refuses an account that the engine says may do more than read, and one that reads another database than the main one.
 * @throws TargetError `target/account-writes`, `target/other-database`
 */
export async function requireReader(
  session: PostgresSession,
  place: readonly (string | null)[],
): Promise<void> {
  if (JSON.stringify(await readPlace(session)) !== JSON.stringify(place)) {
    throw new TargetError(
      'target/other-database',
      'read account reaches another database than url, expected the same or a replica of it',
    );
  }
  requireNone((await session.query(findExcess)).rows);
}

/**
 * Asks the same in the transaction of a read, and whether the account may still log in: its session may be older than what was taken
 * from it.
 * @returns the account's name
 * @throws TargetError `target/account-writes`, `target/unreachable`, or the driver's own error
 */
export async function requireRights(session: PostgresSession): Promise<string> {
  // Whatever the search path of the read is, operators here are the engine's own.
  const [, login, excesses] = await session.ownTexts([
    'SET LOCAL search_path = pg_catalog',
    mayLogIn,
    findExcess,
    'SET LOCAL search_path TO DEFAULT',
  ]);
  const [name, mayStill] = login?.rows[0] ?? [];
  if (typeof name !== 'string' || mayStill !== 't')
    throw new TargetError('target/unreachable', 'server does not let the read account in any more');
  requireNone(excesses?.rows ?? [['cannot be asked about']]);
  return name;
}

function requireNone(excesses: readonly (readonly (string | null)[])[]): void {
  if (excesses.length > 0) throw writes(excesses.map(([line]) => line ?? ''));
}

/** Returns, as `code: text`, what the account has from PUBLIC and no read needs. */
export async function publicRights(session: PostgresSession): Promise<string[]> {
  return (await session.query(findPublic)).rows.map(([line]) => line ?? '');
}

/** What a reader must be refused, tried for real; EXPLAIN asks for the rights of a statement and runs nothing. */
async function attempts(session: PostgresSession): Promise<readonly string[]> {
  const { rows } = await session.query(
    `SELECT pg_catalog.format('%I.%I', n.nspname, c.relname), pg_catalog.format('%I', n.nspname) FROM pg_catalog.pg_class c
       JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
       AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') ORDER BY 1 LIMIT 50`,
  );
  const schemas = new Set(rows.map(([, schema]) => schema ?? ''));
  return [
    ...rows.flatMap(([table]) => [
      `EXPLAIN DELETE FROM ${table ?? ''}`,
      `EXPLAIN INSERT INTO ${table ?? ''} DEFAULT VALUES`,
    ]),
    ...[...schemas].map((schema) => `CREATE TABLE ${schema}._countersign_attempt ()`),
    'CREATE SCHEMA _countersign_attempt',
    'CREATE ROLE _countersign_attempt',
    `COPY (SELECT 1) TO PROGRAM 'true'`,
  ];
}

/**
 * Tries to write as the account, each attempt in a transaction of its own that is rolled back.
 * @throws TargetError `target/account-writes` when anything but a refusal of rights comes back
 */
export async function requireRefusals(session: PostgresSession): Promise<void> {
  for (const attempt of await attempts(session)) {
    await session.query('BEGIN');
    try {
      await session.query(attempt);
      throw writes([`was not refused: ${attempt}`]);
    } catch (cause) {
      if (cause instanceof TargetError) throw cause;
      // Views and rules may fail otherwise before rights are asked; then nothing is proved, and the query above stands.
      if (sqlState(cause) === undefined) throw cause;
    } finally {
      await session.query('ROLLBACK');
    }
  }
}

function writes(facts: readonly string[]): TargetError {
  const shown = facts.slice(0, 5).map(visible).join('; ');
  const more = facts.length > 5 ? '; and more' : '';
  return new TargetError('target/account-writes', `read account may do more than read: ${shown}${more}`);
}
