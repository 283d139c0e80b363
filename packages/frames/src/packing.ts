import { concatBytes, sha256 } from '@countersign/codec';
import { deflateSync, Inflate } from 'fflate/browser';
import { FrameError } from './frame-error.ts';

/** The longest message, in bytes, before it is packed and after it is unpacked: 8 MiB, the limit of a bundle. */
export const messageBytesMax = 8_388_608;

const stored = 0;
const deflated = 1;
// One slice can grow to about 1,032 times its length before the cap is looked at again: 1 MiB.
const sliceBytes = 1024;

/** Returns `method (1) || body`: deflated (RFC 1951) where that is shorter and `compress` is true, else stored. */
export function packMessage(message: Uint8Array, compress: boolean): Uint8Array {
  const compressed = compress ? deflateSync(message, { level: 9 }) : undefined;
  const shorter = compressed !== undefined && compressed.length < message.length;
  const body = shorter ? compressed : message;
  const packed = new Uint8Array(1 + body.length);
  packed[0] = shorter ? deflated : stored;
  packed.set(body, 1);
  return packed;
}

/**
 * Returns the message that was packed; one that was stored as it is is a view of `packed`.
 * @throws FrameError packed/method, packed/empty, packed/inflate, packed/inflated-too-long
 */
export function unpackMessage(packed: Uint8Array, bytesMax: number = messageBytesMax): Uint8Array {
  const method = packed[0];
  if (method !== stored && method !== deflated) {
    throw new FrameError('packed/method', `message is packed by method ${String(method)}, expected 0 or 1`);
  }
  const body = packed.subarray(1);
  const message = method === stored ? body : inflate(body, bytesMax);
  if (message.length === 0)
    throw new FrameError('packed/empty', 'message is empty, expected at least one byte');
  return message;
}

function inflate(body: Uint8Array, bytesMax: number): Uint8Array {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const stream = new Inflate((chunk) => {
    chunks.push(chunk);
    length += chunk.length;
  });
  for (let start = 0; start < body.length; start += sliceBytes) {
    const last = start + sliceBytes >= body.length;
    try {
      stream.push(body.slice(start, start + sliceBytes), last);
    } catch (cause) {
      throw new FrameError('packed/inflate', 'message cannot be inflated, expected deflate data', { cause });
    }
    if (length > bytesMax) {
      const found = 'message inflates to more bytes than allowed';
      throw new FrameError('packed/inflated-too-long', `${found}, expected at most ${bytesMax}`);
    }
  }
  return concatBytes(...chunks);
}

/** Returns the message id: the first 8 bytes of the SHA-256 of a packed message. */
export function messageIdOf(packed: Uint8Array): Uint8Array {
  return sha256(packed).slice(0, 8);
}
