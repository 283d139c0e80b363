import { TargetError } from '../target-error.ts';
import { visible } from '../visible-text.ts';
import type { Catalog } from '@countersign/sql';
import { outside, readCascades, ruledKeys } from './catalog.ts';
import { errorNumber } from './session.ts';
import type { MariadbSession } from './session.ts';
import type { Engine } from './settings.ts';
import { placeOf } from './table-shapes.ts';

/** The session's account as the information schema writes grantees. */
const account = `CONCAT('''', LEFT(CURRENT_USER(), CHAR_LENGTH(CURRENT_USER()) - LOCATE('@', REVERSE(CURRENT_USER()))), '''@''',
    SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '''')`;
/** Whose privileges the session has: on MariaDB its role's too. What MySQL shows of roles is not enough to tell. */
const granteesOf: Readonly<Record<Engine, string>> = {
  mariadb: `(${account}, CONCAT('''', CURRENT_ROLE(), '''@'''''), CURRENT_ROLE())`,
  mysql: `(${account})`,
};

/** Whether the account has the privilege that shows how many rows its transactions change; the server is not asked for them. */
export async function seesTransactions(session: MariadbSession, engine: Engine): Promise<boolean> {
  const [row] = await session.own(
    `SELECT COUNT(*) FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE = 'PROCESS' AND GRANTEE IN ${granteesOf[engine]}`,
  );
  return Number(row?.[0]) > 0;
}

type SeenBy = 'SELECT' | 'TRIGGER';
/** What takes which privilege to be seen in full. Without it on the whole table, columns that were not granted one by one are hidden. */
const seenBy: readonly (readonly [SeenBy, string])[] = [
  ['SELECT', 'all columns'],
  ['TRIGGER', 'the triggers'],
];

/** A name as the server compares it with those in grants. */
const exact = (name: string): string =>
  `CONVERT(IF(@@lower_case_table_names = 0, ${name}, LOWER(${name})) USING utf8mb4) COLLATE utf8mb4_bin`;

/**
 * Of the patterns that match a database the server takes one alone, the most specific by rules of its own: a privilege counts when
 * each of them has it. A MySQL with partial revokes reads no patterns. Grants to the anonymous account, which nobody else is shown, are
 * among them: one for the database by its name goes before patterns, and one for the account by that name before it.
 */
function privilegeText(engine: Engine, privilege: SeenBy, everywhereCounts: boolean): string {
  const grantees = granteesOf[engine];
  const compared = (how: '=' | 'LIKE'): string => `${exact('?')} ${how} ${exact('TABLE_SCHEMA')}`;
  const here =
    engine === 'mysql' ? `IF(@@partial_revokes, ${compared('=')}, ${compared('LIKE')})` : compared('LIKE');
  // Such signs as stand for others may be written as they are.
  const byName = `AND MAX(${exact(`REPLACE(TABLE_SCHEMA, CHAR(92), '')`)} = ${exact('?')}) = 1`;
  return `SELECT (SELECT COUNT(*) FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE = '${privilege}' AND GRANTEE IN ${grantees} AND ${everywhereCounts})
  + EXISTS (SELECT 1 FROM (SELECT GRANTEE, TABLE_SCHEMA, MAX(PRIVILEGE_TYPE = '${privilege}') AS sees FROM information_schema.SCHEMA_PRIVILEGES
      WHERE ${here} AND GRANTEE IN ${grantees} GROUP BY GRANTEE, TABLE_SCHEMA) patterns GROUP BY GRANTEE HAVING MIN(sees) = 1 ${engine === 'mysql' ? byName : ''})
  + (SELECT COUNT(*) FROM information_schema.TABLE_PRIVILEGES WHERE PRIVILEGE_TYPE = '${privilege}'
      AND ${exact('TABLE_SCHEMA')} = ${exact('?')} AND ${exact('TABLE_NAME')} = ${exact('?')} AND GRANTEE IN ${grantees})`;
}

/** Whether the account has in some database less than what it was granted in all, which MySQL alone knows: partial revokes. */
async function takesBack(session: MariadbSession): Promise<boolean> {
  return (await session.own('SHOW GRANTS')).some(([line]) => /^REVOKE /i.test(String(line)));
}

