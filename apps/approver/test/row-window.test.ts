import { describe, expect, it } from 'vitest';
import { RowWindow } from '../src/page/row-window.ts';

const room = 440;

describe('a list of rows', () => {
  it('stands whole in its element, as long as that is no higher than browsers draw', () => {
    const rows = new RowWindow();
    rows.lay(10_000, 447);
    expect(rows.height).toBe(4_470_000);
    expect(rows.hold(4_470_000 - room, room)).toBe(false);
    expect([rows.offset, rows.topOf(9_999)]).toEqual([0, 9_999 * 447]);
  });

  it.each([
    [1_000_000, 447],
    [1_000_000, 46],
    [20_000, 447],
  ])(
    'is gone through from one end to the other and back in an element that is drawn (%d rows of %d pixels)',
    (count, height) => {
      const rows = new RowWindow();
      rows.lay(count, height);
      const whole = count * height;
      // No step is as long as half of what the element holds.
      const step = 3_000_000;
      const tops = Array.from({ length: Math.ceil(whole / step) }, (_, index) =>
        Math.min(index * step, whole - room),
      );
      for (const top of [...tops, whole - room, ...tops.toReversed(), 0]) {
        rows.hold(top, room);
        expect(rows.height).toBeLessThanOrEqual(8_000_000);
        const inElement = top - rows.offset;
        expect(inElement).toBeGreaterThanOrEqual(0);
        expect(inElement + room).toBeLessThanOrEqual(rows.height);
        // The row that is at this top of the list stands at the same top of the element.
        const place = Math.floor(top / height);
        expect(rows.topOf(place) - inElement).toBe(place * height - top);
        // Whoever is at an edge of the element is at the end of the list.
        if (inElement < room) expect(rows.offset).toBe(0);
        if (inElement + room > rows.height - room) expect(rows.offset + rows.height).toBe(whole);
      }
    },
  );

  it('holds its new rows when a search or other lines leave fewer', () => {
    const rows = new RowWindow();
    rows.lay(1_000_000, 46);
    expect(rows.hold(46_000_000 - room, room)).toBe(true);
    rows.lay(200_000, 46);
    expect(rows.offset + rows.height).toBe(200_000 * 46);
    rows.lay(3, 46);
    expect([rows.offset, rows.height]).toEqual([0, 138]);
    rows.lay(0, 46);
    expect([rows.offset, rows.height]).toEqual([0, 0]);
  });
});
