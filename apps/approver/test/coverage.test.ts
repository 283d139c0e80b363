import { describe, expect, it } from 'vitest';
import type { CellChange } from '@countersign/wording';
import { columnsToSee, isWhole, rowLines, type RowBlock } from '../src/page/cell-room.ts';
import { Coverage, type Sight } from '../src/page/coverage.ts';

const all = Array.from({ length: 100 }, (_, index) => index);
const always = (): boolean => true;

/** A list of 100 rows of three columns, all of which must be seen. */
function coverage(): { readonly list: Coverage; readonly calls: () => number } {
  let calls = 0;
  const list = new Coverage({
    rows: 100,
    columns: 3,
    columnsToSee: () => [0, 1, 2],
    changed: () => (calls += 1),
  });
  return { list, calls: () => calls };
}

function sight(first: number, last: number, change: Partial<Sight> = {}): Sight {
  return { shown: all, first, last, columns: wide, isWhole: always, ...change };
}
const wide = [0, 1, 2];
const left = [0, 1];
const right = [0, 2];

describe('a row counts as seen', () => {
  it('when all of it was on the screen, and what a small step passed over', () => {
    const { list, calls } = coverage();
    list.see(sight(0, 10));
    list.see(sight(20, 30));
    expect([list.seen, calls()]).toEqual([30, 2]);
    // A jump to the end passes over nothing.
    list.see(sight(90, 100));
    expect([list.seen, list.firstMissing()]).toEqual([40, { row: 30, column: 0 }]);
  });

  it('not by a small step that was made while the list was not on the screen', () => {
    const { list } = coverage();
    list.see(sight(0, 10));
    list.leave();
    list.see(sight(20, 30));
    expect([list.seen, list.firstMissing()?.row]).toEqual([20, 10]);
  });

  it('not before its columns were in sight, one after the other', () => {
    const { list } = coverage();
    list.see(sight(0, 10, { columns: left }));
    expect([list.seen, list.firstMissing()]).toEqual([0, { row: 0, column: 2 }]);
    list.see(sight(4, 10, { columns: right }));
    expect([list.seen, list.firstMissing()?.row]).toEqual([6, 0]);
  });

  it('not by a step that moved sideways too', () => {
    const { list } = coverage();
    list.see(sight(0, 10, { columns: left }));
    list.see(sight(20, 30, { columns: wide }));
    expect(list.seen).toBe(10);
  });

  it('not while a value of it is cut, until that was unfolded', () => {
    const { list, calls } = coverage();
    const isCut = { isWhole: (row: number, column: number) => row !== 3 || column !== 1 };
    list.see(sight(0, 10, isCut));
    expect([list.seen, list.firstMissing()]).toEqual([9, { row: 3, column: 1 }]);
    list.seeCell(3, 2);
    expect(list.seen).toBe(9);
    list.seeCell(3, 1);
    expect([list.seen, calls()]).toEqual([10, 2]);
  });

  it('also where a filter shows no other, and the others stay unseen', () => {
    const { list } = coverage();
    list.see(sight(0, 1, { shown: [42] }));
    expect([list.seen, list.firstMissing()?.row]).toEqual([1, 0]);
  });
});

function cell(text: string, more: Partial<CellChange> = {}): CellChange {
  const spans = [{ role: 'plain' as const, text }];
  return { column: 'c', isKey: false, changed: true, before: spans, after: spans, ...more };
}

function row(mark: RowBlock['mark'], cells: readonly CellChange[]): RowBlock {
  return { kind: 'row', mark, title: [], cells };
}

describe('what must be seen of a row', () => {
  const cells = [cell('1', { isKey: true, changed: false }), cell('2', { changed: false }), cell('3')];

  it('is its key and what changes, or all where it comes, goes or has no key', () => {
    const keyless = cells.map((each) => ({ ...each, isKey: false }));
    expect(columnsToSee(row('~', cells))).toEqual([0, 2]);
    expect(columnsToSee(row('+', cells))).toEqual([0, 1, 2]);
    expect(columnsToSee(row('-', cells))).toEqual([0, 1, 2]);
    expect(columnsToSee(row('~', keyless))).toEqual([0, 1, 2]);
  });

  it('is whole only where the column has room for its last character', () => {
    const one = { width: 15, lines: 2, isWrapped: false };
    expect(isWhole(cell('a'.repeat(10)), '~', one)).toBe(true);
    expect(isWhole(cell('a'.repeat(11)), '~', one)).toBe(false);
    // Letters that another font draws may be twice as wide.
    expect(isWhole(cell('字'.repeat(5)), '~', one)).toBe(true);
    expect(isWhole(cell('ऄ'.repeat(6)), '~', one)).toBe(false);
    expect(isWhole(cell('a'.repeat(121)), '+', { ...one, width: 1000 })).toBe(false);
  });

  it('is whole in wrapped lines as long as the row has so many', () => {
    const long = cell('a'.repeat(20));
    const lines = rowLines([row('~', [long])], [0], [15], true);
    // Nine characters a line: three lines before, three after.
    expect(lines).toBe(6);
    expect(isWhole(long, '~', { width: 15, lines, isWrapped: true })).toBe(true);
    expect(isWhole(cell('a'.repeat(28)), '~', { width: 15, lines, isWrapped: true })).toBe(false);
    expect(rowLines([row('+', [cell('a'.repeat(900))])], [0], [15], true)).toBe(24);
    expect(isWhole(cell('a'.repeat(900)), '+', { width: 15, lines: 24, isWrapped: true })).toBe(false);
  });
});
