import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sha256 } from '@countersign/codec';
import { TableBuilder, isComparable, isWithin } from '@countersign/diff';
import type { Cell, Diff, RowChange, TableDiff, Tolerance } from '@countersign/diff';
import { int, roomy, sampleDiff, tableOf, text } from './sample-diff.ts';

/** Rows of id, name and the time last seen. */
function seen(
  changes: readonly RowChange[],
  key: readonly number[] = [0],
  generated: readonly number[] = [],
): TableDiff {
  const shape = { table: 'users', columns: ['id', 'name', 'seen'], key, computed: [], generated };
  const builder = new TableBuilder(shape, roomy, sha256);
  for (const change of changes) builder.add(change);
  return builder.finish();
}

function diffOf(...tables: TableDiff[]): Diff {
  return { tables, schema: [], notPreviewed: [], complete: true, environment: [['engine', 'sqlite 3']] };
}

function user(id: number, name: string, at: number): Cell[] {
  return [int(id), text(name), int(at)];
}
const renamed = (id: number, at: number, until = at): RowChange => ({
  before: user(id, 'old', at),
  after: user(id, 'new', until),
});

const strict: Tolerance = { columns: new Map(), fewerRows: false };
const drifting: Tolerance = { columns: new Map([['users', [2]]]), fewerRows: false };
const fewer: Tolerance = { columns: new Map(), fewerRows: true };
const both: Tolerance = { ...drifting, fewerRows: true };

test('without a tolerance two diffs are the same or they are not', () => {
  expect(isWithin(sampleDiff(), sampleDiff(), strict)).toBe(true);
  expect(isWithin(diffOf(seen([renamed(1, 5)])), diffOf(seen([renamed(1, 6)])), strict)).toBe(false);
});

test('a column that may drift is not compared where the run leaves it, and everything else is', () => {
  const signed = diffOf(seen([renamed(1, 5), renamed(2, 5)]));
  expect(isWithin(signed, diffOf(seen([renamed(2, 9), renamed(1, 8)])), drifting)).toBe(true);
  const others: readonly (readonly [what: string, now: Diff])[] = [
    ['another name', diffOf(seen([renamed(1, 5), { before: user(2, 'old', 5), after: user(2, 'x', 5) }]))],
    ['another row', diffOf(seen([renamed(1, 5), renamed(3, 5)]))],
    ['a row more', diffOf(seen([renamed(1, 5), renamed(2, 5), renamed(3, 5)]))],
    ['a row less', diffOf(seen([renamed(1, 5)]))],
    ['a delete', diffOf(seen([renamed(1, 5), { before: user(2, 'old', 5), after: null }]))],
    ['another table', diffOf(tableOf('log', [{ before: null, after: [int(1), text('x')] }]), signed.tables[0] ?? seen([]))],
    ['another setting', { ...signed, environment: [['engine', 'sqlite 4']] }],
    ['another schema', { ...signed, schema: [{ object: 'index', name: 'i', before: null, after: 'x' }] }],
    ['another note', { ...signed, notPreviewed: ['a counter'] }],
  ]; // prettier-ignore
  for (const [what, now] of others) {
    expect(isWithin(signed, now, drifting), what).toBe(false);
    expect(isWithin(signed, now, both), what).toBe(what === 'a row less');
  }
});

test('fewer rows are those that were signed, to the byte, and none in the place of another', () => {
  const signed = diffOf(seen([renamed(1, 5), renamed(2, 5), { before: user(3, 'x', 5), after: null }]));
  expect(isWithin(signed, diffOf(seen([renamed(2, 5)])), fewer)).toBe(true);
  expect(isWithin(signed, diffOf(), fewer)).toBe(false);
  expect(isWithin(diffOf(), diffOf(), fewer)).toBe(true);
  expect(isWithin(signed, signed, fewer)).toBe(true);
  expect(isWithin(signed, diffOf(seen([renamed(2, 6)])), fewer)).toBe(false);
  expect(isWithin(signed, diffOf(seen([renamed(2, 6)])), both)).toBe(true);
  expect(isWithin(signed, diffOf(seen([renamed(4, 5)])), fewer)).toBe(false);
  expect(isWithin(signed, diffOf(seen([{ before: null, after: user(3, 'x', 5) }])), fewer)).toBe(false);
  expect(isWithin(diffOf(), signed, fewer)).toBe(false);
});

