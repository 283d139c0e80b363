import {
  FrameAssembler,
  FrameError,
  judgeView,
  lightOf,
  modulePixels,
  openZxingReader,
  plainReader,
  type CodeReader,
  type Effort,
  type GreyPicture,
} from '@countersign/frames';
import { emptyReport, type Report, type StreamProgress } from './report.ts';

/** Ids of finished messages that are remembered, as many as whole messages are kept: one that was pushed out by others may come again. */
const handedOutMax = 4;

/** Reads pictures and puts together the messages of their codes. */
export class Reading {
  #assembler = new FrameAssembler();
  // Ids of messages that were handed out, the one seen last at the end: a code of one comes again and again.
  #handedOut: readonly string[] = [];
  readonly #reader: CodeReader;

  constructor(reader: CodeReader) {
    this.#reader = reader;
  }

  /** Opens the reader with this WebAssembly, and the plain one without or where it is refused. */
  static async open(wasm: Uint8Array | undefined): Promise<Reading> {
    if (wasm === undefined) return new Reading(plainReader);
    try {
      return new Reading(await openZxingReader(wasm));
    } catch (thrown) {
      if (thrown instanceof FrameError && thrown.code === 'reader/refused') return new Reading(plainReader);
      throw thrown;
    }
  }

  get name(): CodeReader['name'] {
    return this.#reader.name;
  }

  /** @throws FrameError picture/size, reader/failed */
  take(picture: GreyPicture, effort: Effort): Report {
    const sightings = this.#reader.read(picture, effort);
    const light = lightOf(picture);
    const sizes = sightings.flatMap((sighting) => modulePixels(sighting) ?? []);
    const report: Report = {
      ...emptyReport(),
      view: judgeView(light, sightings),
      light,
      modulePixels: sizes.length === 0 ? undefined : Math.min(...sizes),
      width: picture.width,
      height: picture.height,
      corners: sightings.map(({ corners }) => corners),
    };
    return sightings.reduce(
      (before, { content }) => (content === undefined ? before : this.#takeCode(before, content)),
      report,
    );
  }

  forget(): void {
    this.#assembler = new FrameAssembler();
    this.#handedOut = [];
  }

  /** Returns a message the first time that it is whole. */
  #handOut(messageId: string): Uint8Array | undefined {
    const isKnown = this.#handedOut.includes(messageId);
    const others = this.#handedOut.filter((id) => id !== messageId);
    this.#handedOut = [...others, messageId].slice(-handedOutMax);
    return isKnown ? undefined : this.#assembler.message(messageId);
  }

  #takeCode(report: Report, content: Uint8Array): Report {
    try {
      const { kind, messageId, index, received, needed } = this.#assembler.add(content);
      const message = kind === 'complete' ? this.#handOut(messageId) : undefined;
      return {
        ...report,
        codes: report.codes + 1,
        progress: withProgress(report.progress, { messageId, received, needed, indexes: [index] }),
        messages: message === undefined ? report.messages : [...report.messages, { messageId, message }],
      };
    } catch (thrown) {
      // A wrong reading or a code of somebody else: the next picture may be better.
      if (!(thrown instanceof FrameError)) throw thrown;
      if (thrown.foreign !== undefined)
        return { ...report, foreign: joined(report.foreign, [thrown.foreign]) };
      return { ...report, refused: joined(report.refused, [thrown.code]) };
    }
  }
}

function withProgress(before: readonly StreamProgress[], next: StreamProgress): readonly StreamProgress[] {
  const known = before.find(({ messageId }) => messageId === next.messageId);
  const indexes = [...(known?.indexes ?? []), ...next.indexes];
  return [...before.filter((one) => one !== known), { ...next, indexes }];
}

function joined<T>(before: readonly T[], more: readonly T[]): readonly T[] {
  return [...new Set([...before, ...more])];
}

/** Returns one report of the frames of an animation. */
export function merged(reports: readonly Report[]): Report {
  return reports.reduce(
    (all, one) => ({
      ...one,
      view: all.view === 'read' ? 'read' : one.view,
      codes: all.codes + one.codes,
      progress: one.progress.reduce(withProgress, all.progress),
      messages: [...all.messages, ...one.messages],
      foreign: joined(all.foreign, one.foreign),
      refused: joined(all.refused, one.refused),
    }),
    emptyReport(),
  );
}
