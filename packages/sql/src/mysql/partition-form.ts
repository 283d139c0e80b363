import { ifExists } from './defined.ts';
import type { Tokens } from './tokens.ts';

/** What an ALTER TABLE does to the partitions of a table. */
export interface PartitionChange {
  /** `layout` is PARTITION BY and REMOVE PARTITIONING, which copy every row and fail where one fits nowhere. */
  readonly change: 'add' | 'coalesce' | 'drop' | 'layout' | 'reorganize' | 'truncate';
  /** The partitions that are dropped, emptied or made anew, as the text writes them. */
  readonly names: readonly string[] | 'all';
  /** Whether names of partitions that are not there are passed over. */
  readonly ifExists: boolean;
}

/**
 * Reads what stands behind the name of the table; undefined when it is no change of partitions.
 * @throws SqlError `sql/unread` for one that is not known word by word: EXCHANGE, CONVERT, REBUILD and their like
 */
export function partitionChange(tokens: Tokens): PartitionChange | undefined {
  if (tokens.acceptAll('partition', 'by')) {
    while (!tokens.atEnd) tokens.next();
    return { change: 'layout', names: [], ifExists: false };
  }
  if (tokens.acceptAll('remove', 'partitioning')) return { change: 'layout', names: [], ifExists: false };
  if (tokens.peek().lower !== 'partition') return undefined;
  const change = changes.find((one) => tokens.is(one));
  if (change === undefined) return undefined;
  tokens.next();
  tokens.next();
  return changed(tokens, change);
}

const changes = ['add', 'coalesce', 'drop', 'reorganize', 'truncate'] as const;

function changed(tokens: Tokens, change: (typeof changes)[number]): PartitionChange {
  switch (change) {
    case 'add':
      ifExists(tokens);
      if (tokens.accept('partitions')) tokens.next();
      else tokens.skipParentheses();
      return { change, names: [], ifExists: false };
    case 'coalesce':
      tokens.next();
      return { change, names: [], ifExists: false };
    case 'drop': {
      const passes = tokens.acceptAll('if', 'exists');
      return { change, names: list(tokens), ifExists: passes };
    }
    case 'truncate':
      return { change, names: tokens.accept('all') ? 'all' : list(tokens), ifExists: false };
    case 'reorganize': {
      const names = list(tokens);
      tokens.expect('into');
      tokens.skipParentheses();
      return { change, names, ifExists: false };
    }
    default:
      return change satisfies never;
  }
}

function list(tokens: Tokens): readonly string[] {
  return tokens.list(() => tokens.identifier());
}
