import { openZxingReader, plainReader, type CodeReader, type GreyPicture } from '@countersign/frames';
import jsqr from 'jsqr';
import { zxingWasm } from '../../packages/frames/test/wasm.ts';
import { seeded } from './channels.ts';
import { good, hard, single, type Conditions } from './camera-model.ts';
import { film, type Screen } from './film.ts';

/** What a decoder made of the pictures of a camera. */
export interface Decoded {
  readonly conditions: string;
  readonly screen: Screen;
  readonly decoder: string;
  /** The share of the codes in the pictures that was read, 0 to 1. */
  readonly share: number;
  /** Milliseconds a picture, the median. */
  readonly pictureMs: number;
}

interface Decoder {
  readonly name: string;
  /** Returns how many codes of the picture it read. */
  readonly read: (picture: GreyPicture) => number;
}

const screens: readonly Screen[] = [
  { version: 25, rate: 10, codes: 1 },
  { version: 20, rate: 10, codes: 2 },
];
const seconds = 1;

/** Returns what each decoder reads of the same pictures, under each of the conditions. */
export async function measureDecoders(): Promise<readonly Decoded[]> {
  const decoders = await openDecoders();
  return [good, ...single, hard].flatMap((conditions) =>
    screens.flatMap((screen) => {
      const pictures = [...film({ message: noise(20_000), screen, conditions, seed: 3 }, seconds)];
      return decoders.map((decoder) => measureOne(decoder, pictures, conditions, screen));
    }),
  );
}

function measureOne(
  { name, read }: Decoder,
  pictures: readonly GreyPicture[],
  conditions: Conditions,
  screen: Screen,
): Decoded {
  let codes = 0;
  const times = pictures.map((picture) => {
    const start = performance.now();
    codes += read(picture);
    return performance.now() - start;
  });
  return {
    conditions: conditions.name,
    screen,
    decoder: name,
    share: codes / (pictures.length * screen.codes),
    pictureMs: times.toSorted((one, other) => one - other)[Math.floor(times.length / 2)] ?? 0,
  };
}

async function openDecoders(): Promise<readonly Decoder[]> {
  return [ours('zxing-wasm', await openZxingReader(zxingWasm())), ours('qr', plainReader), peer];
}

function ours(name: string, reader: CodeReader): Decoder {
  return {
    name,
    read: (picture) => reader.read(picture, 'moving').filter(({ content }) => content !== undefined).length,
  };
}

const peer: Decoder = {
  name: 'jsqr',
  read: ({ levels, width, height }) => {
    const rgba = new Uint8ClampedArray(4 * levels.length).fill(255);
    levels.forEach((level, at) => rgba.fill(level, 4 * at, 4 * at + 3));
    return jsqr.default(rgba, width, height, { inversionAttempts: 'dontInvert' }) === null ? 0 : 1;
  },
};

function noise(bytes: number): Uint8Array {
  const random = seeded(bytes);
  return Uint8Array.from({ length: bytes }, () => Math.floor(256 * random()));
}
