import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';

let known: Uint8Array | undefined;

/**
 * Returns the SHA-256 that a decision names as the program which showed the request.
 *
 * Of the installed program: the hash of its one file, which stands in SHA256SUMS of the release. Of a source tree, where there is
 * no such file: the hash over every file of this program's and the packages' `src`, ascending by path from the root of the tree, each as
 * path || 0x00 || length in decimal || 0x00 || bytes. It is what the machine has on its disk, no proof of what ran.
 */
export function programHash(): Uint8Array {
  known ??= import.meta.filename.endsWith('.ts') ? hashOfTree() : hashOfFile(import.meta.filename);
  return known;
}

function hashOfFile(path: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(readFileSync(path)).digest());
}

function hashOfTree(): Uint8Array {
  const root = join(import.meta.dirname, '..', '..', '..', '..');
  const rooms = readdirSync(join(root, 'packages'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(root, 'packages', name, 'src'));
  const paths = [join(root, 'apps', 'approver', 'src'), ...rooms]
    .flatMap((folder) => readdirSync(folder, { withFileTypes: true, recursive: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  const hash = createHash('sha256');
  for (const path of paths) {
    const bytes = readFileSync(path);
    hash.update(`${relative(root, path)}\0${bytes.length}\0`).update(bytes);
  }
  return new Uint8Array(hash.digest());
}
