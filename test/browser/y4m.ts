import { openSync, writeSync, closeSync } from 'node:fs';
import type { GreyPicture } from '@countersign/frames';

/**
 * Writes grey pictures, all of one size, as a film that Chromium's fake camera plays over and over.
 * @throws Error when a picture has another size
 */
export function writeY4m(path: string, rate: number, pictures: Iterable<GreyPicture>): void {
  const file = openSync(path, 'w');
  let size: { readonly width: number; readonly height: number } | undefined;
  let colour = new Uint8Array();
  for (const { levels, width, height } of pictures) {
    if (size === undefined) {
      size = { width, height };
      colour = new Uint8Array(2 * Math.ceil(width / 2) * Math.ceil(height / 2)).fill(128);
      writeSync(file, `YUV4MPEG2 W${width} H${height} F${rate}:1 Ip A1:1 C420jpeg\n`);
    }
    if (size.width !== width || size.height !== height) throw new Error('pictures differ in size');
    writeSync(file, 'FRAME\n');
    writeSync(file, levels);
    writeSync(file, colour);
  }
  closeSync(file);
}
