import { changedRows, encodeDiff, toPages, type Diff, type SchemaChange } from '@countersign/diff';
import { inlineDiffBytesMax, type Effect } from '@countersign/messages';

/** A diff as a request carries it: its summary, and the pages when it does not fit in the request. */
export interface CarriedDiff {
  readonly effect: Effect;
  /** Empty when `effect.diff` holds the whole diff. */
  readonly pages: readonly Uint8Array[];
}

/** What a diff does not rest on: there was no dry run, or one on a copy without rows. */
export type Reserve = Pick<Effect, 'untried' | 'onCopy'>;

/**
 * Returns how `diff`, whose digest is `digest`, is carried, with what it does not rest on.
 * @throws DiffError `diff/…` when it is too large to carry at all
 */
export function carryDiff(diff: Diff, digest: Uint8Array, reserve: Reserve = {}): CarriedDiff {
  const pages = toPages(diff);
  const [only] = pages;
  const whole = pages.length === 1 && only !== undefined ? encodeDiff(diff) : undefined;
  const inline = whole !== undefined && whole.length <= inlineDiffBytesMax ? whole : undefined;
  const effect: Effect = {
    rows: changedRows(diff),
    tables: diff.tables.map(({ table, inserted, updated, deleted }) => ({
      table,
      inserted,
      updated,
      deleted,
    })),
    diffDigest: digest,
    diffSize: inline?.length ?? pages.reduce((sum, page) => sum + page.length, 0),
    complete: diff.complete,
    notPreviewed: diff.notPreviewed,
    schemaChanges: diff.schema.map((change) => describeSchemaChange(change, diff)),
    ...(inline === undefined ? {} : { diff: inline }),
    ...(reserve.untried === undefined ? {} : { untried: reserve.untried }),
    ...(reserve.onCopy === undefined ? {} : { onCopy: reserve.onCopy }),
  };
  return { effect, pages: inline === undefined ? pages : [] };
}

/** What becomes of an object, and of how many rows with it. */
function describeSchemaChange({ object, name, before, after }: SchemaChange, diff: Diff): string {
  const verb = before === null ? 'created' : after === null ? 'dropped' : 'changed';
  const what = object === 'other' ? name : `${object} ${name}`;
  return `${what} ${verb}${object === 'table' ? rowsWith(name, verb, diff) : ''}`;
}

function rowsWith(table: string, verb: string, { tables, environment }: Diff): string {
  const found = tables.find((one) => one.table === table);
  if (verb === 'dropped') return found === undefined ? '' : ` with ${rows(found.deleted)}`;
  const columns = environment.find(([name]) => name === `dropped ${table}`)?.[1];
  if (columns === undefined) return '';
  return `: drops ${columns}, ${rows((found?.updated ?? 0) + (found?.deleted ?? 0))} changed`;
}

function rows(count: number): string {
  return `${count.toLocaleString('en-GB')} ${count === 1 ? 'row' : 'rows'}`;
}
