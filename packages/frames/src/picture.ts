import decodeQR, { type FinderPoints } from 'qr/decode.js';
import { checkQuietZone, isDark, quietZoneDefault, type Drawing } from './drawing.ts';
import { FrameError } from './frame-error.ts';

/** Pixels, four bytes each (red, green, blue, opacity), row by row from the top left. */
export interface Picture {
  readonly rgba: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** The most pixels of a picture that is read. */
export const pixelsMax = 33_554_432;
const codesMax = 8;
// How many hypotheses the reader may try beyond the obvious one; a still picture is worth more than a camera's frame.
const effort = 8;

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface FoundCode {
  readonly content: Uint8Array;
  readonly box: Box;
}

/**
 * Returns the code as pixels, `scale` pixels a module, the quiet zone included.
 * @throws FrameError options/scale, options/quiet-zone
 */
export function drawPicture(
  drawing: Drawing,
  { scale = 4, quietZone = quietZoneDefault }: { readonly scale?: number; readonly quietZone?: number } = {},
): Picture {
  if (!Number.isInteger(scale) || scale < 1 || scale > 32) {
    throw new FrameError('options/scale', `scale is ${scale} pixels a module, expected 1 to 32`);
  }
  const margin = checkQuietZone(quietZone);
  const side = (drawing.size + 2 * margin) * scale;
  const rgba = new Uint8Array(side * side * 4).fill(255);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const dark = isDark(drawing, Math.floor(x / scale) - margin, Math.floor(y / scale) - margin);
      if (dark) rgba.fill(0, (y * side + x) * 4, (y * side + x) * 4 + 3);
    }
  }
  return { rgba, width: side, height: side };
}

/**
 * Returns the bytes of every QR code found in a picture, at most 8, the plainest first; none if there is none.
 * Whose codes they are is for the assembler to say.
 * @throws FrameError picture/size
 */
export function readPicture(
  rgba: Uint8Array | Uint8ClampedArray,
  width: number,
  height: number,
): Uint8Array[] {
  const whole = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0;
  if (!whole || width * height > pixelsMax || rgba.length !== width * height * 4) {
    const found = `picture of ${width} by ${height} pixels has ${rgba.length} bytes`;
    throw new FrameError('picture/size', `${found}, expected 4 a pixel and at most ${pixelsMax} pixels`);
  }
  const data = rgba.slice();
  const codes: Uint8Array[] = [];
  while (codes.length < codesMax) {
    const code = readCode(data, width, height);
    if (code === undefined) return codes;
    codes.push(code.content);
    // The reader stops at its first find: wipe that one out and look again.
    wipe(data, width, height, code.box);
  }
  return codes;
}

function readCode(
  data: Picture['rgba'] | Uint8ClampedArray,
  width: number,
  height: number,
): FoundCode | undefined {
  let box: Box = { x: 0, y: 0, width, height };
  const note = (points: FinderPoints): void => {
    box = points.boundingBox;
  };
  let text: string;
  try {
    text = decodeQR(
      { data, width, height },
      // The effort is counted and not timed, so that the same picture always reads the same.
      { format: 'RGBA', effort, timeLimit: Infinity, textDecoder: latin1, pointsOnDetect: note },
    );
  } catch {
    // The reader has no other way to say that it found nothing.
    return undefined;
  }
  return { content: Uint8Array.from(text, (character) => character.charCodeAt(0)), box };
}

// The reader gives text; one character a byte carries the bytes through.
function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}

function wipe(data: Uint8Array | Uint8ClampedArray, width: number, height: number, box: Box): void {
  const left = Math.max(0, Math.floor(box.x));
  const right = Math.min(width, Math.ceil(box.x + box.width));
  const top = Math.max(0, Math.floor(box.y));
  const bottom = Math.min(height, Math.ceil(box.y + box.height));
  for (let y = top; y < bottom; y++) data.fill(255, (y * width + left) * 4, (y * width + right) * 4);
}
