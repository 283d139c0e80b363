import { checkQuietZone, isDark, quietZoneDefault, type Drawing } from './drawing.ts';

/** How a code is drawn in a terminal. */
export interface TerminalOptions {
  /** False (the default) where characters are light on dark, true where they are dark on light. */
  readonly invert?: boolean;
  /** Light modules on each side; 4 by default. */
  readonly quietZone?: number;
}

/**
 * Returns the code as lines of half-block characters, two rows of modules a line, the quiet zone included.
 * A character's ink is the light module in a dark terminal and, with `invert`, the dark module in a light one.
 * @throws FrameError options/quiet-zone
 */
export function drawTerminal(drawing: Drawing, options: TerminalOptions = {}): readonly string[] {
  const quietZone = checkQuietZone(options.quietZone ?? quietZoneDefault);
  const ink = options.invert ?? false;
  const end = drawing.size + quietZone;
  const lines: string[] = [];
  for (let y = -quietZone; y < end; y += 2) {
    let line = '';
    for (let x = -quietZone; x < end; x++) {
      const upper = isDark(drawing, x, y) === ink;
      // A code has an odd number of rows: the half line below the last one belongs to the quiet zone.
      const lower = isDark(drawing, x, y + 1) === ink;
      line += upper ? (lower ? '█' : '▀') : lower ? '▄' : ' ';
    }
    lines.push(line);
  }
  return lines;
}
