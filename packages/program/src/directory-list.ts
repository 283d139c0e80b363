import { opendirSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import { fileFailure, requirePath } from './file-failure.ts';
import { ProgramError } from './program-error.ts';
import { quote } from './visible-text.ts';

export interface DirectoryEntry {
  /** As the medium says it: hostile until shown through `visibleText`. */
  readonly name: string;
  readonly path: string;
  /** `other`: FIFO, device, socket, or a name that is not UTF-8 and therefore cannot be opened by it. */
  readonly kind: 'file' | 'directory' | 'symlink' | 'other';
}

const replacement = '\ufffd';

function kindOf(entry: Dirent): DirectoryEntry['kind'] {
  if (entry.name.includes(replacement)) return 'other';
  if (entry.isSymbolicLink()) return 'symlink';
  if (entry.isFile()) return 'file';
  return entry.isDirectory() ? 'directory' : 'other';
}

/**
 * Returns what a directory holds, ascending by name (code units), links not followed, nothing opened.
 *
 * @throws ProgramError `file/too-many-entries`; `file/…` not-found, not-directory, not-permitted, name, input-output.
 */
export function listDirectoryCarefully(
  path: string,
  limits: { readonly entriesMax: number },
): DirectoryEntry[] {
  requirePath(path);
  try {
    return readEntries(path, limits.entriesMax).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (thrown) {
    throw fileFailure(path, thrown);
  }
}

function readEntries(path: string, entriesMax: number): DirectoryEntry[] {
  const directory = opendirSync(path);
  const entries: DirectoryEntry[] = [];
  try {
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
      if (entries.length === entriesMax)
        throw new ProgramError(
          'file/too-many-entries',
          `${quote(path)} holds more than ${entriesMax} entries`,
        );
      entries.push({ name: entry.name, path: join(path, entry.name), kind: kindOf(entry) });
    }
  } finally {
    directory.closeSync();
  }
  return entries;
}
