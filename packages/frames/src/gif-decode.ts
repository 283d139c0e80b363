import { concatBytes } from '@countersign/codec';
import { requireSize, type GreyPicture } from './code-reader.ts';
import { FrameError } from './frame-error.ts';
import { unpackLzw } from './lzw.ts';

/** The most frames of a GIF that are looked at. */
export const gifFramesMax = 4096;
/** The most pixels of a GIF that are unpacked, all frames together. */
export const gifPixelsMax = 1_073_741_824;

/** Returns whether the bytes begin like a GIF file. */
export function isGif(bytes: Uint8Array): boolean {
  const text = String.fromCharCode(...bytes.subarray(0, 6));
  return text === 'GIF87a' || text === 'GIF89a';
}

/**
 * Yields the frames of a GIF as a viewer would show them, in shades of grey. A yielded picture is overwritten by the
 * next one.
 * @throws FrameError picture/gif when it is unsound, picture/gif-too-long for too many frames or pixels, picture/size
 */
export function* decodeGif(bytes: Uint8Array): Generator<GreyPicture, void, void> {
  const input = new GifInput(bytes);
  const { width, height, colours } = readScreen(input, bytes);
  const canvas: GreyPicture = { levels: new Uint8Array(width * height).fill(255), width, height };
  let control: Control = { disposal: 0, transparent: -1 };
  let frames = 0;
  let unpacked = 0;
  for (;;) {
    const kind = input.byte();
    if (kind === 0x3b) return;
    if (kind === 0x21) {
      const label = input.byte();
      const data = input.blocks();
      if (label === 0xf9) control = readControl(data);
      continue;
    }
    if (kind !== 0x2c) throw unsound();
    const image = readImage(input, colours);
    frames += 1;
    // A frame shows the whole canvas again, however little of it is new.
    unpacked += image.width * image.height + width * height;
    if (frames > gifFramesMax || unpacked > gifPixelsMax) {
      const found = `GIF has more than ${gifFramesMax} frames or ${gifPixelsMax} pixels`;
      throw new FrameError('picture/gif-too-long', `${found}, expected a shorter one`);
    }
    const before = control.disposal === 3 ? canvas.levels.slice() : undefined;
    paint(canvas, image, control.transparent);
    yield canvas;
    if (before !== undefined) canvas.levels.set(before);
    if (control.disposal === 2) clear(canvas, image);
    control = { disposal: 0, transparent: -1 };
  }
}

interface Control {
  /** What becomes of the frame before the next: 2 it is wiped, 3 what was before comes back. */
  readonly disposal: number;
  /** The colour number that leaves what is beneath; −1 for none. */
  readonly transparent: number;
}

interface Image {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly interlaced: boolean;
  readonly symbols: Uint8Array;
  readonly colours: Uint8Array;
}

function unsound(): FrameError {
  return new FrameError('picture/gif', 'GIF file is damaged or cut off, expected a sound one');
}

/** Reads bytes one after the other. @throws FrameError picture/gif at the end */
class GifInput {
  readonly #bytes: Uint8Array;
  #at = 6;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw unsound();
    this.#at += 1;
    return byte;
  }

  word(): number {
    const low = this.byte();
    return low + 256 * this.byte();
  }

  take(length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) throw unsound();
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  blocks(): Uint8Array {
    const parts: Uint8Array[] = [];
    for (let length = this.byte(); length > 0; length = this.byte()) parts.push(this.take(length));
    return concatBytes(...parts);
  }
}

function readScreen(
  input: GifInput,
  bytes: Uint8Array,
): { readonly width: number; readonly height: number; readonly colours: Uint8Array } {
  if (!isGif(bytes)) throw unsound();
  const [width, height, flags] = [input.word(), input.word(), input.byte()];
  requireSize(width, height);
  input.take(2);
  return { width, height, colours: readColours(input, flags) ?? new Uint8Array() };
}

/** Returns the brightness of each colour of a table; undefined when the flags say that there is none. */
function readColours(input: GifInput, flags: number): Uint8Array | undefined {
  if ((flags & 0x80) === 0) return undefined;
  const count = 2 << (flags & 7);
  const table = input.take(3 * count);
  return Uint8Array.from({ length: count }, (_, index) => {
    const [red = 0, green = 0, blue = 0] = table.subarray(3 * index, 3 * index + 3);
    return (306 * red + 601 * green + 117 * blue + 512) >> 10;
  });
}

function readControl(data: Uint8Array): Control {
  const [flags = 0, , , transparent = 0] = data;
  return { disposal: (flags >>> 2) & 7, transparent: (flags & 1) === 1 ? transparent : -1 };
}

function readImage(input: GifInput, common: Uint8Array): Image {
  const [left, top, width, height] = [input.word(), input.word(), input.word(), input.word()];
  const flags = input.byte();
  requireSize(width, height);
  const colours = readColours(input, flags) ?? common;
  const codeBits = input.byte();
  if (codeBits < 2 || codeBits > 8) throw unsound();
  const symbols = unpackLzw(input.blocks(), codeBits, width * height);
  if (symbols === undefined) throw unsound();
  return { left, top, width, height, interlaced: (flags & 0x40) !== 0, symbols, colours };
}

// First row and distance of rows of the four passes.
const passes = [
  [0, 8],
  [4, 8],
  [2, 4],
  [1, 2],
] as const;

function rowsOf({ interlaced, height }: Image): readonly number[] {
  const rows: number[] = [];
  for (const [first, step] of interlaced ? passes : ([[0, 1]] as const)) {
    for (let row = first; row < height; row += step) rows.push(row);
  }
  return rows;
}

function paint(canvas: GreyPicture, image: Image, transparent: number): void {
  rowsOf(image).forEach((row, index) => {
    const y = image.top + row;
    if (y >= canvas.height) return;
    for (let x = 0; x < image.width && image.left + x < canvas.width; x++) {
      const symbol = image.symbols[index * image.width + x] ?? 0;
      if (symbol === transparent) continue;
      canvas.levels[y * canvas.width + image.left + x] = image.colours[symbol] ?? 0;
    }
  });
}

function clear({ levels, width, height }: GreyPicture, image: Image): void {
  const right = Math.min(width, image.left + image.width);
  for (let y = image.top; y < Math.min(height, image.top + image.height); y++) {
    if (image.left < right) levels.fill(255, y * width + image.left, y * width + right);
  }
}
