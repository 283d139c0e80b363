import { PageError } from './page-error.ts';

/** A file that a person gave, not read yet. */
export interface PickedFile {
  /** Its name without folders. From outside: to be shown harmless only. */
  readonly name: string;
  readonly size: number;
  read(): Promise<Uint8Array>;
}

const filesMax = 4096;

/** Returns the files of an input or a drop. @throws PageError `page/too-many-files` */
export function pickedFiles(files: Iterable<File>): readonly PickedFile[] {
  const picked = Array.from(files, asPicked);
  if (picked.length <= filesMax) return picked;
  throw new PageError('page/too-many-files', `${picked.length} files, expected at most ${filesMax}`);
}

/** Wraps one file. */
export function asPicked(file: File): PickedFile {
  return { name: file.name, size: file.size, read: async () => new Uint8Array(await file.arrayBuffer()) };
}

/** Returns the bytes of a file; a larger one is not even read. @throws PageError `page/file-too-large` */
export async function readWithin(file: PickedFile, bytesMax: number): Promise<Uint8Array> {
  if (file.size > bytesMax)
    throw new PageError('page/file-too-large', `${file.size} bytes, expected at most ${bytesMax}`);
  const bytes = await file.read();
  // A file may grow between the look at its size and the reading.
  if (bytes.length > bytesMax)
    throw new PageError('page/file-too-large', `${bytes.length} bytes, expected at most ${bytesMax}`);
  return bytes;
}

/** Returns the text of a file of ASCII. @throws PageError `page/not-text`, `page/file-too-large` */
export async function readAscii(file: PickedFile, bytesMax: number): Promise<string> {
  const bytes = await readWithin(file, bytesMax);
  if (bytes.some((byte) => byte > 0x7e)) throw new PageError('page/not-text', 'a byte that is not ASCII');
  return new TextDecoder().decode(bytes);
}
