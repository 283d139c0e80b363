import type { ForeignKind, FrameErrorCode, Light, Progress, Sighting, View } from '@countersign/frames';

/** How far one message is, and which of its frames this picture brought. */
export interface StreamProgress extends Pick<Progress, 'messageId' | 'received' | 'needed'> {
  readonly indexes: readonly number[];
}

/** A message that is whole. */
export interface WholeMessage {
  readonly messageId: string;
  readonly message: Uint8Array;
}

/** What became of one picture. */
export interface Report {
  /** What the camera sees. */
  readonly view: View;
  /** How light and how sharp the picture is. */
  readonly light: Light;
  /** Pixels of the picture a module, of the code that has fewest; undefined without a code of known size. */
  readonly modulePixels: number | undefined;
  /** Size of the picture in pixels. */
  readonly width: number;
  readonly height: number;
  /** Where codes are, in pixels of the picture. */
  readonly corners: readonly Sighting['corners'][];
  /** Codes of ours that were read, new or not. */
  readonly codes: number;
  /** What brought something, each message once. */
  readonly progress: readonly StreamProgress[];
  /** The messages that this picture completed, each handed out once until the reader forgets. */
  readonly messages: readonly WholeMessage[];
  /** What codes of somebody else seem to be, each kind once, in the order in which they were met. */
  readonly foreign: readonly ForeignKind[];
  /** Why codes of ours were refused, each reason once. */
  readonly refused: readonly FrameErrorCode[];
}

/** Returns what is known before the first picture. */
export function emptyReport(): Report {
  return {
    view: 'no-code',
    light: { dark: 0, bright: 0, sharpness: undefined },
    modulePixels: undefined,
    width: 0,
    height: 0,
    corners: [],
    codes: 0,
    progress: [],
    messages: [],
    foreign: [],
    refused: [],
  };
}
