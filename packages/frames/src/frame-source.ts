import { toHex } from '@countersign/codec';
import { FrameError } from './frame-error.ts';
import {
  encodeFrame,
  evenSymbolBytes,
  frameOverheadBytes,
  symbolCount,
  symbolsMax,
  totalBytesMax,
} from './frame.ts';
import { interpolate, logWeights, type Symbol16 } from './interpolation.ts';
import { messageBytesMax, messageIdOf, packMessage } from './packing.ts';
import { frameBytesAt, movingVersion, standingVersion } from './qr-capacity.ts';
import { fromWords, toWords } from './words.ts';

/** How a message is cut. */
export interface FrameOptions {
  /**
   * The longest frame in bytes, 32 to 2953. By default what QR version 25 holds at level L, 1273, and what version 40
   * holds, 2953, where that makes one frame of the message.
   */
  readonly frameBytesMax?: number;
  /** Whether to deflate where that makes the message shorter; true by default. */
  readonly compress?: boolean;
}

/** Endless frames of one message. Any `minimumFrames` different ones, from any moment on, restore it. */
export interface FrameSource {
  /** The 8 bytes, in lower-case hex, by which frames of this message are told from those of another. */
  readonly messageId: string;
  readonly minimumFrames: number;
  /** Bytes of every frame. */
  readonly frameBytes: number;
  /** Returns the frame at `index`, any integer from 0. @throws FrameError options/index */
  frame(index: number): Uint8Array;
}

const indexCount = 65_536;
const frameBytesMin = 32;

/**
 * Returns the frames of `message`. A message that fits one frame is one static code: every index gives the same.
 * @throws FrameError packed/empty, packed/too-long, packed/too-many-symbols, options/frame-bytes
 */
export function encodeFrames(message: Uint8Array, options: FrameOptions = {}): FrameSource {
  const packed = packChecked(message, options.compress ?? true);
  const frameBytesMax = options.frameBytesMax ?? fittingLimit(packed.length + frameOverheadBytes);
  const symbolBytesMax = checkedLimit(frameBytesMax) - frameOverheadBytes;
  const messageId = messageIdOf(packed);
  const { count, symbolBytes } = cut(packed.length, symbolBytesMax);
  const symbols = cutSymbols(packed, count, symbolBytes);
  const weights = count === 1 ? new Float64Array(1) : logWeights(symbols.map(({ index }) => index));
  return {
    messageId: toHex(messageId),
    minimumFrames: count,
    frameBytes: symbolBytes + frameOverheadBytes,
    frame(index) {
      if (!Number.isSafeInteger(index) || index < 0) {
        throw new FrameError('options/index', `frame index is ${index}, expected an integer from 0`);
      }
      const point = count === 1 ? 0 : index % indexCount;
      const payload =
        count === 1 ? packed : fromWords((symbols[point] ?? interpolate(symbols, weights, point)).words);
      return encodeFrame({ messageId, total: packed.length, index: point, payload });
    },
  };
}

/** One code that stands still where one holds it all. */
function fittingLimit(oneFrameBytes: number): number {
  const standing = frameBytesAt(standingVersion);
  return oneFrameBytes <= standing ? standing : frameBytesAt(movingVersion);
}

function checkedLimit(frameBytesMax: number): number {
  const most = frameBytesAt(40);
  if (!Number.isInteger(frameBytesMax) || frameBytesMax < frameBytesMin || frameBytesMax > most) {
    const expected = `expected ${frameBytesMin} to ${most}`;
    throw new FrameError('options/frame-bytes', `frame limit is ${frameBytesMax} bytes, ${expected}`);
  }
  return frameBytesMax;
}

function packChecked(message: Uint8Array, compress: boolean): Uint8Array {
  if (message.length === 0)
    throw new FrameError('packed/empty', 'message is empty, expected at least one byte');
  if (message.length > messageBytesMax) {
    const expected = `expected at most ${messageBytesMax}`;
    throw new FrameError('packed/too-long', `message has ${message.length} bytes, ${expected}`);
  }
  const packed = packMessage(message, compress);
  if (packed.length > totalBytesMax) {
    const expected = `expected at most ${totalBytesMax} for codes; carry it as a file`;
    throw new FrameError('packed/too-long', `message packs to ${packed.length} bytes, ${expected}`);
  }
  return packed;
}

function cut(total: number, symbolBytesMax: number): { count: number; symbolBytes: number } {
  if (total <= symbolBytesMax) return { count: 1, symbolBytes: total };
  const symbolBytes = evenSymbolBytes(total, symbolCount(total, symbolBytesMax - (symbolBytesMax % 2)));
  const count = symbolCount(total, symbolBytes);
  if (count > symbolsMax) {
    const expected = `expected at most ${symbolsMax}; use larger frames or carry it as a file`;
    throw new FrameError('packed/too-many-symbols', `message needs ${count} frames, ${expected}`);
  }
  return { count, symbolBytes };
}

function cutSymbols(packed: Uint8Array, count: number, symbolBytes: number): readonly Symbol16[] {
  return Array.from({ length: count }, (_, index) => {
    const symbol = new Uint8Array(symbolBytes);
    symbol.set(packed.subarray(index * symbolBytes, (index + 1) * symbolBytes));
    return { index, words: toWords(symbol) };
  });
}
