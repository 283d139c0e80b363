import { changedRows, type Diff, type TableDiff } from './diff.ts';

/** What a record states of a diff beside its digest, for people and conditions to read. */
export interface DiffSummary {
  readonly rows: number;
  readonly tables: readonly Pick<TableDiff, 'table' | 'inserted' | 'updated' | 'deleted'>[];
  readonly complete: boolean;
  readonly notPreviewed: readonly string[];
  /** Each change in words. */
  readonly schemaChanges: readonly string[];
}

/** Whether a summary is that of the diff. Of changes of the schema only their number can be compared. */
export function isSummaryOf(summary: DiffSummary, diff: Diff): boolean {
  return (
    summary.rows === changedRows(diff) &&
    summary.complete === diff.complete &&
    countsText(summary.tables) === countsText(diff.tables) &&
    JSON.stringify(summary.notPreviewed.toSorted()) === JSON.stringify(diff.notPreviewed.toSorted()) &&
    summary.schemaChanges.length === diff.schema.length
  );
}

function countsText(tables: DiffSummary['tables']): string {
  return JSON.stringify(
    tables.map(({ table, inserted, updated, deleted }) => [table, inserted, updated, deleted]),
  );
}
