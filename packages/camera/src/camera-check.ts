import type { ForeignKind } from '@countersign/frames';
import type { Report } from './report.ts';
import { StreamsInSight } from './streams-in-sight.ts';

const testBytes = 3000;
const seed = 0x434f4445;
/** Over how long the pictures are counted, milliseconds. */
const rateWindowMs = 2000;

/** What a camera was found to be worth, from its pictures so far. */
export interface CameraFindings {
  readonly outcome: CameraOutcome;
  /** Pictures that were looked at a second, lately. */
  readonly rate: number;
  /** What became of the last picture. */
  readonly report: Report;
}

/**
 * Whether a message comes across: not a code yet, somebody else's code, some codes, or all of them. What came whole once
 * stays so; `seconds` counts from the first code to the last.
 */
export type CameraOutcome =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'foreign'; readonly is: ForeignKind }
  | {
      readonly kind: 'partly';
      readonly received: number;
      readonly needed: number;
      /** Other messages that are in sight besides the one that is furthest. */
      readonly others: number;
    }
  | { readonly kind: 'whole'; readonly isTest: boolean; readonly seconds: number };

/**
 * Returns the message of the test codes: as large as an ordinary request, and no shorter when deflated. The same on every
 * machine, so that one can show it and another know it.
 */
export function testMessage(): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length: testBytes }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 0xff;
  });
}

/** Finds out from the pictures of one camera whether it would bring a request across. */
export class CameraCheck {
  readonly #test = testMessage();
  readonly #streams = new StreamsInSight();
  #outcome: CameraOutcome = { kind: 'nothing' };
  #firstCodeAtMs: number | undefined;
  #times: readonly number[] = [];

  /** Takes what became of a picture at a moment of a clock that never goes back, in milliseconds. */
  note(report: Report, atMs: number): CameraFindings {
    this.#times = [...this.#times.filter((time) => time > atMs - rateWindowMs), atMs];
    if (report.codes > 0) this.#firstCodeAtMs ??= atMs;
    if (this.#outcome.kind !== 'whole') this.#outcome = this.#next(report, atMs);
    return { outcome: this.#outcome, rate: this.#rate(atMs), report };
  }

  #next(report: Report, atMs: number): CameraOutcome {
    const streams = this.#streams.note(report, atMs);
    const whole = report.messages.map(({ message }) => this.#isTest(message));
    if (whole.length > 0) {
      const seconds = (atMs - (this.#firstCodeAtMs ?? atMs)) / 1000;
      return { kind: 'whole', isTest: whole.includes(true), seconds };
    }
    const [furthest] = streams.toSorted((one, other) => other.received - one.received);
    if (furthest !== undefined) {
      const { messageId, received, needed } = furthest;
      const others = streams.filter((one) => one.isInSight && one.messageId !== messageId).length;
      return { kind: 'partly', received, needed, others };
    }
    const is = report.foreign.at(-1);
    return is === undefined ? { kind: 'nothing' } : { kind: 'foreign', is };
  }

  #isTest(message: Uint8Array): boolean {
    return message.length === testBytes && message.every((byte, at) => byte === this.#test[at]);
  }

  /** Gaps between pictures, not pictures: the first one says nothing yet. */
  #rate(atMs: number): number {
    const [first = atMs] = this.#times;
    return first === atMs ? 0 : ((this.#times.length - 1) * 1000) / (atMs - first);
  }
}
