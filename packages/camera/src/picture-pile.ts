import { FrameError, foreignNames, type ForeignKind, type FrameErrorCode } from '@countersign/frames';
import { CameraError } from './camera-error.ts';
import type { Report, WholeMessage } from './report.ts';

/** What was passed over in pictures that a person chose, because something else was whole. */
export type PassedOver =
  | { readonly kind: 'foreign'; readonly name: string; readonly is: ForeignKind }
  | { readonly kind: 'refused'; readonly name: string; readonly code: FrameErrorCode }
  | { readonly kind: 'incomplete'; readonly received: number; readonly needed: number };

/** What the codes of several pictures make together: ours is taken, and the rest is told. */
export class PicturePile {
  readonly #whole: WholeMessage[] = [];
  readonly #missing = new Map<string, PassedOver>();
  readonly #beside: PassedOver[] = [];

  /**
   * Takes what became of one picture.
   * @throws CameraError picture/without-code; FrameError when not one code in it is ours: what the last one is or lacks
   */
  add(name: string, { codes, messages, progress, foreign, refused }: Report): void {
    if (codes === 0) throw nothingOfOurs(foreign, refused);
    if (foreign !== undefined) this.#beside.push({ kind: 'foreign', name, is: foreign });
    if (refused !== undefined) this.#beside.push({ kind: 'refused', name, code: refused });
    this.#whole.push(...messages);
    for (const { messageId, received, needed } of progress) {
      if (received < needed) this.#missing.set(messageId, { kind: 'incomplete', received, needed });
      else this.#missing.delete(messageId);
    }
  }

  whole(): readonly WholeMessage[] {
    return this.#whole;
  }

  /** The messages of which codes are missing, and what stood beside codes of ours. */
  rest(): readonly PassedOver[] {
    return [...this.#missing.values(), ...this.#beside];
  }
}

function nothingOfOurs(foreign: ForeignKind | undefined, refused: FrameErrorCode | undefined): Error {
  if (refused !== undefined) return new FrameError(refused, 'a code in this picture');
  if (foreign === undefined)
    return new CameraError('picture/without-code', 'no QR code can be read in this picture');
  const message = `the code in this picture holds ${foreignNames[foreign]}, expected a countersign frame`;
  return new FrameError('frame/foreign', message, { foreign });
}
