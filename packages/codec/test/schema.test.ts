import { expect, expectTypeOf, test } from 'vitest';
import {
  array,
  bool,
  convert,
  decodeWith,
  encode,
  encodeWith,
  int,
  mapVerified,
  nil,
  nullable,
  oneOf,
  record,
  required,
  text,
  toHex,
  tuple,
  uint,
  untrusted,
  type Schema,
  type Value,
  type Verified,
} from '../src/index.ts';
import { itemSchema, paramSchema, refSchema } from './refusals.ts';

function roundTrip<T>(schema: Schema<T>, item: T, hex: string): void {
  const bytes = encodeWith(schema, item);
  expect(toHex(bytes)).toBe(hex);
  expect(decodeWith(schema, bytes)).toStrictEqual(item);
}

test('each kind of schema reads back what it wrote', () => {
  roundTrip(itemSchema, { version: 1, name: 'ab' }, 'a2010102626162');
  roundTrip(itemSchema, { version: 1, name: 'ab', note: '' }, 'a30101026261620360');
  roundTrip(paramSchema, { type: 'null' }, '8100');
  roundTrip(paramSchema, { type: 'integer', value: -1 }, '820120');
  roundTrip(refSchema, { number: 9, hash: Uint8Array.of(1, 2) }, '8209420102');
  roundTrip(nullable(refSchema), null, 'f6');
  roundTrip(tuple([uint(), bool(), nil()]), [1, true, null], '8301f5f6');
  roundTrip(array(paramSchema, { max: 2 }), [{ type: 'null' }, { type: 'null' }], '8281008100');
  roundTrip(oneOf('a', 'b'), 'b', '6162');
  roundTrip(int(), Number.MIN_SAFE_INTEGER, '3b001ffffffffffffe');
});

test('fields are written by key and not by the order they were named in', () => {
  const schema = record<{ b: number; a: number }>({ b: required(2, uint()), a: required(1, uint()) });
  roundTrip(schema, { a: 1, b: 2 }, 'a201010202');
});

test('an optional field that is undefined is absent', () => {
  const item = { version: 1, name: 'a', note: undefined } as unknown as { version: 1; name: string };
  expect(toHex(encodeWith(itemSchema, item))).toBe('a20101026161');
});

test('lengths of text are in bytes of UTF-8', () => {
  for (const sample of ['', 'a', 'é', '€', '𐅑', 'aé€𐅑', '\u0000\u007f\u0080\u07ff\u0800\uffff']) {
    const { length } = new TextEncoder().encode(sample);
    expect(decodeWith(text(length, length), encode(sample))).toBe(sample);
  }
});

test('a conversion may refuse with an error of its own', () => {
  const even = convert(
    uint(),
    (item) => {
      if (item % 2 === 1) throw new RangeError('odd');
      return item / 2;
    },
    (item) => item * 2,
  );
  roundTrip(even, 3, '06');
  expect(() => decodeWith(even, encode(3))).toThrow(RangeError);
});

test('trust is in the type', () => {
  const received = untrusted({ payload: 1 });
  expectTypeOf(received).not.toExtend<Verified<{ payload: number }>>();
  expectTypeOf<Verified<{ payload: number }>>().toExtend<{ payload: number }>();
  expectTypeOf(mapVerified<{ payload: number }, number>).returns.toExtend<number>();
});

test('limits can be raised on both sides', () => {
  const wide = array(uint(), { max: 100_000 });
  const items = new Array<number>(70_000).fill(0);
  const bytes = encodeWith(wide, items, { itemsMax: 100_000 });
  expect(decodeWith(wide, bytes, { itemsMax: 100_000 })).toHaveLength(70_000);
});

test('map keys are written ascending whatever the order they were set in', () => {
  const map = new Map<number, Value>([
    [23, null],
    [0, 1],
    [7, false],
  ]);
  expect(toHex(encode(map))).toBe('a3000107f417f6');
});
