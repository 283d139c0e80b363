import { FrameError } from './frame-error.ts';
import { pixelsMax } from './picture.ts';

/** Brightness, one byte a pixel (0 black, 255 white), row by row from the top left. */
export interface GreyPicture {
  readonly levels: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** A place in a picture, in pixels from the top left. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A QR code that is in a picture. */
export interface Sighting {
  /** What it says; undefined when it can be seen and not read. */
  readonly content: Uint8Array | undefined;
  /** Its corners: top left, top right, bottom right, bottom left as the code itself stands. */
  readonly corners: readonly [Point, Point, Point, Point];
  /** Modules on a side; undefined when that cannot be told. */
  readonly modules: number | undefined;
}

/** How hard a reader tries: `still` for a picture that is all there is, `moving` for one of many a second. */
export type Effort = 'moving' | 'still';

/** Finds QR codes in pictures. Whose codes they are is for the assembler to say. */
export interface CodeReader {
  readonly name: 'zxing' | 'plain';
  /**
   * Returns the codes of a picture, at most 16, those that were read before those that were only seen.
   * @throws FrameError picture/size, reader/failed
   */
  read(picture: GreyPicture, effort: Effort): readonly Sighting[];
  /**
   * Returns the codes of a JPEG file.
   * @throws FrameError picture/file when the bytes are none or this reader opens no files, picture/size, reader/failed
   */
  readJpeg(bytes: Uint8Array): readonly Sighting[];
}

/** The most codes that are taken from one picture. */
export const codesMax = 16;

/** Pixels of four bytes, as a picture file or a canvas holds them. */
interface Colours {
  readonly rgba: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/** Returns the picture in shades of grey, by the weights of ITU-R BT.601. @throws FrameError picture/size */
export function greyOf({ rgba, width, height }: Colours): GreyPicture {
  requirePixels(rgba.length, width, height, 4);
  const levels = new Uint8Array(width * height);
  // INVARIANT: every index is within its array, so no element is undefined.
  for (let index = 0, at = 0; index < levels.length; index++, at += 4) {
    const [red, green, blue] = [rgba[at] as number, rgba[at + 1] as number, rgba[at + 2] as number];
    levels[index] = (306 * red + 601 * green + 117 * blue + 512) >> 10;
  }
  return { levels, width, height };
}

/** Returns the picture if its size is sound. @throws FrameError picture/size */
export function checkGrey(picture: GreyPicture): GreyPicture {
  requirePixels(picture.levels.length, picture.width, picture.height, 1);
  return picture;
}

/** @throws FrameError picture/size unless a picture has pixels, and at most `pixelsMax` */
export function requireSize(width: number, height: number): void {
  const whole = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0;
  if (whole && width * height <= pixelsMax) return;
  throw new FrameError(
    'picture/size',
    `picture of ${width} by ${height} pixels, expected 1 to ${pixelsMax} in all`,
  );
}

function requirePixels(length: number, width: number, height: number, bytesEach: number): void {
  requireSize(width, height);
  if (length === width * height * bytesEach) return;
  const found = `picture of ${width} by ${height} pixels has ${length} bytes`;
  throw new FrameError('picture/size', `${found}, expected ${bytesEach} a pixel`);
}
