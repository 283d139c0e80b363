import { statSync } from 'node:fs';
import { FrameAssembler, FrameError } from '@countersign/frames';
import { openCodeReader } from './code-reader.ts';
import { listDirectoryCarefully } from './directory-list.ts';
import { readFileCarefully } from './file-read.ts';
import { isPicture, pictureSuffixes, readPictureCodes } from './picture-codes.ts';
import { ProgramError } from './program-error.ts';
import { quote } from './visible-text.ts';

/** A message that was carried over the gap, and where it was found. */
export interface CarriedFile {
  /** The file, or the first of the pictures that hold it. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** How messages are looked for. */
export interface Carrying {
  /** The end of the names of their files in a folder, such as `.csdec`. */
  readonly suffix: string;
  /** Told what was passed over, one line each: pictures of a folder without our codes, messages not whole. */
  readonly note: (text: string) => void;
}

const fileBytesMax = 33_554_432;
const entriesMax = 4096;

interface Found extends CarriedFile {
  /** Typed by the person, and not merely in a folder: what is wrong with it ends the command. */
  readonly named: boolean;
}

/**
 * Returns the messages that were carried in at `paths`, each once: files as they are, in the order they were found, then
 * pictures of QR codes put together whatever their order, and of a directory everything that ends in `suffix` or like a
 * picture. A message of which codes are missing is passed over when another is whole.
 *
 * @throws ProgramError `file/…`, `picture/…`, `picture/no-code`, `picture/incomplete`; FrameError when a named picture
 * shows foreign codes only
 */
export async function readCarried(
  paths: readonly string[],
  carrying: Carrying,
): Promise<readonly CarriedFile[]> {
  const files: CarriedFile[] = [];
  const pictures: Found[] = [];
  for (const { path, named } of paths.flatMap((one) => expand(one, carrying.suffix))) {
    const bytes = readFileCarefully(path, { bytesMax: fileBytesMax });
    if (isPicture(bytes)) pictures.push({ path, bytes, named });
    else files.push({ path, bytes });
  }
  if (pictures.length === 0) return files;
  return [...files, ...(await readPictures(pictures, carrying, files.length > 0))];
}

function expand(path: string, suffix: string): readonly { readonly path: string; readonly named: boolean }[] {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [{ path, named: true }];
  const suffixes = [suffix, ...pictureSuffixes];
  return listDirectoryCarefully(path, { entriesMax })
    .filter(({ name, kind }) => kind === 'file' && suffixes.some((end) => name.toLowerCase().endsWith(end)))
    .map((entry) => ({ path: entry.path, named: false }));
}

async function readPictures(
  pictures: readonly Found[],
  { note }: Carrying,
  othersWhole: boolean,
): Promise<readonly CarriedFile[]> {
  const reader = await openCodeReader();
  const pile = new Pile();
  for (const picture of pictures) {
    const refusal = refusalOf(() => {
      pile.add(picture.path, readPictureCodes(picture.path, picture.bytes, reader));
    });
    if (refusal === undefined) continue;
    if (picture.named) throw refusal;
    note(`passed over ${quote(picture.path)}: ${refusal.message}`);
  }
  const whole = pile.whole();
  for (const incomplete of pile.incomplete()) {
    if (whole.length === 0 && !othersWhole) throw incomplete;
    note(`not whole: ${incomplete.message}`);
  }
  return whole;
}

function refusalOf(act: () => void): ProgramError | FrameError | undefined {
  try {
    act();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof ProgramError || thrown instanceof FrameError) return thrown;
    throw thrown;
  }
}

/** What the codes of pictures make together. */
class Pile {
  readonly #assembler = new FrameAssembler({ streamsMax: 64, messagesMax: 64 });
  readonly #firstSeen = new Map<string, string>();
  readonly #missing = new Map<string, { readonly received: number; readonly needed: number }>();

  /** Takes the codes of one picture. @throws FrameError when not one of them is ours: why the first is not */
  add(path: string, codes: readonly Uint8Array[]): void {
    const refusals = codes.flatMap((code) => refusalOf(() => this.#addCode(path, code)) ?? []);
    const [first] = refusals;
    if (first !== undefined && refusals.length === codes.length) throw first;
  }

  #addCode(path: string, code: Uint8Array): void {
    const { messageId, kind, received, needed } = this.#assembler.add(code);
    if (!this.#firstSeen.has(messageId)) this.#firstSeen.set(messageId, path);
    if (kind === 'complete') this.#missing.delete(messageId);
    else this.#missing.set(messageId, { received, needed });
  }

  whole(): readonly CarriedFile[] {
    return this.#assembler.completed().map((messageId) => ({
      path: this.#firstSeen.get(messageId) ?? '',
      bytes: this.#assembler.message(messageId) ?? new Uint8Array(),
    }));
  }

  incomplete(): readonly ProgramError[] {
    return [...this.#missing].map(([messageId, { received, needed }]) => {
      const first = quote(this.#firstSeen.get(messageId) ?? '');
      return new ProgramError('picture/incomplete', `${received} of ${needed} codes, the first in ${first}`, {
        hint: `take pictures of any ${needed - received} more of its codes and name them all together`,
      });
    });
  }
}
