import { isDeepStrictEqual } from 'node:util';
import { decode as cborgDecode } from 'cborg';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { modelDecode } from '../../../test/model/cbor-model.ts';
import { codecErrorCodes } from '../src/error.ts';
import { decode, encode, fromHex, type Value } from '../src/index.ts';
import { modelValueOf } from './model-value.ts';
import { codeOf, readVectors } from './vectors.ts';

const seed = 20_250_114;

const leaf = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.maxSafeInteger(),
  fc.constantFrom(
    0,
    -1,
    23,
    24,
    -24,
    -25,
    255,
    256,
    65_535,
    65_536,
    2 ** 32 - 1,
    2 ** 32,
    -(2 ** 32),
    -(2 ** 32) - 1,
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.uint8Array({ maxLength: 40 }),
);

const values: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6 },
    leaf,
    fc.array(tie('value'), { maxLength: 5 }),
    fc
      .uniqueArray(fc.tuple(fc.integer({ min: 0, max: 23 }), tie('value')), {
        maxLength: 5,
        selector: ([key]) => key,
      })
      .map((entries) => new Map([...entries].sort(([a], [b]) => a - b))),
  ),
})).value;

// One change to the encoding of a value: most are just outside the profile, some still inside.
const mutated = fc
  .tuple(values, fc.nat(), fc.nat({ max: 255 }), fc.constantFrom('set', 'insert', 'remove', 'cut'))
  .map(([value, position, byte, how]) => {
    const bytes = [...encode(value)];
    const at = position % (bytes.length + 1);
    if (how === 'set') bytes[Math.min(at, bytes.length - 1)] = byte;
    else if (how === 'insert') bytes.splice(at, 0, byte);
    else if (how === 'remove') bytes.splice(at, 1);
    else bytes.length = at;
    return Uint8Array.from(bytes);
  });

test('what is written is read back the same', () => {
  fc.assert(
    fc.property(values, (value) => {
      expect(decode(encode(value))).toStrictEqual(value);
    }),
    { seed, numRuns: 500 },
  );
});

test('what is read is written back to the same bytes, and the model agrees', () => {
  const known = new Set<string>(codecErrorCodes);
  let read = 0;
  fc.assert(
    fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 12 })), (bytes) => {
      const code = codeOf(() => decode(bytes));
      const model = modelDecode([...bytes]);
      if (code === undefined) {
        read += 1;
        expect(encode(decode(bytes))).toStrictEqual(bytes);
        expect(model).toStrictEqual(modelValueOf(decode(bytes)));
      } else {
        expect(known.has(code)).toBe(true);
        expect(model).toBeUndefined();
      }
    }),
    { seed, numRuns: 3000 },
  );
  expect(read).toBeGreaterThan(300);
});

test('all inputs of one and two bytes: the model agrees', () => {
  for (let a = 0; a < 256; a++) {
    for (let b = -1; b < 256; b++) {
      const bytes = b < 0 ? [a] : [a, b];
      const model = modelDecode(bytes);
      const input = Uint8Array.from(bytes);
      if (codeOf(() => decode(input)) !== undefined) expect(model).toBeUndefined();
      else expect(model).toStrictEqual(modelValueOf(decode(input)));
    }
  }
});

test('cborg, strict, reads every accepted vector to the same value but for a byte order mark', () => {
  const vectors = [...readVectors('rfc8949'), ...readVectors('accepted')];
  const inside = vectors.filter((vector) => vector.code === undefined);
  expect(inside.length).toBe(62);
  const others = inside.filter(({ hex }) => {
    const bytes = fromHex(hex);
    const other: unknown = cborgDecode(bytes, { useMaps: true, strict: true, allowIndefinite: false });
    return !isDeepStrictEqual(other, decode(bytes));
  });
  expect(others.map((vector) => vector.name)).toEqual([
    'text of a byte order mark alone',
    'long text after a byte order mark',
    'two byte order marks',
    '1,000 bytes of text after a byte order mark',
  ]);
});
