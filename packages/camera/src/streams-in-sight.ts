import type { Report, StreamProgress } from './report.ts';

/** How far one message is that a camera has seen codes of. */
export interface StreamInSight {
  readonly messageId: string;
  readonly received: number;
  readonly needed: number;
  /** Which of the first `needed` frames were seen, of the cut that is shown now. */
  readonly seen: ReadonlySet<number>;
  /** Whether a code of it was seen in the last three seconds. */
  readonly isInSight: boolean;
  /** The message once it is whole. */
  readonly message: Uint8Array | undefined;
}

interface Stream extends Omit<StreamInSight, 'isInSight' | 'seen'> {
  readonly seen: Set<number>;
  readonly atMs: number;
}

/** How long a message stays in sight without a code of it, milliseconds. */
const inSightMs = 3000;
/** Messages that are kept, whole or not: ids cost a forger nothing. */
const streamsMax = 16;
/** Whole ones that are kept; each may be 8 MiB. */
const wholeMax = 4;

/** The messages whose codes come before one camera, each on its own: codes of two screens never make one progress. */
export class StreamsInSight {
  readonly #streams = new Map<string, Stream>();

  /** Takes what became of a picture at a moment of a clock that never goes back; returns the messages, the oldest first. */
  note({ progress, messages }: Report, atMs: number): readonly StreamInSight[] {
    for (const step of progress) this.#step(step, atMs);
    for (const { messageId, message } of messages) {
      const stream = this.#streams.get(messageId);
      if (stream !== undefined) this.#streams.set(messageId, { ...stream, message });
    }
    this.#makeRoom();
    return [...this.#streams.values()].map(({ atMs: lastMs, ...stream }) => ({
      ...stream,
      isInSight: atMs - lastMs <= inSightMs,
    }));
  }

  #step({ messageId, received, needed, indexes }: StreamProgress, atMs: number): void {
    const before = this.#streams.get(messageId);
    // Once whole it stays so, however its codes are cut now.
    if (before?.message !== undefined) {
      this.#streams.set(messageId, { ...before, atMs });
      return;
    }
    // Another cut counts other frames.
    const seen = before?.needed === needed ? before.seen : new Set<number>();
    for (const index of indexes) if (index < needed) seen.add(index);
    this.#streams.set(messageId, { messageId, received, needed, seen, message: undefined, atMs });
  }

  /** What has brought the least goes first, the longest unseen among equals: a flood of ids pushes out no other message. */
  #makeRoom(): void {
    const whole = [...this.#streams.values()]
      .filter(({ message }) => message !== undefined)
      .toSorted((one, other) => one.atMs - other.atMs);
    for (const { messageId } of whole.slice(0, Math.max(0, whole.length - wholeMax)))
      this.#streams.delete(messageId);
    const weakest = [...this.#streams.values()].toSorted((one, other) =>
      one.received === other.received ? one.atMs - other.atMs : one.received - other.received,
    );
    for (const { messageId } of weakest.slice(0, Math.max(0, weakest.length - streamsMax)))
      this.#streams.delete(messageId);
  }
}

/** Returns the messages that a person may mean: in sight, whole already, or begun by more than one code. */
export function meantStreams(streams: readonly StreamInSight[]): readonly StreamInSight[] {
  return streams.filter(
    ({ isInSight, message, received }) => isInSight || message !== undefined || received > 1,
  );
}

/**
 * Returns the one message that may be opened without asking: whole, and no other is in sight, whole or begun. Undefined while there is none,
 * and where a person has to say which one is meant.
 */
export function onlyWhole(streams: readonly StreamInSight[]): Uint8Array | undefined {
  const meant = meantStreams(streams);
  return meant.length === 1 ? meant[0]?.message : undefined;
}
