import { FrameError, foreignNames, type ForeignKind, type FrameErrorCode } from '@countersign/frames';
import { CameraError } from './camera-error.ts';
import type { Report, WholeMessage } from './report.ts';

/** What was passed over in pictures that a person chose, because something else was whole. */
export type PassedOver =
  | { readonly kind: 'foreign'; readonly name: string; readonly is: ForeignKind }
  | { readonly kind: 'refused'; readonly name: string; readonly code: FrameErrorCode }
  | {
      readonly kind: 'incomplete';
      /** The pictures that hold codes of the message. */
      readonly names: readonly string[];
      readonly received: number;
      readonly needed: number;
    };

/** What the codes of several pictures make together: ours is taken, and the rest is told. */
export class PicturePile {
  readonly #whole: WholeMessage[] = [];
  readonly #missing = new Map<string, { readonly received: number; readonly needed: number }>();
  readonly #names = new Map<string, readonly string[]>();
  readonly #beside: PassedOver[] = [];

  /**
   * Takes what became of one picture.
   * @throws CameraError picture/without-code; FrameError when not one code in it is ours: what they are or lack
   */
  add(name: string, { codes, messages, progress, foreign, refused }: Report): void {
    if (codes === 0) throw nothingOfOurs(foreign, refused);
    for (const is of foreign) this.#beside.push({ kind: 'foreign', name, is });
    for (const code of refused) this.#beside.push({ kind: 'refused', name, code });
    this.#whole.push(...messages);
    for (const { messageId, received, needed } of progress) {
      this.#names.set(messageId, [...this.namesOf(messageId), name]);
      if (received < needed) this.#missing.set(messageId, { received, needed });
      else this.#missing.delete(messageId);
    }
  }

  whole(): readonly WholeMessage[] {
    return this.#whole;
  }

  /** The pictures that hold codes of a message, in the order in which they were taken. */
  namesOf(messageId: string): readonly string[] {
    return this.#names.get(messageId) ?? [];
  }

  /** The messages of which codes are missing, and what stood beside codes of ours. */
  rest(): readonly PassedOver[] {
    const missing = [...this.#missing].map(([messageId, counts]): PassedOver => ({
      kind: 'incomplete',
      names: this.namesOf(messageId),
      ...counts,
    }));
    return [...missing, ...this.#beside];
  }
}

function nothingOfOurs(foreign: readonly ForeignKind[], refused: readonly FrameErrorCode[]): Error {
  const held = foreign.map((kind) => foreignNames[kind]).join(', ');
  const [code] = refused;
  if (code !== undefined) {
    const codes =
      refused.length === 1 ? 'a code in this picture' : `codes in this picture (${refused.join(', ')})`;
    return new FrameError(code, held === '' ? codes : `${codes}, beside ${held}`);
  }
  const [first, ...more] = foreign;
  if (first === undefined)
    return new CameraError('picture/without-code', 'no QR code can be read in this picture');
  const subject = more.length === 0 ? 'the code in this picture holds' : 'the codes in this picture hold';
  return new FrameError('frame/foreign', `${subject} ${held}, expected a countersign frame`, {
    foreign: first,
  });
}
