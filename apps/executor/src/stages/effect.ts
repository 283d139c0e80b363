import { changedRows, encodeDiff, toPages, type Diff, type SchemaChange } from '@countersign/diff';
import type { Effect } from '@countersign/messages';

/** The largest diff that travels inside the request itself, in bytes. */
const inlineBytesMax = 16_384;

/** A diff as a request carries it: its summary, and the pages when it does not fit in the request. */
export interface CarriedDiff {
  readonly effect: Effect;
  /** Empty when `effect.diff` holds the whole diff. */
  readonly pages: readonly Uint8Array[];
}

/** Returns how `diff`, whose digest is `digest`, is carried. @throws DiffError `diff/…` when it is too large to carry at all */
export function carryDiff(diff: Diff, digest: Uint8Array): CarriedDiff {
  const pages = toPages(diff);
  const [only] = pages;
  const whole = pages.length === 1 && only !== undefined ? encodeDiff(diff) : undefined;
  const inline = whole !== undefined && whole.length <= inlineBytesMax ? whole : undefined;
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
    schemaChanges: diff.schema.map(describeSchemaChange),
    ...(inline === undefined ? {} : { diff: inline }),
  };
  return { effect, pages: inline === undefined ? pages : [] };
}

function describeSchemaChange({ object, name, before, after }: SchemaChange): string {
  const verb = before === null ? 'created' : after === null ? 'dropped' : 'changed';
  return `${object} ${name} ${verb}`;
}
