import { closeSync, constants, fstatSync, openSync, readSync, type BigIntStats } from 'node:fs';
import { fileFailure, requirePath } from './file-failure.ts';
import { ProgramError } from './program-error.ts';
import { quote } from './visible-text.ts';

export interface ReadLimits {
  readonly bytesMax: number;
}

export interface CarefulFile {
  readonly bytes: Uint8Array;
  /** Permission bits, such as 0o600. */
  readonly mode: number;
}

/**
 * Returns the bytes of a plain file.
 *
 * Everything is asked of the open descriptor, so the file cannot be exchanged between a check and the read; `O_NONBLOCK` keeps a
 * FIFO from holding the program, `O_NOFOLLOW` refuses a link in the last place of the path.
 *
 * @throws ProgramError `file/…`: symlink, directory, not-regular (FIFO, device, socket), too-large, changed (while being read),
 * not-found, not-permitted, name, not-directory, input-output.
 */
export function readFileCarefully(path: string, limits: ReadLimits): Uint8Array {
  return openFileCarefully(path, limits).bytes;
}

/** Returns what {@link readFileCarefully} does, with the permission bits the same descriptor has. */
export function openFileCarefully(path: string, limits: ReadLimits): CarefulFile {
  requirePath(path);
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (thrown) {
    throw fileFailure(path, thrown);
  }
  try {
    return readDescriptor(path, descriptor, limits);
  } catch (thrown) {
    throw fileFailure(path, thrown);
  } finally {
    closeSync(descriptor);
  }
}

function readDescriptor(path: string, descriptor: number, { bytesMax }: ReadLimits): CarefulFile {
  const before = fstatSync(descriptor, { bigint: true });
  requirePlain(path, before);
  if (before.size > BigInt(bytesMax))
    throw new ProgramError(
      'file/too-large',
      `${quote(path)} has ${String(before.size)} bytes, expected at most ${bytesMax}`,
    );
  // One byte more than the size shows a file that grows.
  const buffer = new Uint8Array(Number(before.size) + 1);
  const length = fill(descriptor, buffer);
  const after = fstatSync(descriptor, { bigint: true });
  if (BigInt(length) !== before.size || !sameContent(before, after))
    throw new ProgramError('file/changed', `${quote(path)} changed while it was read`, {
      hint: 'wait until it is written completely and try again',
    });
  return { bytes: buffer.slice(0, length), mode: Number(before.mode & 0o7777n) };
}

function requirePlain(path: string, stats: BigIntStats): void {
  if (stats.isDirectory())
    throw new ProgramError('file/directory', `${quote(path)} is a directory, expected a file`);
  if (!stats.isFile())
    throw new ProgramError(
      'file/not-regular',
      `${quote(path)} is a pipe, socket or device, expected a plain file`,
    );
}

function fill(descriptor: number, buffer: Uint8Array): number {
  let length = 0;
  while (length < buffer.length) {
    const count = readSync(descriptor, buffer, length, buffer.length - length, null);
    if (count === 0) break;
    length += count;
  }
  return length;
}

function sameContent(before: BigIntStats, after: BigIntStats): boolean {
  return before.size === after.size && before.mtimeNs === after.mtimeNs && before.ctimeNs === after.ctimeNs;
}
