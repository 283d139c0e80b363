import { FrameError } from './frame-error.ts';

/** The largest QR version of a code that stands still: a camera has many pictures of it. */
export const standingVersion = 40;
/** The largest QR version of codes that follow each other. */
export const movingVersion = 25;

// ISO/IEC 18004, byte mode at level L, versions 1 to 40.
const byteCapacities: readonly number[] = [
  17, 32, 53, 78, 106, 134, 154, 192, 230, 271, 321, 367, 425, 458, 520, 586, 644, 718, 792, 858, 929, 1003,
  1091, 1171, 1273, 1367, 1465, 1528, 1628, 1732, 1840, 1952, 2068, 2188, 2303, 2431, 2563, 2699, 2809, 2953,
];

/** Returns the bytes that one code of this QR version, 1..40, holds at level L. @throws FrameError qr/version */
export function frameBytesAt(version: number): number {
  const capacity = byteCapacities[version - 1];
  if (capacity === undefined)
    throw new FrameError('qr/version', `QR version is ${version}, expected 1 to 40`);
  return capacity;
}

/** Returns the smallest QR version, 1..40, that holds `length` bytes at level L. @throws FrameError qr/too-long */
export function qrVersionFor(length: number): number {
  const position = byteCapacities.findIndex((capacity) => length <= capacity);
  if (position === -1) {
    throw new FrameError('qr/too-long', `frame has ${length} bytes, expected at most ${frameBytesAt(40)}`);
  }
  return position + 1;
}
