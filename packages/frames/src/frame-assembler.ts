import { toHex } from '@countersign/codec';
import { decodeFrame, type Frame } from './frame.ts';
import { MessageStream, type StreamStep } from './message-stream.ts';
import { unpackMessage } from './packing.ts';

/**
 * What a frame did: brought something new, brought nothing new, revealed that an earlier frame was wrong (two more
 * are then needed to find it), made the assembler start this message over, or completed it.
 */
export interface Progress {
  readonly kind: StreamStep['kind'];
  readonly messageId: string;
  /** Index of this frame, 0..65535; those below `needed` are the message itself. */
  readonly index: number;
  readonly received: number;
  readonly needed: number;
}

/** What an assembler keeps at most. */
export interface AssemblerLimits {
  /** Unfinished messages; 8 by default. The one with the fewest frames gives way to a new one. */
  readonly streamsMax: number;
  /** Bytes of unfinished messages together; 4 MiB by default. */
  readonly heldBytesMax: number;
  /** Finished messages; 4 by default. The oldest gives way. */
  readonly messagesMax: number;
}

const defaultLimits: AssemblerLimits = { streamsMax: 8, heldBytesMax: 4_194_304, messagesMax: 4 };

/** Puts messages together from frames in any order, with losses, repetitions and several messages mixed. */
export class FrameAssembler {
  readonly #limits: AssemblerLimits;
  // Both maps are in order of age, the oldest first. One message cut in two ways is two streams.
  readonly #streams = new Map<string, MessageStream>();
  readonly #messages = new Map<string, { message: Uint8Array; frames: number }>();

  constructor(limits: Partial<AssemblerLimits> = {}) {
    this.#limits = { ...defaultLimits, ...limits };
  }

  /**
   * Takes one frame, the bytes of one code. A refused frame changes nothing.
   * @throws FrameError any `frame/…` code; `packed/…` when the completed message cannot be unpacked, which is then
   * forgotten
   */
  add(bytes: Uint8Array): Progress {
    const frame = decodeFrame(bytes);
    const messageId = toHex(frame.messageId);
    const finished = this.#messages.get(messageId);
    if (finished !== undefined) {
      return {
        kind: 'complete',
        messageId,
        index: frame.index,
        received: finished.frames,
        needed: finished.frames,
      };
    }
    const key = `${messageId}/${frame.total}/${frame.payload.length}`;
    const stream = this.#touch(key, frame);
    const step = stream.add(frame);
    if (step.kind === 'complete') {
      this.#streams.delete(key);
      this.#finish(stream, step.packed);
    }
    this.#makeRoom(key);
    const { received, needed } = stream;
    return {
      kind: step.kind,
      messageId,
      index: frame.index,
      received,
      needed: step.kind === 'complete' ? received : needed,
    };
  }

  /** Returns the message with this id, or without one the message completed last; undefined if there is none. */
  message(messageId?: string): Uint8Array | undefined {
    const id = messageId ?? [...this.#messages.keys()].at(-1);
    return id === undefined ? undefined : this.#messages.get(id)?.message;
  }

  /** Returns the ids of the completed messages that are kept, oldest first. */
  completed(): readonly string[] {
    return [...this.#messages.keys()];
  }

  #touch(key: string, frame: Frame): MessageStream {
    const stream = this.#streams.get(key) ?? new MessageStream(frame);
    this.#streams.delete(key);
    this.#streams.set(key, stream);
    return stream;
  }

  #finish(stream: MessageStream, packed: Uint8Array): void {
    const message = unpackMessage(packed);
    this.#messages.set(stream.messageId, { message, frames: stream.received });
    const [oldest] = this.#messages.keys();
    if (this.#messages.size > this.#limits.messagesMax && oldest !== undefined) this.#messages.delete(oldest);
  }

  // A flood of well-formed frames with random ids must not push out the message being read: the stream with the
  // fewest frames goes first, the oldest among equals, and never the one this frame belongs to.
  #makeRoom(current: string): void {
    while (this.#streams.size > this.#limits.streamsMax || this.#heldBytes() > this.#limits.heldBytesMax) {
      const others = [...this.#streams].filter(([key]) => key !== current);
      const [first, ...rest] = others;
      if (first === undefined) return;
      const [weakest] = rest.reduce(
        (least, next) => (next[1].received < least[1].received ? next : least),
        first,
      );
      this.#streams.delete(weakest);
    }
  }

  #heldBytes(): number {
    let sum = 0;
    for (const stream of this.#streams.values()) sum += stream.heldBytes;
    return sum;
  }
}
