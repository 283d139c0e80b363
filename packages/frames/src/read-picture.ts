import { greyOf, type CodeReader } from './code-reader.ts';
import { plainReader } from './plain-reader.ts';

/**
 * Returns the bytes of every QR code read in a picture, the plainest first; none if there is none.
 * Whose codes they are is for the assembler to say.
 * @throws FrameError picture/size, reader/failed
 */
export function readPicture(
  rgba: Uint8Array | Uint8ClampedArray,
  width: number,
  height: number,
  reader: CodeReader = plainReader,
): Uint8Array[] {
  return reader
    .read(greyOf({ rgba, width, height }), 'still')
    .flatMap(({ content }) => (content === undefined ? [] : [content]));
}
