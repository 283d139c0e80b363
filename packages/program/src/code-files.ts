import { drawSvg, encodeGif, loopLength, type FrameSource } from '@countersign/frames';
import { drawingOf, framesIn, defaultRate, type CodeStyle } from './code-style.ts';
import { writeFileAtomically } from './file-write.ts';
import { encodePng } from './picture.ts';
import type { OptionLine, Options } from './verb.ts';

/** The files that a message is written to as codes; each undefined where it was not asked for. */
export interface CodeFiles {
  readonly png: string | undefined;
  readonly svg: string | undefined;
  readonly gif: string | undefined;
}

export const codeFileOptions: readonly OptionLine[] = [
  { flags: '--png <path>', text: 'write it as QR pictures; a number is added when one is not enough' },
  { flags: '--svg <path>', text: 'the same as SVG, for printing' },
  { flags: '--gif <path>', text: 'write it as one animated QR picture' },
];

/** Returns the files that the options name. */
export function codeFilesOf(options: Options): CodeFiles {
  return { png: options.text('png'), svg: options.text('svg'), gif: options.text('gif') };
}

/** Returns the media asked for, in words for the ledger. */
export function codeMedia(files: CodeFiles): readonly string[] {
  return (['png', 'svg', 'gif'] as const).filter((kind) => files[kind] !== undefined);
}

/** Writes the codes of a message and returns the paths that were written. */
export function writeCodes(message: Uint8Array, files: CodeFiles, style: CodeStyle): readonly string[] {
  // A message too long for codes still leaves as a file.
  if (codeMedia(files).length === 0) return [];
  const frames = framesIn(message, style.version);
  const { png, svg, gif } = files;
  const written: string[] = [];
  if (png !== undefined) {
    written.push(...writeEach(png, '.png', frames, (index) => encodePng(drawingOf(frames, index))));
  }
  if (svg !== undefined) {
    const encoder = new TextEncoder();
    written.push(
      ...writeEach(svg, '.svg', frames, (index) => encoder.encode(drawSvg(drawingOf(frames, index)))),
    );
  }
  if (gif !== undefined) {
    const drawings = Array.from({ length: loopLength(frames.minimumFrames) }, (_, index) =>
      drawingOf(frames, index),
    );
    writeFileAtomically(gif, encodeGif(drawings, { rate: style.rate ?? defaultRate }), { overwrite: true });
    written.push(gif);
  }
  return written;
}

/** Writes one picture, or as many numbered ones as the message needs and a few more against loss. */
function writeEach(
  path: string,
  suffix: string,
  frames: FrameSource,
  draw: (index: number) => Uint8Array,
): readonly string[] {
  const count = frames.minimumFrames;
  const spare = count === 1 ? 0 : Math.ceil(count / 5);
  const stem = path.toLowerCase().endsWith(suffix) ? path.slice(0, -suffix.length) : path;
  return Array.from({ length: count + spare }, (_, index) => {
    const name = count === 1 ? path : `${stem}-${String(index + 1).padStart(3, '0')}${suffix}`;
    writeFileAtomically(name, draw(index), { overwrite: true });
    return name;
  });
}
