import { statSync } from 'node:fs';
import { FrameAssembler, FrameError, type CodeReader } from '@countersign/frames';
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
  /** Told what was passed over, one line each: pictures without our codes, codes beside ours, messages not whole. */
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
 * picture. A message of which codes are missing is passed over when another is whole. What was passed over is told even where the command
 * ends: of several faults the first one is thrown, and the others are noted.
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
  let fault: Refusal | undefined;
  for (const { path, bytes, named } of pictures) {
    for (const { refusal, isAll } of readPicture(pile, path, bytes, reader)) {
      if (named && isAll && fault === undefined) fault = inPicture(path, refusal);
      else note(`passed over ${isAll ? '' : 'a code in '}${quote(path)}: ${refusal.message}`);
    }
  }
  const whole = pile.whole();
  const incomplete = [...pile.incomplete()];
  if (fault === undefined && whole.length === 0 && !othersWhole) fault = incomplete.shift();
  for (const { message } of incomplete) note(`not whole: ${message}`);
  if (fault !== undefined) throw fault;
  return whole;
}

type Refusal = ProgramError | FrameError;

/** Why something in a picture is not taken, and whether nothing in it is. */
interface Passed {
  readonly refusal: Refusal;
  readonly isAll: boolean;
}

/** Takes the codes of a picture; returns why those that are not ours are not taken, each reason once. */
function readPicture(pile: Pile, path: string, bytes: Uint8Array, reader: CodeReader): readonly Passed[] {
  const codes: Uint8Array[] = [];
  const unread = refusalOf(() => {
    codes.push(...readPictureCodes(path, bytes, reader));
  });
  if (unread !== undefined) return [{ refusal: unread, isAll: true }];
  const refusals = codes.flatMap((code) => refusalOf(() => pile.add(path, code)) ?? []);
  const isAll = refusals.length === codes.length;
  const byReason = new Map(refusals.map((refusal) => [refusal.message, refusal]));
  return [...byReason.values()].map((refusal) => ({ refusal, isAll }));
}

/** The errors of a code do not know where it stands. */
function inPicture(path: string, refusal: Refusal): Refusal {
  if (!(refusal instanceof FrameError)) return refusal;
  const { code, message, foreign } = refusal;
  return new FrameError(code, `in ${quote(path)}: ${message}`, {
    cause: refusal,
    ...(foreign === undefined ? {} : { foreign }),
  });
}

function refusalOf(act: () => void): Refusal | undefined {
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

  /** Takes one code of a picture. @throws FrameError when it is not ours */
  add(path: string, code: Uint8Array): void {
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
