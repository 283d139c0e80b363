import { equalBytes } from '@countersign/codec';
import { encodeFrames, FrameAssembler } from '@countersign/frames';
import { seeded } from './channels.ts';

/** What it takes to put 200 KB together. */
export interface Decoding {
  readonly frames: string;
  /** Processor time of all frames together, in milliseconds; the least of the rounds. */
  readonly cpuMs: number;
  /** The most that was held, as a multiple of the message. */
  readonly memory: number;
}

const bytes = 200_000;
const rounds = 7;

/** Returns the cost of the frames of the message itself, and of none of them: the dearest case. */
export function measureDecoding(): readonly Decoding[] {
  const random = seeded(7);
  const message = Uint8Array.from({ length: bytes }, () => Math.floor(256 * random()));
  return [
    { frames: 'the first K', start: 0 },
    { frames: 'a third of the first K lost', start: 54 },
    { frames: 'none of the first K', start: 500 },
  ].map(({ frames, start }) => {
    const source = encodeFrames(message);
    const shown = Array.from({ length: source.minimumFrames }, (_, step) => source.frame(start + step));
    const costs = Array.from({ length: rounds }, () => decodeOnce(shown, message));
    return {
      frames,
      cpuMs: Math.min(...costs.map(({ cpuMs }) => cpuMs)),
      memory: Math.max(...costs.map(({ held }) => held)) / bytes,
    };
  });
}

function decodeOnce(
  frames: readonly Uint8Array[],
  message: Uint8Array,
): { readonly cpuMs: number; readonly held: number } {
  globalThis.gc?.();
  const before = process.memoryUsage().arrayBuffers;
  const start = process.cpuUsage();
  const assembler = new FrameAssembler();
  let held = 0;
  for (const frame of frames) {
    assembler.add(frame);
    held = Math.max(held, process.memoryUsage().arrayBuffers - before);
  }
  const { user, system } = process.cpuUsage(start);
  if (!equalBytes(assembler.message() ?? new Uint8Array(), message)) throw new Error('came out wrong');
  return { cpuMs: (user + system) / 1000, held };
}
