import Database from 'better-sqlite3';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ExecutorError } from '../executor-error.ts';

/** A lock that the operating system drops when its holder dies, however it dies. */
export interface ProcessLock {
  release(): void;
}

/**
 * Takes the lock `name` in `directory`, waiting at most `waitMs`.
 *
 * The lock is SQLite's own file lock on an otherwise empty database: it works on every platform that
 * SQLite does and is gone the moment the process is, so a crash can never leave a stale one behind.
 * @throws `home/busy` when another process still holds it.
 */
export function takeLock(directory: string, name: string, waitMs: number): ProcessLock {
  const lock = tryLock(directory, name, waitMs);
  if (lock === undefined) {
    throw new ExecutorError('home/busy', `another countersign process is working on ${name}`, {
      hint: 'wait for it to finish, then try again',
    });
  }
  return lock;
}

/** Takes the lock, or returns undefined when another living process holds it. */
export function tryLock(directory: string, name: string, waitMs = 0): ProcessLock | undefined {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  // The file stays when the lock is released: deleting it would let a waiting process lock a file
  // that no longer has a name while a third locks its successor.
  const database = new Database(join(directory, `${name}.lock`), { timeout: waitMs });
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) return undefined;
    throw error;
  }
  return {
    release: () => {
      database.exec('ROLLBACK');
      database.close();
    },
  };
}
