import { crc32 } from './crc32.ts';
import { foreignKind, foreignNames } from './foreign.ts';
import { FrameError } from './frame-error.ts';

/** Bytes of a frame that are not payload: 2 magic, 1 version, 8 message id, 3 total, 2 index, 4 check. */
export const frameOverheadBytes = 20;
/** The longest packed message, in bytes: 1 MiB. */
export const totalBytesMax = 1_048_576;
/** The most symbols a message may be cut into. */
export const symbolsMax = 2048;

// 0xC5 begins a two-byte UTF-8 character and 0xF1 cannot follow it: no text can begin like a frame.
const magic = [0xc5, 0xf1] as const;
const version = 1;
const headerBytes = 16;

/** One frame's content. `index` is 0..65535; `payload` is one symbol; `messageId` is 8 bytes. */
export interface Frame {
  readonly messageId: Uint8Array;
  readonly total: number;
  readonly index: number;
  readonly payload: Uint8Array;
}

/** Returns the number of symbols of a message of `total` bytes in symbols of `symbolBytes`. */
export function symbolCount(total: number, symbolBytes: number): number {
  return Math.ceil(total / symbolBytes);
}

/** Returns the shortest even symbol length, in bytes, with which `count` symbols hold `total` bytes. */
export function evenSymbolBytes(total: number, count: number): number {
  return 2 * Math.ceil(total / (2 * count));
}

/** Returns `magic || version || messageId || total (3, big-endian) || index (2) || payload || CRC-32 of all before`. */
export function encodeFrame(frame: Frame): Uint8Array {
  const bytes = new Uint8Array(frameOverheadBytes + frame.payload.length);
  const view = new DataView(bytes.buffer);
  bytes.set(magic);
  view.setUint8(2, version);
  bytes.set(frame.messageId, 3);
  view.setUint8(11, frame.total >>> 16);
  view.setUint16(12, frame.total & 0xffff);
  view.setUint16(14, frame.index);
  bytes.set(frame.payload, headerBytes);
  view.setUint32(bytes.length - 4, crc32(bytes.subarray(0, -4)));
  return bytes;
}

/**
 * Returns what the bytes of one code carry; `payload` is a view of them.
 * @throws FrameError frame/foreign, frame/truncated, frame/check, frame/version, frame/total, frame/symbols, frame/shape
 */
export function decodeFrame(bytes: Uint8Array): Frame {
  if (bytes[0] !== magic[0] || bytes[1] !== magic[1]) {
    const foreign = foreignKind(bytes);
    throw new FrameError(
      'frame/foreign',
      `this code holds ${foreignNames[foreign]}, expected a countersign frame`,
      {
        foreign,
      },
    );
  }
  if (bytes.length <= frameOverheadBytes) {
    const expected = `expected more than ${frameOverheadBytes}`;
    throw new FrameError('frame/truncated', `frame has ${bytes.length} bytes, ${expected}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Every version ends with this check, so that a damaged version byte is not taken for a newer program.
  if (view.getUint32(bytes.length - 4) !== crc32(bytes.subarray(0, -4))) {
    throw new FrameError('frame/check', 'frame does not match its check, expected an undamaged frame');
  }
  if (bytes[2] !== version) {
    throw new FrameError('frame/version', `frame has version ${String(bytes[2])}, expected ${version}`);
  }
  const frame: Frame = {
    messageId: bytes.slice(3, 11),
    total: view.getUint8(11) * 0x10000 + view.getUint16(12),
    index: view.getUint16(14),
    payload: bytes.subarray(headerBytes, -4),
  };
  checkShape(frame);
  return frame;
}

function checkShape({ total, index, payload }: Frame): void {
  if (total === 0 || total > totalBytesMax) {
    throw new FrameError('frame/total', `message has ${total} bytes, expected 1 to ${totalBytesMax}`);
  }
  const count = symbolCount(total, payload.length);
  if (count > symbolsMax) {
    throw new FrameError('frame/symbols', `message has ${count} symbols, expected at most ${symbolsMax}`);
  }
  const expected = count === 1 ? total : evenSymbolBytes(total, count);
  if (payload.length !== expected || (count === 1 && index !== 0)) {
    const found = `symbol ${index} has ${payload.length} bytes`;
    throw new FrameError('frame/shape', `${found}, expected ${expected} in a message of ${total}`);
  }
}
