import { readFileSync } from 'node:fs';

/** One message and some of its frames, in hex. */
export interface FrameVector {
  readonly name: string;
  readonly message: string;
  readonly frame_bytes_max: number;
  readonly message_id: string;
  readonly minimum_frames: number;
  readonly frames: readonly { readonly index: number; readonly frame: string }[];
}

/** One frame that is refused and the code it is refused with. */
export interface RefusedVector {
  readonly name: string;
  readonly code: string;
  readonly flags: readonly string[];
  readonly frame: string;
}

function readVectors(file: string): unknown {
  const url = new URL(`../../../test/vectors/frames/${file}`, import.meta.url);
  const { count, vectors } = JSON.parse(readFileSync(url, 'utf8')) as { count: number; vectors: unknown[] };
  if (vectors.length !== count) throw new Error(`${file} holds ${vectors.length} vectors, expected ${count}`);
  return vectors;
}

export const frameVectors: readonly FrameVector[] = readVectors('frames.json') as FrameVector[];
export const refusedVectors: readonly RefusedVector[] = readVectors('refused.json') as RefusedVector[];
