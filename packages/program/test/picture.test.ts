import { crc32, deflateSync } from 'node:zlib';
import { PNG } from 'pngjs';
import { describe, expect, test } from 'vitest';
import { decodePng, encodePng, pixelsMax, type ProgramErrorCode } from '../src/index.ts';

function refusal(code: ProgramErrorCode): unknown {
  return expect.objectContaining({ code });
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

function header(width: number, height: number, interlaced = 0, depth = 8, colourType = 0): Buffer {
  const data = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, depth, colourType, 0, 0, interlaced]);
  data.writeUInt32BE(width, 0);
  data.writeUInt32BE(height, 4);
  return chunk('IHDR', data);
}

function png(...chunks: readonly Buffer[]): Uint8Array {
  return new Uint8Array(Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), ...chunks]));
}

const end = chunk('IEND', new Uint8Array());
const onePixel = chunk('IDAT', deflateSync(Buffer.of(0, 0)));

describe('encodePng', () => {
  test('draws the modules dark in a light margin, in whole pixels', () => {
    const modules = Uint8Array.of(1, 0, 0, 1);
    const { width, height, rgba } = decodePng(
      encodePng({ size: 2, modules }, { modulePixels: 2, quietModules: 1 }),
    );
    expect([width, height]).toEqual([8, 8]);
    const rows = Array.from({ length: 8 }, (_row, y) =>
      Array.from({ length: 8 }, (_column, x) => (rgba[(y * 8 + x) * 4] === 0 ? '#' : '.')).join(''),
    );
    expect(rows).toEqual([
      '........',
      '........',
      '..##....',
      '..##....',
      '....##..',
      '....##..',
      '........',
      '........',
    ]);
    expect(rgba.every((byte, at) => at % 4 !== 3 || byte === 255)).toBe(true);
  });

  test('has 8 pixels a module and 4 modules around by itself', () => {
    expect(decodePng(encodePng({ size: 21, modules: new Uint8Array(441) })).width).toBe((21 + 8) * 8);
  });

  test('does not draw what could not be read', () => {
    const huge = { size: 177, modules: new Uint8Array(177 * 177) };
    expect(() => encodePng(huge, { modulePixels: 40 })).toThrow(refusal('picture/too-large'));
  });
});

describe('decodePng', () => {
  test('reads colour and transparency of a picture as RGBA', () => {
    const picture = new PNG({ width: 2, height: 1 });
    picture.data = Buffer.from([255, 0, 0, 255, 0, 0, 255, 128]);
    const read = decodePng(new Uint8Array(PNG.sync.write(picture)));
    expect(read).toEqual({ width: 2, height: 1, rgba: Uint8Array.of(255, 0, 0, 255, 0, 0, 255, 128) });
  });

  test('refuses another kind of file', () => {
    for (const bytes of [new Uint8Array(), Uint8Array.of(0xff, 0xd8, 0xff), new Uint8Array(100)])
      expect(() => decodePng(bytes)).toThrow(refusal('picture/not-png'));
  });

  test('refuses too many pixels by the header alone', () => {
    expect(pixelsMax).toBe(40_000_000);
    for (const [width, height] of [
      [0x7fffffff, 0x7fffffff],
      [40_000_001, 1],
      [6325, 6325],
    ] as const)
      expect(() => decodePng(png(header(width, height), onePixel, end))).toThrow(
        refusal('picture/too-large'),
      );
  });

  test('refuses what the library would unpack without a bound', () => {
    expect(() => decodePng(png(header(1, 1, 1), onePixel, end))).toThrow(refusal('picture/interlaced'));
    expect(() => decodePng(png(header(1, 1), header(60_000, 60_000), onePixel, end))).toThrow(
      refusal('picture/malformed'),
    );
  });

  test('unpacks no more than the header promised', () => {
    const bomb = png(header(1, 1), chunk('IDAT', deflateSync(Buffer.alloc(100_000_000))), end);
    const before = process.memoryUsage.rss();
    expect(() => decodePng(bomb)).toThrow(refusal('picture/malformed'));
    expect(process.memoryUsage.rss() - before).toBeLessThan(50_000_000);
  });

  test.each([
    ['no header', png(onePixel, end)],
    ['no end', png(header(1, 1), onePixel)],
    ['no pixels in the header', png(header(0, 1), onePixel, end)],
    ['no data', png(header(1, 1), end)],
    ['data that is not deflated', png(header(1, 1), chunk('IDAT', Buffer.from('hello')), end)],
    ['a depth that is none', png(header(1, 1, 0, 3), onePixel, end)],
    ['a colour type that is none', png(header(1, 1, 0, 8, 5), onePixel, end)],
    ['too little data', png(header(2, 2), onePixel, end)],
    ['a header of another length', png(chunk('IHDR', Buffer.alloc(12)), onePixel, end)],
    ['an unknown critical chunk', png(header(1, 1), chunk('ABCD', Buffer.alloc(1)), onePixel, end)],
  ])('refuses %s', (_note, bytes) => {
    expect(() => decodePng(bytes)).toThrow(refusal('picture/malformed'));
  });

  test('refuses every truncation', () => {
    const sound = encodePng({ size: 21, modules: new Uint8Array(441).fill(1) }, { modulePixels: 1 });
    for (let length = 0; length < sound.length; length++)
      expect(() => decodePng(sound.subarray(0, length))).toThrow(
        refusal(length < 8 ? 'picture/not-png' : 'picture/malformed'),
      );
  });
});
