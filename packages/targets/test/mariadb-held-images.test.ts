import { TableBuilder } from '@countersign/diff';
import { expect, test } from 'vitest';
import { HeldImages } from '../src/mariadb/held-images.ts';
import { sha256 } from '../src/sha256.ts';

const textType = 253;
const plain = {
  computed: false,
  invisible: false,
  autoIncrement: false,
  defaultText: undefined,
  shownAs: 'value' as const,
  doubt: undefined,
};
const columns = ['a', 'b'].map((name) => ({ name, ...plain }));
const builderOf = (): TableBuilder =>
  new TableBuilder(
    { table: 'shop.t', columns: ['a', 'b'], key: [], computed: [], generated: [] },
    { rowsImagedMax: 10, imagedBytesMax: 10_000 },
    sha256,
  );
const types = [textType, textType];

test('rows that are the same in a table without a key take time by their number, not by its square', () => {
  const count = 100_000;
  const held = new HeldImages({ key: [], columns });
  const began = performance.now();
  for (let index = 0; index < count; index += 1) held.hold(['x', null], types);
  const builder = builderOf();
  let differing = 0;
  for (let index = 0; index < count - 1; index += 1)
    if (held.compare(['x', null], types, builder)) differing += 1;
  held.addLeft(builder);
  // The square takes a minute and more.
  expect(performance.now() - began).toBeLessThan(5_000);
  expect(differing).toBe(0);
  expect(builder.counts).toEqual({ inserted: 1, updated: 0, deleted: 0 });
});

test('each of several same rows is held against one, and what is left over on either side is a change', () => {
  const held = new HeldImages({ key: [], columns });
  for (const row of [['x', 'y'], ['x', 'y'], ['x', 'y'], ['z', null]]) held.hold(row, types); // prettier-ignore
  const builder = builderOf();
  const compared = [['x', 'y'], ['z', 'y'], ['x', 'y'], ['z', null], ['z', null]].map((row) => held.compare(row, types, builder)); // prettier-ignore
  expect(compared).toEqual([false, true, false, false, true]);
  held.addLeft(builder);
  expect(builder.counts).toEqual({ inserted: 1, updated: 0, deleted: 2 });
  expect(held.compare(['x', 'y'], types, builder)).toBe(true);
});
