import { readFileSync } from 'node:fs';
import { fromHex } from '@countersign/codec';
import { describe, expect, test } from 'vitest';
import {
  drawFrame,
  drawPicture,
  greyOf,
  judgeView,
  lightOf,
  modulePixels,
  openZxingReader,
  plainReader,
  type CodeReader,
  type GreyPicture,
} from '../src/index.ts';
import { makeRandom, randomBytes } from './random.ts';
import { zxingWasm } from './wasm.ts';

const random = makeRandom(11);
const zxing = await openZxingReader(zxingWasm());
const photo = JSON.parse(
  readFileSync(new URL('../../../test/vectors/frames/photo.json', import.meta.url), 'utf8'),
) as { readonly jpeg: string; readonly content: string };

const contents = (reader: CodeReader, picture: GreyPicture): (Uint8Array | undefined)[] =>
  reader.read(picture, 'still').map(({ content }) => content);

function codePicture(frame: Uint8Array, scale: number): GreyPicture {
  return greyOf(drawPicture(drawFrame(frame), { scale }));
}

/** Lays pictures side by side on white. */
function beside(pictures: readonly GreyPicture[]): GreyPicture {
  const width = pictures.reduce((sum, picture) => sum + picture.width, 0);
  const height = Math.max(...pictures.map((picture) => picture.height));
  const levels = new Uint8Array(width * height).fill(255);
  let left = 0;
  for (const picture of pictures) {
    for (let y = 0; y < picture.height; y++) {
      levels.set(picture.levels.subarray(y * picture.width, (y + 1) * picture.width), y * width + left);
    }
    left += picture.width;
  }
  return { levels, width, height };
}

function mapped(picture: GreyPicture, level: (old: number) => number): GreyPicture {
  return { ...picture, levels: picture.levels.map((old) => level(old)) };
}

/** Averages over a square of pixels, which is what a lens out of focus does. */
function blurred({ levels, width, height }: GreyPicture, radius: number): GreyPicture {
  const soft = new Uint8Array(levels.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let dy = -radius; dy <= radius; dy++) {
        for (let dx = -radius; dx <= radius; dx++) {
          const row = Math.min(height - 1, Math.max(0, y + dy));
          sum += levels[row * width + Math.min(width - 1, Math.max(0, x + dx))] ?? 0;
        }
      }
      soft[y * width + x] = sum / (2 * radius + 1) ** 2;
    }
  }
  return { levels: soft, width, height };
}

describe.each([zxing, plainReader])('the reader $name', (reader) => {
  test('gives back the very bytes of a code, in every size', () => {
    for (const length of [1, 22, 271, 1273, 2953]) {
      const frame = randomBytes(random, length);
      for (const effort of ['moving', 'still'] as const) {
        expect(reader.read(codePicture(frame, 3), effort).map(({ content }) => content)).toEqual([frame]);
      }
    }
  });

  test('gives every code of a picture with several, each once', () => {
    const frames = Array.from({ length: 4 }, () => randomBytes(random, 200));
    const found = contents(reader, beside(frames.map((frame) => codePicture(frame, 3))));
    expect(new Set(found)).toEqual(new Set(frames));
    expect(found).toHaveLength(4);
  });

  test('finds nothing where there is nothing', () => {
    expect(contents(reader, { levels: randomBytes(random, 90_000), width: 300, height: 300 })).toEqual([]);
    for (const [width, height] of [
      [1, 1],
      [1, 500],
      [500, 1],
      [2, 3],
    ] as const) {
      expect(contents(reader, { levels: new Uint8Array(width * height), width, height })).toEqual([]);
    }
  });
});

test('zxing reads a rotated JPEG photo', () => {
  const bytes = Buffer.from(photo.jpeg, 'base64');
  expect(zxing.readJpeg(bytes).map(({ content }) => content)).toEqual([fromHex(photo.content)]);
});

test('200 damaged photos are read or refused by a FrameError', () => {
  const bytes = Buffer.from(photo.jpeg, 'base64');
  let refused = 0;
  for (let round = 0; round < 200; round++) {
    const damaged = Uint8Array.from(bytes);
    for (let hit = 0; hit < 4; hit++) damaged[random(damaged.length)] = random(256);
    try {
      zxing.readJpeg(round % 4 === 0 ? damaged.subarray(0, random(damaged.length)) : damaged);
    } catch (error) {
      expect(error).toMatchObject({ name: 'FrameError' });
      refused += 1;
    }
  }
  expect(refused).toBeGreaterThan(10);
  expect(zxing.readJpeg(bytes)).toHaveLength(1);
});

test('a code that is seen says where it is and how many modules it has', () => {
  const [sighting] = zxing.read(codePicture(randomBytes(random, 1273), 4), 'moving');
  expect(sighting?.modules).toBe(117);
  expect(sighting === undefined ? 0 : modulePixels(sighting)).toBeCloseTo(4, 1);
});

test('a code in a mirror is read, for a person who tests a camera before one', () => {
  const content = randomBytes(random, 1273);
  const { levels, width, height } = codePicture(content, 4);
  const mirrored = levels.map((_, at) => levels[at - (at % width) + width - 1 - (at % width)] ?? 0);
  expect(zxing.read({ levels: mirrored, width, height }, 'moving').map((seen) => seen.content)).toEqual([
    content,
  ]);
});

test('how light and how sharp a picture is', () => {
  const code = codePicture(randomBytes(random, 800), 4);
  expect(lightOf(code)).toEqual({ dark: 0, bright: 255, sharpness: 1 });
  expect(lightOf(mapped(code, (level) => 20 + level / 2))).toEqual({ dark: 20, bright: 147, sharpness: 1 });
  expect(lightOf(blurred(code, 9)).sharpness).toBeLessThan(0.35);
  expect(lightOf(mapped(code, () => 128))).toEqual({ dark: 128, bright: 128, sharpness: undefined });
});

test('what a camera sees is told apart', () => {
  const code = codePicture(randomBytes(random, 800), 4);
  const judge = (picture: GreyPicture): string => judgeView(lightOf(picture), zxing.read(picture, 'moving'));
  expect(judge(code)).toBe('read');
  expect(judge(mapped(code, (level) => level / 3))).toBe('read');
  expect(judge(mapped(code, () => 9))).toBe('too-dark');
  expect(judge(mapped(code, () => 250))).toBe('too-bright');
  expect(judge(mapped(code, () => 128))).toBe('no-code');
  expect(judge({ levels: randomBytes(random, 90_000), width: 300, height: 300 })).toBe('no-code');
  expect(judge(blurred(code, 3))).toBe('blurred');
  expect(judge(blurred(code, 9))).toBe('blurred');
  const seen = { content: undefined, modules: 97, corners: [0, 1, 2, 3].map(() => ({ x: 0, y: 0 })) };
  const [a, b, c, d] = [
    { x: 0, y: 0 },
    { x: 97, y: 0 },
    { x: 97, y: 97 },
    { x: 0, y: 97 },
  ];
  expect(judgeView(lightOf(code), [{ ...seen, corners: [a, b, c, d] }])).toBe('too-far');
});
