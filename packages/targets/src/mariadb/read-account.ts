import { TargetError } from '../target-error.ts';
import { visible } from '../visible-text.ts';
import { excessPrivileges } from './read-grants.ts';
import { errorNumber } from './session.ts';
import type { MariadbSession } from './session.ts';
import { quoteName } from './values.ts';

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
