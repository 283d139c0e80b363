import { serveSession } from '@countersign/targets';

/** The argument by which the bundled program starts itself again to run statements in a process of their own. */
const sessionArgument = '--countersign-session';

/** Serves statements to the process that started this one, and never returns to the command line. */
export function serveAsSession(): Promise<void> {
  return serveSession();
}

/**
 * Returns how sessions are started: from the one file of a bundled program by that file itself; undefined for a source tree,
 * where the room of targets has its own.
 */
export function sessionProgram(
  file: string,
): { readonly path: string; readonly args: readonly string[] } | undefined {
  return file.endsWith('.mjs') ? { path: file, args: [sessionArgument] } : undefined;
}
