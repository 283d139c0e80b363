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
