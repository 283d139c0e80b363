import { partsOf } from '../schema-parts.ts';
import type { TargetFacts } from '../target.ts';
import { printAll } from './catalog-print.ts';
import { readCatalog } from './catalog.ts';
import { readIdentity, readPlace } from './marker.ts';
import { judgeRowSecurity } from './row-security.ts';
import { hashSchema, readSchema } from './schema-snapshot.ts';
import type { PostgresSession } from './session.ts';
import { pinnedSettings, pinSession, readSearchPath } from './settings.ts';

/** Returns what identifies the database and its schema, all of it seen at one moment. */
export async function inspectDatabase(session: PostgresSession): Promise<TargetFacts> {
  return (await lookAtDatabase(session, undefined)).facts;
}

/** What one look found, and what tells whether the next one would find the same schema. */
export interface Look {
  readonly facts: TargetFacts;
  /** The schemas that bare names are looked for in: a list of quoted names. */
  readonly path: string;
  /** Cluster, number and name of the database. */
  readonly place: readonly (string | null)[];
  /** Of every object that a query can reach; left out by a look that is not compared with another. */
  readonly print: string | undefined;
}

/** What to compare with: `print` is undefined when nothing was seen before. */
export type Before = Pick<Look, 'print' | 'path'> & { readonly facts: TargetFacts | undefined };

/** Looks at one moment of the database. With `before`, takes a print too, and reads the catalogue only when that is another one. */
export async function lookAtDatabase(session: PostgresSession, before: Before | undefined): Promise<Look> {
  const path = await readSearchPath(session);
  const { rows } = await session.query('SELECT pg_catalog.to_json(pg_catalog.current_schemas(false))');
  const schemas: unknown = JSON.parse(rows[0]?.[0] ?? '[]');
  // With no other schema in the path the engine writes every name in full.
  await pinSession(session, 'pg_catalog');
  await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const identity = await readIdentity(session);
  const place = await readPlace(session);
  const print = before === undefined ? undefined : JSON.stringify([await printAll(session), place]);
  const same = print !== undefined && before?.print === print && before.path === path;
  const schema =
    same && before.facts !== undefined
      ? { catalog: before.facts.catalog, schema: before.facts.schema, parts: before.facts.parts }
      : await readWhole(session, Array.isArray(schemas) ? schemas.map(String) : []);
  const settings = await pinnedSettings(session, path);
  const version = await session.first(`SELECT pg_catalog.current_setting('server_version')`);
  const warnings = await warningsOf(session, identity === null);
  await session.query('COMMIT');
  const facts: TargetFacts = {
    engine: 'postgres',
    version: version ?? '',
    identity,
    ...schema,
    session: settings,
    warnings,
  };
  return { facts, path, place, print };
}

async function readWhole(
  session: PostgresSession,
  schemas: readonly string[],
): Promise<Pick<TargetFacts, 'catalog' | 'schema' | 'parts'>> {
  const found = await readCatalog(session, schemas);
  const objects = await readSchema(session);
  return {
    schema: hashSchema(objects),
    parts: partsOf(objects.map(({ type, name, text }) => [type, name, text])),
    catalog: judgeRowSecurity(found),
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
