import { TargetError } from '../target-error.ts';
import { visible } from '../visible-text.ts';
import { outside } from './catalog.ts';
import { errorNumber } from './session.ts';
import type { MariadbSession } from './session.ts';
import { placeOf } from './table-shapes.ts';

/** Grantees of the session's account as the information schema writes them: the account, and its role. */
const grantees = `(CONCAT('''', LEFT(CURRENT_USER(), CHAR_LENGTH(CURRENT_USER()) - LOCATE('@', REVERSE(CURRENT_USER()))), '''@''',
    SUBSTRING_INDEX(CURRENT_USER(), '@', -1), ''''), CONCAT('''', CURRENT_ROLE(), '''@'''''), CURRENT_ROLE())`;

/** Whether the account has the privilege that shows how many rows its transactions change; the server is not asked for them. */
export async function seesTransactions(session: MariadbSession): Promise<boolean> {
  const [row] = await session.own(
    `SELECT COUNT(*) FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE = 'PROCESS' AND GRANTEE IN ${grantees}`,
  );
  return Number(row?.[0]) > 0;
}

/** A name as the server compares it with those in grants. */
const exact = (name: string): string =>
  `CONVERT(IF(@@lower_case_table_names = 0, ${name}, LOWER(${name})) USING utf8mb4) COLLATE utf8mb4_bin`;

/**
 * Of the patterns that match a database the server takes one alone, the most specific by rules of its own: TRIGGER counts when
 * each of them has it.
 */
const triggersText = `SELECT (SELECT COUNT(*) FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE = 'TRIGGER' AND GRANTEE IN ${grantees})
  + EXISTS (SELECT 1 FROM (SELECT GRANTEE, MAX(PRIVILEGE_TYPE = 'TRIGGER') AS sees FROM information_schema.SCHEMA_PRIVILEGES
      WHERE ${exact('?')} LIKE ${exact('TABLE_SCHEMA')} AND GRANTEE IN ${grantees} GROUP BY GRANTEE, TABLE_SCHEMA) patterns GROUP BY GRANTEE HAVING MIN(sees) = 1)
  + (SELECT COUNT(*) FROM information_schema.TABLE_PRIVILEGES WHERE PRIVILEGE_TYPE = 'TRIGGER'
      AND ${exact('TABLE_SCHEMA')} = ${exact('?')} AND ${exact('TABLE_NAME')} = ${exact('?')} AND GRANTEE IN ${grantees})`;

/**
 * Refuses an account that the server does not show the triggers of a table: what it hides it does not announce.
 * @throws TargetError `target/rights`
 */
export async function requireTriggersSeen(session: MariadbSession, table: string): Promise<void> {
  const [database, name] = placeOf(table);
  // Each name stands twice in the text.
  const [row] = await session.own(triggersText, [database, database, database, database, name, name]);
  if (Number(row?.[0]) > 0) return;
  throw new TargetError(
    'target/rights',
    `account may not see the triggers of ${visible(table)}, expected the privilege TRIGGER on its database`,
  );
}

/**
 * Refuses when foreign keys of tables that the catalogue does not have refer to tables of these databases: the account is not
 * shown them, or they stand among the server's own. Rows of such tables would change unseen.
 * @throws TargetError `target/rights`
 */
export async function requireKeysSeen(session: MariadbSession, tables: readonly string[]): Promise<void> {
  for (const database of new Set(tables.map((table) => placeOf(table)[0]))) {
    // Other names are written in an encoding of file names: all keys are counted then.
    const plain = /^[0-9A-Za-z_]+$/.test(database);
    const there = plain
      ? await session.own(
          `SELECT COUNT(*) FROM information_schema.INNODB_SYS_FOREIGN WHERE LOWER(LEFT(REF_NAME, ?)) = LOWER(?)`,
          [String(database.length + 1), `${database}/`],
        )
      : await session.own('SELECT COUNT(*) FROM information_schema.INNODB_SYS_FOREIGN');
    const seen = await session.own(
      `SELECT COUNT(DISTINCT CONSTRAINT_SCHEMA, TABLE_NAME, CONSTRAINT_NAME) FROM information_schema.KEY_COLUMN_USAGE
       WHERE REFERENCED_TABLE_NAME IS NOT NULL AND ${outside('TABLE_SCHEMA')} ${plain ? 'AND LOWER(REFERENCED_TABLE_SCHEMA) = LOWER(?)' : ''}`,
      plain ? [database] : [],
    );
    if (Number(there[0]?.[0]) === Number(seen[0]?.[0])) continue;
    throw new TargetError(
      'target/rights',
      'account may not see every foreign key that refers to the changed tables, expected SELECT on the tables that hold them, none of them in a database of the server itself',
    );
  }
}

/**
 * Refuses an account that the server does not show the texts of other accounts' routines: it could not tell whether one was made.
 * @throws TargetError `target/rights`
 */
export async function requireRoutinesSeen(session: MariadbSession): Promise<void> {
  try {
    await session.own('SELECT 1 FROM mysql.proc LIMIT 0');
  } catch (cause) {
    if (!notAllowed.includes(errorNumber(cause) ?? 0)) throw cause;
    const text = 'account may not see routines of another DEFINER, expected SELECT on mysql.proc';
    throw new TargetError('target/rights', text, { cause });
  }
}

/** Errors that say that the account may not read a table. */
const notAllowed: readonly number[] = [1044, 1142, 1143];
