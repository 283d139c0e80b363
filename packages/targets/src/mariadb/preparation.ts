import { createHash } from 'node:crypto';
import type { PreparationStep } from '../target.ts';
import type { Reader } from '../server-address.ts';
import { TargetError } from '../target-error.ts';
import { locksTable } from './locked-tables.ts';
import { makeMarkerTables, markerTables } from './marker.ts';
import { errorNumber } from './session.ts';
import type { MariadbSession } from './session.ts';
import { readKind } from './settings.ts';
import type { Engine } from './settings.ts';
import { quoteName, quoteText } from './values.ts';

const rightsMissing: readonly number[] = [1044, 1045, 1142, 1227, 1410];

/** Returns what a database administrator runs in place of `prepare`. */
export async function preparationSteps(
  session: MariadbSession,
  reader: Reader | undefined,
): Promise<PreparationStep[]> {
  const steps: PreparationStep[] = markerTables.map((sql) => ({ sql }));
  steps.push({
    sql: `INSERT IGNORE INTO _countersign_identity (one, id) VALUES (1, UNHEX(REPLACE(UUID(), '-', '')))`,
    note: 'names this very database; never copy it into another',
  });
  steps.push({
    sql: `GRANT PROCESS ON *.* TO ${await currentAccount(session)}`,
    note: 'by an administrator; without it nothing can be changed through this target, because its count of changed rows is the proof of every diff',
    optional: true,
  });
  const { engine } = await readKind(session);
  if (engine === 'mysql') {
    steps.push({
      sql: `GRANT SELECT ON ${locksTable} TO ${await currentAccount(session)}`,
      note: 'by an administrator; without it no statement is proved that changes a row twice or back',
      optional: true,
    });
  }
  if (reader === undefined) return steps;
  return [
    ...steps,
    { sql: createUser(reader, ''), note: 'then give it its password: SET PASSWORD FOR …' },
    { sql: await grant(session, reader) },
  ];
}

/**
 * Makes our tables and the account for reads, and grants it SELECT. Each step commits by itself; all can be taken again.
 * @throws TargetError `target/rights` when the account of `url` may not
 */
export async function prepareDatabase(session: MariadbSession, reader: Reader | undefined): Promise<void> {
  try {
    await makeMarkerTables(session);
    if (reader === undefined) return;
    const { engine } = await readKind(session);
    await session.own(createUser(reader, identified(reader, engine)));
    await session.own(await grant(session, reader));
  } catch (cause) {
    if (!rightsMissing.includes(errorNumber(cause) ?? 0)) throw cause;
    const text =
      'account of url may not make what is needed, expected an administrator to run what `target prepare --print` shows';
    throw new TargetError('target/rights', text, { cause });
  }
}

async function currentAccount(session: MariadbSession): Promise<string> {
  const [row] = await session.own('SELECT CURRENT_USER()');
  const [, user = '', host = ''] = /^(.*)@([^@]*)$/s.exec(String(row?.[0])) ?? [];
  return `${quoteText(user)}@${quoteText(host)}`;
}

function createUser({ name }: Reader, rest: string): string {
  return `CREATE USER IF NOT EXISTS ${quoteText(name)}@'%'${rest}`;
}

/** MariaDB is sent what it keeps of the password; MySQL, which writes none into its logs, the password. */
function identified({ password }: Reader, engine: Engine): string {
  if (password === undefined) return '';
  if (engine === 'mysql') return ` IDENTIFIED BY ${quoteText(password())}`;
  const once = createHash('sha1').update(password()).digest();
  const twice = createHash('sha1').update(once).digest('hex').toUpperCase();
  return ` IDENTIFIED VIA mysql_native_password USING '*${twice}'`;
}

async function grant(session: MariadbSession, { name }: Reader): Promise<string> {
  const [row] = await session.own('SELECT DATABASE()');
  // In a grant the two signs would stand for other names too.
  const database = quoteName(String(row?.[0]).replaceAll(/[\\_%]/g, '\\$&'));
  return `GRANT SELECT ON ${database}.* TO ${quoteText(name)}@'%'`;
}
