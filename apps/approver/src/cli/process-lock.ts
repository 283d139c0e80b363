import { quote } from '@countersign/program';
import { randomBytes } from 'node:crypto';
import { closeSync, constants, fsyncSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { ApproverError } from './approver-error.ts';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;

/**
 * Returns what `act` returns, done while no other process does the same with this lock. `act` must not wait: the lock is
 * held for the milliseconds of signing and storing, so that only a power cut leaves its file behind.
 *
 * A file whose process has ended is taken over, under a second file that only one can make.
 * @throws ApproverError `approver-home/busy`
 */
export function withProcessLock<T>(path: string, act: () => T): T {
  const mine = `${process.pid} ${randomBytes(8).toString('hex')}\n`;
  if (!claim(path, mine)) takeOver(path, mine);
  try {
    return act();
  } finally {
    unlinkSync(path);
  }
}

function claim(path: string, content: string): boolean {
  let descriptor: number;
  try {
    descriptor = openSync(path, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW, 0o600);
  } catch (thrown) {
    if (codeOf(thrown) === 'EEXIST') return false;
    throw thrown;
  }
  try {
    writeSync(descriptor, content);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  return true;
}

function takeOver(path: string, content: string): void {
  const steal = `${path}.takeover`;
  if (!isLeftBehind(path) || !claim(steal, content)) throw busy(path);
  try {
    // Looked at again: between the first look and the second file another may have taken it over already.
    if (!isLeftBehind(path)) throw busy(path);
    unlinkSync(path);
    if (!claim(path, content)) throw busy(path);
  } finally {
    unlinkSync(steal);
  }
}

/** INVARIANT: a file that cannot be read as one of ours counts as held. */
function isLeftBehind(path: string): boolean {
  const match = /^([1-9][0-9]{0,9}) [0-9a-f]{16}\n$/.exec(readLock(path));
  const holder = Number(match?.[1]);
  if (match === null) return false;
  // This very process does not hold it, so it is from before the machine restarted.
  if (holder === process.pid) return true;
  try {
    process.kill(holder, 0);
    return false;
  } catch (thrown) {
    return codeOf(thrown) === 'ESRCH';
  }
}

function readLock(path: string): string {
  try {
    return readFileSync(path, {
      encoding: 'utf8',
      flag: constants.O_RDONLY | O_NOFOLLOW | constants.O_NONBLOCK,
    });
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return '';
    throw thrown;
  }
}

function codeOf(thrown: unknown): unknown {
  return thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
}

function busy(path: string): ApproverError {
  return new ApproverError('approver-home/busy', 'another process is signing with this key', {
    hint: `try again; if there is no such process, remove ${quote(path)}`,
  });
}
