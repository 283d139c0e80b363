import { Worker } from 'node:worker_threads';

const intervalMs = 100;

/** What ends a session that takes too much memory; the asking process tells it from other ends by this. */
export const memorySignal = 'SIGUSR2';

/**
 * Ends this process soon after its parent is gone or its memory exceeds `memoryBytesMax`, also while a statement runs: that keeps the
 * thread of the session busy, so that it hears of nothing, and a statement without end would hold the target's write lock
 * for ever, or take the machine's memory. The engine's own heap limit is not compiled in. Costs one thread; to be called once.
 */
export function watchSession(memoryBytesMax: number): void {
  const watch = `setInterval(() => {
    if (process.ppid !== ${process.ppid}) process.kill(process.pid, 'SIGKILL');
    if (process.memoryUsage.rss() > ${memoryBytesMax}) process.kill(process.pid, '${memorySignal}');
  }, ${intervalMs})`;
  new Worker(watch, { eval: true, execArgv: [], env: {} }).unref();
}
