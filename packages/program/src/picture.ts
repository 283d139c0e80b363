import { inflateSync } from 'node:zlib';
import { PNG } from 'pngjs';
import { ProgramError } from './program-error.ts';

/** The most pixels a picture may have. */
export const pixelsMax = 40_000_000;

/** Pixels as RGBA, four bytes each, row by row from the top left. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array;
}

/** A square of modules without its quiet zone; 1 is dark. */
export interface Modules {
  readonly size: number;
  readonly modules: Uint8Array;
}

export interface PictureOptions {
  /** Side of a module in pixels; 8 when absent. */
  readonly modulePixels?: number;
  /** Light modules around the code; 4 when absent, what readers expect at least. */
  readonly quietModules?: number;
}

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const headerLength = 13;

/** Returns a code drawn as a grey PNG, dark on light. @throws ProgramError `picture/too-large` */
export function encodePng({ size, modules }: Modules, options: PictureOptions = {}): Uint8Array {
  const { modulePixels = 8, quietModules = 4 } = options;
  const side = (size + 2 * quietModules) * modulePixels;
  requirePixels(side, side);
  const grey = Buffer.alloc(side * side, 255);
  for (let y = 0; y < size * modulePixels; y++) {
    const row = (quietModules * modulePixels + y) * side + quietModules * modulePixels;
    for (let x = 0; x < size; x++) {
      if (modules[Math.floor(y / modulePixels) * size + x] !== 1) continue;
      grey.fill(0, row + x * modulePixels, row + (x + 1) * modulePixels);
    }
  }
  const png = new PNG({ width: side, height: side });
  png.data = grey;
  return new Uint8Array(
    PNG.sync.write(png, { colorType: 0, inputColorType: 0, inputHasAlpha: false, bitDepth: 8 }),
  );
}

/**
 * Returns the pixels of a PNG. How large they are is read from the header and checked before anything is unpacked.
 *
 * @throws ProgramError `picture/not-png`, `picture/too-large` (over 40 megapixels), `picture/interlaced`, `picture/malformed`
 */
export function decodePng(bytes: Uint8Array): Picture {
  requireSignature(bytes);
  const { header, data } = soundChunks(bytes);
  requireSoundData(header, data);
  try {
    const picture = PNG.sync.read(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    const { buffer, byteOffset, byteLength } = picture.data;
    return {
      width: picture.width,
      height: picture.height,
      rgba: new Uint8Array(buffer, byteOffset, byteLength),
    };
  } catch (cause) {
    throw malformed('pixels that cannot be unpacked', cause);
  }
}

function requireSignature(bytes: Uint8Array): void {
  if (signature.every((byte, at) => bytes[at] === byte)) return;
  throw new ProgramError('picture/not-png', 'file that is no PNG picture', {
    hint: 'save the picture as PNG',
  });
}

function malformed(what: string, cause?: unknown): ProgramError {
  return new ProgramError('picture/malformed', `PNG picture with ${what}`, { cause });
}

function requirePixels(width: number, height: number): void {
  if (width * height > pixelsMax)
    throw new ProgramError(
      'picture/too-large',
      `picture of ${width} × ${height} pixels, expected at most ${pixelsMax} in all`,
    );
}

interface Header {
  readonly width: number;
  readonly height: number;
  readonly bitsPerPixel: number;
}

// Channels by colour type: grey, colours, palette, grey with alpha, colours with alpha.
const channels: ReadonlyMap<number, number> = new Map([
  [0, 1],
  [2, 3],
  [3, 1],
  [4, 2],
  [6, 4],
]);

/**
 * Returns the header and the packed data. A second header would change the size after it was checked, and the library unpacks an
 * interlaced picture without a bound: both are how a few bytes become gigabytes.
 */
function soundChunks(bytes: Uint8Array): { header: Header; data: Uint8Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data: Uint8Array[] = [];
  let header: Header | undefined;
  let type = '';
  for (let at = signature.length; type !== 'IEND';) {
    if (at + 12 > bytes.length) throw malformed('an end that is cut off');
    const length = view.getUint32(at);
    type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (length > bytes.length - at - 12) throw malformed('a chunk that is cut off');
    if ((type === 'IHDR') !== (header === undefined)) throw malformed('a header out of place');
    header ??= soundHeader(view, at + 8, length);
    if (type === 'IDAT') data.push(bytes.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  if (header === undefined) throw malformed('no header');
  return { header, data: Buffer.concat(data) };
}

function soundHeader(view: DataView, at: number, length: number): Header {
  if (length !== headerLength) throw malformed('a header of another length');
  const [width, height] = [view.getUint32(at), view.getUint32(at + 4)];
  if (width === 0 || height === 0) throw malformed('no pixels');
  requirePixels(width, height);
  if (view.getUint8(at + 12) !== 0)
    throw new ProgramError('picture/interlaced', 'interlaced PNG picture, expected a plain one', {
      hint: 'save the picture again without interlacing',
    });
  const depth = view.getUint8(at + 8);
  const channelCount = channels.get(view.getUint8(at + 9));
  if (channelCount === undefined || ![1, 2, 4, 8, 16].includes(depth))
    throw malformed('colours of no known form');
  return { width, height, bitsPerPixel: channelCount * depth };
}

/**
 * Returns when the data unpacks to as many bytes as the header says. The library takes data that is short, absent or no data at
 * all and answers with whatever lay in memory.
 */
function requireSoundData({ width, height, bitsPerPixel }: Header, data: Uint8Array): void {
  const expected = height * (1 + Math.ceil((width * bitsPerPixel) / 8));
  let unpacked: number;
  try {
    unpacked = inflateSync(data, { maxOutputLength: expected }).length;
  } catch (cause) {
    throw malformed('data that cannot be unpacked', cause);
  }
  if (unpacked !== expected) throw malformed('fewer pixels than its header says');
}
