import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeySet } from '../src/mariadb/key-set.ts';

const [long, longlong, varchar] = [3, 8, 253];

/** The texts of all keys that a set gives, those in ranges written out. */
function keysOf(set: KeySet): string[] {
  return [...set.chunks()].flatMap((chunk) => {
    if (chunk.kind === 'list') return chunk.keys.map((key) => JSON.stringify(key));
    const { low, high, numbers } = chunk;
    const all = Array.from({ length: high - low + 1 }, (_, index) => low + index);
    const wanted = numbers === undefined ? all : all.filter((value) => numbers.has(value));
    expect(numbers === undefined || numbers.size === wanted.length).toBe(true);
    return wanted.map((value) => JSON.stringify([{ type: 'integer', value }]));
  });
}

test('a set gives every key once, whatever came twice, close together or far apart', () => {
  const numbers = fc.oneof(
    fc.array(fc.integer({ min: -4000, max: 4000 }), { maxLength: 6000 }),
    fc.array(fc.maxSafeInteger(), { maxLength: 3000 }),
    fc.integer({ min: 0, max: 25_000 }).map((count) => Array.from({ length: count }, (_, index) => index)),
  );
  fc.assert(
    fc.property(numbers, (values) => {
      const set = new KeySet(1_000_000);
      for (const value of values) set.add([Math.abs(value) < 2 ** 31 ? value : String(value)], [Math.abs(value) < 2 ** 31 ? long : longlong]); // prettier-ignore
      const expected = [...new Set(values)].map((value) => JSON.stringify([{ type: 'integer', value }]));
      expect(keysOf(set).toSorted()).toEqual(expected.toSorted());
    }),
    { seed: 3, numRuns: 60 },
  );
});

test('keys of several columns, of texts and of numbers beyond 2^53 are kept as they are', () => {
  const set = new KeySet(10);
  for (const key of [[1, 'a'], [1, 'b'], [1, 'a']]) set.add(key, [long, varchar]); // prettier-ignore
  for (const key of ['a', 'A', 'a', '9007199254740993']) set.add([key], [varchar]);
  set.add(['9007199254740993'], [longlong]);
  expect(keysOf(set)).toEqual([
    '[{"type":"integer","value":1},{"type":"text","value":"a"}]',
    '[{"type":"integer","value":1},{"type":"text","value":"b"}]',
    '[{"type":"text","value":"a"}]',
    '[{"type":"text","value":"A"}]',
    '[{"type":"text","value":"9007199254740993"}]',
    '[{"type":"number","value":"9007199254740993"}]',
  ]);
});

test('more keys than allowed are told, and the same ones again are not more', () => {
  const set = new KeySet(100);
  for (let round = 0; round < 50; round += 1)
    for (let value = 0; value < 100; value += 1) set.add([value], [long]);
  expect([set.isOver, keysOf(set).length]).toEqual([false, 100]);
  set.add([100], [long]);
  expect(set.isOver).toBe(true);
  const many = new KeySet(10);
  for (let value = 0; value < 100_000; value += 1) many.add([`k${value}`], [varchar]);
  expect(many.isOver).toBe(true);
});
