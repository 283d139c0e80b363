import type { TargetFacts } from '../target.ts';
import { readCatalog } from './catalog.ts';
import { readIdentity } from './marker.ts';
import { judgeRowSecurity } from './row-security.ts';
import { hashSchema, readSchema } from './schema-snapshot.ts';
import type { PostgresSession } from './session.ts';
import { pinnedSettings, pinSession, readSearchPath } from './settings.ts';

/** Returns what identifies the database and its schema, all of it seen at one moment. */
export async function inspectDatabase(session: PostgresSession): Promise<TargetFacts> {
  const searchPath = await readSearchPath(session);
  const { rows } = await session.query('SELECT pg_catalog.to_json(pg_catalog.current_schemas(false))');
  const schemas: unknown = JSON.parse(rows[0]?.[0] ?? '[]');
  // With no other schema in the path the engine writes every name in full.
  await pinSession(session, 'pg_catalog');
  await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const identity = await readIdentity(session);
  const found = await readCatalog(session, Array.isArray(schemas) ? schemas.map(String) : []);
  const objects = await readSchema(session);
  const settings = await pinnedSettings(session, searchPath);
  const version = await session.first(`SELECT pg_catalog.current_setting('server_version')`);
  const warnings = await warningsOf(session, identity === null);
  await session.query('COMMIT');
  return {
    engine: 'postgres',
    version: version ?? '',
    identity,
    schema: hashSchema(objects),
    session: settings,
    catalog: judgeRowSecurity(found),
    warnings,
  };
}

async function warningsOf(session: PostgresSession, unprepared: boolean): Promise<string[]> {
  const { rows } = await session.query(
    `SELECT r.rolsuper, r.rolbypassrls, pg_catalog.current_setting('server_encoding') = 'UTF8',
       pg_catalog.current_setting('server_version_num')::integer >= 140000,
       pg_catalog.current_setting('session_replication_role') = 'origin'
     FROM pg_catalog.pg_roles r WHERE r.rolname = current_user`,
  );
  const [superuser, bypass, utf8, recent, origin] = (rows[0] ?? []).map((value) => value === 't');
  return [
    ...(unprepared ? ['target/not-prepared: marker tables are missing'] : []),
    ...(superuser === true
      ? [
          'postgres/superuser: the account of url may do anything on the whole server, expected the owner of the tables',
        ]
      : []),
    ...(bypass === true && superuser !== true
      ? ['postgres/bypass-rls: the account of url sees rows past every policy']
      : []),
    ...(utf8 === true
      ? []
      : ['postgres/encoding: the database is not UTF8, so texts may not be shown as they are']),
    ...(recent === true ? [] : ['postgres/version: reads are resolved by the engine from version 14 on']),
    ...(origin === true
      ? []
      : ['postgres/replication-role: triggers of the account do not fire as they do for others']),
  ];
}
