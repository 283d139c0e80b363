import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileFailure, requirePath } from './file-failure.ts';

/** The calls a write makes, in their order; fault tests pass their own around the real ones. */
export type FileSystem = Pick<
  typeof fs,
  'openSync' | 'writeSync' | 'fsyncSync' | 'closeSync' | 'linkSync' | 'renameSync' | 'unlinkSync'
>;

export interface WriteOptions {
  /** Permission bits before the umask; 0o600 for anything secret, 0o644 when absent. */
  readonly mode?: number;
  /** Whether a file of that name may be replaced; refused when absent. */
  readonly overwrite?: boolean;
}

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = fs.constants;

/**
 * Writes a file so that its name holds either nothing new or all of the bytes, also after a power cut: a temporary file in the
 * same directory, fsync, then the name, then fsync of the directory. After a failure no part of it is left behind.
 * A link at `path` is replaced, never followed. Nothing waits in between: an interrupt cannot leave the temporary file.
 *
 * @throws ProgramError `file/exists` without `overwrite`; `file/…` disk-full, read-only, not-found (its directory), not-permitted,
 * directory, not-directory, name, input-output.
 */
export function writeFileAtomically(
  path: string,
  bytes: Uint8Array,
  options: WriteOptions = {},
  system: FileSystem = fs,
): void {
  requirePath(path);
  const directory = dirname(path);
  const temporary = join(directory, `.${basename(path).slice(0, 100)}.${randomBytes(8).toString('hex')}.tmp`);
  try {
    writeTemporary(temporary, bytes, options.mode ?? 0o644, system);
    try {
      if (options.overwrite === true) system.renameSync(temporary, path);
      else claimName(temporary, path, system);
    } catch (thrown) {
      removeQuietly(temporary, system);
      throw thrown;
    }
    syncDirectory(directory, system);
  } catch (thrown) {
    throw fileFailure(path, thrown);
  }
}

function writeTemporary(temporary: string, bytes: Uint8Array, mode: number, system: FileSystem): void {
  const descriptor = system.openSync(temporary, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, mode);
  try {
    try {
      writeAll(descriptor, bytes, system);
      system.fsyncSync(descriptor);
    } finally {
      system.closeSync(descriptor);
    }
  } catch (thrown) {
    removeQuietly(temporary, system);
    throw thrown;
  }
}

function writeAll(descriptor: number, bytes: Uint8Array, system: FileSystem): void {
  let offset = 0;
  while (offset < bytes.length) offset += system.writeSync(descriptor, bytes, offset);
}

/** Gives the temporary file its name, unless that is taken. */
function claimName(temporary: string, path: string, system: FileSystem): void {
  try {
    system.linkSync(temporary, path);
  } catch (thrown) {
    if (!linksUnsupported(thrown)) throw thrown;
    claimWithoutLinks(temporary, path, system);
    return;
  }
  system.unlinkSync(temporary);
}

/** FAT and exFAT, what memory sticks carry, have no hard links: the name is claimed empty, then replaced. */
function claimWithoutLinks(temporary: string, path: string, system: FileSystem): void {
  system.closeSync(system.openSync(path, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0o600));
  try {
    system.renameSync(temporary, path);
  } catch (thrown) {
    removeQuietly(path, system);
    throw thrown;
  }
}

function linksUnsupported(thrown: unknown): boolean {
  const errnos: readonly unknown[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];
  return thrown instanceof Error && 'code' in thrown && errnos.includes(thrown.code);
}

/** Removes what a failed write began; that failure is the one to report, so one here is not. */
function removeQuietly(path: string, system: FileSystem): void {
  try {
    system.unlinkSync(path);
  } catch {
    return;
  }
}

function syncDirectory(directory: string, system: FileSystem): void {
  const descriptor = system.openSync(directory, O_RDONLY);
  try {
    system.fsyncSync(descriptor);
  } catch (thrown) {
    // Some network and FUSE file systems have no fsync for directories; they order names themselves.
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EINVAL')) throw thrown;
  } finally {
    system.closeSync(descriptor);
  }
}
