import { drawFrame, encodeFrames, frameBytesAt, type Drawing, type FrameSource } from '@countersign/frames';
import { ProgramError } from './program-error.ts';
import type { OptionLine, Options } from './verb.ts';

/** How a message is shown as codes. */
export interface CodeStyle {
  /** The largest QR version, 5 to 40; undefined where none was chosen. */
  readonly version: number | undefined;
  /** Codes a second, 0.5 to 30; undefined where none was chosen. */
  readonly rate: number | undefined;
  /** Whether the terminal is dark on light; only where it shows no colours. */
  readonly light: boolean;
}

/** The options of every command that shows codes. */
export const codeStyleOptions: readonly OptionLine[] = [
  {
    flags: '--density <version>',
    text: 'largest QR version, 5 to 40 (default: one code where one holds it all, else 25; on a terminal what fits its window)',
  },
  { flags: '--fps <count>', text: 'codes a second, 0.5 to 30 (default: 15)' },
  { flags: '--light', text: 'the terminal is dark on light and has no colours' },
];

/** Codes a second where none was chosen, by measurement (bench/README.md). */
export const defaultRate = 15;

/** @throws ProgramError usage/arguments */
export function codeStyleOf(options: Options): CodeStyle {
  return {
    version: numberIn(options.text('density'), '--density', 'QR version', 5, 40, true),
    rate: numberIn(options.text('fps'), '--fps', 'rate', 0.5, 30, false),
    light: options.flag('light'),
  };
}

function numberIn(
  text: string | undefined,
  flag: string,
  what: string,
  least: number,
  most: number,
  whole: boolean,
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (value >= least && value <= most && (!whole || Number.isInteger(value))) return value;
  throw new ProgramError(
    'usage/arguments',
    `${flag} ${JSON.stringify(text)} is no ${what} from ${least} to ${most}`,
  );
}

/** Returns the frames of a message in codes of at most this version; by default in one code where one holds it all. */
export function framesIn(message: Uint8Array, version?: number): FrameSource {
  return encodeFrames(message, version === undefined ? {} : { frameBytesMax: frameBytesAt(version) });
}

/** Returns the code of one frame. */
export function drawingOf(frames: FrameSource, index: number): Drawing {
  return drawFrame(frames.frame(index));
}