test('what has no meaning for a diff leaves the comparison strict', () => {
  const changed = diffOf(seen([renamed(1, 5)]));
  const later = diffOf(seen([renamed(1, 6)]));
  const named = { columns: new Map([['users', [0]]]), fewerRows: false };
  const missing = { columns: new Map([['users', [3]]]), fewerRows: false };
  const sample = { ...changed, tables: [{ ...seen([renamed(1, 5)]), updated: 2 }], complete: false };
  const keyless = (changes: readonly RowChange[]): Diff => diffOf(seen(changes, []));
  const made = (changes: readonly RowChange[]): Diff => diffOf(seen(changes, [0], [0]));
  const dropped = (diff: Diff): Diff => ({
    ...diff,
    schema: [{ object: 'table', name: 'users', before: 'CREATE TABLE users (id)', after: null }],
  });
  for (const [signed, now, tolerance] of [
    [dropped(changed), dropped(later), drifting],
    [dropped(diffOf(seen([renamed(1, 5), renamed(2, 5)]))), dropped(changed), fewer],
    [changed, later, named],
    [changed, later, missing],
    [sample, { ...sample, tables: [{ ...seen([renamed(1, 6)]), updated: 2 }] }, drifting],
    [keyless([renamed(1, 5), renamed(2, 5)]), keyless([renamed(1, 5)]), fewer],
    [keyless([renamed(1, 5)]), keyless([renamed(1, 6)]), drifting],
    [made([renamed(1, 5), renamed(2, 5)]), made([renamed(1, 5)]), fewer],
  ] as const) {
    expect(isComparable(signed, tolerance)).toBe(false);
    expect(isWithin(signed, now, tolerance)).toBe(false);
    expect(isWithin(signed, signed, tolerance)).toBe(true);
  }
});

test('what the run writes into a column that may drift is what was signed', () => {
  const set = (from: number, to: number): Diff => diffOf(seen([renamed(1, from, to)]));
  const inserted = (at: number): Diff => diffOf(seen([{ before: null, after: user(1, 'new', at) }]));
  const deleted = (at: number): Diff => diffOf(seen([{ before: user(1, 'old', at), after: null }]));
  for (const tolerance of [drifting, both]) {
    expect(isWithin(set(5, 6), set(5, 7), tolerance)).toBe(false);
    expect(isWithin(set(5, 6), set(4, 6), tolerance)).toBe(false);
    // It was to be set and is left, and the other way round.
    expect(isWithin(set(5, 6), set(6, 6), tolerance)).toBe(false);
    expect(isWithin(set(6, 6), set(5, 6), tolerance)).toBe(false);
    expect(isWithin(set(6, 6), set(5, 5), tolerance)).toBe(true);
    expect(isWithin(inserted(5), inserted(6), tolerance)).toBe(false);
    expect(isWithin(deleted(5), deleted(6), tolerance)).toBe(true);
  }
});

test('a run that changes nothing any more is not within, whatever may drift or be missing', () => {
  for (const tolerance of [strict, drifting, fewer, both]) {
    expect(isWithin(diffOf(seen([renamed(1, 5)])), diffOf(), tolerance)).toBe(false);
  }
});

test('whatever rows there are, a subset with other times is within, and nothing else', () => {
  const rows = fc.uniqueArray(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(rows, rows, fc.integer({ min: 0, max: 99 }), (signed, now, at) => {
      const was = diffOf(seen(signed.map((id) => renamed(id, 100))));
      const is = diffOf(seen(now.map((id) => renamed(id, at))));
      const subset = now.every((id) => signed.includes(id));
      expect(isWithin(was, is, both)).toBe(subset);
      expect(isWithin(was, is, drifting)).toBe(subset && now.length === signed.length);
      expect(isWithin(was, is, fewer)).toBe(false);
    }),
    { seed: 46 },
  );
});
