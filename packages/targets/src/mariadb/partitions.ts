import type { PartitionChange } from '@countersign/sql';
import { TargetError } from '../target-error.ts';
import { visible } from '../visible-text.ts';
import { textOf } from './catalog.ts';
import type { MariadbSession } from './session.ts';
import { placeOf } from './table-shapes.ts';
import type { TableShape } from './table-shapes.ts';

/**
 * Returns the partitions whose rows get lost, by the names that they have.
 * @throws TargetError `statement/unknown-effect` for a change by which rows go, or cannot be found any more, without the server saying so
 */
export async function lostPartitions(
  session: MariadbSession,
  { name, quoted }: TableShape,
  { change, names, ifExists }: PartitionChange,
): Promise<readonly string[]> {
  const methods = await session.own(
    `SELECT PARTITION_METHOD, COUNT(DISTINCT PARTITION_NAME) FROM information_schema.PARTITIONS
     WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND PARTITION_NAME IS NOT NULL GROUP BY 1`,
    placeOf(name),
  );
  const lists = methods.find(([method]) => textOf(method).startsWith('LIST'));
  switch (change) {
    case 'layout':
    case 'coalesce':
      return [];
    case 'add':
      if (lists === undefined || (await countLists(session, quoted)) === Number(lists[1])) return [];
      throw refusal(
        `${visible(name)} has a DEFAULT partition, where rows stay that belong to one that is added: no query finds them any more; expected PARTITION BY with all partitions`,
      );
    case 'reorganize':
      if (lists === undefined) return [];
      throw refusal(
        `REORGANIZE PARTITION of ${visible(name)}, which is partitioned by LIST, drops rows that fit nowhere and does not say so; expected PARTITION BY with all partitions`,
      );
    case 'drop':
    case 'truncate':
      return findPartitions(session, name, { names, ifExists });
    default:
      return change satisfies never;
  }
}

/** How many partitions have a list of values: the information schema does not tell a DEFAULT one from them. */
async function countLists(session: MariadbSession, quoted: string): Promise<number> {
  await session.own('SET SESSION sql_quote_show_create = 1');
  const [row] = await session.anew(`SHOW CREATE TABLE ${quoted}`);
  // The engine writes line breaks inside quotes as `\n`.
  return textOf(row?.[1]).match(/^[ (]PARTITION `(?:[^`]|``)+` VALUES IN \(/gm)?.length ?? 0;
}

/** The server itself says which partitions are meant. */
async function findPartitions(
  session: MariadbSession,
  table: string,
  { names, ifExists }: Pick<PartitionChange, 'names' | 'ifExists'>,
): Promise<readonly string[]> {
  const some = names === 'all' ? '' : ` AND PARTITION_NAME IN (${names.map(() => '?').join(', ')})`;
  const found = await session.own(
    `SELECT DISTINCT PARTITION_NAME FROM information_schema.PARTITIONS
     WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND PARTITION_NAME IS NOT NULL${some} ORDER BY 1`,
    [...placeOf(table), ...(names === 'all' ? [] : names)],
  );
  if (!ifExists && (found.length === 0 || (names !== 'all' && found.length !== names.length)))
    throw refusal(`${visible(table)} has not all the partitions that the text names, or it names one twice`);
  return found.map(([name]) => textOf(name));
}

function refusal(text: string): TargetError {
  return new TargetError('statement/unknown-effect', text, { statement: 0 });
}
