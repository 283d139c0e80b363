import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import type { Reader } from '../server-address.ts';
import { TargetError } from '../target-error.ts';
import type { PreparationStep } from '../target.ts';
import { sqlState } from './engine-error.ts';
import { makeMarkerTables, markerTables } from './marker.ts';
import { ownSchema } from './own-schema.ts';
import type { PostgresSession } from './session.ts';
import { quoteName } from './values.ts';

/** Returns what a database administrator runs in place of `prepare`, and what only they can. */
export async function preparationSteps(
  session: PostgresSession,
  reader: Reader | undefined,
): Promise<PreparationStep[]> {
  const steps: PreparationStep[] = markerTables.map((sql) => ({ sql }));
  steps.push({
    sql: `INSERT INTO ${ownSchema}.identity (one, id) VALUES (1, pg_catalog.decode(pg_catalog.replace(pg_catalog.gen_random_uuid()::text, '-', ''), 'hex')) ON CONFLICT DO NOTHING`,
    note: 'names this very database; never copy it into another',
  });
  if (reader === undefined) return steps;
  if (!(await exists(session, reader))) {
    steps.push({ sql: createRole(reader), note: `then give it its password: \\password ${reader.name}` });
  }
  steps.push(...(await grants(session, reader)).map((sql) => ({ sql })));
  return [...steps, ...(await revocations(session))];
}

/**
 * Makes our tables and the account for reads, and grants it SELECT, in one transaction.
 * @throws TargetError `target/rights` when the account of `url` may not
 */
export async function prepareDatabase(session: PostgresSession, reader: Reader | undefined): Promise<void> {
  await session.query('BEGIN');
  try {
    await makeMarkerTables(session);
    if (reader !== undefined) {
      if (!(await exists(session, reader))) await session.query(createRole(reader, verifierOf(reader)));
      for (const sql of await grants(session, reader)) await session.query(sql);
    }
    await session.query('COMMIT');
  } catch (cause) {
    await session.query('ROLLBACK').catch(() => undefined);
    if (sqlState(cause) !== '42501') throw cause;
    const text =
      'account of url may not make what is needed, expected an administrator to run what `target prepare --print` shows';
    throw new TargetError('target/rights', text, { cause });
  }
}

async function exists(session: PostgresSession, { name }: Reader): Promise<boolean> {
  return (await session.first('SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = $1', [name])) === '1';
}

function createRole({ name }: Reader, verifier?: string): string {
  const password = verifier === undefined ? '' : ` PASSWORD '${verifier}'`;
  return `CREATE ROLE ${quoteName(name)} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOINHERIT${password}`;
}

const iterations = 4096;

/** What the server keeps of a password: the password itself would stand in its log. */
function verifierOf({ password }: Reader): string | undefined {
  if (password === undefined) return undefined;
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password().normalize('NFKC'), salt, iterations, 32, 'sha256');
  const mac = (text: string): Buffer => createHmac('sha256', salted).update(text).digest();
  const stored = createHash('sha256').update(mac('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored}:${mac('Server Key').toString('base64')}`;
}

/** SELECT on every table that stands, and on those that the account of `url` makes later. */
async function grants(session: PostgresSession, { name }: Reader): Promise<string[]> {
  const { rows } = await session.query(
    `SELECT pg_catalog.quote_ident(nspname) FROM pg_catalog.pg_namespace
     WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', '${ownSchema}') ORDER BY 1`,
  );
  const role = quoteName(name);
  const database =
    (await session.first('SELECT pg_catalog.quote_ident(pg_catalog.current_database())')) ?? '';
  return [
    `GRANT CONNECT ON DATABASE ${database} TO ${role}`,
    ...rows.flatMap(([schema]) => [
      `GRANT USAGE ON SCHEMA ${schema ?? ''} TO ${role}`,
      `GRANT SELECT ON ALL TABLES IN SCHEMA ${schema ?? ''} TO ${role}`,
      `ALTER DEFAULT PRIVILEGES IN SCHEMA ${schema ?? ''} GRANT SELECT ON TABLES TO ${role}`,
    ]),
  ];
}

/** Functions with effects that everybody may call; a transaction that only reads does not stop them in every version. */
async function revocations(session: PostgresSession): Promise<PreparationStep[]> {
  const { rows } = await session.query(
    `SELECT f.oid::pg_catalog.regprocedure::text FROM pg_catalog.pg_proc f WHERE f.pronamespace = 'pg_catalog'::pg_catalog.regnamespace
       AND (f.proname ~ '^(lo_|lowrite$|set_config$|pg_notify$)' OR f.proname ~ '^pg_(try_)?advisory_') ORDER BY 1`,
  );
  const database =
    (await session.first('SELECT pg_catalog.quote_ident(pg_catalog.current_database())')) ?? '';
  const note =
    'optional, by a superuser; takes it from every account of the database, so look first who needs it';
  return [
    { sql: `REVOKE TEMPORARY ON DATABASE ${database} FROM PUBLIC`, note, optional: true },
    {
      sql: `REVOKE EXECUTE ON FUNCTION ${rows.map(([name]) => name ?? '').join(', ')} FROM PUBLIC`,
      note,
      optional: true,
    },
  ];
}
