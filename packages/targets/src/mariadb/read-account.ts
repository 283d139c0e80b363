import { TargetError } from '../target-error.ts';
import { visible } from '../visible-text.ts';
import { excessPrivileges } from './read-grants.ts';
import { errorNumber } from './session.ts';
import type { MariadbSession } from './session.ts';
import { quoteName } from './values.ts';

/** What names are looked for in: the session's database, and whether the case of names matters. */
export type ReadPlace = readonly string[];

export async function readPlace(session: MariadbSession): Promise<ReadPlace> {
  const [row] = await session.own('SELECT DATABASE(), @@lower_case_table_names');
  return (row ?? []).map(String);
}

/** Refuses a session in which names mean other tables than in the inspected one. @throws TargetError `target/other-database` */
export async function requirePlace(session: MariadbSession, place: ReadPlace): Promise<void> {
  if (JSON.stringify(await readPlace(session)) === JSON.stringify(place)) return;
  throw new TargetError(
    'target/other-database',
    'read account reaches another database than url, expected the one of the same name',
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
      await session.own(attempt);
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
