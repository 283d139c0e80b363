import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { Lab } from './lab.ts';

const program = join(import.meta.dirname, '../../apps/executor/src/main.ts');

/** A server in a process of its own, which a test may kill. */
export interface ServeProcess {
  readonly url: string;
  readonly child: ChildProcess;
  readonly ended: Promise<NodeJS.Signals | number | null>;
}

const living = new Set<ChildProcess>();
// A test that fails in the middle leaves no server behind.
process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/** Serves a laboratory in a process of its own, with flags for Node when some are given; port 0 is a free one. */
export async function serveApart(
  lab: Lab,
  port: number,
  flags: readonly string[] = [],
): Promise<ServeProcess> {
  const argv = [...flags, program, 'serve', '--listen', `127.0.0.1:${port}`, '--home', lab.home];
  const child = spawn(process.execPath, argv, {
    cwd: lab.root,
    env: { HOME: lab.root, PATH: process.env['PATH'] ?? '' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  living.add(child);
  let written = '';
  let url: string | undefined;
  child.stderr.on('data', (chunk: Buffer) => {
    // What is logged later is read away, and not kept.
    if (url === undefined) written += chunk.toString();
    url ??= /"event":"listening","url":"([^"]+)"/.exec(written)?.[1];
  });
  const ended = new Promise<NodeJS.Signals | number | null>((resolve) => {
    child.on('close', (code, signal) => {
      living.delete(child);
      resolve(signal ?? code);
    });
  });
  for (;;) {
    if (url !== undefined) return { url, child, ended };
    if (child.exitCode !== null) throw new Error(`serve ended with ${child.exitCode}: ${written}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
