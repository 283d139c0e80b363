import { expect, test } from 'vitest';
import { isSummaryOf, type DiffSummary } from '@countersign/diff';
import { sampleDiff } from './sample-diff.ts';

const diff = { ...sampleDiff(), notPreviewed: ['a counter', 'b counter'] };
const summary: DiffSummary = {
  rows: 4,
  tables: [
    { table: 'a', inserted: 1, updated: 1, deleted: 1 },
    { table: 'b', inserted: 1, updated: 0, deleted: 0 },
  ],
  complete: true,
  notPreviewed: ['b counter', 'a counter'],
  schemaChanges: ['index i created'],
};

test('what a record states of a diff is held to the diff', () => {
  expect(isSummaryOf(summary, diff)).toBe(true);
  const [a = { table: 'a', inserted: 1, updated: 1, deleted: 1 }, ...others] = summary.tables;
  for (const lie of [
    { rows: 3 },
    { tables: [a] },
    { tables: [...others, a] },
    { tables: [{ ...a, inserted: 2, updated: 0 }, ...others] },
    { tables: [{ ...a, table: 'c' }, ...others] },
    { complete: false },
    { notPreviewed: ['a counter'] },
    { notPreviewed: ['a counter', 'a counter'] },
    { schemaChanges: [] },
  ]) {
    expect(isSummaryOf({ ...summary, ...lie }, diff), JSON.stringify(lie)).toBe(false);
  }
});
