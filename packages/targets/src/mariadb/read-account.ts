import { TargetError } from '../target-error.ts';
import { visible } from '../visible-text.ts';
import { readIdentityRow, readServer } from './marker.ts';
import { excessPrivileges } from './read-grants.ts';
import { errorNumber } from './session.ts';
import type { MariadbSession } from './session.ts';
import { readKind } from './settings.ts';
import { quoteName } from './values.ts';

/** What is read, and how names are looked for: the session's database, whether the case of names matters, and whose rows these are. */
export type ReadPlace = readonly string[];

/**
 * Our identity row says whose rows these are; a replica has the same. Where the database is not prepared, the server itself
 * has to be the same.
 */
export async function readPlace(session: MariadbSession): Promise<ReadPlace> {
  const [row] = await session.own('SELECT DATABASE(), @@lower_case_table_names');
  const names = (row ?? []).map(String);
  const id = await readIdentityRow(session);
  if (id !== null) return [...names, `row ${id}`];
  const { engine } = await readKind(session);
  const [server] = await session.own('SELECT @@hostname, @@port, @@datadir');
  return [...names, `server ${await readServer(session, engine)}`, ...(server ?? []).map(String)];
}

/** Refuses a session in which names mean other tables than in the inspected one. @throws TargetError `target/other-database` */
export async function requirePlace(session: MariadbSession, place: ReadPlace): Promise<void> {
  if (JSON.stringify(await readPlace(session)) === JSON.stringify(place)) return;
  throw new TargetError(
    'target/other-database',
    'read account reaches another database than url, or may not read _countersign_identity there; expected the one of the same name on the same server or a replica of it',
  );
}

/**
 * Refuses an account that the engine says may do more than read.
 * @throws TargetError `target/account-writes`
 */
export async function requireReader(session: MariadbSession): Promise<void> {
  const grants = await session.own('SHOW GRANTS');
  const excess = excessPrivileges(grants.map(([line]) => String(line)));
  if (grants.length > 0 && excess.length === 0) return;
  const shown = excess
    .slice(0, 5)
    .map((one) => visible(one.replace(/ IDENTIFIED .*$/, '')))
    .join('; ');
  throw new TargetError('target/account-writes', `read account may do more than read: ${shown}`);
}

/**
 * Tries to write as the account. EXPLAIN asks for the rights of a change and runs nothing; what could be made is temporary.
 * @throws TargetError `target/account-writes` when it is not refused
 */
export async function requireRefusals(session: MariadbSession): Promise<void> {
  const tables = await session.own(
    `SELECT TABLE_SCHEMA, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE'
       AND TABLE_SCHEMA NOT IN ('information_schema', 'performance_schema', 'mysql', 'sys') ORDER BY 1, 2 LIMIT 50`,
  );
  const attempts = [
    ...tables.map(
      ([schema, name]) => `EXPLAIN DELETE FROM ${quoteName(String(schema))}.${quoteName(String(name))}`,
    ),
    'CREATE TEMPORARY TABLE _countersign_attempt (a INT)',
    'SET GLOBAL general_log = @@global.general_log',
  ];
  for (const attempt of attempts) {
    try {
      await session.control(attempt);
    } catch (cause) {
      if (errorNumber(cause) === undefined) throw cause;
      continue;
    }
    throw new TargetError(
      'target/account-writes',
      `read account may do more than read: was not refused: ${visible(attempt)}`,
    );
  }
}
