import { statSync } from 'node:fs';
import { FrameAssembler, readPicture } from '@countersign/frames';
import { listDirectoryCarefully } from './directory-list.ts';
import { readFileCarefully } from './file-read.ts';
import { decodePng } from './picture.ts';
import { ProgramError } from './program-error.ts';
import { quote } from './visible-text.ts';

/** A message that was carried over the gap, and where it was found. */
export interface CarriedFile {
  /** The file, or the first of the pictures that hold it. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

const fileBytesMax = 33_554_432;
const entriesMax = 4096;
const pngSignature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47);

/**
 * Returns the messages that were carried in at `paths`, each once, in the order they were found: files as they are, pictures
 * of QR codes put together whatever their order, and of a directory everything that ends in `suffix` or `.png`.
 *
 * @throws ProgramError `file/…`, `picture/…`, `picture/no-code`, `picture/incomplete`; FrameError when a named picture shows a foreign code
 */
export function readCarried(paths: readonly string[], suffix: string): readonly CarriedFile[] {
  const files: CarriedFile[] = [];
  const pictures: CarriedFile[] = [];
  for (const path of paths.flatMap((one) => expand(one, suffix))) {
    const bytes = readFileCarefully(path, { bytesMax: fileBytesMax });
    const isPicture = pngSignature.every((byte, at) => bytes[at] === byte);
    (isPicture ? pictures : files).push({ path, bytes });
  }
  return [...files, ...readPictures(pictures)];
}

function expand(path: string, suffix: string): readonly string[] {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [path];
  return listDirectoryCarefully(path, { entriesMax })
    .filter(
      ({ name, kind }) => kind === 'file' && (name.endsWith(suffix) || name.toLowerCase().endsWith('.png')),
    )
    .map((entry) => entry.path);
}

function readPictures(pictures: readonly CarriedFile[]): readonly CarriedFile[] {
  const assembler = new FrameAssembler({ streamsMax: 64, messagesMax: 64 });
  const firstSeen = new Map<string, string>();
  const missing = new Map<string, { readonly received: number; readonly needed: number }>();
  for (const { path, bytes } of pictures) {
    for (const code of codesOf(path, bytes)) {
      const { messageId, kind, received, needed } = assembler.add(code);
      if (!firstSeen.has(messageId)) firstSeen.set(messageId, path);
      if (kind === 'complete') missing.delete(messageId);
      else missing.set(messageId, { received, needed });
    }
  }
  const [incomplete] = missing;
  if (incomplete !== undefined) {
    const [messageId, { received, needed }] = incomplete;
    throw new ProgramError(
      'picture/incomplete',
      `${received} of ${needed} codes, the first in ${quote(firstSeen.get(messageId) ?? '')}`,
      {
        hint: 'take pictures of the missing ones and name them all together',
      },
    );
  }
  return assembler.completed().map((messageId) => ({
    path: firstSeen.get(messageId) ?? '',
    bytes: assembler.message(messageId) ?? new Uint8Array(),
  }));
}

function codesOf(path: string, bytes: Uint8Array): readonly Uint8Array[] {
  const { rgba, width, height } = decodePng(bytes);
  const codes = readPicture(rgba, width, height);
  if (codes.length > 0) return codes;
  throw new ProgramError('picture/no-code', `no QR code can be read in ${quote(path)}`, {
    hint: 'take the picture again: sharp, whole, evenly lit, the code filling most of it',
  });
}
