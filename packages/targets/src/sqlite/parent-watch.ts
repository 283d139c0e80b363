import { Worker } from 'node:worker_threads';

const intervalMs = 250;

/**
 * Ends this process soon after its parent is gone, also while a statement runs: that keeps the thread of the session busy, which
 * so never hears of it, and a statement without end would hold the target's write lock for ever. Costs one thread; to be called once.
 */
export function watchParent(): void {
  const parent = process.ppid;
  const watch = `setInterval(() => process.ppid === ${parent} || process.kill(process.pid, 'SIGKILL'), ${intervalMs})`;
  new Worker(watch, { eval: true, execArgv: [], env: {} }).unref();
}
