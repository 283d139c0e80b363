import { qualified } from '@countersign/sql';
import type { DryRunLimits } from '../target.ts';
import { TargetError } from '../target-error.ts';
import { visible } from '../visible-text.ts';
import { textOf } from './catalog.ts';
import { exactly, imageWhole } from './images.ts';
import type { BuilderOf, Sides } from './images.ts';
import type { Scene } from './scene.ts';
import { errorNumber } from './session.ts';
import type { MariadbSession } from './session.ts';
import { askAllowed, notAllowed, requireTableSeen } from './sights.ts';
import { readShapes } from './table-shapes.ts';

/** MySQL's list of who holds which definition; MariaDB's is off as it is installed. */
export const locksTable = 'performance_schema.metadata_locks';
const reading = "('SHARED', 'SHARED_HIGH_PRIO', 'SHARED_READ', 'SHARED_READ_ONLY', 'INTENTION_EXCLUSIVE')";
const lockedText = `SELECT DISTINCT OBJECT_SCHEMA, OBJECT_NAME FROM ${locksTable}
  WHERE OBJECT_TYPE = 'TABLE' AND OWNER_THREAD_ID = PS_CURRENT_THREAD_ID() AND LOCK_STATUS = 'GRANTED' AND LOCK_TYPE NOT IN ${reading}`;

/** Whether the account may see the list. */
export async function seesLocks(session: MariadbSession): Promise<boolean> {
  try {
    await session.own(`SELECT 1 FROM ${locksTable} LIMIT 0`);
    return true;
  } catch (cause) {
    if (!notAllowed.includes(errorNumber(cause) ?? 0)) throw cause;
    return false;
  }
}

/**
 * Refuses when a table changed that the scene does not have: by the server's own word, which locks the definition of a table for a change
 * before a row of it changes by any way, triggers and foreign keys among them. It locks more than changes: of an UPDATE of several tables
 * those too that are only read.
 * @throws TargetError `statement/unproved`, `target/rights`, `limit/rows`, `limit/bytes`
 */
export async function requireOthersUnchanged(
  sides: Sides,
  { shapes, catalog }: Scene,
  { rowsScannedMax, bytesMax }: DryRunLimits,
  builderOf: BuilderOf,
): Promise<void> {
  const locked = await lockedForChange(sides.writer);
  if (!shapes.some(({ name }) => locked.has(name))) {
    const text =
      'server does not say which tables a transaction changes, expected its instrument wait/lock/metadata/sql/mdl to be on';
    throw new TargetError('statement/unproved', text);
  }
  const known = new Set([
    ...shapes.map(({ name }) => name),
    qualified(catalog.currentSchema ?? '', '_countersign_runs'),
  ]);
  const others = [...locked].filter((name) => !known.has(name));
  for (const name of others) await requireTableSeen(sides.observer, 'mysql', name);
  const found = await exactly(await readShapes(sides.observer, 'mysql', others, catalog), (exact) =>
    imageWhole(sides, exact, { bytes: bytesMax, rowsScanned: rowsScannedMax }, builderOf),
  );
  const changed = found.find(([, builder]) => builder.count > 0)?.[0];
  if (changed === undefined) return;
  throw new TargetError(
    'statement/unproved',
    `rows of ${visible(changed.name)} changed, which the statements are not known to change`,
  );
}

async function lockedForChange(session: MariadbSession): Promise<ReadonlySet<string>> {
  const missing = `account may not see which tables its transaction changes, which is asked where rows are changed twice or back; expected an administrator to GRANT SELECT ON ${locksTable} to it`;
  const rows = await askAllowed(session, lockedText, missing);
  return new Set(rows.map(([schema, name]) => qualified(textOf(schema), textOf(name))));
}
