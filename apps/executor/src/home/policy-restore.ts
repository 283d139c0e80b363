import { equalBytes, toHex } from '@countersign/codec';
import { loadPolicy, policyDigest, REGO_PATH, TEST_FILE, type PolicyFile } from '@countersign/policy';
import { listDirectoryCarefully, readFileCarefully, writeFileAtomically } from '@countersign/program';
import { existsSync, mkdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ExecutorError } from '../executor-error.ts';
import { decodeText } from './decode-text.ts';
import { restoreMarker } from './policy-folder.ts';

const limits = { bytesMax: 262_144 };

/** What a restoring did. */
export interface Restored {
  readonly written: readonly string[];
  readonly removed: readonly string[];
  /** Folder with the files as they were, when the ledger does not hold them; else undefined. */
  readonly saved: string | undefined;
}

/**
 * Makes the folder's rules exactly these files. The one that stands for the targets' Rego policies is part of the digest and
 * of no folder: what it names is put back by who keeps those policies. While it is at work a file lies there that keeps the executor from reading
 * the folder, so that nothing is ever decided by half of each; cut off, it is done again. Files of cases are left alone.
 * @throws `policy/not-recorded` when the files are not those of the digest; PolicyError when they are no policy any more
 */
export function restorePolicy(
  directory: string,
  digest: Uint8Array,
  files: readonly PolicyFile[],
  isRecorded: (digest: Uint8Array) => boolean,
): Restored {
  requireWhole(digest, files);
  const rego = files.filter(({ path }) => path === REGO_PATH);
  const own = files.filter(({ path }) => path !== REGO_PATH);
  const before = rulesIn(directory);
  const saved =
    before.length === 0 || isRecorded(digestOf([...before, ...rego])) ? undefined : save(directory, before);
  const marker = join(directory, restoreMarker);
  if (!existsSync(marker)) write(marker, `restoring ${toHex(digest)}\n`);
  const kept = new Set(own.map(({ path }) => path));
  const removed = before.filter(({ path }) => !kept.has(path)).map(({ path }) => path);
  for (const path of removed) unlinkSync(join(directory, path));
  const written = own.filter(
    ({ path, text }) => !before.some((old) => old.path === path && old.text === text),
  );
  for (const { path, text } of written) write(join(directory, path), text);
  // Read back: what is on disk counts, not what was meant.
  requireWhole(digest, [...rulesIn(directory), ...rego]);
  unlinkSync(marker);
  return { written: written.map(({ path }) => path), removed, saved };
}

function requireWhole(digest: Uint8Array, files: readonly PolicyFile[]): void {
  const plain = files.every(({ path }) => path === REGO_PATH || /^[^/\\]+\.yaml$/.test(path));
  if (plain && equalBytes(digestOf(files), digest)) {
    loadPolicy(files);
    return;
  }
  throw new ExecutorError('policy/not-recorded', `these files are not those of ${toHex(digest)}`, {
    hint: 'stop using this home; `countersign ledger verify` shows how far the record is sound',
  });
}

/** Digest of whatever lies there; an empty one when that is too much or too little for a policy. */
function digestOf(files: readonly PolicyFile[]): Uint8Array {
  try {
    return policyDigest(files);
  } catch {
    return new Uint8Array(32);
  }
}

function rulesIn(directory: string): readonly PolicyFile[] {
  return listDirectoryCarefully(directory, { entriesMax: 256 })
    .filter(
      ({ name, kind }) =>
        kind === 'file' && name.endsWith('.yaml') && !TEST_FILE.test(name) && !name.startsWith('.'),
    )
    .map(({ name, path }) => ({ path: name, text: decodeText(readFileCarefully(path, limits), path) }));
}

function save(directory: string, files: readonly PolicyFile[]): string {
  const folder = `${directory}-before-${toHex(digestOf(files)).slice(0, 12)}`;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const { path, text } of files) write(join(folder, path), text);
  return folder;
}

function write(path: string, text: string): void {
  writeFileAtomically(path, new TextEncoder().encode(text), { overwrite: true });
}
