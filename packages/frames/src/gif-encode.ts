import { concatBytes, utf8 } from '@countersign/codec';
import { checkQuietZone, isDark, quietZoneDefault, type Drawing } from './drawing.ts';
import { FrameError } from './frame-error.ts';
import { packLzw } from './lzw.ts';

/** How codes become an animated picture. */
export interface GifOptions {
  /** Codes a second, 0.5 to 30; shown for a whole number of hundredths of a second each, at least two. */
  readonly rate: number;
  /** Pixels a module, 1 to 32; 4 by default. */
  readonly scale?: number;
  /** Light modules on each side; 4 by default. */
  readonly quietZone?: number;
}

const codeBits = 2;
const sideMax = 4096;

/**
 * Returns the drawings, all of one size, as a GIF that shows them in turn for ever: dark on light, two colours.
 * @throws FrameError options/rate, options/scale, options/quiet-zone
 */
export function encodeGif(drawings: Iterable<Drawing>, options: GifOptions): Uint8Array {
  const { rate, scale = 4 } = options;
  if (!(rate >= 0.5 && rate <= 30)) {
    throw new FrameError('options/rate', `rate is ${rate} codes a second, expected 0.5 to 30`);
  }
  if (!Number.isInteger(scale) || scale < 1 || scale > 32) {
    throw new FrameError('options/scale', `scale is ${scale} pixels a module, expected 1 to 32`);
  }
  const quietZone = checkQuietZone(options.quietZone ?? quietZoneDefault);
  const parts: Uint8Array[] = [];
  for (const drawing of drawings) {
    const side = (drawing.size + 2 * quietZone) * scale;
    if (side > sideMax) {
      throw new FrameError('options/scale', `picture is ${side} pixels wide, expected at most ${sideMax}`);
    }
    if (parts.length === 0) parts.push(header(side));
    const delay = Math.max(2, Math.round(100 / rate));
    parts.push(Uint8Array.of(0x21, 0xf9, 4, 0, ...word(delay), 0, 0));
    parts.push(Uint8Array.of(0x2c, 0, 0, 0, 0, ...word(side), ...word(side), 0, codeBits));
    parts.push(...blocks(packLzw(pixels(drawing, quietZone, scale), codeBits)));
  }
  parts.push(Uint8Array.of(0x3b));
  return concatBytes(...parts);
}

/** Screen of `side` pixels, a table of two colours, and the extension by which browsers repeat without end. */
function header(side: number): Uint8Array {
  return concatBytes(
    utf8('GIF89a'),
    Uint8Array.of(...word(side), ...word(side), 0x80, 0, 0, 255, 255, 255, 0, 0, 0),
    Uint8Array.of(0x21, 0xff, 11),
    utf8('NETSCAPE2.0'),
    Uint8Array.of(3, 1, 0, 0, 0),
  );
}

/** Colour numbers, one byte a pixel: 0 light, 1 dark. */
function pixels(drawing: Drawing, quietZone: number, scale: number): Uint8Array {
  const modules = drawing.size + 2 * quietZone;
  const side = modules * scale;
  const colours = new Uint8Array(side * side);
  for (let y = 0; y < modules; y++) {
    const row = y * scale * side;
    for (let x = 0; x < modules; x++) {
      if (isDark(drawing, x - quietZone, y - quietZone)) {
        colours.fill(1, row + x * scale, row + (x + 1) * scale);
      }
    }
    for (let copy = 1; copy < scale; copy++) colours.copyWithin(row + copy * side, row, row + side);
  }
  return colours;
}

function word(value: number): [number, number] {
  return [value & 0xff, value >>> 8];
}

/** Blocks of at most 255 bytes, each after its length, and an empty one that ends them. */
function blocks(bytes: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += 255) {
    const block = bytes.subarray(at, at + 255);
    parts.push(Uint8Array.of(block.length), block);
  }
  return [...parts, Uint8Array.of(0)];
}
