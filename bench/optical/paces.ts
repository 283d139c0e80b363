import {
  drawTerminal,
  FrameAssembler,
  FrameError,
  openZxingReader,
  quietZoneDefault,
  type CodeReader,
  type Drawing,
} from '@countersign/frames';
import { zxingWasm } from '../../packages/frames/test/wasm.ts';
import { seeded } from './channels.ts';
import { camera, good, hard, type Conditions } from './camera-model.ts';
import { film, type Scene } from './film.ts';

/** What shows codes, one after another: a picture, or characters of a terminal. */
export interface Medium {
  readonly name: string;
  readonly draw: (drawing: Drawing) => Drawing;
  readonly versions: readonly number[];
}

/** How long one code at a time takes to bring a message across at one pace. */
export interface Paced {
  readonly medium: string;
  readonly conditions: string;
  readonly version: number;
  readonly rate: number;
  /** From the first picture to the whole message, the mean of the rounds; undefined when one was not whole. */
  readonly seconds: number | undefined;
}

/** Codes a second that are tried. A GIF holds 20, 10 and 5 exactly, and 14.3 for 15 (it counts hundredths of a second). */
export const paceRates: readonly number[] = [5, 10, 15, 20, 30];
export const paceBytes = 5_000;
const secondsMax = 15;
const rounds = 2;

const media: readonly Medium[] = [
  { name: 'picture', draw: (drawing) => drawing, versions: [15, 25, 40] },
  { name: 'terminal', draw: terminal({ width: 8, height: 16, seam: 0 }), versions: [10, 25] },
  // Cells not twice as high as wide, and the dark of the window between the lines.
  { name: 'terminal, seams', draw: terminal({ width: 8, height: 17, seam: 1 }), versions: [10, 25] },
];

/** Yields each medium, conditions, version and rate. The reader keeps up with the camera: what is measured is the screen. */
export async function* measurePaces(): AsyncGenerator<Paced, void, void> {
  const reader = await openZxingReader(zxingWasm());
  for (const medium of media) {
    for (const conditions of [good, hard]) {
      for (const version of medium.versions) {
        for (const rate of paceRates) {
          const times = Array.from({ length: rounds }, (_, round) =>
            secondsUntilWhole(reader, sceneOf(medium, conditions, version, rate, round)),
          );
          const whole = times.filter((time) => time !== undefined);
          const seconds =
            whole.length < rounds ? undefined : whole.reduce((all, time) => all + time, 0) / rounds;
          yield { medium: medium.name, conditions: conditions.name, version, rate, seconds };
        }
      }
    }
  }
}

function sceneOf(
  { draw }: Medium,
  conditions: Conditions,
  version: number,
  rate: number,
  round: number,
): Scene {
  const random = seeded(1 + round);
  const message = Uint8Array.from({ length: paceBytes }, () => Math.floor(256 * random()));
  return { message, screen: { version, rate, codes: 1 }, conditions, seed: 17 + round, draw };
}

function secondsUntilWhole(reader: CodeReader, scene: Scene): number | undefined {
  const assembler = new FrameAssembler();
  let pictures = 0;
  for (const picture of film(scene, secondsMax)) {
    pictures += 1;
    for (const { content } of reader.read(picture, 'moving')) {
      if (content !== undefined && isWhole(assembler, content)) return pictures / camera.rate;
    }
  }
  return undefined;
}

function isWhole(assembler: FrameAssembler, content: Uint8Array): boolean {
  try {
    return assembler.add(content).kind === 'complete';
  } catch (thrown) {
    // A code that was misread is what the assembler is there to refuse.
    if (thrown instanceof FrameError) return false;
    throw thrown;
  }
}

/** A terminal's character cell in pixels; `seam` rows of it show the dark of the window. */
interface Cell {
  readonly width: number;
  readonly height: number;
  readonly seam: number;
}

/** Returns how a terminal draws a code with its half blocks, dark on light, as a picture whose pixels are its modules. */
function terminal({ width, height, seam }: Cell): (drawing: Drawing) => Drawing {
  return (drawing) => {
    const lines = drawTerminal(drawing, { invert: true, quietZone: quietZoneDefault });
    const size = Math.max((lines[0] ?? '').length * width, lines.length * height);
    const modules = new Uint8Array(size * size);
    const half = (height - seam) / 2;
    for (let y = 0; y < size; y += 1) {
      const line = lines[Math.floor(y / height)] ?? '';
      const row = y % height;
      for (let x = 0; x < size; x += 1) {
        const block = line[Math.floor(x / width)] ?? ' ';
        const isInk = block === '█' || block === (row < half ? '▀' : '▄');
        modules[y * size + x] = isInk || (line !== '' && row >= height - seam) ? 1 : 0;
      }
    }
    return { size, modules };
  };
}
