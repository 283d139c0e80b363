import decodeQR, { type FinderPoints } from 'qr/decode.js';
import {
  checkGrey,
  codesMax,
  type CodeReader,
  type Effort,
  type GreyPicture,
  type Sighting,
} from './code-reader.ts';
import { FrameError } from './frame-error.ts';

// How many hypotheses may be tried beyond the obvious one. Counted and not timed: the same picture always reads the same.
const efforts: Readonly<Record<Effort, number>> = { moving: 1, still: 8 };

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The reader in plain JavaScript, for where WebAssembly is refused. */
export const plainReader: CodeReader = {
  name: 'plain',
  read(picture, effort) {
    const data = colours(checkGrey(picture));
    const found: Sighting[] = [];
    while (found.length < codesMax) {
      const code = readCode(data, picture, efforts[effort]);
      if (code === undefined) return found;
      found.push(sighting(code));
      // The reader stops at its first find: wipe that one out and look again.
      wipe(data, picture, code.box);
    }
    return found;
  },
  readJpeg() {
    throw new FrameError('picture/file', 'the plain reader opens no JPEG files, expected pixels');
  },
};

function colours({ levels }: GreyPicture): Uint8Array {
  const rgba = new Uint8Array(levels.length * 4).fill(255);
  levels.forEach((level, index) => rgba.fill(level, index * 4, index * 4 + 3));
  return rgba;
}

interface FoundCode {
  readonly content: Uint8Array;
  readonly box: Box;
}

function readCode(data: Uint8Array, { width, height }: GreyPicture, effort: number): FoundCode | undefined {
  let box: Box = { x: 0, y: 0, width, height };
  const note = (points: FinderPoints): void => {
    box = points.boundingBox;
  };
  let text: string;
  try {
    text = decodeQR(
      { data, width, height },
      { format: 'RGBA', effort, timeLimit: Infinity, textDecoder: latin1, pointsOnDetect: note },
    );
  } catch {
    // The reader has no other way to say that it found nothing.
    return undefined;
  }
  return { content: Uint8Array.from(text, (character) => character.charCodeAt(0)), box };
}

function sighting({ content, box: { x, y, width, height } }: FoundCode): Sighting {
  const [right, bottom] = [x + width, y + height];
  const corners = [
    { x, y },
    { x: right, y },
    { x: right, y: bottom },
    { x, y: bottom },
  ] as const;
  return { content, corners, modules: undefined };
}

// The reader gives text; one character a byte carries the bytes through.
function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}

function wipe(data: Uint8Array, { width, height }: GreyPicture, box: Box): void {
  const left = Math.max(0, Math.floor(box.x));
  const right = Math.min(width, Math.ceil(box.x + box.width));
  const top = Math.max(0, Math.floor(box.y));
  const bottom = Math.min(height, Math.ceil(box.y + box.height));
  for (let y = top; y < bottom; y++) data.fill(255, (y * width + left) * 4, (y * width + right) * 4);
}
