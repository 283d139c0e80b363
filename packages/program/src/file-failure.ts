import { ProgramError, type ProgramErrorCode } from './program-error.ts';
import { quote } from './visible-text.ts';

interface Explanation {
  readonly code: ProgramErrorCode;
  readonly text: string;
  readonly hint?: string;
}

const explanations: ReadonlyMap<string, Explanation> = new Map(
  Object.entries<Explanation>({
    ENOENT: { code: 'file/not-found', text: 'does not exist' },
    ENOTDIR: { code: 'file/not-directory', text: 'leads through something that is not a directory' },
    EACCES: { code: 'file/not-permitted', text: 'may not be used by this user' },
    EPERM: { code: 'file/not-permitted', text: 'may not be used by this user' },
    // What open says to O_NOFOLLOW on a link, and to a loop of links on the way.
    ELOOP: {
      code: 'file/symlink',
      text: 'is a symbolic link, expected the file itself',
      hint: 'name the file the link points to',
    },
    EISDIR: { code: 'file/directory', text: 'is a directory, expected a file' },
    EEXIST: { code: 'file/exists', text: 'exists already', hint: 'choose another name or remove it first' },
    ENOTEMPTY: { code: 'file/directory', text: 'is a directory, expected a file' },
    ENOSPC: {
      code: 'file/disk-full',
      text: 'does not fit: the disk is full',
      hint: 'free some space and try again',
    },
    EDQUOT: { code: 'file/disk-full', text: "does not fit: this user's quota is used up" },
    EROFS: { code: 'file/read-only', text: 'lies on a medium that is read-only' },
    ENAMETOOLONG: { code: 'file/name', text: 'has a name that is too long' },
    // Opening a socket, or a device that has no driver.
    ENXIO: { code: 'file/not-regular', text: 'is a socket or a device, expected a plain file' },
    ENODEV: { code: 'file/not-regular', text: 'is a device, expected a plain file' },
  }),
);

function errnoOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string'
    ? thrown.code
    : 'none';
}

/** Returns the error to throw for what the operating system answered about a path; an error of this package as it is. */
export function fileFailure(path: string, thrown: unknown): unknown {
  if (thrown instanceof ProgramError) return thrown;
  const errno = errnoOf(thrown);
  const explanation = explanations.get(errno);
  if (explanation !== undefined)
    return new ProgramError(explanation.code, `${quote(path)} ${explanation.text}`, {
      hint: explanation.hint,
      cause: thrown,
    });
  return new ProgramError('file/input-output', `${quote(path)} cannot be read or written (${errno})`, {
    cause: thrown,
  });
}

/** @throws ProgramError `file/name` when the path is empty or holds a NUL, which the system would cut the name at. */
export function requirePath(path: string): void {
  if (path === '') throw new ProgramError('file/name', 'the file name is empty, expected a path');
  if (path.includes('\0')) throw new ProgramError('file/name', `${quote(path)} holds a NUL character`);
}
