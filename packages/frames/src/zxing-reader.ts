import { toHex } from '@countersign/codec';
import { prepareZXingModule } from 'zxing-wasm/reader';
import {
  checkGrey,
  requireSize,
  codesMax,
  type CodeReader,
  type Effort,
  type Point,
  type Sighting,
} from './code-reader.ts';
import { jpegSize } from './jpeg-size.ts';
import { FrameError } from './frame-error.ts';

/** The part of the reader's module that is used here; the version is pinned, and a test reads with it. */
interface Zxing {
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(at: number): void;
  readBarcodesFromPixmap(at: number, width: number, height: number, options: Settings): Results;
  readBarcodesFromImage(at: number, bytes: number, options: Settings): Results;
}

interface Results {
  size(): number;
  get(index: number): Result;
  delete(): void;
}

interface Result {
  readonly isValid: boolean;
  readonly error: string;
  readonly bytes: Uint8Array;
  readonly version: string;
  readonly position: Readonly<Record<'topLeft' | 'topRight' | 'bottomRight' | 'bottomLeft', Point>>;
}

type Settings = Readonly<Record<string, string | number | boolean>>;

const binarizers = { localAverage: 0, globalHistogram: 1 } as const;

// No Micro QR, no inverted codes: ours are neither, and each costs a second look at every picture.
const base: Settings = {
  formats: 'QRCodeModel2',
  tryHarder: true,
  tryRotate: true,
  tryInvert: false,
  tryDownscale: false,
  tryDenoise: false,
  binarizer: binarizers.localAverage,
  isPure: false,
  downscaleThreshold: 500,
  downscaleFactor: 3,
  minLineCount: 2,
  maxNumberOfSymbols: codesMax,
  validateOptionalChecksum: false,
  returnErrors: true,
  eanAddOnSymbol: 0,
  textMode: 0,
  characterSet: 0,
  tryCode39ExtendedMode: false,
};

const coarse: Settings = { ...base, tryInvert: true, tryDownscale: true };

// What is tried in turn until a code is read.
const attempts: Readonly<Record<Effort, readonly Settings[]>> = {
  moving: [base],
  still: [coarse, { ...coarse, binarizer: binarizers.globalHistogram }, { ...coarse, tryDenoise: true }],
};

/**
 * Returns the reader whose WebAssembly is `wasm`, the file `reader/zxing_reader.wasm` of the package. Nothing is
 * fetched: the loader is handed the bytes. After `reader/failed` open another.
 *
 * @throws FrameError reader/refused when WebAssembly is not allowed here or the bytes are others
 */
export async function openZxingReader(wasm: Uint8Array): Promise<CodeReader> {
  const zxing = await open(wasm);
  return {
    name: 'zxing',
    read(picture, effort) {
      const { levels, width, height } = checkGrey(picture);
      return readings(attempts[effort], (settings) =>
        withBytes(zxing, levels, (at) => zxing.readBarcodesFromPixmap(at, width, height, settings)),
      );
    },
    readJpeg(bytes) {
      const { width, height } = jpegSize(bytes);
      requireSize(width, height);
      return readings(attempts.still, (settings) =>
        withBytes(zxing, bytes, (at) => zxing.readBarcodesFromImage(at, bytes.length, settings)),
      );
    },
  };
}

async function open(wasm: Uint8Array): Promise<Zxing> {
  try {
    const module: unknown = await prepareZXingModule({
      overrides: {
        wasmBinary: wasm.slice().buffer,
        locateFile: (path: string): string => path,
        printErr: (): void => undefined,
      },
      fireImmediately: true,
    });
    return module as Zxing;
  } catch (cause) {
    throw new FrameError('reader/refused', 'the reader of codes cannot be started, expected WebAssembly', {
      cause,
    });
  }
}

/** Reads with one setting after the other until nothing that was seen is left unread, each content once. */
function readings(
  settings: readonly Settings[],
  read: (settings: Settings) => readonly Sighting[],
): readonly Sighting[] {
  const legible = new Map<string, Sighting>();
  let unread: readonly Sighting[] = [];
  for (const one of settings) {
    const sightings = read(one);
    for (const sighting of sightings) {
      if (sighting.content !== undefined) legible.set(toHex(sighting.content), sighting);
    }
    const left = sightings.filter(({ content }) => content === undefined);
    if (legible.size > 0 && left.length === 0) return [...legible.values()];
    if (unread.length === 0) unread = left;
  }
  return [...legible.values(), ...unread].slice(0, codesMax);
}

function withBytes(zxing: Zxing, bytes: Uint8Array, call: (at: number) => Results): readonly Sighting[] {
  try {
    const at = zxing._malloc(bytes.length);
    if (at === 0) throw new Error('no memory');
    // The memory moves as it grows: it is looked up after each step.
    zxing.HEAPU8.set(bytes, at);
    const results = call(at);
    zxing._free(at);
    try {
      return Array.from({ length: results.size() }, (_, index) => sightingOf(results.get(index)));
    } finally {
      results.delete();
    }
  } catch (cause) {
    if (cause instanceof FrameError) throw cause;
    throw new FrameError('reader/failed', 'the reader of codes broke down on this picture', { cause });
  }
}

function sightingOf({ isValid, error, bytes, version, position }: Result): Sighting {
  // The one error that is about the file and not about a code.
  if (error.startsWith('Failed to load image')) {
    throw new FrameError('picture/file', 'picture file cannot be opened, expected a sound JPEG file');
  }
  const { topLeft, topRight, bottomRight, bottomLeft } = position;
  const number = Number.parseInt(version, 10);
  return {
    content: isValid ? bytes.slice() : undefined,
    corners: [topLeft, topRight, bottomRight, bottomLeft],
    modules: number >= 1 && number <= 40 ? 17 + 4 * number : undefined,
  };
}
