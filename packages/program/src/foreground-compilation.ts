import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 compile its baseline and Maglev code on the main thread alone, from now on, in this whole process.
 *
 * A background thread that compiles may ask the main thread for a garbage collection and wait for it. When the main thread is
 * ending the process by then, it waits for that thread, and a program that has said all it had to say never ends
 * (nodejs/node#54918). So a program calls this before it loads its own code: what was started before has ended long before it exits.
 */
export function compileInForeground(): void {
  setFlagsFromString('--no-concurrent-sparkplug');
  setFlagsFromString('--no-maglev');
}
