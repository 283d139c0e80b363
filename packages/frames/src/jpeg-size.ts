import { FrameError } from './frame-error.ts';

/** Returns whether the bytes begin like a JPEG file. */
export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

/**
 * Returns the size in pixels that the first frame header of a JPEG file states, before anything is unpacked.
 * @throws FrameError picture/file when there is none
 */
export function jpegSize(bytes: Uint8Array): { readonly width: number; readonly height: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = isJpeg(bytes) ? 2 : bytes.length;
  while (at + 9 <= bytes.length && view.getUint8(at) === 0xff) {
    const marker = view.getUint8(at + 1);
    // A marker may be preceded by any number of 0xFF.
    if (marker === 0xff) at += 1;
    else if (isFrameHeader(marker)) return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    else at += 2 + view.getUint16(at + 2);
  }
  throw new FrameError('picture/file', 'picture file cannot be opened, expected a sound JPEG file');
}

// SOF0 to SOF15 but for the three that mean something else: DHT, JPG and DAC.
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}
