import { drawFrame, drawTerminal, encodeFrames, type FrameSource } from '@countersign/frames';
import {
  encodePng,
  ProgramError,
  writeFileAtomically,
  type Options,
  type ProgramRun,
} from '@countersign/program';

/** How something leaves this machine. */
export interface Media {
  readonly file: string | undefined;
  readonly png: string | undefined;
  readonly qr: boolean;
}

/** What left. */
export interface Delivery {
  readonly files: readonly string[];
  /** QR codes that the message takes at least; 0 when none was made. */
  readonly codes: number;
}

const codeIntervalMs = 250;

/** Returns the media that the options name; with none, the file `fallback`. */
export function mediaOf(options: Options, fallback: string): Media {
  const file = options.text('out');
  const png = options.text('png');
  const qr = options.flag('qr');
  return { file: file ?? (png === undefined && !qr ? fallback : undefined), png, qr };
}

/** Writes `bytes` by every medium asked for. Codes on the terminal come last: they stay until the person interrupts. */
export async function deliver(
  run: ProgramRun,
  bytes: Uint8Array,
  { file, png, qr }: Media,
): Promise<Delivery> {
  const files: string[] = [];
  if (file !== undefined) {
    writeFileAtomically(file, bytes, { overwrite: true });
    files.push(file);
  }
  const frames = png === undefined && !qr ? undefined : encodeFrames(bytes);
  if (png !== undefined && frames !== undefined) files.push(...writePictures(png, frames));
  for (const one of files) run.output.line(`wrote      ${one}`);
  if (qr && frames !== undefined) await showCodes(run, frames);
  return { files, codes: frames?.minimumFrames ?? 0 };
}

/** Writes one picture, or as many numbered ones as the message needs and a few more against loss. */
function writePictures(path: string, frames: FrameSource): readonly string[] {
  const count = frames.minimumFrames;
  const spare = count === 1 ? 0 : Math.ceil(count / 5);
  return Array.from({ length: count + spare }, (_, index) => {
    const name =
      count === 1 ? path : path.replace(/(\.png)?$/i, `-${String(index + 1).padStart(3, '0')}.png`);
    writeFileAtomically(name, encodePng(drawFrame(frames.frame(index), {})), { overwrite: true });
    return name;
  });
}

async function showCodes(run: ProgramRun, frames: FrameSource): Promise<void> {
  const draw = (index: number): string => `${drawTerminal(drawFrame(frames.frame(index), {})).join('\n')}\n`;
  warnOfSize(run, draw(0).split('\n'));
  if (frames.minimumFrames === 1) {
    run.output.drawing(draw(0));
    return;
  }
  if (run.surroundings.stdout.isTTY !== true) {
    throw new ProgramError(
      'usage/arguments',
      `the response takes ${frames.minimumFrames} codes, which follow each other on a terminal only`,
      { hint: 'use --out PATH or --png PATH' },
    );
  }
  run.output.note(`${frames.minimumFrames} codes, over and over; Ctrl-C when the other side has them all`);
  for (let index = 0; !run.signal.aborted; index += 1) {
    run.output.drawing(`\u001b[H\u001b[2J${draw(index)}`);
    await new Promise((resolve) => setTimeout(resolve, codeIntervalMs));
  }
}

/** A code that is wrapped or runs off the window cannot be read, and looks like one that can. */
function warnOfSize({ output, surroundings }: ProgramRun, lines: readonly string[]): void {
  const window: { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number } =
    surroundings.stdout;
  const [width, height] = [lines[0]?.length ?? 0, lines.length];
  const fits = width <= (window.columns ?? width) && height <= (window.rows ?? height);
  if (window.isTTY !== true || fits) return;
  output.note(
    `the code takes ${width} columns and ${height} lines, more than this window has: make it larger, or use --png PATH`,
  );
}
