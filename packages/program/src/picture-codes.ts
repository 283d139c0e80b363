import { decodeGif, greyOf, isGif, isJpeg, type CodeReader, type Sighting } from '@countersign/frames';
import { decodePng } from './picture.ts';
import { ProgramError } from './program-error.ts';
import { quote } from './visible-text.ts';

/** The ends of names by which pictures in a folder are known, in lower case. */
export const pictureSuffixes: readonly string[] = ['.png', '.jpg', '.jpeg', '.gif'];

const pngStart = [0x89, 0x50, 0x4e, 0x47];

/** Returns whether a file is a picture, opened here or not: by what it begins with, never by its name. */
export function isPicture(bytes: Uint8Array): boolean {
  return isPng(bytes) || isJpeg(bytes) || isGif(bytes) || otherPicture(bytes) !== undefined;
}

/**
 * Returns what every code of a picture says, of an animation those of every frame.
 *
 * @throws ProgramError `picture/unsupported`, `picture/no-code`, `picture/…` of `decodePng`; FrameError `picture/…`
 */
export function readPictureCodes(path: string, bytes: Uint8Array, reader: CodeReader): readonly Uint8Array[] {
  const codes = [...sightingsOf(path, bytes, reader)].flatMap(({ content }) =>
    content === undefined ? [] : [content],
  );
  if (codes.length > 0) return codes;
  throw new ProgramError('picture/no-code', `no QR code can be read in ${quote(path)}`, {
    hint: 'take the picture again: sharp, whole, evenly lit, the code filling most of it',
  });
}

function* sightingsOf(path: string, bytes: Uint8Array, reader: CodeReader): Generator<Sighting> {
  if (isPng(bytes)) yield* reader.read(greyOf(decodePng(bytes)), 'still');
  else if (isJpeg(bytes)) yield* reader.readJpeg(bytes);
  else if (isGif(bytes)) for (const picture of decodeGif(bytes)) yield* reader.read(picture, 'still');
  else {
    throw new ProgramError(
      'picture/unsupported',
      `${quote(path)} is ${otherPicture(bytes) ?? 'no picture'}, expected PNG, JPEG or GIF`,
      { hint: 'save it as PNG or JPEG' },
    );
  }
}

function isPng(bytes: Uint8Array): boolean {
  return pngStart.every((byte, at) => bytes[at] === byte);
}

/** Names the pictures that people have and this program does not open. */
function otherPicture(bytes: Uint8Array): string | undefined {
  const text = String.fromCharCode(...bytes.subarray(0, 12));
  if (/^.{4}ftyp(?:heic|heix|hevc|mif1|msf1)/su.test(text)) return 'a HEIC photo';
  if (/^.{4}ftyp/su.test(text)) return 'a film';
  if (/^RIFF.{4}WEBP/su.test(text)) return 'a WebP picture';
  return text.startsWith('BM') ? 'a BMP picture' : undefined;
}
