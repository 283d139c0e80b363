import {
  drawTerminal,
  movingVersion,
  qrVersionFor,
  quietZoneDefault,
  standingVersion,
  type FrameSource,
} from '@countersign/frames';
import { defaultRate, drawingOf, framesIn, type CodeStyle } from './code-style.ts';
import { coloursWanted } from './palette.ts';
import { ProgramError } from './program-error.ts';
import type { ProgramRun } from './run-program.ts';

// Smaller codes hold so little that a request takes minutes.
const versionMin = 5;
const versionMax = 40;
const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';
const clearScreen = '\u001b[2J';
const toTop = '\u001b[H';
const interruptGraceMs = 3000;
// Black on white whatever the theme is.
const paper = ['\u001b[30;107m', '\u001b[0m'] as const;

/** @throws ProgramError usage/arguments when codes would go into a file or a document, where they end never */
export function requireTerminal({ surroundings, output }: ProgramRun): void {
  if (surroundings.stdout.isTTY === true && !output.json) return;
  throw new ProgramError('usage/arguments', '--qr draws on a terminal, and standard output is none', {
    hint: 'use --file PATH or --png PATH',
  });
}

/**
 * Shows a message on the terminal: one code stands still, several follow each other until the person interrupts.
 * Returns the codes it takes at least.
 */
export async function showCodes(run: ProgramRun, message: Uint8Array, style: CodeStyle): Promise<number> {
  const frames = style.version === undefined ? fittingFrames(run, message) : framesIn(message, style.version);
  const lines = (index: number): readonly string[] => linesOf(run, frames, index, style);
  warnOfSize(run, frames);
  if (frames.minimumFrames === 1) {
    run.output.drawing(`${lines(0).join('\n')}\n`);
    return 1;
  }
  requireTerminal(run);
  run.output.note(`${frames.minimumFrames} codes, over and over; Ctrl-C when the other side has them all`);
  // An interrupt is how this ends; the cursor has to come back.
  run.holdInterrupt(interruptGraceMs);
  run.output.drawing(`${hideCursor}${clearScreen}`);
  const intervalMs = 1000 / (style.rate ?? defaultRate);
  try {
    for (let index = 0, due = performance.now(); !run.signal.aborted; index += 1) {
      run.output.drawing(`${toTop}${lines(index).join('\n')}\n`);
      due += intervalMs;
      await new Promise((resolve) => setTimeout(resolve, Math.max(1, due - performance.now())));
    }
  } finally {
    run.output.drawing(showCursor);
  }
  return frames.minimumFrames;
}

function linesOf(
  { surroundings: { environment, stdout } }: ProgramRun,
  frames: FrameSource,
  index: number,
  style: CodeStyle,
): readonly string[] {
  const coloured = coloursWanted(environment, stdout.isTTY === true);
  const lines = drawTerminal(drawingOf(frames, index), { invert: coloured || style.light });
  return coloured ? lines.map((line) => `${paper[0]}${line}${paper[1]}`) : lines;
}

/** Returns one code where one that fits the window holds it all, else codes that fit it. */
function fittingFrames(run: ProgramRun, message: Uint8Array): FrameSource {
  const version = fittingVersion(run);
  const standing = framesIn(message, Math.min(version, standingVersion));
  return standing.minimumFrames === 1 ? standing : framesIn(message, Math.min(version, movingVersion));
}

/** Returns the largest version whose code fits the window. */
function fittingVersion({ surroundings: { stdout } }: ProgramRun): number {
  const window: { readonly columns?: number; readonly rows?: number } = stdout;
  const { columns = Infinity, rows = Infinity } = window;
  const modules = Math.min(columns, 2 * (rows - 1)) - 2 * quietZoneDefault;
  return Math.max(versionMin, Math.min(versionMax, Math.floor((modules - 17) / 4)));
}

/** A code that is wrapped or runs off the window cannot be read, and looks like one that can. */
function warnOfSize({ output, surroundings: { stdout } }: ProgramRun, frames: FrameSource): void {
  const window: { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number } = stdout;
  const side = 17 + 4 * qrVersionFor(frames.frameBytes) + 2 * quietZoneDefault;
  const [width, height] = [side, Math.ceil(side / 2)];
  const fits = width <= (window.columns ?? width) && height <= (window.rows ?? height);
  if (window.isTTY !== true || fits) return;
  output.note(
    `the code takes ${width} columns and ${height} lines, more than this window has: make it larger, or use --png PATH`,
  );
}
