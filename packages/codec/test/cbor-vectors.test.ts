import { describe, expect, test } from 'vitest';
import { modelDecode } from '../../../test/model/cbor-model.ts';
import { concatBytes, decode, decodeFirst, encode, fromHex, toHex, type DecodeLimits } from '../src/index.ts';
import { modelValueOf } from './model-value.ts';
import { bombBytes, codeOf, leastTimeMs, readVectors, refusalOf, valueOf } from './vectors.ts';

const rfc8949 = readVectors('rfc8949');
const accepted = readVectors('accepted');
const refused = readVectors('refused');
const bombs = readVectors('bombs');
const all = [...rfc8949, ...accepted, ...refused];

test('the files hold as many vectors as they should', () => {
  expect(rfc8949.length).toBe(82);
  expect(rfc8949.filter((vector) => vector.code === undefined).length).toBe(32);
  expect(accepted.length).toBe(30);
  expect(refused.length).toBe(140);
  expect(bombs.length).toBe(23);
});

describe('accepted', () => {
  const inside = all.filter((vector) => vector.code === undefined);
  test.each(inside)('$name', ({ hex, value }) => {
    const bytes = fromHex(hex);
    if (value === undefined) throw new Error('the vector has no value');
    expect(decode(bytes)).toStrictEqual(valueOf(value));
    expect(toHex(encode(valueOf(value)))).toBe(hex);
  });

  test.each(inside)('$name: every truncation is refused as truncated', ({ hex }) => {
    const bytes = fromHex(hex);
    for (let length = 0; length < bytes.length; length++) {
      expect(refusalOf(() => decode(bytes.subarray(0, length))).code).toBe('cbor/truncated');
    }
  });

  test.each(inside)('$name: a byte after it is refused', ({ hex }) => {
    const error = refusalOf(() => decode(concatBytes(fromHex(hex), Uint8Array.of(0))));
    expect([error.code, error.offset]).toEqual(['cbor/trailing-bytes', hex.length / 2]);
  });
});

describe('refused', () => {
  test.each(all.filter((vector) => vector.code !== undefined))('$name ($code)', ({ hex, code, offset }) => {
    const error = refusalOf(() => decode(fromHex(hex)));
    expect(error.code).toBe(code);
    if (offset !== undefined) expect(error.offset).toBe(offset);
  });

  test('inside an array, with the offset moved along', () => {
    const early = new Set(['cbor/trailing-bytes', 'cbor/truncated', 'cbor/depth-over-limit']);
    for (const { hex, code, offset } of refused) {
      if (code === undefined || early.has(code)) continue;
      const error = refusalOf(() => decode(fromHex(`81${hex}`)));
      expect([error.code, error.offset]).toEqual([code, (offset ?? 0) + 1]);
    }
  });
});

test('the model gives the same verdict and value on every vector', () => {
  for (const { hex } of all) {
    const bytes = fromHex(hex);
    const model = modelDecode([...bytes]);
    if (codeOf(() => decode(bytes)) === undefined) expect(model).toStrictEqual(modelValueOf(decode(bytes)));
    else expect(model).toBeUndefined();
  }
});

describe('bombs are refused in under 10 ms', () => {
  test.each(bombs)('$name', (bomb) => {
    const bytes = bombBytes(bomb);
    const leastMs = leastTimeMs(() => {
      expect(codeOf(() => decode(bytes))).toBe(bomb.code);
    });
    expect(leastMs).toBeLessThan(10);
  });
});

describe('sequences', () => {
  const vectors = all.filter((vector) => vector.code === undefined);

  test('all accepted vectors one after the other are read back one by one', () => {
    const sequence = concatBytes(...vectors.map((vector) => fromHex(vector.hex)));
    let offset = 0;
    for (const { hex, value } of vectors) {
      const first = decodeFirst(sequence, offset);
      expect(first.end - offset).toBe(hex.length / 2);
      expect(first.value).toStrictEqual(valueOf(value ?? null));
      offset = first.end;
    }
    expect(offset).toBe(sequence.length);
  });

  test('the end of a sequence is truncation, not an item', () => {
    expect(refusalOf(() => decodeFirst(fromHex('00'), 1)).code).toBe('cbor/truncated');
  });

  test('the byte limit bounds one item and not the sequence', () => {
    const sequence = fromHex('430102034301020344010203040000');
    expect(decodeFirst(sequence, 4, { bytesMax: 4 }).end).toBe(8);
    const error = refusalOf(() => decodeFirst(sequence, 8, { bytesMax: 4 }));
    expect([error.code, error.offset]).toEqual(['cbor/bytes-over-limit', 9]);
  });

  test('an item that both passes the limit and is cut is refused as cut', () => {
    expect(refusalOf(() => decodeFirst(fromHex('4401'), 0, { bytesMax: 1 })).code).toBe('cbor/truncated');
  });
});

describe('limits', () => {
  test.each([
    ['bytesMax', '430102ff', { bytesMax: 4 }, { bytesMax: 3 }, 'cbor/bytes-over-limit'],
    ['depthMax', '818100', { depthMax: 2 }, { depthMax: 1 }, 'cbor/depth-over-limit'],
    ['depthMax 0', '00', { depthMax: 0 }, { depthMax: 0, itemsMax: 0 }, 'cbor/items-over-limit'],
    ['itemsMax of an array', '820000', { itemsMax: 3 }, { itemsMax: 2 }, 'cbor/items-over-limit'],
    ['itemsMax of a map', 'a10000', { itemsMax: 3 }, { itemsMax: 2 }, 'cbor/items-over-limit'],
    ['itemsMax inside', '82810000', { itemsMax: 4 }, { itemsMax: 3 }, 'cbor/items-over-limit'],
  ])('%s', (_, hex, wide, narrow, code) => {
    expect(codeOf(() => decode(fromHex(hex), wide))).toBeUndefined();
    expect(codeOf(() => decode(fromHex(hex), narrow))).toBe(code);
  });

  test('1 MiB exactly is read, one byte more is not', () => {
    const item = encode(new Uint8Array(1_048_576 - 5));
    expect(item.length).toBe(1_048_576);
    expect(decode(item)).toHaveLength(1_048_576 - 5);
    expect(codeOf(() => decode(encode(new Uint8Array(1_048_576 - 4))))).toBe('cbor/bytes-over-limit');
  });

  test('a limit that is undefined is the default and not none', () => {
    const none = { bytesMax: undefined, depthMax: undefined, itemsMax: undefined } as unknown as DecodeLimits;
    expect(codeOf(() => decode(new Uint8Array(1_048_577), none))).toBe('cbor/bytes-over-limit');
    expect(codeOf(() => decode(fromHex(`${'81'.repeat(16)}80`), none))).toBe('cbor/depth-over-limit');
    expect(codeOf(() => decode(fromHex('9a0001000000'), none))).toBe('cbor/items-over-limit');
  });

  test('65,536 items exactly are read', () => {
    expect(decode(encode(new Array<number>(65_535).fill(0)))).toHaveLength(65_535);
  });
});

describe('memory', () => {
  test('what was read does not change with the input, also when that is a Buffer', () => {
    const input = Buffer.from('4401020304', 'hex');
    const value = decode(input);
    input.fill(0xff);
    expect(value).toStrictEqual(Uint8Array.of(1, 2, 3, 4));
  });

  test('a view into a larger buffer is read within its bounds', () => {
    const view = fromHex('0000820102ffff').subarray(2, 5);
    expect(decode(view)).toStrictEqual([1, 2]);
    expect(refusalOf(() => decode(view.subarray(0, 2))).code).toBe('cbor/truncated');
  });
});
