import { frameBytesAt, frameOverheadBytes, openZxingReader, plainReader } from '@countersign/frames';
import { zxingWasm } from '../../packages/frames/test/wasm.ts';
import { seeded } from './channels.ts';
import { good, hard, single, type Conditions } from './camera-model.ts';
import { film } from './film.ts';

/** How a camera reads one code that stands still. */
export interface Standing {
  readonly version: number;
  readonly conditions: string;
  readonly decoder: string;
  /** The share of the pictures in which the code was read, 0 to 1. */
  readonly share: number;
}

/** The QR versions that are tried. */
export const standingVersions: readonly number[] = [25, 30, 35, 40];
const seconds = 2 / 3;

/** Yields how often a code of each version is read under each of the conditions, by each of our readers. */
export async function* measureStanding(): AsyncGenerator<Standing, void, void> {
  const readers = [await openZxingReader(zxingWasm()), plainReader];
  for (const conditions of [good, ...single, hard]) {
    for (const version of standingVersions) {
      const pictures = [...film(sceneOf(version, conditions), seconds)];
      for (const reader of readers) {
        const read = pictures.filter((picture) =>
          reader.read(picture, 'moving').some(({ content }) => content !== undefined),
        );
        const share = read.length / pictures.length;
        yield { version, conditions: conditions.name, decoder: reader.name, share };
      }
    }
  }
}

/** A message that fills one code of this version: its method takes a byte. */
function sceneOf(version: number, conditions: Conditions): Parameters<typeof film>[0] {
  const random = seeded(version);
  const length = frameBytesAt(version) - frameOverheadBytes - 1;
  const message = Uint8Array.from({ length }, () => Math.floor(256 * random()));
  return { message, screen: { version, rate: 10, codes: 1 }, conditions, seed: 5 };
}
