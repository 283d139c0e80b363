import { runProgram } from '@countersign/program';
import { execFileSync } from 'node:child_process';
import { executorMain } from '../../apps/executor/src/command-line.ts';
import { useWorldOptions } from '../../apps/executor/src/commands/session.ts';
import { Store } from '../../apps/executor/src/store/store.ts';

// The real program with a fault in its way, named by the environment:
//   FAULT_POINT     the point at which it is hit, FAULT_TIME the how manieth time it comes there (default 1)
//   FAULT_VICTIM    `self` is killed as a power cut would (default), `session` kills the processes it started
//   FAULT_COMMIT    the number of the durable commit from which on the store refuses to be written
//   FAULT_HOLD_MS   how long it holds at the point instead of dying

const { FAULT_POINT, FAULT_TIME = '1', FAULT_VICTIM = 'self', FAULT_COMMIT, FAULT_HOLD_MS } = process.env;
let times = 0;

function hit(): void {
  if (FAULT_HOLD_MS !== undefined) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(FAULT_HOLD_MS));
    return;
  }
  if (FAULT_VICTIM === 'self') process.kill(process.pid, 'SIGKILL');
  const children = execFileSync('pgrep', ['-P', String(process.pid)], { encoding: 'utf8' });
  for (const pid of children.split('\n').filter((line) => line !== '')) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // pgrep itself is among them, and gone by now.
    }
  }
}

useWorldOptions({
  reached: (point) => {
    if (point !== FAULT_POINT) return;
    times += 1;
    if (times === Number(FAULT_TIME)) hit();
  },
});

if (FAULT_COMMIT !== undefined) {
  let commits = 0;
  type Atomically = (this: Store, work: () => unknown) => unknown;
  const atomically = Object.getOwnPropertyDescriptor(Store.prototype, 'atomically')?.value as Atomically;
  // Everything is as it was but the engine's answer, which is that of a file system gone read-only.
  const refusing: Atomically = function (work) {
    commits += 1;
    if (commits === Number(FAULT_COMMIT)) this.database.pragma('query_only = ON');
    return atomically.call(this, work);
  };
  Object.defineProperty(Store.prototype, 'atomically', { value: refusing });
}

// A write beyond `ulimit -f` ends a process that does not listen; one that listens is told by the write itself.
process.on('SIGXFSZ', () => undefined);

await runProgram(executorMain);
