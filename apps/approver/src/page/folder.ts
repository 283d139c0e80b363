import { asPicked, type PickedFile } from './picked-files.ts';
import { PageError } from './page-error.ts';

/** A folder that a person opened for reading and writing. */
export interface Folder {
  readonly files: readonly PickedFile[];
  /** Returns the bytes that lie there now, null when there is no such file. */
  read(name: string): Promise<Uint8Array | null>;
  /** Resolves when the file is stored whole. @throws PageError `page/folder-write` */
  write(name: string, bytes: Uint8Array): Promise<void>;
}

type Picker = (options: {
  readonly mode: 'readwrite';
  readonly id: string;
}) => Promise<FileSystemDirectoryHandle>;

/** Returns how this browser lets a person choose a folder to write to; undefined where it does not. */
export function folderPicker(): (() => Promise<Folder>) | undefined {
  const pick = (window as { readonly showDirectoryPicker?: Picker }).showDirectoryPicker;
  if (pick === undefined) return undefined;
  return async () => openFolder(await pick.call(window, { mode: 'readwrite', id: 'countersign' }));
}

const filesMax = 4096;

async function openFolder(handle: FileSystemDirectoryHandle): Promise<Folder> {
  const files: PickedFile[] = [];
  await list(handle, files);
  for await (const entry of entriesOf(handle))
    if (entry.kind === 'directory' && entry.name === 'rosters') await list(entry, files);
  return {
    files,
    async read(name) {
      const [parent, last] = await placeOf(handle, name, false);
      if (parent === undefined) return null;
      try {
        return new Uint8Array(await (await (await parent.getFileHandle(last)).getFile()).arrayBuffer());
      } catch (thrown) {
        if (thrown instanceof DOMException && thrown.name === 'NotFoundError') return null;
        throw thrown;
      }
    },
    async write(name, bytes) {
      try {
        const [parent, last] = await placeOf(handle, name, true);
        const file = await (parent ?? handle).getFileHandle(last, { create: true });
        // The browser writes beside the file and moves it over at the close.
        const stream = await file.createWritable({ keepExistingData: false });
        await stream.write(Uint8Array.from(bytes));
        await stream.close();
      } catch (cause) {
        throw new PageError('page/folder-write', `the folder does not take ${name}`, { cause });
      }
    },
  };
}

async function placeOf(
  root: FileSystemDirectoryHandle,
  name: string,
  create: boolean,
): Promise<readonly [FileSystemDirectoryHandle | undefined, string]> {
  const [first = name, second] = name.split('/');
  if (second === undefined) return [root, first];
  try {
    return [await root.getDirectoryHandle(first, { create }), second];
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === 'NotFoundError') return [undefined, second];
    throw thrown;
  }
}

async function list(handle: FileSystemDirectoryHandle, files: PickedFile[]): Promise<void> {
  for await (const entry of entriesOf(handle)) {
    if (entry.kind !== 'file') continue;
    if (files.length === filesMax)
      throw new PageError('page/too-many-files', `more than ${filesMax} files in this folder`);
    files.push(asPicked(await entry.getFile()));
  }
}

type Entry = FileSystemFileHandle | FileSystemDirectoryHandle;

function entriesOf(handle: FileSystemDirectoryHandle): AsyncIterable<Entry> {
  return handle.values() as AsyncIterable<Entry>;
}
