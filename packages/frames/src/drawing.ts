import encodeQR from 'qr';
import { FrameError } from './frame-error.ts';
import { frameBytesAt, qrVersionFor } from './qr-capacity.ts';

/** A drawn code without its quiet zone. `modules[y * size + x]` is 1 where dark. */
export interface Drawing {
  readonly size: number;
  readonly modules: Uint8Array;
}

/** How a code is drawn. */
export interface DrawOptions {
  /** The QR version, 1..40; the smallest that holds the frame by default. */
  readonly version?: number;
}

/** Modules of light margin that every form of a drawn code has on each side by default; readers rely on it. */
export const quietZoneDefault = 4;

/**
 * Returns the frame as one QR code in byte mode at error correction level L: the frames repair losses, not the code.
 * @throws FrameError qr/version, qr/too-long
 */
export function drawFrame(frame: Uint8Array, options: DrawOptions = {}): Drawing {
  const version = options.version ?? qrVersionFor(frame.length);
  if (frame.length > frameBytesAt(version)) {
    const expected = `expected at most ${frameBytesAt(version)} in QR version ${version}`;
    throw new FrameError('qr/too-long', `frame has ${frame.length} bytes, ${expected}`);
  }
  // The encoder takes text; the bytes come from the text encoder, whatever the text.
  const rows = encodeQR('', 'raw', {
    ecc: 'low',
    encoding: 'byte',
    version,
    border: 1,
    textEncoder: () => frame,
  });
  const size = rows.length - 2;
  const modules = new Uint8Array(size * size);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) modules[y * size + x] = rows[y + 1]?.[x + 1] === true ? 1 : 0;
  }
  return { size, modules };
}

/** Returns whether the module at x, y is dark; everything outside the code is light. */
export function isDark({ size, modules }: Drawing, x: number, y: number): boolean {
  return x >= 0 && y >= 0 && x < size && y < size && modules[y * size + x] === 1;
}

/** Returns `quietZone` if it is an integer from 0 to 64. @throws FrameError options/quiet-zone */
export function checkQuietZone(quietZone: number): number {
  if (!Number.isInteger(quietZone) || quietZone < 0 || quietZone > 64) {
    throw new FrameError('options/quiet-zone', `quiet zone is ${quietZone} modules, expected 0 to 64`);
  }
  return quietZone;
}
