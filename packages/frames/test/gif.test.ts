import { concatBytes, utf8 } from '@countersign/codec';
import { expect, test } from 'vitest';
import {
  decodeGif,
  drawFrame,
  encodeFrames,
  encodeGif,
  FrameAssembler,
  gifFramesMax,
  isGif,
  plainReader,
  type GreyPicture,
} from '../src/index.ts';
import { packLzw, unpackLzw } from '../src/lzw.ts';
import { makeRandom, randomBytes } from './random.ts';

const random = makeRandom(29);
const word = (value: number): [number, number] => [value & 255, value >>> 8];

test('symbols of every width come back, random and repeated, past the end of the table', () => {
  for (let codeBits = 2; codeBits <= 8; codeBits++) {
    for (const length of [1, 2, 3, 255, 4096, 60_000]) {
      for (const alphabet of [1, 2, 1 << codeBits]) {
        const symbols = Uint8Array.from({ length }, () => random(alphabet));
        expect(unpackLzw(packLzw(symbols, codeBits), codeBits, length)).toEqual(symbols);
      }
    }
  }
});

test('data that ends early or names a code that is not there gives nothing', () => {
  const packed = packLzw(
    randomBytes(random, 500).map((byte) => byte & 3),
    2,
  );
  expect(unpackLzw(packed.subarray(0, 40), 2, 500)).toBeUndefined();
  expect(unpackLzw(packed, 2, 501)).toBeUndefined();
  expect(unpackLzw(Uint8Array.of(0xff, 0xff), 2, 5)).toBeUndefined();
});

test('an animation gives back the message', () => {
  const message = randomBytes(random, 3000);
  const source = encodeFrames(message, { frameBytesMax: 858 });
  const drawings = Array.from({ length: source.minimumFrames }, (_, index) => drawFrame(source.frame(index)));
  const gif = encodeGif(drawings, { rate: 10, scale: 3 });
  expect(isGif(gif)).toBe(true);
  const assembler = new FrameAssembler();
  let shown = 0;
  for (const picture of decodeGif(gif)) {
    shown += 1;
    for (const { content } of plainReader.read(picture, 'still')) assembler.add(content ?? new Uint8Array());
  }
  expect(shown).toBe(source.minimumFrames);
  expect(assembler.message()).toEqual(message);
});

// One image: control, descriptor, data. The screen has 4 by 4 pixels and the colours black, white, grey 100, grey 200.
interface Part {
  readonly box: readonly [number, number, number, number];
  readonly symbols: readonly number[];
  readonly disposal?: number;
  readonly transparent?: number;
  readonly interlaced?: true;
}

function gifOf(parts: readonly Part[], side = 4): Uint8Array {
  const colours = [0, 255, 100, 200].flatMap((level) => [level, level, level]);
  const images = parts.map(({ box, symbols, disposal = 0, transparent, interlaced }) => {
    const data = packLzw(Uint8Array.from(symbols), 2);
    const flags = (disposal << 2) | (transparent === undefined ? 0 : 1);
    return Uint8Array.of(
      ...[0x21, 0xf9, 4, flags, 0, 0, transparent ?? 0, 0],
      ...[0x2c, ...box.flatMap(word), interlaced === undefined ? 0 : 0x40, 2],
      ...[data.length, ...data, 0],
    );
  });
  const screen = Uint8Array.of(...word(side), ...word(side), 0x81, 0, 0, ...colours);
  return concatBytes(utf8('GIF89a'), screen, ...images, Uint8Array.of(0x3b));
}

const shownBy = (gif: Uint8Array): number[][] => Array.from(decodeGif(gif), ({ levels }) => [...levels]);

test('frames that cover a part, are transparent, wiped, taken back or interlaced are shown as a viewer shows them', () => {
  const all = (colour: number): number[] => Array.from({ length: 16 }, () => colour);
  const row = (...levels: number[]): number[] => levels;
  const gif = gifOf([
    { box: [0, 0, 4, 4], symbols: all(2) },
    { box: [1, 1, 2, 1], symbols: [0, 3], transparent: 3, disposal: 3 },
    { box: [3, 3, 2, 2], symbols: [0, 0, 0, 0], disposal: 2 },
    { box: [0, 0, 1, 1], symbols: [1] },
    { box: [0, 0, 4, 4], symbols: [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3], interlaced: true },
  ]);
  const grey = row(100, 100, 100, 100);
  expect(shownBy(gif)).toEqual([
    [...grey, ...grey, ...grey, ...grey],
    [...grey, 100, 0, 100, 100, ...grey, ...grey],
    [...grey, ...grey, ...grey, 100, 100, 100, 0],
    [255, 100, 100, 100, ...grey, ...grey, 100, 100, 100, 255],
    [...row(0, 0, 0, 0), ...row(100, 100, 100, 100), ...row(255, 255, 255, 255), ...row(200, 200, 200, 200)],
  ]);
});

test('an animation without end is given up', () => {
  const one: Part = { box: [0, 0, 1, 1], symbols: [0] };
  const many = gifOf(Array.from({ length: gifFramesMax + 1 }, () => one));
  expect(() => shownBy(many)).toThrow(expect.objectContaining({ code: 'picture/gif-too-long' }) as Error);
  // A frame of one pixel shows a screen of 25 million.
  const large = gifOf(
    Array.from({ length: 60 }, () => one),
    5000,
  );
  let pixels = 0;
  const read = (): void => {
    for (const { levels } of decodeGif(large)) pixels += levels.length;
  };
  expect(read).toThrow(expect.objectContaining({ code: 'picture/gif-too-long' }) as Error);
  expect(pixels).toBeLessThan(1_100_000_000);
}, 60_000);

test('2,000 damaged animations are shown or refused by a FrameError', () => {
  const source = encodeFrames(randomBytes(random, 400), { frameBytesMax: 150 });
  const gif = encodeGif(
    [0, 1, 2].map((index) => drawFrame(source.frame(index))),
    { rate: 5, scale: 1 },
  );
  let refused = 0;
  for (let round = 0; round < 2000; round++) {
    const damaged = Uint8Array.from(gif);
    for (let hit = 0; hit < 3; hit++)
      damaged[6 + random(round % 2 === 0 ? 60 : gif.length - 6)] = random(256);
    try {
      let pictures: GreyPicture | undefined;
      for (const picture of decodeGif(damaged.subarray(0, gif.length - random(3)))) pictures = picture;
      expect(pictures?.levels.length).toBeGreaterThan(0);
    } catch (error) {
      expect(error).toMatchObject({ name: 'FrameError' });
      refused += 1;
    }
  }
  expect(refused).toBeGreaterThan(500);
}, 60_000);
