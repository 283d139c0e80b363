import { createRequire } from 'node:module';
import { utf8 } from '@countersign/codec';
import QRCode from 'qrcode';
import { expect, test } from 'vitest';
import {
  drawFrame,
  drawPicture,
  drawSvg,
  drawTerminal,
  encodeFrames,
  frameBytesAt,
  readPicture,
  type Picture,
} from '../src/index.ts';
import { makeRandom, randomBytes } from './random.ts';

const random = makeRandom(7);

type IndependentReader = (
  data: Uint8ClampedArray,
  width: number,
  height: number,
) => { readonly binaryData: readonly number[] } | null;
// Its types describe a default export that it does not have where Node loads it.
const jsQR = createRequire(import.meta.url)('jsqr') as IndependentReader;

test.each([2, 3, 4, 7])('a code drawn at %i pixels a module is read, in any quarter turn', (scale) => {
  for (const length of [22, 271, 929, 1273, 2953]) {
    const frame = randomBytes(random, length);
    let picture = drawPicture(drawFrame(frame), { scale });
    for (let turns = 0; turns < 4; turns++) {
      expect(readPicture(picture.rgba, picture.width, picture.height)).toEqual([frame]);
      picture = turned(picture);
    }
  }
});

test('a code is read when scaled by a fraction and under noise', () => {
  for (const factor of [0.8, 0.93, 1.15, 1.37]) {
    const frame = randomBytes(random, 500);
    const picture = noisy(scaled(drawPicture(drawFrame(frame), { scale: 4 }), factor), 40);
    expect(readPicture(picture.rgba, picture.width, picture.height)).toEqual([frame]);
  }
});

test('two codes side by side are both read', () => {
  const [left, right] = [randomBytes(random, 300), randomBytes(random, 300)];
  const picture = beside(drawPicture(drawFrame(left)), drawPicture(drawFrame(right)));
  const found = readPicture(picture.rgba, picture.width, picture.height);
  expect(new Set(found)).toEqual(new Set([left, right]));
});

test('a picture without a code holds none', () => {
  expect(readPicture(new Uint8Array(200 * 200 * 4).fill(255), 200, 200)).toEqual([]);
  expect(readPicture(randomBytes(random, 100 * 100 * 4), 100, 100)).toEqual([]);
  expect(readPicture(new Uint8Array(4), 1, 1)).toEqual([]);
});

test('an independent reader reads our codes, and ours reads those of an independent writer', () => {
  const frame = encodeFrames(randomBytes(random, 900)).frame(0);
  const { rgba, width, height } = drawPicture(drawFrame(frame));
  expect(jsQR(new Uint8ClampedArray(rgba), width, height)?.binaryData).toEqual([...frame]);
  const { modules } = QRCode.create([{ data: frame, mode: 'byte' }], { errorCorrectionLevel: 'M' });
  const picture = drawPicture({ size: modules.size, modules: Uint8Array.from(modules.data, Number) });
  expect(readPicture(picture.rgba, picture.width, picture.height)).toEqual([frame]);
});

test('foreign codes give their text as bytes', () => {
  for (const text of ['https://example.org', 'WIFI:S:Büro;;', '0123456789', 'HELLO WORLD']) {
    const { modules } = QRCode.create(text, {});
    const picture = drawPicture({ size: modules.size, modules: Uint8Array.from(modules.data, Number) });
    expect(readPicture(picture.rgba, picture.width, picture.height)).toEqual([utf8(text)]);
  }
});

test('each QR version holds its capacity and not a byte more', () => {
  for (let version = 1; version <= 40; version++) {
    expect(drawFrame(new Uint8Array(frameBytesAt(version)))).toMatchObject({ size: 17 + 4 * version });
    if (version === 40) continue;
    expect(drawFrame(new Uint8Array(frameBytesAt(version) + 1))).toMatchObject({ size: 21 + 4 * version });
  }
  expect(drawFrame(new Uint8Array(5), { version: 7 }).size).toBe(45);
});

test('terminal text, in either theme, is the code with its quiet zone', () => {
  const drawing = drawFrame(randomBytes(random, 60));
  for (const invert of [false, true]) {
    const lines = drawTerminal(drawing, { invert });
    const side = drawing.size + 8;
    expect(lines).toHaveLength(Math.ceil(side / 2));
    const inkAt = (x: number, y: number): boolean => {
      const character = lines[Math.floor(y / 2)]?.[x] ?? '?';
      expect(' ▀▄█').toContain(character);
      return (y % 2 === 0 ? '▀█' : '▄█').includes(character);
    };
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const inside = x >= 4 && y >= 4 && x < side - 4 && y < side - 4;
        const dark = inside && drawing.modules[(y - 4) * drawing.size + x - 4] === 1;
        expect(inkAt(x, y)).toBe(dark === invert);
      }
    }
  }
});

test('the SVG covers exactly the dark modules', () => {
  const drawing = drawFrame(randomBytes(random, 60));
  const svg = drawSvg(drawing);
  const painted = new Set<string>();
  for (const [, x, y, length] of svg.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/gu)) {
    for (let step = 0; step < Number(length); step++) painted.add(`${Number(x) + step - 4},${Number(y) - 4}`);
  }
  const dark = new Set<string>();
  drawing.modules.forEach((module, at) => {
    if (module === 1) dark.add(`${at % drawing.size},${Math.floor(at / drawing.size)}`);
  });
  expect(painted).toEqual(dark);
  expect(svg).toMatch(
    /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" viewBox="0 0 \d+ \d+" [^<]+><path [^<]+\/><path [^<]+\/><\/svg>$/u,
  );
});

function mapped(width: number, height: number, at: (x: number, y: number) => number): Picture {
  const rgba = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) rgba.set([at(x, y), at(x, y), at(x, y), 255], (y * width + x) * 4);
  }
  return { rgba, width, height };
}

const level = ({ rgba, width }: Picture, x: number, y: number): number => rgba[(y * width + x) * 4] ?? 255;

function turned(picture: Picture): Picture {
  return mapped(picture.height, picture.width, (x, y) => level(picture, y, picture.height - 1 - x));
}

function scaled(picture: Picture, factor: number): Picture {
  const side = Math.round(picture.width * factor);
  return mapped(side, side, (x, y) => level(picture, Math.floor(x / factor), Math.floor(y / factor)));
}

function noisy(picture: Picture, amount: number): Picture {
  const rgba = picture.rgba.map((value) => Math.min(255, Math.max(0, value + random(2 * amount) - amount)));
  return { ...picture, rgba };
}

function beside(left: Picture, right: Picture): Picture {
  return mapped(left.width + right.width, left.height, (x, y) =>
    x < left.width ? level(left, x, y) : level(right, x - left.width, y),
  );
}