/**
 * Refuses an account that the server does not show all columns or the triggers of a table: what it hides it does not announce.
 * @throws TargetError `target/rights`
 */
export async function requireTableSeen(
  session: MariadbSession,
  engine: Engine,
  table: string,
): Promise<void> {
  const [database, name] = placeOf(table);
  const everywhereCounts = engine === 'mariadb' || !(await takesBack(session));
  for (const [privilege, what] of seenBy) {
    const text = privilegeText(engine, privilege, everywhereCounts);
    // The table's name stands twice at the end, the database's everywhere else.
    const marks = text.split('?').length - 1;
    const names = Array.from({ length: marks }, (_, at) => (at < marks - 2 ? database : name));
    const [row] = await session.own(text, names);
    if (Number(row?.[0]) > 0) continue;
    throw new TargetError(
      'target/rights',
      `account may not see ${what} of ${visible(table)}, expected the privilege ${privilege} on its database or on all of the table`,
    );
  }
}

/**
 * Asked on MariaDB; MySQL itself says which tables changed. Refuses when foreign keys that the catalogue does not have refer to tables of
 * these databases: the account is not shown them, or not what they do, which takes more than SELECT, or they stand among the server's
 * own. Rows of such tables would change unseen. Also when they do something else now: a key may be made to a table that a transaction has
 * opened.
 * @throws TargetError `target/rights`, `target/busy`
 */
export async function requireKeysSeen(
  session: MariadbSession,
  tables: readonly string[],
  catalog: Catalog,
): Promise<void> {
  const cascades = await readCascades(session);
  for (const table of tables) {
    const known = catalog.tables.get(table)?.cascades ?? [];
    if (JSON.stringify(cascades.get(table) ?? []) === JSON.stringify(known)) continue;
    throw new TargetError('target/busy', `another session changes the foreign keys to ${visible(table)}`);
  }
  const all = 'information_schema.INNODB_SYS_FOREIGN';
  for (const database of new Set(tables.map((table) => placeOf(table)[0]))) {
    // Other names are written in an encoding of file names: all keys are counted then.
    const plain = /^[0-9A-Za-z_]+$/.test(database);
    const there = plain
      ? await session.own(`SELECT COUNT(*) FROM ${all} WHERE LOWER(LEFT(REF_NAME, ?)) = LOWER(?)`, [
          String(database.length + 1),
          `${database}/`,
        ])
      : await session.own(`SELECT COUNT(*) FROM ${all}`);
    const seen = await session.own(
      `SELECT COUNT(DISTINCT k.CONSTRAINT_SCHEMA, k.TABLE_NAME, k.CONSTRAINT_NAME) FROM ${ruledKeys}
       WHERE k.REFERENCED_TABLE_NAME IS NOT NULL AND ${outside('k.TABLE_SCHEMA')} ${plain ? 'AND LOWER(k.REFERENCED_TABLE_SCHEMA) = LOWER(?)' : ''}`,
      plain ? [database] : [],
    );
    if (Number(there[0]?.[0]) === Number(seen[0]?.[0])) continue;
    throw new TargetError(
      'target/rights',
      'account may not see every foreign key that refers to the changed tables, expected SELECT and TRIGGER on the tables that hold them, none of them in a database of the server itself',
    );
  }
}

/**
 * Refuses an account that the server does not show the texts of other accounts' routines: it could not tell whether one was made.
 * @throws TargetError `target/rights`
 */
export async function requireRoutinesSeen(session: MariadbSession): Promise<void> {
  const missing = 'account may not see routines of another DEFINER, expected SELECT on mysql.proc';
  await askAllowed(session, 'SELECT 1 FROM mysql.proc LIMIT 0', missing);
}

/** Errors that say that the account may not read a table. */
export const notAllowed: readonly number[] = [1044, 1142, 1143];

/** Asks what takes a privilege of its own. @throws TargetError `target/rights` with what is missing */
export async function askAllowed(
  session: MariadbSession,
  sql: string,
  missing: string,
): Promise<readonly unknown[][]> {
  try {
    return await session.own(sql);
  } catch (cause) {
    if (!notAllowed.includes(errorNumber(cause) ?? 0)) throw cause;
    throw new TargetError('target/rights', missing, { cause });
  }
}
