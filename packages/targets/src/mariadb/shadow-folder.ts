import { execFileSync } from 'node:child_process';
import { chownSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TargetError } from '../target-error.ts';

/** An account of this machine. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

const prefix = 'countersign-shadow-';
/** A socket's path has no room for more. */
const pathBytesMax = 90;
/** Whom the server runs as when the executor is root, which it must not be itself. */
const unprivileged = 'mysql';

/**
 * Returns whom the server runs as: whoever runs the executor, and never root.
 * @throws TargetError `target/shadow`
 */
export function shadowOwner(): Owner {
  const [uid, gid] = [process.getuid?.(), process.getgid?.()];
  if (uid === undefined || gid === undefined) throw refused('cannot be started on this system');
  return uid === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : { uid, gid };
}

function idOf(what: '-u' | '-g'): number {
  try {
    return Number(execFileSync('id', [what, unprivileged], { encoding: 'utf8', stdio: 'pipe' }));
  } catch (cause) {
    throw refused(`cannot be started by root, expected an account ${unprivileged} that it can run as`, cause);
  }
}

/** Makes a folder that the owner alone can look into. Its name says which executor it is of. */
export function makeShadowFolder({ uid, gid }: Owner): string {
  const folder = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
  if (Buffer.byteLength(folder) > pathBytesMax) {
    rmSync(folder, { recursive: true });
    throw refused('cannot be started, expected a shorter path of the folder for temporary files (TMPDIR)');
  }
  chownSync(folder, uid, gid);
  return folder;
}

/** Ends servers and removes folders whose executor is gone and whose own guard was ended with it. */
export function removeLeftovers(owner: Owner): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = /^countersign-shadow-([1-9][0-9]*)-[A-Za-z0-9]{6}$/.exec(name)?.[1];
    if (pid === undefined || lives(Number(pid))) continue;
    const folder = join(tmpdir(), name);
    // Anybody may make such a name there.
    const found = lstatSync(folder, { throwIfNoEntry: false });
    if (found?.isDirectory() !== true || found.uid !== owner.uid || (found.mode & 0o77) !== 0) continue;
    endServer(folder);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Ends the server whose data are in the folder, if the number there is still that of one. */
function endServer(folder: string): void {
  try {
    const pid = Number(readFileSync(join(folder, 'server'), 'utf8'));
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    if (words.includes(`--datadir=${join(folder, 'data')}`)) process.kill(pid, 'SIGKILL');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code !== 'ENOENT' && code !== 'ESRCH') throw cause;
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return !(cause instanceof Error && 'code' in cause && cause.code === 'ESRCH');
  }
}

export function refused(fact: string, cause?: unknown): TargetError {
  return new TargetError('target/shadow', `server for trying definitions ${fact}`, { cause });
}
